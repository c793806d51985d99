//! Readers of logs whose older events are in a cold store.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::{Replay, Replays, Taken, Wanted};
use crate::publish::error::ReadError;
use crate::publish::id::EventId;
use crate::publish::store::channel::{Channel, Registration, State};
use crate::publish::store::log_reader::{LogReader, Polled, damaged, not_stored};
use crate::publish::store::{Reader, StoredEvent};

/// Reads events in memory from the log, and others from the cold store.
pub(in crate::publish::store) struct ReplayReader {
    log: LogReader,
    replays: Arc<Replays>,
    replay: Option<Replay>,
    /// Revision of the log for which the replay was requested.
    revision: u64,
}

impl ReplayReader {
    pub(in crate::publish::store) fn new(reader: Registration, replays: Arc<Replays>) -> Self {
        Self { log: LogReader::new(reader), replays, replay: None, revision: 0 }
    }

    /// Polls for the next event; without waiting it is `None` at the end.
    fn poll(&mut self, cx: &Context<'_>, waits: bool) -> Polled {
        loop {
            if let Some(replay) = &self.replay {
                let reader = &mut self.log.reader;
                let position = reader.cursor.position();
                let sequence = position.sequence().saturating_add(1);
                match ready!(replay.poll_take(cx)) {
                    Taken::Event(record) => {
                        let state = reader.channel.state();
                        // The file may have lost its end in the meantime; the log
                        // reports it.
                        let is_current = state.revision() == self.revision;
                        let is_there = sequence <= state.log.head().sequence();
                        if is_current && is_there && state.log.has_entry(position) {
                            let id = state.log.id(sequence);
                            reader.cursor.advance(id);
                            return Poll::Ready(Ok(Some(record.at(id))));
                        }
                    }
                    Taken::Nothing => {}
                    // They were trimmed or lost in the meantime; the log reports it.
                    Taken::Missing => {
                        let state = reader.channel.state();
                        let is_current = state.revision() == self.revision;
                        let is_there = state.log.earliest() <= sequence;
                        if is_current && is_there && state.log.has_entry(position) {
                            return Poll::Ready(Err(damaged("events are missing")));
                        }
                    }
                    Taken::Failed(error) => return Poll::Ready(Err(error)),
                }
                self.replay = None;
            }
            let wanted = |channel: &Channel, state: &State, (first, last)| {
                let channel = state.cold_number(channel)?;
                Some((Wanted { channel, first, last }, state.revision()))
            };
            match self.log.poll(cx, waits, wanted) {
                Ok(polled) => return polled,
                Err(Some((wanted, revision))) => {
                    self.revision = revision;
                    self.replay = Some(self.replays.ask(wanted));
                }
                Err(None) => return Poll::Ready(Err(not_stored())),
            }
        }
    }
}

impl Reader for ReplayReader {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<StoredEvent, ReadError>> {
        // Waiting gives an event or an error.
        self.poll(cx, true).map(|next| next?.ok_or(ReadError::Closed))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Polled {
        self.poll(cx, false)
    }

    fn position(&self) -> EventId {
        self.log.position()
    }
}

impl State {
    /// Returns the number under which the channel's events are read that are not in memory.
    fn cold_number(&self, channel: &Channel) -> Option<u64> {
        let copy = self.copy.as_ref().map(|_| channel.number);
        self.place.map(|place| place.number).or(copy)
    }

    /// Returns the number of times that the log was replaced by another one.
    fn revision(&self) -> u64 {
        self.copy.as_ref().map_or(0, |copy| copy.revision)
    }
}

#[cfg(all(test, any(feature = "nats", feature = "redis")))]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use bytes::Bytes;
    use futures::task::noop_waker_ref;

    use super::super::super::Record;
    use super::super::super::channel::{Copied, Place};
    use super::super::super::channels::Channels;
    use super::super::{Fetched, Pool};
    use super::*;
    use crate::publish::clock::{SystemClock, Timeline};
    use crate::publish::error::StoreErrorKind;
    use crate::publish::gap::GapReason;
    use crate::publish::id::Epoch;
    use crate::publish::log::{Extent, Limits, Log};
    use crate::publish::store::Start;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A reader of a channel with the events 1 to 3, of which the last one is in memory, and the
    /// reads of the cold store, which wait for their answers.
    struct World {
        reader: ReplayReader,
        asked: Receiver<Wanted>,
        answers: Sender<Vec<Record>>,
        _pool: Pool,
    }

    fn record(text: &'static str) -> Record {
        Record { envelope: Bytes::from_static(text.as_bytes()), audience: None }
    }

    fn extent(earliest: u64, head: u64, terms: &[(u64, u128)]) -> Extent {
        let next = Epoch::of(terms.last().unwrap().1);
        let terms = terms.iter().map(|(first, epoch)| (*first, Epoch::of(*epoch)));
        Extent::new(earliest, head, terms, next).unwrap()
    }

    impl World {
        fn new(is_copy: bool) -> Self {
            let limits = Limits::in_memory(Duration::from_secs(60), 100, 1 << 20);
            let limits = Limits { held_events: 1, ..limits };
            let timeline = Timeline::new(Arc::new(SystemClock::default()));
            let channels = Channels::new(timeline, limits, 10);
            let reader = channels.register("room", Start::Latest).unwrap();
            {
                let mut state = reader.channel.state();
                state.log = Log::behind(EventId::new(Epoch::of(1), 0));
                for text in ["1", "2", "3"] {
                    state.log.append(record(text), 1, 0);
                    state.log.commit(1, &limits);
                }
                state.copy = is_copy.then(Copied::default);
                state.place = (!is_copy).then_some(Place { number: 70, earliest: 1, keys: 1 });
            }
            let (sender, asked) = channel();
            let (answers, answered) = channel();
            let both = Mutex::new((sender, answered));
            let fetch = move |wanted, _| {
                let both = both.lock().unwrap();
                // The test may have ended.
                both.0.send(wanted).ok();
                Ok(Fetched::Records(both.1.recv_timeout(PATIENCE).unwrap_or_default()))
            };
            let pool = Pool::start(1 << 20, Arc::new(fetch)).unwrap();
            let mut reader = ReplayReader::new(reader, Arc::clone(pool.replays()));
            reader.log.reader.cursor.advance(EventId::new(Epoch::of(1), 1));
            Self { reader, asked, answers, _pool: pool }
        }

        /// Polls until events are read from the cold store.
        fn ask(&mut self) -> Wanted {
            let cx = Context::from_waker(noop_waker_ref());
            assert!(self.reader.poll(&cx, true).is_pending());
            self.asked.recv_timeout(PATIENCE).unwrap()
        }

        /// Changes the log while they are read.
        fn change(&self, change: impl FnOnce(&mut State)) {
            change(&mut self.reader.log.reader.channel.state());
        }

        /// Answers with events, and returns what the reader makes of them.
        fn answer(&mut self, texts: &[&'static str]) -> Polled {
            self.answers.send(texts.iter().map(|text| record(text)).collect()).unwrap();
            let deadline = std::time::Instant::now() + PATIENCE;
            let cx = Context::from_waker(noop_waker_ref());
            loop {
                let polled = self.reader.poll(&cx, false);
                if polled.is_ready() || self.reader.replay.is_none() {
                    return polled;
                }
                assert!(std::time::Instant::now() < deadline, "nothing is read");
                std::thread::yield_now();
            }
        }
    }

    fn event(polled: Polled) -> (EventId, Bytes) {
        match polled {
            Poll::Ready(Ok(Some(event))) => (event.id, event.envelope),
            other => panic!("{:?}", other.map(|next| next.map(|next| next.map(|own| own.id)))),
        }
    }

    fn gap(polled: Polled) -> (GapReason, u64) {
        match polled {
            Poll::Ready(Err(ReadError::Gap(gap))) => (gap.reason(), gap.resume().sequence()),
            other => panic!("{:?}", other.map(|next| next.map(|next| next.map(|own| own.id)))),
        }
    }

    #[test]
    fn events_are_those_of_the_cold_store_and_then_of_memory() {
        let mut world = World::new(false);
        let wanted = world.ask();
        assert_eq!((wanted.channel, wanted.first, wanted.last), (70, 2, 2));
        let second = event(world.answer(&["two"]));
        assert_eq!(second, (EventId::new(Epoch::of(1), 2), "two".into()));
        let cx = Context::from_waker(noop_waker_ref());
        assert_eq!(event(world.reader.poll(&cx, true)).1, "3");
    }

    /// The revision alone tells: the other log has the reader's position.
    #[test]
    fn events_of_a_log_that_was_replaced_while_they_were_read_are_read_again() {
        let mut world = World::new(true);
        world.ask();
        world.change(|state| {
            state.log.follow(&extent(1, 4, &[(0, 1), (2, 2)]));
            state.copy.as_mut().unwrap().revision += 1;
        });
        world.answers.send(vec![record("old")]).unwrap();
        let (id, text) = event(world.answer(&["new"]));
        assert_eq!((id, text), (EventId::new(Epoch::of(2), 2), "new".into()));
        // Missing ones are looked for again as well.
        let mut world = World::new(true);
        world.ask();
        world.change(|state| state.copy.as_mut().unwrap().revision += 1);
        world.answers.send(Vec::new()).unwrap();
        assert_eq!(event(world.answer(&["new"])).1, "new");
    }

    #[test]
    fn an_event_that_the_log_has_lost_while_it_was_read_is_not_delivered() {
        // Its end, and the reader's position.
        let mut world = World::new(true);
        world.ask();
        world.change(|state| state.log.follow(&extent(1, 1, &[(0, 1)])));
        assert!(matches!(world.answer(&["two"]), Poll::Ready(Ok(None))));
        let mut world = World::new(true);
        world.ask();
        world.change(|state| state.log.follow(&extent(1, 3, &[(0, 2)])));
        assert_eq!(gap(world.answer(&["two"])), (GapReason::Epoch, 0));
    }

    #[test]
    fn an_event_that_is_missing_is_damage_unless_it_was_removed() {
        let mut world = World::new(false);
        world.ask();
        match world.answer(&[]) {
            Poll::Ready(Err(ReadError::Store(error))) => {
                assert_eq!(error.kind(), StoreErrorKind::Damaged);
            }
            _ => panic!("a store without its events"),
        }
        // Trimmed, and lost with its position.
        let mut world = World::new(true);
        world.ask();
        world.change(|state| state.log.follow(&extent(3, 3, &[(0, 1)])));
        assert_eq!(gap(world.answer(&[])), (GapReason::Lagged, 2));
        let mut world = World::new(true);
        world.ask();
        world.change(|state| state.log.follow(&extent(1, 3, &[(0, 2)])));
        assert_eq!(gap(world.answer(&[])), (GapReason::Epoch, 0));
    }
}
