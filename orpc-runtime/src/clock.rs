//! Time of the host: the clocks of std and the timers of tokio; on wasm32 those of JavaScript,
//! since std's clocks panic there and tokio has no timers.

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod host {
    pub(crate) use std::time::Instant;
    use std::time::SystemTime;

    /// The clock that tests with paused time control.
    pub(crate) use tokio::time::Instant as TimerInstant;
    #[cfg(feature = "http")]
    pub(crate) use tokio::time::{Sleep, error::Elapsed, sleep_until};
    pub(crate) use tokio::time::{sleep, timeout};

    pub(crate) fn wall() -> SystemTime {
        SystemTime::now()
    }
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod host {
    use std::future::Future;
    use std::panic::AssertUnwindSafe;
    use std::time::{Duration, SystemTime};

    use futures::channel::oneshot;
    use futures::future::{Either, select};
    use js_sys::{Function, Reflect};
    use wasm_bindgen::closure::Closure;
    use wasm_bindgen::{JsCast as _, JsValue};
    pub(crate) use web_time::{Instant, Instant as TimerInstant};

    /// Error of a future that was not ready in time.
    pub(crate) struct Elapsed;

    /// Waits for a future no longer than `limit`.
    pub(crate) async fn timeout<F: Future>(
        limit: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        match select(Box::pin(future), Box::pin(sleep(limit))).await {
            Either::Left((output, _)) => Ok(output),
            Either::Right(_) => Err(Elapsed),
        }
    }

    /// Longest time that `setTimeout` waits.
    const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

    /// Waits for a time.
    pub(crate) async fn sleep(mut time: Duration) {
        while !time.is_zero() {
            let part = time.min(LONGEST);
            let (sender, elapsed) = oneshot::channel::<()>();
            if set_timeout(AssertUnwindSafe(sender), part).is_err() {
                // A host without timers has no deadlines.
                return std::future::pending().await;
            }
            // It ends when the sender is dropped.
            elapsed.await.ok();
            time -= part;
        }
    }

    /// Drops a value after a time.
    fn set_timeout<T: 'static>(value: AssertUnwindSafe<T>, time: Duration) -> Result<(), JsValue> {
        let set: Function = Reflect::get(&js_sys::global(), &"setTimeout".into())?.dyn_into()?;
        let then = Closure::once_into_js(move || drop(value));
        let millis = f64::from(u32::try_from(time.as_millis()).unwrap_or(u32::MAX));
        set.call2(&JsValue::UNDEFINED, &then, &millis.into())?;
        Ok(())
    }

    pub(crate) fn wall() -> SystemTime {
        let since = web_time::SystemTime::now().duration_since(web_time::SystemTime::UNIX_EPOCH);
        SystemTime::UNIX_EPOCH + since.unwrap_or_default()
    }
}

pub(crate) use host::*;
