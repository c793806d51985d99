//! The limit, and the result of a call's attempt to pass it.

use std::time::Duration;

/// Longest time of a limit.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A limit: the size of a bucket of tokens, and the time in which an empty one fills evenly. A call takes one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    limit: u32,
    per: Duration,
}

impl Quota {
    /// Creates a limit of `limit` calls in `per`. At least one call, in at least a microsecond for each and at most a
    /// year.
    pub fn new(limit: u32, per: Duration) -> Self {
        let limit = limit.max(1);
        Self { limit, per: per.min(YEAR).max(Duration::from_micros(limit.into())) }
    }

    /// Returns the number of calls that may follow each other at once.
    pub fn limit(self) -> u32 {
        self.limit
    }

    /// Returns the time in which that many calls are allowed again.
    pub fn per(self) -> Duration {
        self.per
    }

    /// Returns the time in which one token comes, in whole microseconds, rounded up.
    pub fn interval(self) -> u64 {
        let micros = u64::try_from(self.per.as_micros()).unwrap_or(u64::MAX);
        micros.div_ceil(self.limit.into())
    }

    /// Takes a token from a bucket that is full again at that time; for stores, which keep that time. Returns the new one,
    /// and the result. All times are microseconds of one clock.
    ///
    /// ```
    /// use std::time::Duration;
    /// use orpc_runtime::ratelimit::{Quota, Taken};
    ///
    /// let quota = Quota::new(2, Duration::from_secs(2));
    /// let (full_at, taken) = quota.take(0, 0);
    /// assert_eq!(taken, Taken::allowed(1, Duration::from_secs(1)));
    /// let (full_at, taken) = quota.take(full_at, 0);
    /// assert!(taken.is_allowed());
    /// assert_eq!(quota.take(full_at, 400_000).1, Taken::refused(Duration::from_millis(600)));
    /// ```
    pub fn take(self, full_at: u64, now: u64) -> (u64, Taken) {
        let interval = self.interval();
        let whole = interval * u64::from(self.limit);
        let full = now.saturating_add(whole);
        // After a clock was set back, or the limit was lowered, a bucket is empty, and no emptier.
        let full_at = full_at.clamp(now, full);
        let next = full_at.saturating_add(interval);
        if next > full {
            return (full_at, Taken::refused(Duration::from_micros(next - full)));
        }
        let missing = next - now;
        let remaining = (whole - missing) / interval;
        let wait = missing + (remaining + 1) * interval - whole;
        // At most the limit.
        let remaining = u32::try_from(remaining).unwrap_or(u32::MAX);
        (next, Taken::allowed(remaining, Duration::from_micros(wait)))
    }
}

/// Result of taking a token from a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    is_allowed: bool,
    remaining: u32,
    next: Duration,
}

impl Taken {
    /// A token was taken. So many remain, and another one comes in that time.
    pub fn allowed(remaining: u32, next: Duration) -> Self {
        Self { is_allowed: true, remaining, next }
    }

    /// There was no token. One comes in that time.
    pub fn refused(next: Duration) -> Self {
        Self { is_allowed: false, remaining: 0, next }
    }

    /// Returns `true` if there was a token.
    pub fn is_allowed(self) -> bool {
        self.is_allowed
    }

    /// Returns the number of calls that are allowed at once.
    pub fn remaining(self) -> u32 {
        self.remaining
    }

    /// Returns the time until one more call is allowed.
    pub fn next(self) -> Duration {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_of_a_clock_that_was_ahead_is_empty_and_fills_from_there() {
        let quota = Quota::new(4, Duration::from_micros(40));
        let (full_at, taken) = quota.take(1_000_000, 100);
        assert_eq!((full_at, taken), (140, Taken::refused(Duration::from_micros(10))));
        let (full_at, taken) = quota.take(full_at, 110);
        assert_eq!((full_at, taken), (150, Taken::allowed(0, Duration::from_micros(10))));
    }

    #[test]
    fn one_call_takes_at_least_a_microsecond_rounded_up_and_a_limit_at_most_a_year() {
        let interval = |limit, per| Quota::new(limit, per).interval();
        assert_eq!(interval(3, Duration::from_secs(1)), 333_334);
        assert_eq!(interval(0, Duration::from_secs(1)), 1_000_000);
        assert_eq!(interval(10, Duration::ZERO), 1);
        assert_eq!(Quota::new(1, Duration::MAX).per(), Duration::from_secs(365 * 86_400));
    }
}
