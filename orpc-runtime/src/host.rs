//! Time and tasks of the host, for code that runs in a process and on wasm32: those of std and tokio, or of JavaScript.
//! On `wasm32-unknown-unknown` the clocks of std panic and tokio has no timers.

use std::future::Future;
use std::time::{Duration, SystemTime};

use crate::{clock, task};

/// Waits for a time.
///
/// # Panics
/// In a process, outside of a runtime of tokio with timers.
pub async fn sleep(time: Duration) {
    clock::sleep(time).await;
}

/// Returns the time of the wall clock.
pub fn now() -> SystemTime {
    clock::wall()
}

/// Runs a task, which ends with the process or the worker at the latest.
///
/// # Panics
/// In a process, outside of a runtime of tokio.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    match task::Handle::try_current() {
        Ok(handle) => drop(handle.spawn(task)),
        Err(error) => panic!("a task needs a runtime: {error}"),
    }
}
