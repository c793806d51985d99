//! Time, which decides what is trimmed and nothing else.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The clocks that retention goes by. Order never does.
///
/// While a process runs, events grow old by the monotonic clock: whoever sets the
/// clock on the wall neither trims an event early nor keeps one for longer. The
/// clock on the wall tells how long the process was not there; see
/// [`PublisherBuilder::retention`](super::PublisherBuilder::retention).
pub trait Clock: Send + Sync + 'static {
    /// The time since some moment before the first call. It never goes back.
    fn monotonic(&self) -> Duration;

    /// The time on the wall, which may jump.
    fn wall(&self) -> SystemTime;
}

/// The clocks of the operating system.
#[derive(Debug, Clone)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// The age of a store: how many milliseconds it has been there, as far as
/// retention goes.
pub(crate) struct Timeline {
    clock: Arc<dyn Clock>,
    origin: Mutex<Origin>,
}

/// What the store's age was at one moment of the monotonic clock.
#[derive(Clone, Copy)]
struct Origin {
    age: u64,
    at: Duration,
}

/// A moment as it is kept in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) age: u64,
    /// Milliseconds since 1970.
    pub(crate) wall: u64,
}

impl Timeline {
    /// The time of a store that is new.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let at = clock.monotonic();
        Self { clock, origin: Mutex::new(Origin { age: 0, at }) }
    }

    /// Goes on from the last moment that a file has. The time since then is what
    /// the wall says: none if that clock was set back, at most `step` if it was
    /// set forward.
    pub(crate) fn resume(&self, last: Moment, step: Duration) {
        let away = self.wall().saturating_sub(last.wall).min(millis(step));
        let age = last.age.saturating_add(away);
        let mut origin = self.origin.lock().unwrap_or_else(PoisonError::into_inner);
        *origin = Origin { age, at: self.clock.monotonic() };
    }

    /// The age now, in milliseconds.
    pub(crate) fn now(&self) -> u64 {
        let origin = *self.origin.lock().unwrap_or_else(PoisonError::into_inner);
        let since = self.clock.monotonic().saturating_sub(origin.at);
        origin.age.saturating_add(millis(since))
    }

    /// Now, to be kept in a file.
    pub(crate) fn moment(&self) -> Moment {
        Moment { age: self.now(), wall: self.wall() }
    }

    fn wall(&self) -> u64 {
        let since = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, millis)
    }
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
