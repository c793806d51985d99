//! Alarms of the rooms of a process.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::select;
use tokio::sync::Notify;

use super::StatefulRoom;
use super::process::Inner;
use super::storage::millis;
use crate::clock;
use crate::core::{Error, panic_text};
use crate::task::spawn;

/// Pause before a failed alarm is repeated, which doubles with each attempt.
const PAUSE: Duration = Duration::from_secs(2);

/// Number of attempts after which the pause does not grow.
const ATTEMPTS: u32 = 6;

/// Longest time in milliseconds between two looks at the wall clock, which may be set.
const LONGEST: u64 = 60_000;

/// Pause in milliseconds before alarms that could not be read are read again.
const REREAD: u64 = 1_000;

/// Times of the next alarms, by room and in their order.
#[derive(Debug, Default)]
struct Schedule {
    by_room: HashMap<Arc<str>, u64>,
    by_time: BTreeSet<(u64, Arc<str>)>,
}

impl Schedule {
    fn set(&mut self, room: &Arc<str>, at: Option<u64>) {
        if let Some((room, at)) = self.by_room.remove_entry(room) {
            self.by_time.remove(&(at, room));
        }
        if let Some(at) = at {
            self.by_room.insert(Arc::clone(room), at);
            self.by_time.insert((at, Arc::clone(room)));
        }
    }

    /// Returns the rooms whose alarms are due.
    fn due(&self, now: u64) -> impl Iterator<Item = &Arc<str>> {
        self.by_time.iter().take_while(move |(at, _)| *at <= now).map(|(_, room)| room)
    }

    /// Returns the time of the first alarm that is not due.
    fn next(&self, now: u64) -> Option<u64> {
        let behind = Bound::Included((now.saturating_add(1), Arc::from("")));
        self.by_time.range((behind, Bound::Unbounded)).next().map(|(at, _)| *at)
    }
}

/// Rooms whose alarms were set or cleared, until the schedule has their times.
#[derive(Debug, Default)]
pub(super) struct ChangedAlarms {
    rooms: Mutex<HashSet<Arc<str>>>,
    added: Notify,
}

impl ChangedAlarms {
    /// Adds a room, after the write.
    pub(super) fn add(&self, room: &Arc<str>) {
        lock(&self.rooms).insert(Arc::clone(room));
        self.added.notify_one();
    }

    fn take(&self) -> Vec<Arc<str>> {
        std::mem::take(&mut *lock(&self.rooms)).into_iter().collect()
    }
}

/// Rooms whose alarms have failed.
type Failed = Arc<Mutex<HashMap<Arc<str>, Failure>>>;

/// An alarm that has failed.
#[derive(Debug, Default)]
struct Failure {
    /// Time of the next attempt.
    again: u64,
    /// Number of those before.
    attempts: u32,
    /// Time of an alarm that has run and could not be cleared: it does not run again.
    rang: Option<u64>,
}

/// Rings the alarms while the rooms exist. All are read once; afterwards those of a room are
/// read when they have changed, so that an alarm costs no more where there are many.
pub(super) async fn ring<R: StatefulRoom>(rooms: Weak<Inner<R>>, changed: Arc<ChangedAlarms>) {
    let mut schedule = None;
    let failed = Failed::default();
    // Rooms whose alarms are running.
    let ringing = Arc::new(Mutex::new(HashSet::new()));
    loop {
        let wait = {
            let Some(rooms) = rooms.upgrade() else { return };
            let is_read = read(&rooms, &changed, &mut schedule).await;
            let now = millis(clock::wall());
            let mut next = if is_read { u64::MAX } else { now + REREAD };
            if let Some(schedule) = &schedule {
                next = next.min(schedule.next(now).unwrap_or(u64::MAX));
                for room in schedule.due(now) {
                    let (again, mut rang) = lock(&failed)
                        .get(room)
                        .map_or((0, None), |failure| (failure.again, failure.rang));
                    if again > now {
                        next = next.min(again);
                    } else if lock(&ringing).insert(Arc::clone(room)) {
                        let (room, rooms) = (Arc::clone(room), Arc::clone(&rooms));
                        let (failed, ringing) = (Arc::clone(&failed), Arc::clone(&ringing));
                        let changed = Arc::clone(&changed);
                        spawn(async move {
                            let ended = ring_room(rooms, &room, &mut rang).await;
                            note(&failed, &room, rang, ended.err().as_ref());
                            lock(&ringing).remove(&room);
                            changed.add(&room);
                        });
                    }
                }
            }
            next.saturating_sub(now).min(LONGEST)
        };
        let sleep = std::pin::pin!(clock::sleep(Duration::from_millis(wait.max(1))));
        let added = std::pin::pin!(changed.added.notified());
        select(added, sleep).await;
    }
}

/// Runs the alarms of a room whose time has come. Its instance may be created by that, and panic.
async fn ring_room<R: StatefulRoom>(
    rooms: Arc<Inner<R>>,
    room: &str,
    rang: &mut Option<u64>,
) -> Result<(), Error> {
    let alarms = async {
        let instance = rooms.instance(room);
        drop(rooms);
        instance.ring_once(clock::wall(), rang).await
    };
    AssertUnwindSafe(alarms).catch_unwind().await.unwrap_or_else(|panic| {
        tracing::error!(room, panic = panic_text(&*panic), "a room panicked");
        Err(Error::hidden())
    })
}

/// Reads the alarms that have changed, or all if there is no schedule; `false` if that failed.
async fn read<R: StatefulRoom>(
    rooms: &Inner<R>,
    changed: &ChangedAlarms,
    schedule: &mut Option<Schedule>,
) -> bool {
    let names = changed.take();
    let read = match &schedule {
        Some(_) => rooms.alarms_of(names.clone()).await,
        None => rooms.alarms().await,
    };
    match read {
        Ok(times) => {
            let schedule = schedule.get_or_insert_default();
            for (room, at) in times {
                schedule.set(&room, at);
            }
            true
        }
        Err(error) => {
            tracing::error!(%error, "alarms of rooms cannot be read");
            lock(&changed.rooms).extend(names);
            false
        }
    }
}

/// Notes the outcome of an alarm.
fn note(failed: &Failed, room: &Arc<str>, rang: Option<u64>, error: Option<&Error>) {
    let mut failed = lock(failed);
    let Some(error) = error else {
        failed.remove(room);
        return;
    };
    tracing::error!(error = %error.reason(), %room, "the alarm of a room failed, and is repeated");
    let failure = failed.entry(Arc::clone(room)).or_default();
    let pause = PAUSE * 2_u32.pow(failure.attempts.min(ATTEMPTS));
    failure.again = millis(clock::wall() + pause);
    failure.attempts += 1;
    failure.rang = rang;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_has_one_time_for_each_room() {
        let mut schedule = Schedule::default();
        let [one, two, three] = ["one", "two", "three"].map(Arc::<str>::from);
        schedule.set(&one, Some(5));
        schedule.set(&two, Some(7));
        schedule.set(&three, Some(7));
        let due = |schedule: &Schedule, now| -> Vec<String> {
            schedule.due(now).map(ToString::to_string).collect()
        };
        assert_eq!(due(&schedule, 4), [""; 0]);
        assert_eq!(due(&schedule, 5), ["one"]);
        assert_eq!(due(&schedule, 7), ["one", "three", "two"]);
        assert_eq!(schedule.next(4), Some(5));
        assert_eq!(schedule.next(5), Some(7));
        assert_eq!(schedule.next(7), None);
        schedule.set(&one, Some(9));
        schedule.set(&two, None);
        assert_eq!(due(&schedule, 8), ["three"]);
        assert_eq!(schedule.next(8), Some(9));
        schedule.set(&one, None);
        schedule.set(&three, None);
        schedule.set(&three, None);
        assert!(schedule.by_room.is_empty() && schedule.by_time.is_empty());
        assert_eq!(schedule.next(u64::MAX), None);
    }
}
