//! Faulty variants of the log's operations, at least one for each of its rules. The models have
//! to find every one; see [`super`] and [`starts`](super::starts).

use std::collections::VecDeque;

use super::super::segments::Segments;
use super::super::terms::Terms;
use super::super::{Chunk, Cursor, Held, Limits, Log, Origin, Read};
use super::super::{Found, Witness, is_continued};
use super::ROOM;
use crate::publish::gap::{Gap, GapReason};
use crate::publish::id::{Epoch, EventId};

/// A fault of the log, or of the store around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fault {
    None,
    /// Readers see events that are not committed.
    ShowsPending,
    /// More is committed than was asked for.
    CommitsAll,
    /// Appended events that were aborted stay queued.
    AbortKeeps,
    /// The epoch of a reader is ignored.
    IgnoresEpoch,
    /// The epoch of a reader is compared with that of the newest entry, not of its own.
    ComparesNewestEpoch,
    /// The epoch of the last trimmed entry is forgotten with it.
    ForgetsLastTrimmed,
    /// A new epoch also applies to the earlier entries.
    RenamesEntries,
    /// A reader of lost entries restarts at the oldest event, not behind the last one
    /// that it shares.
    RepeatsShared,
    /// A reader of lost entries continues at the end, not behind the last one that it
    /// shares.
    SkipsReplaced,
    /// A store that cannot prove anything continues in its epoch.
    KeepsEpoch,
    /// Every start begins a new epoch.
    AlwaysBegins,
    /// A start is noted after its first change of the data.
    NotesStartsLate,
    /// A channel that is created again after it was evicted counts from 1 again.
    ForgetsNumbers,
    /// Events behind a damaged one are joined to those before it.
    ClosesHoles,
    /// Data without a witness are trusted.
    TrustsCopies,
    /// Data that another process has continued are trusted.
    IgnoresLine,
    /// Data without their last transactions are trusted.
    IgnoresLostCommits,
    /// Data from before a reboot are trusted.
    IgnoresBoot,
    /// Another file in place of the original is trusted.
    IgnoresFile,
    /// A file that was overwritten is trusted.
    IgnoresChange,
    /// A reader one event before the oldest is accepted.
    EarliestOffByOne,
    /// A reader beyond the end is treated as one that has read everything.
    AheadWaits,
    /// The last event that a reader has read is repeated.
    RepeatsLast,
    /// The first event behind a gap is omitted.
    SkipsBehindGap,
    /// A reader that was overtaken gets no gap.
    SlowIsSilent,
    /// A channel whose events are all trimmed counts from 1 again.
    RestartsWhenEmpty,
    /// The newest events are dropped from memory instead of the oldest.
    TrimsNewest,
}

/// The operations, each as the fault changes it.
impl Fault {
    pub(super) fn commit(self, log: &mut Log<u8>, count: usize, limits: &Limits) {
        let count = if self == Self::CommitsAll { usize::MAX } else { count };
        let mut held = log.tail.clone();
        let committed = log.pending.iter().take(count);
        held.extend(committed.map(|new| Held { event: new.event, bytes: new.bytes }));
        log.commit(count, limits);
        self.after_trimming(log, held);
    }

    pub(super) fn abort(self, log: &mut Log<u8>) {
        if self != Self::AbortKeeps {
            log.abort();
        }
    }

    pub(super) fn trim(self, log: &mut Log<u8>, now: u64, limits: &Limits) {
        let held = log.tail.clone();
        log.trim(now, limits);
        self.after_trimming(log, held);
        if self == Self::RestartsWhenEmpty && log.is_empty() {
            log.head = 0;
            log.segments = Segments::starting_at(1);
        }
    }

    /// `held` are the events in memory without those that are dropped.
    fn after_trimming(self, log: &mut Log<u8>, mut held: VecDeque<Held<u8>>) {
        if self == Self::TrimsNewest {
            held.truncate(log.tail.len());
            log.tail = held;
        }
        if self == Self::ForgetsLastTrimmed {
            log.terms.forget_before(log.earliest());
        }
    }

    pub(super) fn retain(self, log: &mut Log<u8>, epoch: Epoch, at: u64, limits: &Limits) {
        log.retain(epoch, 1, at, limits);
        self.after_trimming(log, log.tail.clone());
    }

    pub(super) fn lose(self, log: &mut Log<u8>, lost: EventId) {
        log.lose(if self == Self::ClosesHoles { log.head() } else { lost });
    }

    /// Continues a log that was read.
    pub(super) fn resume(self, origin: &Origin, log: &mut Log<u8>) {
        origin.resume(ROOM, log);
        if self == Self::RenamesEntries {
            log.terms = Terms::behind(log.epoch(), log.head);
        }
    }

    /// Evicts a channel.
    pub(super) fn forget(self, origin: &mut Origin, log: &Log<u8>) {
        if self != Self::ForgetsNumbers {
            origin.forget(log);
        }
    }

    pub(super) fn read(self, cursor: &mut Cursor, log: &Log<u8>, chunk: Chunk) -> Read<u8> {
        let (before, oldest) = (cursor.clone(), log.start());
        let position = before.position();
        let number = position.sequence();
        let is_entry = log.has_entry(position);
        match self {
            Self::ShowsPending => {
                let mut shown = log.clone();
                shown.commit(usize::MAX, &unlimited());
                return cursor.read(&shown, chunk);
            }
            Self::IgnoresEpoch if number <= log.head => cursor.advance(log.id(number)),
            Self::ComparesNewestEpoch if number <= log.head => {
                if position.epoch() == log.epoch() {
                    cursor.advance(log.id(number));
                } else if is_entry {
                    return gap(cursor, GapReason::Epoch, oldest);
                }
            }
            Self::EarliestOffByOne if is_entry && number + 1 == oldest.sequence() => {
                cursor.advance(oldest);
            }
            _ => {}
        }
        let read = cursor.read(log, chunk);
        match (self, &read) {
            (Self::RepeatsShared, Read::Gap(told)) if told.reason() == GapReason::Epoch => {
                *cursor = before;
                gap(cursor, GapReason::Epoch, oldest)
            }
            (Self::SkipsReplaced, Read::Gap(told))
                if told.reason() == GapReason::Epoch && told.resume() != oldest =>
            {
                *cursor = before;
                gap(cursor, GapReason::Epoch, log.head())
            }
            (Self::AheadWaits, Read::Gap(told)) if told.reason() == GapReason::Ahead => {
                *cursor = before;
                Read::Nothing
            }
            (Self::SkipsBehindGap, Read::Gap(told)) if told.resume().sequence() < log.head => {
                cursor.advance(log.id(told.resume().sequence() + 1));
                read
            }
            (Self::SlowIsSilent, Read::Gap(told)) if told.reason() == GapReason::Lagged => {
                cursor.read(log, chunk)
            }
            (Self::RepeatsLast, Read::Nothing | Read::Events(_))
                if before == Cursor::new(position) && number > oldest.sequence() =>
            {
                *cursor = Cursor::new(log.id(number - 1));
                cursor.read(log, chunk)
            }
            _ => read,
        }
    }

    pub(super) fn is_continued(self, found: &Found, witness: Option<&Witness>) -> bool {
        let trusted = Witness { found: *found, is_closed: true };
        let mut witness = match witness {
            Some(witness) => *witness,
            None if self == Self::TrustsCopies => trusted,
            None => return is_continued(found, None),
        };
        let Found { epoch, commit, place } = &mut witness.found;
        match self {
            Self::IgnoresLine => *epoch = found.epoch,
            Self::IgnoresLostCommits => *commit = found.commit,
            Self::IgnoresBoot => place.boot = found.place.boot,
            Self::IgnoresFile => place.file = found.place.file,
            Self::IgnoresChange => place.changed = found.place.changed,
            _ => {}
        }
        is_continued(found, Some(&witness))
    }
}

/// Moves the reader behind a gap.
fn gap(cursor: &mut Cursor, reason: GapReason, resume: EventId) -> Read<u8> {
    let gap = Gap::new(reason, cursor.position(), resume);
    cursor.advance(resume);
    Read::Gap(gap)
}

fn unlimited() -> Limits {
    Limits::in_memory(std::time::Duration::MAX, u64::MAX, u64::MAX)
}
