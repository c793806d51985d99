//! Model of a store's starts: every order, up to a bound, of starts and ends, of copies
//! of its data that are restored and of copies that continue elsewhere. An id must name
//! one event, and a start that can prove that nothing is lost continues in its epoch.

use std::collections::BTreeMap;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

use super::ROOM;
use super::faults::Fault;
use crate::publish::id::{Epoch, EventId};
use crate::publish::log::continuity::SLACK;
use crate::publish::log::{Found, Limits, Log, Origin, Place, Witness, starting};

/// A time far beyond the slack.
const LATER: u64 = 10 * SLACK;

/// Bounds of the model.
#[derive(Debug, Clone)]
struct World {
    fault: Fault,
    events: u8,
    starts: u8,
    changes: u8,
}

/// The content of a store's disk.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Data {
    origin: Origin,
    base: EventId,
    commit: u64,
    events: Vec<(Epoch, u8)>,
    /// Number of synced events, and of the last synced transaction.
    synced: (usize, u64),
    file: u64,
    changed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    data: Data,
    witness: Option<Witness>,
    log: Option<Log<u8>>,
    boot: u128,
    time: u64,
    copy: Option<(Data, Option<Witness>)>,
    /// A copy that continues on another machine.
    elsewhere: Option<(Data, Log<u8>)>,
    /// Event that each id was given to.
    given: BTreeMap<u128, BTreeMap<u64, u8>>,
    next_event: u8,
    next_epoch: u128,
    starts: u8,
    changes: u8,
    /// The data were changed other than by the store.
    is_touched: bool,
    wrong: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Start,
    /// The process ends after its first change of the data, before it has read them.
    StartAndDie,
    Publish,
    /// The process ends after the event is stored, before the witness is written.
    PublishAndDie,
    Kill,
    Close,
    /// The machine loses power, and unsynced data if `loses` is set.
    LosePower {
        loses: bool,
    },
    Copy,
    /// The copy is restored.
    PutBack {
        with_witness: bool,
        in_place: bool,
        /// Within the time that a transaction may take.
        soon: bool,
    },
    /// The machine is restored from a snapshot of the time of the copy, witness
    /// included.
    PutBackMachine,
    /// Another machine opens the copy.
    GoOnElsewhere,
    PublishElsewhere,
    /// The data are replaced by those of the other machine at once.
    BringBack,
}

fn limits() -> Limits {
    Limits { age: 1000, ..Limits::in_file(std::time::Duration::ZERO, 100, 1 << 20) }
}

impl Data {
    fn log(&self) -> Log<u8> {
        let mut log = Log::behind(self.base);
        for (epoch, _) in &self.events {
            log.retain(*epoch, 1, 0, &limits());
        }
        self.origin.resume(ROOM, &mut log);
        log
    }

    fn found(&self, boot: u128) -> Found {
        let place = Place { boot: Some(boot), file: Some((1, self.file)), changed: self.changed };
        Found { epoch: self.origin.epoch, commit: self.commit, place }
    }

    fn begin(&mut self, epoch: u128) {
        self.origin.epoch = Epoch::of(epoch);
        if self.events.is_empty() {
            self.base = EventId::new(self.origin.epoch.of_channel(ROOM), 0);
        }
        self.commit += 1;
    }

    /// Stores an event.
    fn push(&mut self, log: &mut Log<u8>, event: u8) -> Option<EventId> {
        let id = log.next()?;
        log.append(event, 1, 0);
        log.commit(1, &limits());
        self.events.push((id.epoch(), event));
        self.commit += 1;
        Some(id)
    }
}

impl State {
    /// Makes an event visible to readers.
    fn give(&mut self, id: EventId, event: u8) {
        let of_epoch = self.given.entry(id.epoch().number()).or_default();
        if of_epoch.insert(id.sequence(), event).is_some_and(|before| before != event) {
            self.wrong = Some("an id is given to two events");
        }
    }

    /// Writes the witness.
    fn witness(&mut self, is_closed: bool) {
        self.witness = Some(Witness { found: self.data.found(self.boot), is_closed });
    }

    fn start(&mut self, fault: Fault) {
        self.starts += 1;
        let found = self.data.found(self.boot);
        let is_continued = fault.is_continued(&found, self.witness.as_ref());
        if !is_continued || fault == Fault::AlwaysBegins {
            self.next_epoch += 1;
            self.data.begin(self.next_epoch);
            if !self.is_touched && self.starts > 1 {
                self.wrong = Some("a new epoch where nothing was lost");
            }
        }
        self.data.changed = self.time;
        self.is_touched = false;
        self.log = Some(self.data.log());
        self.witness(false);
        for (number, (epoch, event)) in (1..).zip(self.data.events.clone()) {
            self.give(EventId::new(epoch, number), event);
        }
    }

    /// Starts long after the last end, and changes the data no further than their time.
    fn start_and_die(&mut self, fault: Fault) {
        self.starts += 1;
        self.time += LATER;
        let place = self.data.found(self.boot).place;
        let starting = self.witness.and_then(|witness| starting(place, self.time, &witness));
        if fault != Fault::NotesStartsLate {
            self.witness = starting.or(self.witness);
        }
        self.data.changed = self.time;
    }

    fn publish(&mut self, is_written_down: bool) {
        let event = self.next_event;
        self.time += 1;
        self.next_event += 1;
        let Some(log) = &mut self.log else { return };
        self.data.changed = self.time;
        let id = self.data.push(log, event);
        if is_written_down {
            self.witness(false);
            id.into_iter().for_each(|id| self.give(id, event));
        } else {
            self.log = None;
        }
    }

    fn put_back(&mut self, with_witness: bool, in_place: bool, soon: bool) {
        let Some((copy, witness)) = self.copy.clone() else { return };
        self.time += if soon { 1 } else { LATER };
        let file = if in_place { self.data.file } else { self.data.file + 1 };
        self.data = Data { file, changed: self.time, ..copy };
        if with_witness {
            self.witness = witness;
        }
    }

    fn go_on_elsewhere(&mut self, fault: Fault) {
        let Some((mut data, _)) = self.copy.clone() else { return };
        if !fault.is_continued(&data.found(99), None) {
            self.next_epoch += 1;
            data.begin(self.next_epoch);
        }
        let log = data.log();
        self.elsewhere = Some((data, log));
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let origin = Origin::new(Epoch::of(1));
        let base = EventId::new(origin.epoch.of_channel(ROOM), 0);
        let (commit, events, synced) = (0, Vec::new(), (0, 0));
        vec![State {
            data: Data { origin, base, commit, events, synced, file: 1, changed: 0 },
            witness: None,
            log: None,
            boot: 1,
            time: 0,
            copy: None,
            elsewhere: None,
            given: BTreeMap::new(),
            next_event: 1,
            next_epoch: 1,
            starts: 0,
            changes: 0,
            is_touched: true,
            wrong: None,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.wrong.is_some() {
            return;
        }
        let publishes = state.next_event <= self.events;
        if state.log.is_some() {
            actions.extend([Action::Kill, Action::Close]);
            if publishes {
                actions.extend([Action::Publish, Action::PublishAndDie]);
            }
        } else if state.starts < self.starts {
            actions.extend([Action::Start, Action::StartAndDie]);
        }
        if publishes && state.elsewhere.is_some() {
            actions.push(Action::PublishElsewhere);
        }
        if state.changes >= self.changes {
            return;
        }
        actions.extend([Action::LosePower { loses: true }, Action::LosePower { loses: false }]);
        actions.push(Action::Copy);
        if state.log.is_none() && state.copy.is_some() {
            for (with_witness, in_place) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                actions.push(Action::PutBack { with_witness, in_place, soon: false });
                // If both are overwritten at once, the loss cannot be detected.
                if !(with_witness && in_place) {
                    actions.push(Action::PutBack { with_witness, in_place, soon: true });
                }
            }
            actions.push(Action::PutBackMachine);
        }
        if state.copy.is_some() && state.elsewhere.is_none() {
            actions.push(Action::GoOnElsewhere);
        }
        if state.log.is_none() && state.elsewhere.is_some() {
            actions.push(Action::BringBack);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let is_change = !matches!(action, Action::Start | Action::StartAndDie)
            && !matches!(action, Action::Kill | Action::Close)
            && !matches!(action, Action::Publish | Action::PublishAndDie)
            && action != Action::PublishElsewhere;
        state.changes += u8::from(is_change);
        match action {
            Action::Start => state.start(self.fault),
            Action::StartAndDie => state.start_and_die(self.fault),
            Action::Publish => state.publish(true),
            Action::PublishAndDie => state.publish(false),
            Action::Kill => state.log = None,
            Action::Close => {
                state.log = None;
                state.data.synced = (state.data.events.len(), state.data.commit);
                state.witness(true);
            }
            Action::LosePower { loses } => {
                state.log = None;
                state.boot += 1;
                if loses {
                    let (events, commit) = state.data.synced;
                    state.data.events.truncate(events);
                    state.data.commit = commit;
                    // The witness may have been written to the disk or not.
                    state.witness = state.witness.map(|witness| Witness {
                        found: Found { commit, ..witness.found },
                        ..witness
                    });
                }
                state.is_touched = true;
            }
            Action::Copy => state.copy = Some((state.data.clone(), state.witness)),
            Action::PutBack { with_witness, in_place, soon } => {
                state.put_back(with_witness, in_place, soon);
                state.is_touched = true;
            }
            Action::PutBackMachine => {
                let (data, witness) = state.copy.clone()?;
                (state.data, state.witness) = (data, witness);
                state.boot += 1;
                state.is_touched = true;
            }
            Action::GoOnElsewhere => state.go_on_elsewhere(self.fault),
            Action::PublishElsewhere => {
                let (mut data, mut log) = state.elsewhere.take()?;
                let event = state.next_event;
                let id = data.push(&mut log, event);
                state.next_event += 1;
                state.elsewhere = Some((data, log));
                id.into_iter().for_each(|id| state.give(id, event));
            }
            Action::BringBack => {
                let (data, _) = state.elsewhere.clone()?;
                let (file, changed) = (state.data.file, state.time);
                state.data = Data { file, changed, ..data };
                state.is_touched = true;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("an id names one event", |_, state: &State| state.wrong.is_none()),
            Property::sometimes("a store goes on", |_, state: &State| {
                state.starts > 1 && state.data.events.len() > 1 && state.next_epoch == 2
            }),
        ]
    }
}

/// Bounds with that number of changes from outside.
fn world(fault: Fault, changes: u8) -> World {
    World { fault, events: 3, starts: 3, changes }
}

fn is_wrong(world: World) -> bool {
    let checker = world.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    checker.discovery("an id names one event").is_some()
}

#[test]
fn in_every_order_of_starts_and_copies_an_id_names_one_event() {
    let checker = world(Fault::None, 3).checker().spawn_bfs().join();
    let wrong = checker.discovery("an id names one event");
    assert!(wrong.is_none(), "{:?}", wrong.map(stateright::Path::into_actions));
    checker.assert_properties();
    assert!(checker.unique_state_count() > 1_000, "{}", checker.unique_state_count());
    println!("{} states", checker.unique_state_count());
}

macro_rules! finds {
    ($($name:ident: $fault:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            assert!(is_wrong(world(Fault::$fault, 4)));
        })*
    };
}

finds! {
    a_start_that_always_begins_an_epoch_is_found: AlwaysBegins,
    a_start_that_is_noted_behind_its_first_change_is_found: NotesStartsLate,
    a_copy_that_is_trusted_is_found: TrustsCopies,
    data_that_somebody_else_went_on_with_are_found: IgnoresLine,
    data_without_their_end_are_found: IgnoresLostCommits,
    data_of_another_start_of_the_machine_are_found: IgnoresBoot,
    another_file_in_its_place_is_found: IgnoresFile,
    a_file_that_was_written_over_is_found: IgnoresChange,
}
