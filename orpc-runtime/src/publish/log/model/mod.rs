//! Model of the log: every interleaving of a publisher, readers, retention and
//! restarts, up to a bound, on the log itself. Seeded faults have to be found.

mod faults;
mod starts;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

use self::faults::Fault;
use super::{Chunk, Cursor, Limits, Log, Origin, Read};
use crate::publish::gap::{Gap, GapReason};
use crate::publish::id::{Epoch, EventId};

/// Numbers of actions.
#[derive(Debug, Clone)]
struct World {
    fault: Fault,
    limits: Limits,
    events: u8,
    ticks: u64,
    restarts: u8,
    losses: u8,
    /// Number of connections of each reader.
    visits: [u8; 2],
}

/// The channel.
const ROOM: &str = "room";

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    log: Log<u8>,
    origin: Origin,
    truth: Truth,
    now: u64,
    /// Payload of the next event; all payloads differ.
    next_event: u8,
    restarts: u8,
    losses: u8,
    readers: [Reader; 2],
    gaps: Vec<GapReason>,
    wrong: Option<&'static str>,
}

/// The published events, recorded apart from the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Truth {
    /// Number of the store's epoch, from which the channel's is derived.
    epoch: u128,
    /// Position before the first event.
    base: EventId,
    /// The committed events behind it, with their ids.
    line: Vec<(EventId, u8)>,
    pending: Vec<u8>,
    /// Numbers and times of the retained events.
    retained: Vec<(u64, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Reader {
    visits: u8,
    /// The reader while it is connected.
    cursor: Option<Cursor>,
    /// Id of the last event that the reader got; `None` before its first connection.
    last: Option<EventId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    Append,
    Commit(usize),
    Abort,
    Tick,
    Trim,
    /// Uncommitted events are lost; those in memory are in the cold store.
    Restart,
    /// The events from that number on are lost, and a new epoch begins.
    LoseEnd(u64),
    /// The event of that number is damaged, and a new epoch begins.
    Damage(u64),
    /// The channel is evicted and created again.
    Forget,
    Connect(usize),
    ConnectOldest(usize),
    /// Connects with the id of an event that does not exist yet.
    ConnectAhead(usize),
    Disconnect(usize),
    Read(usize),
}

/// Reads one event at a time, so that all actions can happen in between.
const ONE: Chunk = Chunk { events: 1, bytes: u64::MAX };

impl Truth {
    fn new(epoch: u128, base: u64) -> Self {
        let base = EventId::new(Epoch::of(epoch).of_channel(ROOM), base);
        let (line, pending, retained) = (Vec::new(), Vec::new(), Vec::new());
        Self { epoch, base, line, pending, retained }
    }

    fn head(&self) -> EventId {
        self.line.last().map_or(self.base, |(id, _)| *id)
    }

    /// Returns the id of an event, or of the position before the first one.
    fn id(&self, number: u64) -> Option<EventId> {
        let index = number.checked_sub(self.base.sequence())?;
        match index.checked_sub(1) {
            None => Some(self.base),
            Some(index) => self.line.get(index as usize).map(|(id, _)| *id),
        }
    }

    /// Returns the position before the oldest retained event.
    fn start(&self) -> EventId {
        match self.retained.first() {
            Some((first, _)) => self.id(first - 1).unwrap(),
            None => self.head(),
        }
    }

    /// Returns `true` if a reader behind that event misses some of the later ones.
    fn misses(&self, last: EventId) -> bool {
        self.id(last.sequence()) != Some(last) || last.sequence() < self.start().sequence()
    }

    /// Returns the position from which a reader that misses events continues: behind the last event that
    /// it shares with the channel, if the events behind that are retained.
    fn resume(&self, last: EventId) -> EventId {
        let is_shared = |id: &EventId| {
            id.epoch() == last.epoch()
                && id.sequence() < last.sequence()
                && id.sequence() >= self.start().sequence()
        };
        let mut ids = self.line.iter().map(|(id, _)| *id).rev().chain([self.base]);
        ids.find(is_shared).unwrap_or(self.start())
    }

    fn commit(&mut self, event: u8, at: u64) {
        let (number, epoch) = (self.head().sequence() + 1, Epoch::of(self.epoch));
        self.line.push((EventId::new(epoch.of_channel(ROOM), number), event));
        self.retained.push((number, at));
    }
}

impl State {
    /// Returns the fault in the result of a read, if there is one.
    fn judge(&self, reader: usize, got: &Read<u8>) -> Option<&'static str> {
        let last = self.readers[reader].last?;
        let (head, misses) = (self.truth.head(), self.truth.misses(last));
        match got {
            Read::Nothing if misses => Some("a reader that misses events is told nothing"),
            Read::Nothing if last != head => Some("a reader that is behind gets nothing"),
            Read::Nothing => None,
            Read::Events(_) if misses => Some("a reader that misses events goes on"),
            Read::Events(events) => {
                for (event, expected) in events.iter().zip(last.sequence() + 1..) {
                    if event.0.sequence() != expected {
                        return Some("an event is left out, repeated or out of order");
                    }
                    if !self.truth.line.contains(event) {
                        return Some("an event is not the one that was committed");
                    }
                }
                events.is_empty().then_some("a read of no events")
            }
            Read::Gap(_) if !misses => Some("a gap where nothing is missing"),
            Read::Gap(gap) => {
                let resume = self.truth.resume(last);
                (gap.resume() != resume).then_some("a reader goes on at the wrong place")
            }
            Read::ColdStore { .. } => Some("events are not in memory"),
        }
    }

    /// Reads as a reader, from the cold store where necessary.
    fn read(&mut self, index: usize, fault: Fault) {
        let mut got = Read::Nothing;
        if let Some(cursor) = &mut self.readers[index].cursor {
            got = fault.read(cursor, &self.log, ONE);
            if let Read::ColdStore { first, .. } = got {
                let is_there = self.truth.retained.iter().any(|(number, _)| *number == first);
                let event = self.truth.line.iter().find(|(id, _)| id.sequence() == first);
                if let (true, Some(event)) = (is_there, event) {
                    cursor.advance(event.0);
                    got = Read::Events(vec![*event]);
                }
            }
        }
        self.wrong = self.judge(index, &got);
        match got {
            Read::Events(events) => self.readers[index].last = events.last().map(|(id, _)| *id),
            Read::Gap(gap) => self.tell(index, gap),
            Read::Nothing | Read::ColdStore { .. } => {}
        }
    }

    /// Returns the log as recovered from a file, with the events from `first` on.
    fn recovered(&self, first: u64, fault: Fault, limits: &Limits) -> Log<u8> {
        let retained = self.truth.retained.iter().filter(|(number, _)| *number >= first);
        let mut log = match self.truth.retained.first() {
            _ if self.log.is_unused() => self.origin.log(ROOM),
            Some((first, _)) => Log::behind(self.truth.id(first - 1).unwrap()),
            None => Log::behind(self.truth.head()),
        };
        if !self.log.is_unused() {
            log.set_used();
        }
        if first > log.earliest() {
            fault.lose(&mut log, self.truth.id(first - 1).unwrap());
        }
        for (number, at) in retained {
            let id = self.truth.id(*number).unwrap();
            fault.retain(&mut log, id.epoch(), *at, limits);
        }
        log
    }

    /// Begins a new epoch, as a store does that may have lost events.
    fn begin(&mut self) {
        self.losses += 1;
        self.truth.epoch += 1;
        self.truth.pending.clear();
    }

    fn tell(&mut self, index: usize, gap: Gap) {
        self.readers[index].last = Some(gap.resume());
        if !self.gaps.contains(&gap.reason()) {
            self.gaps.push(gap.reason());
            self.gaps.sort_by_key(|reason| format!("{reason:?}"));
        }
    }

    fn trim(&mut self, fault: Fault, limits: &Limits) {
        let (now, age) = (self.now, limits.age);
        fault.trim(&mut self.log, now, limits);
        self.truth.retained.retain(|(_, at)| now - at <= age);
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let reader = Reader { visits: 0, cursor: None, last: None };
        let origin = Origin::new(Epoch::of(1));
        vec![State {
            log: origin.log(ROOM),
            origin,
            truth: Truth::new(1, 0),
            now: 0,
            next_event: 1,
            restarts: 0,
            losses: 0,
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
        if state.losses < self.losses {
            let retained = state.truth.retained.iter().map(|(number, _)| *number);
            if state.truth.retained.is_empty() {
                actions.push(Action::LoseEnd(state.truth.head().sequence() + 1));
            }
            for number in retained {
                actions.extend([Action::LoseEnd(number), Action::Damage(number)]);
            }
        }
        let is_read = state.readers.iter().any(|reader| reader.cursor.is_some());
        if !is_read && pending == 0 && state.truth.retained.is_empty() {
            actions.push(Action::Forget);
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
                let events: Vec<_> = state.truth.pending.drain(..count).collect();
                for event in events {
                    state.truth.commit(event, state.now);
                }
                let most = self.limits.events as usize;
                let excess = state.truth.retained.len().saturating_sub(most);
                state.truth.retained.drain(..excess);
                self.fault.commit(&mut state.log, count, &self.limits);
            }
            Action::Abort => {
                state.truth.pending.clear();
                self.fault.abort(&mut state.log);
            }
            // Uncommitted events from earlier: a writer leaves none.
            Action::Tick if !state.truth.pending.is_empty() => return None,
            Action::Tick => state.now += 1,
            Action::Trim => state.trim(self.fault, &self.limits),
            Action::Restart => {
                state.restarts += 1;
                state.truth.pending.clear();
                if self.fault == Fault::AlwaysBegins {
                    state.origin.epoch = Epoch::of(1000);
                }
                let mut log = state.recovered(0, self.fault, &self.limits);
                self.fault.resume(&state.origin, &mut log);
                state.log = log;
            }
            Action::LoseEnd(first) => {
                state.begin();
                let Truth { line, retained, epoch, .. } = &mut state.truth;
                line.retain(|(id, _)| id.sequence() < first);
                retained.retain(|(number, _)| *number < first);
                if self.fault != Fault::KeepsEpoch {
                    state.origin.epoch = Epoch::of(*epoch);
                }
                let is_unused = state.log.is_unused();
                let mut log = state.recovered(0, self.fault, &self.limits);
                self.fault.resume(&state.origin, &mut log);
                if is_unused {
                    state.truth.base = EventId::new(
                        state.origin.epoch.of_channel(ROOM),
                        state.origin.highest_evicted,
                    );
                }
                state.log = log;
            }
            Action::Damage(number) => {
                state.begin();
                state.origin.epoch = Epoch::of(state.truth.epoch);
                let mut log = state.recovered(number + 1, self.fault, &self.limits);
                state.truth.retained.retain(|(kept, _)| *kept > number);
                self.fault.resume(&state.origin, &mut log);
                state.log = log;
            }
            Action::Forget => {
                self.fault.forget(&mut state.origin, &state.log);
                state.log = state.origin.log(ROOM);
                let base = state.truth.head().sequence();
                state.truth = Truth::new(state.truth.epoch, base);
            }
            Action::Connect(index) => {
                let last = state.readers[index].last.unwrap_or(state.truth.head());
                let position = state.readers[index].last.unwrap_or(state.log.head());
                let reader = &mut state.readers[index];
                reader.visits += 1;
                reader.last = Some(last);
                reader.cursor = Some(Cursor::new(position));
            }
            Action::ConnectOldest(index) => {
                let (position, last) = (state.log.start(), state.truth.start());
                let reader = &mut state.readers[index];
                reader.visits += 1;
                reader.last = Some(last);
                reader.cursor = Some(Cursor::new(position));
            }
            Action::ConnectAhead(index) => {
                let head = state.truth.head();
                let ahead = EventId::new(head.epoch(), head.sequence() + 1);
                let reader = &mut state.readers[index];
                reader.visits += 1;
                reader.last = Some(ahead);
                reader.cursor = Some(Cursor::new(ahead));
            }
            Action::Disconnect(index) => state.readers[index].cursor = None,
            Action::Read(index) => state.read(index, self.fault),
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
            Property::sometimes("a reader is slow", |_, state| told(state, GapReason::Lagged)),
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

/// Returns the bounds for a log in memory.
fn world(fault: Fault) -> World {
    let limits = Limits { age: 1, ..Limits::in_memory(std::time::Duration::ZERO, 2, 1 << 20) };
    World { fault, limits, events: 3, ticks: 2, restarts: 0, losses: 0, visits: [2, 1] }
}

/// Returns the bounds for a log in a file, with one event in memory.
fn world_of_file(fault: Fault) -> World {
    let limits = Limits { held_events: 1, ..world(fault).limits };
    World { limits, restarts: 1, losses: 1, ..world(fault) }
}

/// Explores the states until one is faulty; returns `true` if there is one.
fn is_wrong(world: World) -> bool {
    let checker = world.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    checker.discovery("readers get everything or are told").is_some()
}

#[test]
fn in_every_interleaving_a_reader_of_memory_gets_everything_or_is_told() {
    let checker = world(Fault::None).checker().spawn_bfs().join();
    let wrong = checker.discovery("readers get everything or are told");
    assert!(wrong.is_none(), "{:?}", wrong.map(stateright::Path::into_actions));
    assert!(checker.unique_state_count() > 10_000, "{}", checker.unique_state_count());
    println!("{} states", checker.unique_state_count());
}

#[test]
fn in_every_interleaving_a_reader_of_a_file_gets_everything_or_is_told() {
    let checker = world_of_file(Fault::None).checker().spawn_bfs().join();
    let wrong = checker.discovery("readers get everything or are told");
    assert!(wrong.is_none(), "{:?}", wrong.map(stateright::Path::into_actions));
    checker.assert_properties();
    assert!(checker.unique_state_count() > 10_000, "{}", checker.unique_state_count());
    println!("{} states", checker.unique_state_count());
}

macro_rules! finds {
    ($($name:ident: $fault:ident in $world:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            assert!(is_wrong($world(Fault::$fault)));
        })*
    };
}

finds! {
    events_shown_before_they_are_committed_are_found: ShowsPending in world,
    events_committed_before_their_time_are_found: CommitsAll in world,
    events_that_stay_in_line_after_a_failure_are_found: AbortKeeps in world,
    positions_of_another_epoch_that_are_taken_are_found: IgnoresEpoch in world_of_file,
    a_reader_let_through_before_the_earliest_event_is_found: EarliestOffByOne in world,
    a_reader_beyond_the_end_that_waits_is_found: AheadWaits in world,
    events_that_come_twice_are_found: RepeatsLast in world,
    events_left_out_behind_a_gap_are_found: SkipsBehindGap in world,
    a_slow_reader_that_is_not_told_is_found: SlowIsSilent in world,
    numbers_used_again_after_everything_was_trimmed_are_found: RestartsWhenEmpty in world,
    events_under_the_numbers_of_others_are_found: TrimsNewest in world,
    an_epoch_held_against_that_of_another_entry_is_found: ComparesNewestEpoch in world_of_file,
    an_epoch_that_is_forgotten_too_early_is_found: ForgetsLastTrimmed in world_of_file,
    a_new_epoch_of_old_entries_is_found: RenamesEntries in world_of_file,
    events_that_come_again_behind_lost_ones_are_found: RepeatsShared in world_of_file,
    events_left_out_behind_lost_ones_are_found: SkipsReplaced in world_of_file,
    lost_events_whose_ids_are_given_again_are_found: KeepsEpoch in world_of_file,
    a_new_epoch_where_nothing_was_lost_is_found: AlwaysBegins in world_of_file,
    numbers_used_again_by_a_forgotten_channel_are_found: ForgetsNumbers in world,
    events_taken_for_those_before_a_damaged_one_are_found: ClosesHoles in world_of_file,
}
