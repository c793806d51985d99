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
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};
    use std::time::{Duration, SystemTime};

    use futures::channel::oneshot;
    use futures::future::{BoxFuture, Either, select};
    use js_sys::{Function, Reflect};
    use wasm_bindgen::closure::Closure;
    use wasm_bindgen::{JsCast, JsValue};
    pub(crate) use web_time::{Instant, Instant as TimerInstant};

    /// Error of a future that was not ready in time.
    #[derive(Debug, thiserror::Error)]
    #[error("deadline has elapsed")]
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

    /// A future that waits until a deadline, which can be moved.
    pub(crate) struct Sleep {
        deadline: Instant,
        /// `None` once it has elapsed.
        timer: Option<BoxFuture<'static, ()>>,
    }

    /// Waits for a time.
    pub(crate) fn sleep(time: Duration) -> Sleep {
        let now = Instant::now();
        // The clock has a limited range; nothing waits longer than these thirty years.
        sleep_until(now.checked_add(time).unwrap_or(now + LONGEST * 400))
    }

    /// Waits until a time.
    pub(crate) fn sleep_until(deadline: Instant) -> Sleep {
        let time = deadline.saturating_duration_since(Instant::now());
        Sleep { deadline, timer: Some(Box::pin(wait(time))) }
    }

    impl Sleep {
        #[cfg(feature = "http")]
        pub(crate) fn deadline(&self) -> Instant {
            self.deadline
        }

        #[cfg(feature = "http")]
        pub(crate) fn is_elapsed(&self) -> bool {
            self.timer.is_none()
        }

        /// Moves the deadline. A timer of JavaScript that still runs has no further effect.
        #[cfg(feature = "http")]
        pub(crate) fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
            *self = sleep_until(deadline);
        }
    }

    impl std::fmt::Debug for Sleep {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Sleep")
        }
    }

    impl Future for Sleep {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            while let Some(timer) = &mut self.timer {
                ready!(timer.as_mut().poll(cx));
                // `setTimeout` may fire some tenths of a millisecond early.
                let left = self.deadline.saturating_duration_since(Instant::now());
                self.timer = (!left.is_zero()).then(|| Box::pin(wait(left)) as _);
            }
            Poll::Ready(())
        }
    }

    async fn wait(mut time: Duration) {
        while !time.is_zero() {
            let part = time.min(LONGEST);
            let (sender, elapsed) = oneshot::channel::<()>();
            let Ok(_timer) = set_timeout(AssertUnwindSafe(sender), part) else {
                // A host without timers has no deadlines.
                return std::future::pending().await;
            };
            // It ends when the sender is dropped.
            elapsed.await.ok();
            time -= part;
        }
    }

    /// A timer, which is cleared when this is dropped: a pending one keeps a Durable Object from
    /// hibernating.
    struct Timer(Option<f64>);

    impl Drop for Timer {
        fn drop(&mut self) {
            let Some(id) = self.0 else { return };
            let clear = Reflect::get(&js_sys::global(), &"clearTimeout".into());
            if let Ok(clear) = clear.and_then(JsCast::dyn_into::<Function>) {
                clear.call1(&JsValue::UNDEFINED, &id.into()).ok();
            }
        }
    }

    /// Drops a value after a time.
    fn set_timeout<T: 'static>(
        value: AssertUnwindSafe<T>,
        time: Duration,
    ) -> Result<Timer, JsValue> {
        let set: Function = Reflect::get(&js_sys::global(), &"setTimeout".into())?.dyn_into()?;
        let then = Closure::once_into_js(move || drop(value));
        let millis = f64::from(u32::try_from(time.as_millis()).unwrap_or(u32::MAX));
        // Node returns an object, which is not cleared.
        Ok(Timer(set.call2(&JsValue::UNDEFINED, &then, &millis.into())?.as_f64()))
    }

    pub(crate) fn wall() -> SystemTime {
        let since = web_time::SystemTime::now().duration_since(web_time::SystemTime::UNIX_EPOCH);
        SystemTime::UNIX_EPOCH + since.unwrap_or_default()
    }
}

pub(crate) use host::*;
