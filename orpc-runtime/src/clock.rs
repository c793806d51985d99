//! Time of the host: the clocks of std and the timers of tokio; on wasm32 those of JavaScript,
//! since std's clocks panic there and tokio has no timers.

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod host {
    pub(crate) use std::time::Instant;
    use std::time::SystemTime;

    /// The clock that tests with paused time control.
    pub(crate) use tokio::time::Instant as TimerInstant;
    pub(crate) use tokio::time::timeout;
    #[cfg(feature = "http")]
    pub(crate) use tokio::time::{Sleep, sleep, sleep_until};

    pub(crate) fn wall() -> SystemTime {
        SystemTime::now()
    }
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod host {
    use std::future::Future;
    use std::time::{Duration, SystemTime};

    use futures::future::{Either, select};
    pub(crate) use web_time::{Instant, Instant as TimerInstant};

    /// Error of a future that was not ready in time.
    pub(crate) struct Elapsed;

    /// Waits for a future no longer than `limit`.
    pub(crate) async fn timeout<F: Future>(
        limit: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        match select(Box::pin(future), futures_timer::Delay::new(limit)).await {
            Either::Left((output, _)) => Ok(output),
            Either::Right(_) => Err(Elapsed),
        }
    }

    pub(crate) fn wall() -> SystemTime {
        let since = web_time::SystemTime::now().duration_since(web_time::SystemTime::UNIX_EPOCH);
        SystemTime::UNIX_EPOCH + since.unwrap_or_default()
    }
}

pub(crate) use host::*;
