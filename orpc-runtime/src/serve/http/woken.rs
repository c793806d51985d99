//! A run that is polled only when it was woken.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::task::AtomicWaker;

use crate::core::Error;
use crate::procedure::{ErasedRun, Finished};

/// A run in a body: a server polls a body once more behind each piece of it, and then most
/// runs have nothing to do.
pub(super) struct WokenRun {
    run: ErasedRun,
    waker: Waker,
    state: Arc<State>,
}

struct State {
    is_woken: AtomicBool,
    /// The task that polls the body.
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

impl WokenRun {
    pub(super) fn new(run: ErasedRun) -> Self {
        // Another task may have polled it before.
        let state = Arc::new(State { is_woken: true.into(), task: AtomicWaker::new() });
        Self { run, waker: Arc::clone(&state).into(), state }
    }
}

impl Future for WokenRun {
    type Output = Result<Finished, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { run, waker, state } = &mut *self;
        state.task.register(cx.waker());
        if !state.is_woken.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        run.as_mut().poll(&mut Context::from_waker(waker))
    }
}

#[cfg(test)]
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
    fn a_run_is_polled_when_it_was_woken_and_wakes_the_last_task() {
        let polls = Arc::new(AtomicUsize::new(0));
        let own = Arc::new(Mutex::new(None::<Waker>));
        let (count, waiting) = (Arc::clone(&polls), Arc::clone(&own));
        let mut run = WokenRun::new(Box::pin(poll_fn(move |cx| {
            *waiting.lock().unwrap() = Some(cx.waker().clone());
            if count.fetch_add(1, Ordering::Relaxed) == 2 {
                return Poll::Ready(Err(Error::hidden()));
            }
            Poll::Pending
        })));
        let tasks = [Arc::new(Count::default()), Arc::new(Count::default())];
        let wakers = tasks.clone().map(Waker::from);
        let mut poll =
            |task: usize| Pin::new(&mut run).poll(&mut Context::from_waker(&wakers[task]));
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
