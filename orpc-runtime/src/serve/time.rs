//! Points in time that are far away.

use std::time::Duration;

use tokio::time::Instant;

/// Stands for never: far enough, and within what clocks can tell.
const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

/// The instant after a time, however long.
pub(super) fn after(instant: Instant, time: Duration) -> Instant {
    instant.checked_add(time.min(FAR)).unwrap_or(instant)
}

/// The shortest interval that makes sense; a timer of zero would never rest.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);
