//! Futures that are polled only when they were woken.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;

/// A waker of a part of a task, which tells if the part was woken.
pub(crate) struct Woken {
    waker: Waker,
    state: Arc<State>,
}

struct State {
    is_woken: AtomicBool,
    /// The task that polls the part.
    task: AtomicWaker,
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl Woken {
    /// Creates a waker that was woken: the part has not been polled with it.
    pub(crate) fn new() -> Self {
        let state = Arc::new(State { is_woken: true.into(), task: AtomicWaker::new() });
        Self { waker: Arc::clone(&state).into(), state }
    }

    /// Returns `true` if the waker was woken since the last call. From here on it wakes the
    /// task of `cx`.
    pub(crate) fn take(&self, cx: &Context<'_>) -> bool {
        self.state.task.register(cx.waker());
        self.state.is_woken.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }
}

/// A future that is polled only when it was woken. A server polls a body once more behind
/// each piece of it, and then most runs have nothing to do.
#[cfg(feature = "http")]
pub(crate) struct WokenFuture<F> {
    future: F,
    woken: Woken,
}

#[cfg(feature = "http")]
impl<F> WokenFuture<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future, woken: Woken::new() }
    }
}

#[cfg(feature = "http")]
impl<F: Future + Unpin> Future for WokenFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, woken } = &mut *self;
        if !woken.take(cx) {
            return Poll::Pending;
        }
        Pin::new(future).poll(&mut Context::from_waker(woken.waker()))
    }
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use std::future::poll_fn;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_future_is_polled_when_it_was_woken_and_wakes_the_last_task() {
        let polls = Arc::new(AtomicUsize::new(0));
        let own = Arc::new(Mutex::new(None::<Waker>));
        let (count, waiting) = (Arc::clone(&polls), Arc::clone(&own));
        let mut future = WokenFuture::new(poll_fn(move |cx| {
            *waiting.lock().unwrap() = Some(cx.waker().clone());
            if count.fetch_add(1, Ordering::Relaxed) == 2 {
                return Poll::Ready(());
            }
            Poll::Pending
        }));
        let tasks = [Arc::new(Count::default()), Arc::new(Count::default())];
        let wakers = tasks.clone().map(Waker::from);
        let mut poll =
            |task: usize| Pin::new(&mut future).poll(&mut Context::from_waker(&wakers[task]));
        for task in [0, 0, 1] {
            assert!(poll(task).is_pending());
            assert_eq!(polls.load(Ordering::Relaxed), 1);
        }
        let wake = || own.lock().unwrap().clone().unwrap().wake();
        wake();
        assert_eq!(tasks.clone().map(|task| task.0.load(Ordering::Relaxed)), [0, 1]);
        assert!(poll(0).is_pending());
        assert_eq!(polls.load(Ordering::Relaxed), 2);
        wake();
        assert_eq!(tasks.map(|task| task.0.load(Ordering::Relaxed)), [1, 1]);
        assert!(poll(0).is_ready());
    }
}
