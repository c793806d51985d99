//! Rate limits.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::TimerInstant as Instant;

use crate::serve::time::after;

/// A rate: a number of calls or bytes within a time, in bursts or spread.
///
/// Implemented as a token bucket: it holds `count` tokens, each call (or byte) takes
/// one, and they refill evenly over `within`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    within: Duration,
}

impl Rate {
    /// Creates a rate of at most `count` within a time.
    ///
    /// # Panics
    /// If either is zero. [`try_new`](Self::try_new) returns the error.
    #[track_caller]
    pub fn new(count: u32, within: Duration) -> Self {
        match Self::try_new(count, within) {
            Ok(rate) => rate,
            Err(error) => panic!("{error}"),
        }
    }

    /// Creates a rate of at most `count` within a time.
    ///
    /// # Errors
    /// If either is zero.
    pub fn try_new(count: u32, within: Duration) -> Result<Self, RateError> {
        if count == 0 || within.is_zero() {
            return Err(RateError);
        }
        Ok(Self { count, within })
    }

    /// Returns the time in which one token refills.
    fn interval(self) -> Duration {
        (self.within / self.count).max(Duration::from_nanos(1))
    }
}

/// Error of a [`Rate`] of nothing, or within no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the count and the time of a rate must not be zero")]
#[non_exhaustive]
pub struct RateError;

/// Remaining tokens of a [`Rate`].
#[derive(Debug)]
struct Bucket {
    rate: Rate,
    /// Time when the bucket is full again.
    full_at: Instant,
}

impl Bucket {
    fn new(rate: Rate) -> Self {
        Self { rate, full_at: Instant::now() }
    }

    /// Returns the time until `tokens` are available, or until the bucket is full.
    fn wait(&self, tokens: u32, now: Instant) -> Duration {
        let time = self.rate.interval().saturating_mul(tokens.min(self.rate.count));
        let ahead = after(self.full_at.max(now), time) - now;
        ahead.saturating_sub(self.rate.within)
    }

    /// Takes tokens; the bucket may go into debt.
    fn take(&mut self, tokens: u32, now: Instant) {
        let time = self.rate.interval().saturating_mul(tokens);
        self.full_at = after(self.full_at.max(now), time);
    }

    /// Takes tokens, or returns the time until there are enough. An oversized request
    /// succeeds on a full bucket.
    fn try_take(&mut self, tokens: u32, now: Instant) -> Result<(), Duration> {
        let wait = self.wait(tokens, now);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.take(tokens, now);
        Ok(())
    }
}

/// Rate limits of a socket.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rates {
    /// Calls of any procedure.
    pub(crate) calls: Option<Rate>,
    /// Bytes of messages.
    pub(crate) bytes: Option<Rate>,
    /// Calls of one procedure, by its path.
    pub(crate) procedures: Vec<(Arc<str>, Rate)>,
}

/// Buckets of one socket.
#[derive(Debug)]
pub(super) struct Buckets {
    calls: Option<Bucket>,
    bytes: Option<Bucket>,
    procedures: Vec<(Arc<str>, Bucket)>,
}

impl Buckets {
    pub(super) fn new(rates: &Rates) -> Self {
        let procedures = rates.procedures.iter();
        Self {
            calls: rates.calls.map(Bucket::new),
            bytes: rates.bytes.map(Bucket::new),
            procedures: procedures
                .map(|(path, rate)| (Arc::clone(path), Bucket::new(*rate)))
                .collect(),
        }
    }

    /// Counts a message that is not a call. It is never refused, but calls after it may
    /// be.
    pub(super) fn count_bytes(&mut self, length: usize) {
        if let Some(bucket) = &mut self.bytes {
            bucket.take(u32::try_from(length).unwrap_or(u32::MAX), Instant::now());
        }
    }

    /// Counts a call that is a message of that length, or returns the time until one is
    /// allowed.
    pub(super) fn take_call(&mut self, length: usize) -> Result<(), Duration> {
        if self.calls.is_none() && self.bytes.is_none() {
            return Ok(());
        }
        let now = Instant::now();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        if let Some(bucket) = &self.bytes {
            let wait = bucket.wait(length, now);
            if !wait.is_zero() {
                return Err(wait);
            }
        }
        if let Some(bucket) = &mut self.calls {
            bucket.try_take(1, now)?;
        }
        if let Some(bucket) = &mut self.bytes {
            bucket.take(length, now);
        }
        Ok(())
    }

    /// Counts a call of a procedure, or returns the time until one is allowed.
    pub(super) fn take_call_of(&mut self, path: &str) -> Result<(), Duration> {
        let bucket = self.procedures.iter_mut().find(|(own, _)| **own == *path);
        bucket.map_or(Ok(()), |(_, bucket)| bucket.try_take(1, Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn tokens_come_back_evenly() {
        let mut bucket = Bucket::new(Rate::new(2, Duration::from_secs(10)));
        let mut take = || bucket.try_take(1, Instant::now());
        assert_eq!(take(), Ok(()));
        assert_eq!(take(), Ok(()));
        assert_eq!(take(), Err(Duration::from_secs(5)));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(take(), Ok(()));
        assert_eq!(take(), Err(Duration::from_secs(5)));
        // The bucket holds no more than its capacity.
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(take(), Ok(()));
        assert_eq!(take(), Ok(()));
        assert!(take().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_message_makes_later_calls_wait() {
        let bytes = Some(Rate::new(1000, Duration::from_secs(10)));
        let mut buckets = Buckets::new(&Rates { bytes, ..Rates::default() });
        assert_eq!(buckets.take_call(600), Ok(()));
        // 200 of the 600 tokens are missing.
        assert_eq!(buckets.take_call(600), Err(Duration::from_secs(2)));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(buckets.take_call(600), Ok(()));
        // An oversized request succeeds once the bucket is full.
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(buckets.take_call(5000), Ok(()));
        assert_eq!(buckets.take_call(1), Err(Duration::from_millis(40_010)));
        buckets.count_bytes(1000);
        assert_eq!(buckets.take_call(1), Err(Duration::from_millis(50_010)));
    }
}
