//! The shutdown of a service, awaited by each of its connections.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// A shutdown that begins once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shutdown {
    token: CancellationToken,
    /// Set before the token is cancelled: read without its lock.
    has_begun: Arc<AtomicBool>,
}

impl Shutdown {
    /// Begins it, and wakes everybody who waits for it.
    pub(crate) fn begin(&self) {
        self.has_begun.store(true, Ordering::Release);
        self.token.cancel();
    }

    /// Returns `true` if it has begun.
    #[cfg(feature = "http")]
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    /// Returns a future that ends when it begins.
    pub(crate) fn begun(&self) -> Begun {
        Begun {
            begun: Box::pin(self.token.clone().cancelled_owned()),
            has_begun: Arc::clone(&self.has_begun),
            waits: None,
        }
    }
}

/// The beginning of a shutdown. A connection polls it with every event, so that a poll by
/// the task that waits already takes no lock.
pub(crate) struct Begun {
    begun: Pin<Box<WaitForCancellationFutureOwned>>,
    has_begun: Arc<AtomicBool>,
    /// The task that the token wakes.
    waits: Option<Waker>,
}

impl Future for Begun {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waits = self.waits.as_ref().is_some_and(|own| own.will_wake(cx.waker()));
        if waits && !self.has_begun.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        let begun = self.begun.as_mut().poll(cx);
        self.waits = begun.is_pending().then(|| cx.waker().clone());
        begun
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("has_begun", &self.has_begun).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_task_that_polled_last_is_woken() {
        let shutdown = Shutdown::default();
        let mut begun = shutdown.begun();
        let tasks = [Arc::new(Woken::default()), Arc::new(Woken::default())];
        for task in [&tasks[0], &tasks[0], &tasks[1], &tasks[1]] {
            let waker = Waker::from(Arc::clone(task));
            let mut cx = Context::from_waker(&waker);
            assert!(Pin::new(&mut begun).poll(&mut cx).is_pending());
        }
        shutdown.begin();
        assert_eq!(tasks.map(|task| task.0.load(Ordering::Relaxed)), [0, 1]);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut begun).poll(&mut cx).is_ready());
        assert!(Pin::new(&mut shutdown.begun()).poll(&mut cx).is_ready());
    }
}
