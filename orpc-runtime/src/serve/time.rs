//! Points in time far in the future.

use std::time::Duration;

use crate::clock::TimerInstant as Instant;

/// Stands for infinity, within the range of clocks.
const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

/// Returns the instant after a time of any length.
pub(super) fn after(instant: Instant, time: Duration) -> Instant {
    instant.checked_add(time.min(FAR)).unwrap_or(instant)
}

/// Minimum interval of timers; a timer of zero would fire without pause.
#[cfg(feature = "http")]
pub(super) const SHORTEST: Duration = Duration::from_millis(1);

/// Returns the write timeout while the memory is exhausted: a sixth of the usual one, so that
/// clients that read nothing make room for others.
#[cfg(feature = "http")]
pub(super) fn hurried(timeout: Duration) -> Duration {
    (timeout / 6).max(SHORTEST)
}
