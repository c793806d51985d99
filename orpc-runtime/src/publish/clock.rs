//! Clocks, which decide on retention only.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock;

/// The clocks that retention uses. The order of events never depends on them.
///
/// While a process runs, the age of events is measured by the monotonic clock: setting
/// the wall clock neither trims an event early nor keeps one for longer. The wall clock
/// measures the time between two processes; see
/// [`PublisherBuilder::retention`](super::PublisherBuilder::retention).
pub trait Clock: Send + Sync + 'static {
    /// Returns the time since some moment before the first call. It never decreases.
    fn monotonic(&self) -> Duration;

    /// Returns the wall-clock time, which may jump.
    fn wall(&self) -> SystemTime;
}

/// The clocks of the operating system.
#[derive(Debug, Clone)]
pub struct SystemClock(clock::Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(clock::Instant::now())
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        clock::wall()
    }
}

/// The age of a store in milliseconds, as retention counts it.
pub(crate) struct Timeline {
    clock: Arc<dyn Clock>,
    origin: Mutex<Origin>,
}

/// The store's age at one moment of the monotonic clock.
#[derive(Clone, Copy)]
struct Origin {
    age: u64,
    at: Duration,
}

/// A moment as stored in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) age: u64,
    /// Milliseconds since 1970.
    pub(crate) wall: u64,
}

impl Timeline {
    /// Starts the time of a new store.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let at = clock.monotonic();
        Self { clock, origin: Mutex::new(Origin { age: 0, at }) }
    }

    /// Continues from the last moment in a file. The time since then is taken from the
    /// wall clock: zero if that was set back, at most `step` if it was set forward.
    pub(crate) fn resume(&self, last: Moment, step: Duration) {
        let away = self.wall().saturating_sub(last.wall).min(millis(step));
        let age = last.age.saturating_add(away);
        let mut origin = self.origin.lock().unwrap_or_else(PoisonError::into_inner);
        *origin = Origin { age, at: self.clock.monotonic() };
    }

    /// Returns the age in milliseconds.
    pub(crate) fn now(&self) -> u64 {
        let origin = *self.origin.lock().unwrap_or_else(PoisonError::into_inner);
        let since = self.clock.monotonic().saturating_sub(origin.at);
        origin.age.saturating_add(millis(since))
    }

    /// Returns the current moment, for a file.
    pub(crate) fn moment(&self) -> Moment {
        Moment { age: self.now(), wall: self.wall() }
    }

    fn wall(&self) -> u64 {
        let since = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, millis)
    }
}

/// Converts a duration to whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
