//! The room: what is said in it, and who comes and goes.

use std::collections::{HashMap, VecDeque};
use std::future::IntoFuture as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{
    Durability, EventId, Gap, ReadError, Start, StoreError, SubscribeError, Subscription,
};
use orpc_runtime::{EncodedEvent, Room as Sockets, Rooms};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::event::RoomEvent;
use crate::hibernating::Follower;
use crate::presence::Presence;

/// The publisher's channel of the room.
const CHANNEL: &str = "room";

/// How many events the room remembers, and a newcomer gets.
const KEPT: u64 = 500;

/// For how long.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many messages an author may send within [`WINDOW`].
const PER_WINDOW: usize = 5;

/// See [`PER_WINDOW`].
const WINDOW: Duration = Duration::from_secs(10);

/// Who comes back within this time was never away: a tab that connects anew or
/// is loaded again is no news.
const GRACE: Duration = Duration::from_secs(5);

/// One room for everyone.
pub struct Room {
    history: Publisher<RoomEvent>,
    /// Those who follow by iterators that hibernate.
    sleepers: Sockets,
    /// The last event that was given to the sleepers. Held while one is given, so
    /// that each of them gets it once and in its turn.
    given: Mutex<EventId>,
    presence: Mutex<Presence>,
    departures: mpsc::UnboundedSender<Departure>,
    recent_sends: Mutex<HashMap<String, VecDeque<Instant>>>,
}

/// Somebody's last connection ended.
struct Departure {
    name: String,
    at: Instant,
}

impl Room {
    /// A room with the history of a file, or with one that is forgotten with the
    /// process; and the tasks that tell who left and wake those who follow asleep.
    ///
    /// # Errors
    /// If the file cannot be opened, or is no history.
    pub fn open(file: Option<&Path>) -> Result<Arc<Self>, StoreError> {
        let kept = Publisher::builder().retention(KEPT_FOR).max_events(KEPT);
        let history = match file {
            Some(file) => kept.open(file, Durability::Commit)?,
            None => kept.memory(),
        };
        let news = history.subscribe(CHANNEL, Start::Now);
        let news = news.expect("a new publisher has place for a channel of that name");
        let (departures, departed) = mpsc::unbounded_channel();
        let room = Arc::new(Self {
            history,
            sleepers: Rooms::new().get_or_create("sleepers"),
            given: Mutex::new(news.position()),
            presence: Mutex::default(),
            departures,
            recent_sends: Mutex::default(),
        });
        tokio::spawn(Arc::clone(&room).announce(departed));
        tokio::spawn(Arc::clone(&room).wake(news));
        Ok(room)
    }

    /// Says something to everyone who follows, now and later.
    pub(crate) async fn say(&self, name: String, message: String) -> Result<(), Error> {
        let said = RoomEvent::Message { name, message, at: now() };
        self.history.publish(CHANNEL, &said).await?;
        Ok(())
    }

    /// Tells everyone who came or went. Notices are told in the order of these calls.
    fn tell(&self, event: RoomEvent) {
        let told = self.history.publish(CHANNEL, &event).into_future();
        tokio::spawn(async move {
            if let Err(error) = told.await {
                eprintln!("nobody is told who came and went: {error}");
            }
        });
    }

    /// Whether the author may send now, or else how long to wait.
    pub(crate) fn admit(&self, name: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let mut recent = lock(&self.recent_sends);
        recent.retain(|_, sends| {
            sends.retain(|sent| now.duration_since(*sent) < WINDOW);
            !sends.is_empty()
        });
        let sends = recent.entry(name.to_owned()).or_default();
        if sends.len() >= PER_WINDOW {
            return Err(WINDOW.saturating_sub(now.duration_since(sends[0])));
        }
        sends.push_back(now);
        Ok(())
    }

    /// What happens after the event `last`, or for a newcomer all that is known.
    fn read(&self, last: Option<&LastEventId>) -> Result<Subscription<RoomEvent>, SubscribeError> {
        // An id that is none of this room's is a newcomer's.
        let last = last.and_then(|last| last.as_str().parse().ok());
        self.history.subscribe(CHANNEL, last.map_or(Start::Oldest, Start::After))
    }

    /// The same, as a stream. Who gives a name is in the room for as long as it lives.
    pub(crate) fn follow(
        &self,
        name: Option<String>,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<RoomEvent>, ReadError>>, SubscribeError> {
        let events = self.read(last)?.gaps_as(missed);
        let visit = name.map(|name| {
            self.enter(&name);
            Visit { room: self, name }
        });
        Ok(events.map(move |event| {
            let _here = &visit;
            event
        }))
    }

    /// The same by an iterator that hibernates, until its socket is closed. What
    /// happened already is sent before what happens from now on.
    pub(crate) fn follow_asleep(
        self: Arc<Self>,
        socket: Socket,
        mut follower: Follower,
        last: Option<&LastEventId>,
    ) -> Result<(), Error> {
        let mut events = self.read(last)?;
        {
            // A socket that follows again gets nothing until it has caught up.
            let _given = lock(&self.given);
            self.sleepers.leave(&socket);
            socket.attach(&follower)?;
        }
        tokio::spawn(async move {
            loop {
                match events.next_ready().await {
                    Some(event) => {
                        let Some((event, _)) = encoded(event) else { return };
                        socket.ready().await;
                        if event.send(&socket, &follower.events).is_err() {
                            return;
                        }
                    }
                    None => {
                        let given = lock(&self.given);
                        follower.seen = Some(events.position());
                        // The others may have got one more by now.
                        if follower.is_before(*given) {
                            continue;
                        }
                        // It may follow by another iterator meanwhile.
                        let is_live = follower.events.is_live_on(&socket);
                        if is_live && socket.attach(&follower).is_ok() {
                            self.sleepers.join(&socket);
                        }
                        return;
                    }
                }
            }
        });
        Ok(())
    }

    /// Gives what happens to those who follow asleep.
    async fn wake(self: Arc<Self>, mut news: Subscription<RoomEvent>) {
        while let Some(event) = news.next().await {
            let Some((event, id)) = encoded(event) else { return };
            let mut given = lock(&self.given);
            let sleepers = self.sleepers.everyone();
            sleepers.send_event(&event, |to: &Follower| to.is_before(id).then_some(&to.events));
            *given = id;
        }
    }

    /// Somebody comes, with one more connection or the first.
    pub(crate) fn enter(&self, name: &str) {
        // Locked until the notice is written, so that notices are in the order of events.
        let mut presence = lock(&self.presence);
        if presence.enter(name) {
            self.tell(RoomEvent::Joined { name: name.to_owned(), at: now() });
        }
    }

    /// One of somebody's connections ends.
    pub(crate) fn leave(&self, name: String) {
        if let Some(at) = lock(&self.presence).leave(&name) {
            // The task ends only with the server, and then nobody is left to be told.
            self.departures.send(Departure { name, at }).ok();
        }
    }

    /// Tells everyone who left and did not come back. All wait equally long, so
    /// it is always the turn of the one who left first.
    async fn announce(self: Arc<Self>, mut departed: mpsc::UnboundedReceiver<Departure>) {
        while let Some(Departure { name, at }) = departed.recv().await {
            sleep_until(at + GRACE).await;
            let mut presence = lock(&self.presence);
            if presence.forget(&name, at) {
                self.tell(RoomEvent::Left { name, at: now() });
            }
        }
    }
}

/// The line that stands where events are missing.
fn missed(_: Gap) -> RoomEvent {
    RoomEvent::Missed { at: now() }
}

/// An event for those who follow asleep, and its id; none at the end.
fn encoded(
    event: Result<Published<RoomEvent>, ReadError>,
) -> Option<(EncodedEvent<RoomEvent>, EventId)> {
    match event {
        Ok(event) => Some((EncodedEvent::from(&event), event.id()?)),
        Err(ReadError::Gap(gap)) => {
            let id = gap.resume();
            let line = Event::new(missed(gap)).id(id.to_string());
            Some((EncodedEvent::new(&line).ok()?, id))
        }
        Err(error) => {
            eprintln!("the history of the room cannot be read: {error}");
            None
        }
    }
}

/// Somebody's connection. It ends when this is dropped, however that comes about.
struct Visit<'a> {
    room: &'a Room,
    name: String,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.room.leave(std::mem::take(&mut self.name));
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64
}

/// A room goes on after a panic: its state is whole between any two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use orpc_runtime::futures::FutureExt as _;
    use tokio::time::sleep;

    use super::*;

    fn room() -> Arc<Room> {
        Room::open(None).unwrap()
    }

    fn text(event: &RoomEvent) -> String {
        match event {
            RoomEvent::Message { name, message, .. } => format!("{name}: {message}"),
            RoomEvent::Joined { name, .. } => format!("joined {name}"),
            RoomEvent::Left { name, .. } => format!("left {name}"),
            RoomEvent::Missed { .. } => "missed".to_owned(),
        }
    }

    /// What there is to see at this moment after an event, as "joined Ada" and so on.
    async fn seen_after(room: &Room, last: Option<&LastEventId>) -> Vec<(String, LastEventId)> {
        // Lets the announcing task run.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let mut events = pin!(room.follow(None, last).unwrap());
        let mut seen = Vec::new();
        while let Some(Some(event)) = events.next().now_or_never() {
            let event = event.unwrap();
            let id = LastEventId::new(event.id().unwrap().to_string());
            seen.push((text(&event.value().unwrap()), id));
        }
        seen
    }

    async fn seen(room: &Room) -> Vec<String> {
        seen_after(room, None).await.into_iter().map(|(text, _)| text).collect()
    }

    fn visit(room: &Arc<Room>, name: &str) -> tokio::task::JoinHandle<()> {
        let (room, name) = (Arc::clone(room), name.to_owned());
        tokio::spawn(async move {
            room.follow(Some(name), None).unwrap().for_each(async |_| ()).await;
        })
    }

    async fn end(visit: tokio::task::JoinHandle<()>) {
        visit.abort();
        visit.await.unwrap_err();
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_and_goes_is_announced_once() {
        let room = room();
        let tabs = [visit(&room, "Ada"), visit(&room, "Ada")];
        tokio::task::yield_now().await;
        assert_eq!(seen(&room).await, ["joined Ada"]);

        let [first, second] = tabs;
        end(first).await;
        sleep(GRACE * 2).await;
        assert_eq!(seen(&room).await, ["joined Ada"]);

        end(second).await;
        sleep(GRACE * 2).await;
        assert_eq!(seen(&room).await, ["joined Ada", "left Ada"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_back_in_time_was_never_away() {
        let room = room();
        for _ in 0..3 {
            let tab = visit(&room, "Ada");
            sleep(GRACE * 2).await;
            end(tab).await;
            sleep(GRACE / 2).await;
        }
        assert_eq!(seen(&room).await, ["joined Ada"]);
        sleep(GRACE).await;
        assert_eq!(seen(&room).await, ["joined Ada", "left Ada"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_only_reads_is_not_announced() {
        let room = room();
        drop(room.follow(None, None).unwrap());
        room.say("Ada".into(), "anyone?".into()).await.unwrap();
        sleep(GRACE * 2).await;
        assert_eq!(seen(&room).await, ["Ada: anyone?"]);
    }

    #[tokio::test]
    async fn a_reader_resumes_after_the_event_it_saw() {
        let room = room();
        for message in ["one", "two", "three"] {
            room.say("Ada".into(), message.into()).await.unwrap();
        }
        let all = seen_after(&room, None).await;
        assert_eq!(seen_after(&room, Some(&all[0].1)).await, all[1..]);
        // An id of an older server's.
        assert_eq!(seen_after(&room, Some(&LastEventId::new("17c-4"))).await, all);
    }

    #[tokio::test]
    async fn a_reader_that_was_away_for_too_long_sees_a_line_that_says_so() {
        let room = room();
        room.say("Ada".into(), "first".into()).await.unwrap();
        let first = seen_after(&room, None).await.remove(0).1;
        for number in 0..KEPT * 2 {
            room.say("Ada".into(), number.to_string()).await.unwrap();
        }
        let seen = seen_after(&room, Some(&first)).await;
        assert_eq!(seen[0].0, "missed");
        assert_eq!(seen.last().unwrap().0, format!("Ada: {}", KEPT * 2 - 1));
        // The line has the id from which the reader goes on.
        assert_eq!(seen_after(&room, Some(&seen[0].1)).await, seen[1..]);
    }

    /// The first so many events after an event, waited for: a file is read elsewhere.
    async fn first_after(room: &Room, last: Option<&LastEventId>, count: usize) -> Vec<String> {
        let events = room.follow(None, last).unwrap().take(count);
        events.map(|event| text(&event.unwrap().value().unwrap())).collect().await
    }

    #[tokio::test]
    async fn the_history_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history");
        let before = Room::open(Some(&file)).unwrap();
        before.say("Ada".into(), "one".into()).await.unwrap();
        let mut events = pin!(before.follow(None, None).unwrap());
        let one = events.next().await.unwrap().unwrap().id().unwrap();
        // What is on the disk when the process is killed.
        let left = folder.path().join("left");
        std::fs::copy(&file, &left).unwrap();

        let after = Room::open(Some(&left)).unwrap();
        after.say("Ada".into(), "two".into()).await.unwrap();
        assert_eq!(first_after(&after, None, 2).await, ["Ada: one", "Ada: two"]);
        let one = LastEventId::new(one.to_string());
        assert_eq!(first_after(&after, Some(&one), 1).await, ["Ada: two"]);
    }
}
