//! Timeouts of bodies that arrive.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::clock::{self, Sleep, TimerInstant as Instant};
use bytes::Buf;
use http_body::{Body, Frame};

use super::time::after;

/// Minimum bytes per second of a body, once it has taken longer than its timeout.
const SLOWEST: u64 = 512;

/// Error of reading a body.
#[derive(Debug)]
pub(crate) enum Failed<E> {
    /// It did not arrive in time.
    Late,
    /// The body itself failed.
    Body(E),
}

/// The body of a request did not arrive in time; see
/// [`Serve::body_timeout`](crate::server::Serve::body_timeout).
#[cfg(feature = "server")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body of the request did not arrive in time")]
#[non_exhaustive]
pub struct BodyTimeout;

/// The next frame of a body with a timeout.
type NextFrame<B> = Result<Frame<<B as Body>::Data>, Failed<<B as Body>::Error>>;

/// Timeout of a body that arrives.
///
/// Only the time in which the body is polled counts. A body fails when it delivers
/// nothing for the timeout, and when it takes longer than the timeout in total and delivers less
/// than 512 bytes per second on average.
#[derive(Debug)]
pub(crate) struct Patience {
    timeout: Duration,
    /// `true` if a slow body fails like one that has stopped.
    is_paced: bool,
    received: u64,
    /// Time waited so far, without the current wait.
    waited: Duration,
    /// Start of the current wait.
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// Creates the timeout of a body that may pause for `timeout`.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            is_paced: true,
            received: 0,
            waited: Duration::ZERO,
            since: None,
            timer: None,
        }
    }

    /// Creates the timeout of a body of events, which may be arbitrarily slow.
    pub(crate) fn for_events(timeout: Duration) -> Self {
        Self { is_paced: false, ..Self::new(timeout) }
    }

    /// Notes that bytes have arrived.
    fn received(&mut self, bytes: usize) {
        self.received += bytes as u64;
        if let Some(since) = self.since.take() {
            self.waited += Instant::now() - since;
        }
    }

    /// Waits for a pending body. Ready when it is too late.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let due = after(since, self.left());
        let timer = self.timer.get_or_insert_with(|| Box::pin(clock::sleep_until(due)));
        // The timer is reset when it fires, not with every piece of a body.
        if timer.deadline() > due {
            timer.as_mut().reset(due);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            timer.as_mut().reset(due);
        }
        Poll::Pending
    }

    /// Polls a body for its next frame; `None` at its end. A late body fails.
    pub(crate) fn poll_frame<B: Body>(
        &mut self,
        body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<NextFrame<B>>> {
        let Poll::Ready(frame) = body.poll_frame(cx) else {
            return self.poll_late(cx).map(|()| Some(Err(Failed::Late)));
        };
        if let Some(Ok(frame)) = &frame {
            self.received(frame.data_ref().map_or(0, Buf::remaining));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Failed::Body)))
    }

    /// Returns the maximum time of the current wait.
    fn left(&self) -> Duration {
        if !self.is_paced {
            return self.timeout;
        }
        let pace = Duration::from_secs(self.received / SLOWEST);
        self.timeout.saturating_add(pace).saturating_sub(self.waited).min(self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Returns the time that a body may pause from now on.
    async fn wait(patience: &mut Patience) -> Duration {
        let start = Instant::now();
        poll_fn(|cx| patience.poll_late(cx)).await;
        start.elapsed()
    }

    /// Waits for a piece that arrives after that time.
    async fn wait_for(patience: &mut Patience, time: Duration) -> Result<(), ()> {
        let late = poll_fn(|cx| patience.poll_late(cx));
        tokio::time::timeout(time, late).await.map_or(Ok(()), |()| Err(()))
    }

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_is_late_after_the_timeout() {
        let mut patience = Patience::new(TIMEOUT);
        assert_eq!(wait(&mut patience).await.as_secs(), 30);
        let mut patience = Patience::new(TIMEOUT);
        wait_for(&mut patience, Duration::from_secs(20)).await.unwrap();
        patience.received(1024 * 1024);
        assert_eq!(wait(&mut patience).await.as_secs(), 30, "a fast body may pause");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_late_by_its_pace() {
        let trickle = async |mut patience: Patience| {
            for second in 0..300 {
                if wait_for(&mut patience, Duration::from_secs(1)).await.is_err() {
                    return second;
                }
                patience.received(1);
            }
            300
        };
        assert_eq!(trickle(Patience::new(TIMEOUT)).await, 29);
        assert_eq!(trickle(Patience::for_events(TIMEOUT)).await, 300);
    }

    #[tokio::test(start_paused = true)]
    async fn time_without_a_poll_does_not_count() {
        let mut patience = Patience::new(TIMEOUT);
        for _ in 0..10 {
            wait_for(&mut patience, Duration::from_secs(1)).await.unwrap();
            patience.received(1);
            tokio::time::advance(Duration::from_secs(100)).await;
        }
        assert_eq!(wait(&mut patience).await.as_secs(), 20);
    }
}
