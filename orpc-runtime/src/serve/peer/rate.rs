//! How often something may happen.

use std::time::Duration;

use tokio::time::Instant;

use crate::serve::time::after;

/// A rate: so many calls within a time, all at once or spread.
///
/// Kept as a token bucket: it holds `calls` tokens, each call takes one, and
/// they come back evenly over `within`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    calls: u32,
    within: Duration,
}

impl Rate {
    /// At most `calls` within a time.
    ///
    /// # Panics
    /// If either is zero.
    pub fn new(calls: u32, within: Duration) -> Self {
        assert!(calls > 0 && !within.is_zero(), "a rate is of some calls within some time");
        Self { calls, within }
    }

    /// How long a token takes to come back.
    fn interval(self) -> Duration {
        (self.within / self.calls).max(Duration::from_nanos(1))
    }
}

/// The tokens that are left of a [`Rate`].
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    /// When all tokens will be back.
    full_at: Instant,
}

impl Bucket {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, full_at: Instant::now() }
    }

    /// Takes a token, or tells how long until there is one.
    pub(super) fn take(&mut self) -> Result<(), Duration> {
        let now = Instant::now();
        let full_at = after(self.full_at.max(now), self.rate.interval());
        let ahead = full_at - now;
        if ahead > self.rate.within {
            return Err(ahead - self.rate.within);
        }
        self.full_at = full_at;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn tokens_come_back_evenly() {
        let mut bucket = Bucket::new(Rate::new(2, Duration::from_secs(10)));
        assert_eq!(bucket.take(), Ok(()));
        assert_eq!(bucket.take(), Ok(()));
        assert_eq!(bucket.take(), Err(Duration::from_secs(5)));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(bucket.take(), Ok(()));
        assert_eq!(bucket.take(), Err(Duration::from_secs(5)));
        // No more than all come back.
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(bucket.take(), Ok(()));
        assert_eq!(bucket.take(), Ok(()));
        assert!(bucket.take().is_err());
    }
}
