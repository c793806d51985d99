//! Every interleaving of a publisher, readers, retention and restarts, up to a
//! bound, on the log itself; and that mistakes in the log are found this way.

use std::collections::BTreeMap;

use stateright::{Checker as _, Model, Property};

use super::{Bug, Chunk, Cursor, Limits, Log, Read};
use crate::publish::gap::{Gap, GapReason};
use crate::publish::id::{Epoch, EventId};

/// What happens, and how often.
#[derive(Debug, Clone)]
struct World {
    bug: Bug,
    limits: Limits,
    events: u8,
    ticks: u64,
    restarts: u8,
    resets: u8,
    /// How often each reader comes.
    visits: [u8; 2],
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    log: Log<u8>,
    truth: Truth,
    now: u64,
    /// What the next event says; no two say the same.
    next_event: u8,
    restarts: u8,
    resets: u8,
    readers: [Reader; 2],
    gaps: Vec<GapReason>,
    wrong: Option<&'static str>,
}

/// What was published, kept apart from the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Truth {
    epoch: u128,
    /// The committed events of each epoch, from number 1 on.
    committed: BTreeMap<u128, Vec<u8>>,
    pending: Vec<u8>,
    /// The numbers and times of what is retained of this epoch.
    retained: Vec<(u64, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Reader {
    visits: u8,
    /// The reader while it is connected.
    cursor: Option<Cursor>,
    /// Behind which event it is, by what it was told; none before it first came.
    last: Option<EventId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    Append,
    Commit(usize),
    Abort,
    Tick,
    Trim,
    /// What is not committed is lost, what is in memory is elsewhere.
    Restart,
    /// The end is lost: the channel begins anew.
    Reset,
    Connect(usize),
    ConnectOldest(usize),
    /// With the id of an event that is not there yet.
    ConnectAhead(usize),
    Disconnect(usize),
    Read(usize),
}

/// Reads one event at a time, so that everything can happen in between.
const ONE: Chunk = Chunk { events: 1, bytes: u64::MAX };

impl Truth {
    fn top(&self) -> EventId {
        EventId::new(Epoch::of(self.epoch), self.of_epoch(self.epoch).len() as u64)
    }

    /// The position before the oldest retained event.
    fn oldest(&self) -> EventId {
        let first = self.retained.first().map_or(self.top().sequence() + 1, |(first, _)| *first);
        EventId::new(Epoch::of(self.epoch), first - 1)
    }

    fn of_epoch(&self, epoch: u128) -> &[u8] {
        self.committed.get(&epoch).map_or(&[], Vec::as_slice)
    }

    fn begin(&mut self) {
        self.epoch += 1;
        self.retained.clear();
        self.pending.clear();
    }
}

impl State {
    /// What is wrong with what a reader got.
    fn judge(&self, reader: usize, got: &Read<u8>) -> Option<&'static str> {
        let last = self.readers[reader].last?;
        let (top, oldest) = (self.truth.top(), self.truth.oldest());
        let misses = last.epoch() != top.epoch()
            || last.sequence() > top.sequence()
            || last.sequence() < oldest.sequence();
        match got {
            Read::Nothing if misses => Some("a reader that misses events is told nothing"),
            Read::Nothing if last != top => Some("a reader that is behind gets nothing"),
            Read::Nothing => None,
            Read::Events(_) if misses => Some("a reader that misses events goes on"),
            Read::Events(events) => {
                let committed = self.truth.of_epoch(self.truth.epoch);
                for ((sequence, event), expected) in events.iter().zip(last.sequence() + 1..) {
                    if *sequence != expected {
                        return Some("an event is left out, repeated or out of order");
                    }
                    if committed.get(expected as usize - 1) != Some(event) {
                        return Some("an event is not the one that was committed");
                    }
                }
                events.is_empty().then_some("a read of no events")
            }
            Read::Gap(_) if !misses => Some("a gap where nothing is missing"),
            Read::Gap(gap) => {
                let is_ahead = last.epoch() == top.epoch() && last.sequence() > top.sequence();
                let resume = if is_ahead { top } else { oldest };
                (gap.resume() != resume).then_some("a reader goes on at the wrong place")
            }
            Read::Elsewhere { .. } => Some("events are not in memory"),
        }
    }

    /// What a reader gets, with what is elsewhere read from there.
    fn read(&mut self, index: usize) {
        let mut got = Read::Nothing;
        if let Some(cursor) = &mut self.readers[index].cursor {
            got = cursor.read(&self.log, ONE);
            if let Read::Elsewhere { first, .. } = got {
                let is_there = self.truth.retained.iter().any(|(number, _)| *number == first);
                let event = self.truth.of_epoch(self.truth.epoch).get(first as usize - 1);
                if let (true, Some(event)) = (is_there, event) {
                    cursor.advance(first);
                    got = Read::Events(vec![(first, *event)]);
                }
            }
        }
        self.wrong = self.judge(index, &got);
        match got {
            Read::Events(events) => {
                let number = events.last().map_or(0, |(number, _)| *number);
                let epoch = Epoch::of(self.truth.epoch);
                self.readers[index].last = Some(EventId::new(epoch, number));
            }
            Read::Gap(gap) => self.tell(index, gap),
            Read::Nothing | Read::Elsewhere { .. } => {}
        }
    }

    fn tell(&mut self, index: usize, gap: Gap) {
        self.readers[index].last = Some(gap.resume());
        if !self.gaps.contains(&gap.reason()) {
            self.gaps.push(gap.reason());
            self.gaps.sort_by_key(|reason| format!("{reason:?}"));
        }
    }

    fn trim(&mut self, limits: &Limits) {
        let (now, age) = (self.now, limits.age);
        self.log.trim(now, limits);
        self.truth.retained.retain(|(_, at)| now - at <= age);
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let reader = Reader { visits: 0, cursor: None, last: None };
        let truth = Truth {
            epoch: 1,
            committed: BTreeMap::new(),
            pending: Vec::new(),
            retained: Vec::new(),
        };
        vec![State {
            log: Log::new(Epoch::of(1)).with_bug(self.bug),
            truth,
            now: 0,
            next_event: 1,
            restarts: 0,
            resets: 0,
            readers: [reader.clone(), reader],
            gaps: Vec::new(),
            wrong: None,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.wrong.is_some() {
            return;
        }
        let pending = state.truth.pending.len();
        if state.next_event <= self.events {
            actions.push(Action::Append);
        }
        if pending > 0 {
            actions.extend([Action::Commit(1), Action::Abort]);
        }
        if pending > 1 {
            actions.push(Action::Commit(pending));
        }
        if state.now < self.ticks {
            actions.push(Action::Tick);
        }
        actions.push(Action::Trim);
        if state.restarts < self.restarts {
            actions.push(Action::Restart);
        }
        if state.resets < self.resets {
            actions.push(Action::Reset);
        }
        for (index, reader) in state.readers.iter().enumerate() {
            if reader.cursor.is_some() {
                actions.extend([Action::Read(index), Action::Disconnect(index)]);
            } else if reader.visits < self.visits[index] {
                actions.push(Action::Connect(index));
                if reader.last.is_none() {
                    actions.push(Action::ConnectOldest(index));
                    if index == 0 {
                        actions.push(Action::ConnectAhead(index));
                    }
                }
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Append => {
                state.log.next()?;
                state.log.append(state.next_event, 1, state.now);
                state.truth.pending.push(state.next_event);
                state.next_event += 1;
            }
            Action::Commit(count) => {
                let epoch = state.truth.epoch;
                let events: Vec<_> = state.truth.pending.drain(..count).collect();
                for event in events {
                    let committed = state.truth.committed.entry(epoch).or_default();
                    committed.push(event);
                    state.truth.retained.push((committed.len() as u64, state.now));
                }
                let most = self.limits.events as usize;
                let excess = state.truth.retained.len().saturating_sub(most);
                state.truth.retained.drain(..excess);
                state.log.commit(count, &self.limits);
            }
            Action::Abort => {
                state.truth.pending.clear();
                state.log.abort();
            }
            // Events that wait are from before, which no writer leaves.
            Action::Tick if !state.truth.pending.is_empty() => return None,
            Action::Tick => state.now += 1,
            Action::Trim => state.trim(&self.limits),
            Action::Restart => {
                state.restarts += 1;
                state.truth.pending.clear();
                let top = state.log.top();
                let mut log = Log::recovered(top.epoch(), top.sequence()).with_bug(self.bug);
                for (number, at) in &state.truth.retained {
                    log.retain(*number, 1, *at, &self.limits);
                }
                state.log = log;
            }
            Action::Reset => {
                state.resets += 1;
                state.truth.begin();
                state.log.reset(Epoch::of(state.truth.epoch));
            }
            Action::Connect(index) => {
                let last = state.readers[index].last.unwrap_or(state.truth.top());
                let position = state.readers[index].last.unwrap_or(state.log.top());
                let reader = &mut state.readers[index];
                reader.visits += 1;
                reader.last = Some(last);
                reader.cursor = Some(Cursor::new(position));
            }
            Action::ConnectOldest(index) => {
                let (position, last) = (state.log.oldest(), state.truth.oldest());
                let reader = &mut state.readers[index];
                reader.visits += 1;
                reader.last = Some(last);
                reader.cursor = Some(Cursor::new(position));
            }
            Action::ConnectAhead(index) => {
                let top = state.truth.top();
                let ahead = EventId::new(top.epoch(), top.sequence() + 1);
                let reader = &mut state.readers[index];
                reader.visits += 1;
                reader.last = Some(ahead);
                reader.cursor = Some(Cursor::new(ahead));
            }
            Action::Disconnect(index) => state.readers[index].cursor = None,
            Action::Read(index) => state.read(index),
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn told(state: &State, reason: GapReason) -> bool {
            state.gaps.contains(&reason)
        }
        vec![
            Property::always("readers get everything or are told", |_, state: &State| {
                state.wrong.is_none()
            }),
            Property::sometimes("a reader sees every event", |world: &World, state: &State| {
                state.readers.iter().any(|reader| {
                    reader.last.is_some_and(|last| last.sequence() == u64::from(world.events))
                })
            }),
            Property::sometimes("a reader is slow", |_, state| told(state, GapReason::Slow)),
            Property::sometimes("a reader comes too late", |_, state| {
                told(state, GapReason::Trimmed)
            }),
            Property::sometimes("a reader is ahead", |_, state| told(state, GapReason::Ahead)),
            Property::sometimes("a reader is of another epoch", |_, state| {
                told(state, GapReason::Epoch)
            }),
        ]
    }
}

/// All that a log in memory goes through.
fn world(bug: Bug) -> World {
    let limits =
        Limits { age: 1, events: 2, bytes: 1 << 20, held_events: usize::MAX, held_bytes: 1 << 20 };
    World { bug, limits, events: 3, ticks: 2, restarts: 0, resets: 1, visits: [2, 1] }
}

/// The same for a log in a file, of which one event is in memory.
fn world_of_file(bug: Bug) -> World {
    let limits = Limits { held_events: 1, ..world(bug).limits };
    World { limits, restarts: 1, resets: 0, ..world(bug) }
}

/// Looks through everything, until something is wrong; tells whether it is.
fn is_wrong(world: World) -> bool {
    let checker = world.checker().spawn_bfs().join();
    checker.discovery("readers get everything or are told").is_some()
}

#[test]
fn in_every_interleaving_a_reader_of_memory_gets_everything_or_is_told() {
    let checker = world(Bug::None).checker().spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.unique_state_count() > 10_000, "{}", checker.unique_state_count());
    println!("{} states", checker.unique_state_count());
}

#[test]
fn in_every_interleaving_a_reader_of_a_file_gets_everything_or_is_told() {
    let checker = world_of_file(Bug::None).checker().spawn_bfs().join();
    let wrong = checker.discovery("readers get everything or are told");
    assert!(wrong.is_none(), "{:?}", wrong.map(stateright::Path::into_actions));
    assert!(checker.unique_state_count() > 10_000, "{}", checker.unique_state_count());
}

macro_rules! finds {
    ($($name:ident: $bug:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            assert!(is_wrong(world(Bug::$bug)) || is_wrong(world_of_file(Bug::$bug)));
        })*
    };
}

finds! {
    events_shown_before_they_are_committed_are_found: ShowsPending,
    events_committed_before_their_time_are_found: CommitsAll,
    events_that_stay_in_line_after_a_failure_are_found: AbortKeeps,
    positions_of_another_epoch_that_are_taken_are_found: IgnoresEpoch,
    a_reader_let_through_below_the_floor_is_found: FloorOffByOne,
    a_reader_beyond_the_end_that_waits_is_found: AheadWaits,
    events_that_come_twice_are_found: RepeatsLast,
    events_left_out_behind_a_gap_are_found: SkipsBehindGap,
    a_slow_reader_that_is_not_told_is_found: SlowIsSilent,
    numbers_used_again_after_everything_was_trimmed_are_found: RestartsWhenEmpty,
    events_under_the_numbers_of_others_are_found: TrimsNewest,
}
