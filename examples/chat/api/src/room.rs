//! The room: its history, and the people in it.

use std::collections::{HashMap, VecDeque};
use std::future::IntoFuture as _;
#[cfg(not(target_family = "wasm"))]
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use orpc_runtime::futures::FutureExt as _;
use orpc_runtime::prelude::*;
#[cfg(not(target_family = "wasm"))]
use orpc_runtime::publish::{Durability, StoreError};
use orpc_runtime::publish::{
    EventId, Gap, PublisherBuilder, ReadError, Start, SubscribeError, Subscription,
};
use orpc_runtime::stateful::RoomHandle;
use orpc_runtime::{CloseCode, EncodedEvent, Room as Sockets, Rooms, host};
use tokio::sync::mpsc;

use crate::clock::{Instant, sleep_until};
use crate::event::RoomEvent;
use crate::hibernating::Follower;
use crate::nodes::Nodes;
use crate::people::Person;
use crate::presence::Presence;

/// The name of a room that is alone in its process.
const ALONE: &str = "lobby";

/// The number of events that the room remembers, and a newcomer gets.
const KEPT: u64 = 500;

/// Maximum time for which it remembers them.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The number of messages that an author may send within [`WINDOW`].
const PER_WINDOW: usize = 5;

/// See [`PER_WINDOW`].
const WINDOW: Duration = Duration::from_secs(10);

/// Time after which a person without a connection has left. A tab that reconnects or
/// reloads within it causes no notice.
const GRACE: Duration = Duration::from_secs(5);

/// The same after a start of the server: tabs wait for up to ten seconds between
/// their attempts to connect.
pub(crate) const GRACE_AT_START: Duration = Duration::from_secs(20);

/// Returns the settings of the history.
fn kept() -> PublisherBuilder {
    Publisher::builder().retention(KEPT_FOR).max_events(KEPT)
}

/// One room for everyone.
pub struct Room {
    /// Name of the room, and of its channel.
    pub(crate) name: String,
    pub(crate) history: Publisher<RoomEvent>,
    /// The other processes that share the history, if it is shared.
    pub(crate) nodes: Option<Nodes>,
    /// Sockets, of which those of followers have hibernating iterators.
    sleepers: Sockets,
    /// The last event sent to hibernating iterators. Locked while one is sent, so
    /// that each of them gets every event once and in order.
    given: Mutex<EventId>,
    presence: Mutex<Presence>,
    departures: mpsc::UnboundedSender<Departure>,
    /// The times of the last messages, by the ids of their authors.
    recent_sends: Mutex<HashMap<String, VecDeque<Instant>>>,
}

/// The end of a person's last connection.
struct Departure {
    person: Person,
    at: Instant,
}

impl Room {
    /// Opens a room with the history of a file, or with one that is forgotten with the
    /// process.
    ///
    /// # Errors
    /// If the file cannot be opened or read, or is not a history.
    #[cfg(not(target_family = "wasm"))]
    pub async fn open(file: Option<&Path>) -> Result<Arc<Self>, StoreError> {
        let Some(file) = file else { return Ok(Self::in_memory()) };
        Ok(Self::alone(kept().open(file, Durability::Commit)?).await)
    }

    /// Opens a room whose history is on a NATS or a Redis server. The processes that open it have one history, and
    /// one list of people.
    ///
    /// # Errors
    /// If the server cannot be used.
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub async fn join(url: &str) -> Result<Arc<Self>, StoreError> {
        // Those who follow wait for a server that is away.
        let history = kept().max_staleness(Duration::MAX);
        let history = match url.split_once(':').map(|(scheme, _)| scheme) {
            #[cfg(feature = "nats")]
            Some("nats" | "tls") => history.nats(url).await?,
            #[cfg(feature = "redis")]
            Some("redis" | "rediss" | "redis-cluster" | "rediss-cluster") => {
                history.redis(url).await?
            }
            _ => {
                let message = "the chat room was compiled without the feature for this URL";
                let kind = orpc_runtime::publish::StoreErrorKind::Refused;
                return Err(StoreError::new(kind, message));
            }
        };
        Ok(Self::shared(history).await)
    }

    /// Opens the room of one of several processes that share a history.
    pub async fn shared(history: Publisher<RoomEvent>) -> Arc<Self> {
        let (nodes, notices) = Nodes::join(&history, ALONE).expect("the system has random numbers");
        let sockets = Rooms::new().get_or_create(ALONE);
        let room = Self::with(history, sockets, Some(nodes)).await;
        let (room, absent) = room.expect("a new publisher has room for a channel");
        host::spawn(Arc::clone(&room).publish_notices(notices));
        host::spawn(Arc::clone(&room).mirror());
        room.expect_return_of(absent);
        room
    }

    /// Tells the other processes that the people of this one leave, before it ends.
    pub async fn close(&self) {
        if let Some(nodes) = &self.nodes {
            nodes.close().await;
        }
    }

    /// Opens a room whose history is forgotten with the process or the worker.
    pub fn in_memory() -> Arc<Self> {
        let room = Self::alone(kept().memory()).now_or_never();
        room.expect("a history in memory is read at once")
    }

    /// Opens a room that no other process has.
    async fn alone(history: Publisher<RoomEvent>) -> Arc<Self> {
        let room = Self::with(history, Rooms::new().get_or_create(ALONE), None).await;
        let (room, absent) = room.expect("a new publisher has room for a channel");
        room.expect_return_of(absent);
        room
    }

    /// Opens the room of a host, with its history in the storage of that room.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub(crate) async fn on(host: &RoomHandle) -> Result<Arc<Self>, SubscribeError> {
        let (history, sockets) = (host.publisher(kept()), host.sockets().clone());
        let (room, absent) = Self::with(history, sockets, None).await?;
        room.expect_return_of(absent);
        Ok(room)
    }

    /// Announces those who do not come back.
    fn expect_return_of(self: &Arc<Self>, absent: Vec<(Person, Instant)>) {
        if !absent.is_empty() {
            host::spawn(Arc::clone(self).announce_absent(absent));
        }
    }

    /// Opens a room with a history and sockets, of which some follow it already, and starts
    /// the tasks that announce who left and send events to hibernating iterators. Returns the
    /// people of the history as well who are not connected.
    async fn with(
        history: Publisher<RoomEvent>,
        sleepers: Sockets,
        nodes: Option<Nodes>,
    ) -> Result<(Arc<Self>, Vec<(Person, Instant)>), SubscribeError> {
        let name = sleepers.name().to_owned();
        let mut news = history.subscribe(&name, Start::Earliest)?;
        let mut past = Vec::new();
        while let Some(event) = news.next_ready().await {
            // The room opens even if some events cannot be read.
            past.extend(event.ok().and_then(|event| event.value().ok()));
        }
        let given = news.position().ok_or(SubscribeError::Closed)?;
        let mut presence = Presence::from_history(past);
        for socket in sleepers.everyone() {
            let Ok(Some(Follower { person, seen, .. })) = socket.attachment() else { continue };
            if let Some(person) = person {
                presence.enter(&person);
            }
            if seen.is_none() {
                // It was evicted before it had read what it missed: the client connects again.
                socket.close(CloseCode::GOING_AWAY, "The room has restarted");
            }
        }
        let absent = presence.absent();
        let (departures, departed) = mpsc::unbounded_channel();
        let room = Arc::new(Self {
            name,
            history,
            nodes,
            sleepers,
            given: Mutex::new(given),
            presence: Mutex::new(presence),
            departures,
            recent_sends: Mutex::default(),
        });
        host::spawn(Arc::clone(&room).announce(departed));
        host::spawn(Arc::clone(&room).wake(news));
        Ok((room, absent))
    }

    /// Sends a message to everyone who follows, now and later.
    pub(crate) async fn say(&self, from: Person, message: String) -> Result<(), Error> {
        let said = RoomEvent::Message { from, message, at: now() };
        self.history.publish(&self.name, &said).await?;
        Ok(())
    }

    /// Publishes a notice. Notices are in the order of these calls.
    fn tell(&self, event: RoomEvent) {
        if let Some(nodes) = &self.nodes {
            return nodes.tell(event);
        }
        let told = self.history.publish(&self.name, &event).into_future();
        host::spawn(async move {
            if let Err(error) = told.await {
                eprintln!("a notice is lost: {error}");
            }
        });
    }

    /// Counts a message of an author.
    ///
    /// # Errors
    /// With the time to wait, if the author sends too fast.
    pub(crate) fn admit(&self, author: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let mut recent = lock(&self.recent_sends);
        recent.retain(|_, sends| {
            sends.retain(|sent| now.duration_since(*sent) < WINDOW);
            !sends.is_empty()
        });
        let sends = recent.entry(author.to_owned()).or_default();
        if sends.len() >= PER_WINDOW {
            return Err(WINDOW.saturating_sub(now.duration_since(sends[0])));
        }
        sends.push_back(now);
        Ok(())
    }

    /// Reads the events after `last`, or for a newcomer all that are kept.
    fn read(&self, last: Option<&LastEventId>) -> Result<Subscription<RoomEvent>, SubscribeError> {
        // A reader with an id of another kind counts as a newcomer.
        let last = last.and_then(|last| last.as_str().parse().ok());
        self.history.subscribe(&self.name, last.map_or(Start::Earliest, Start::After))
    }

    /// Returns the same as a stream. A person is in the room for as long as it lives.
    pub(crate) fn follow(
        &self,
        person: Option<Person>,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<RoomEvent>, ReadError>>, SubscribeError> {
        let events = self.read(last)?.map_gaps(missed);
        let visit = person.map(|person| {
            self.enter(&person);
            Visit { room: self, person }
        });
        Ok(events.map(move |event| {
            let _here = &visit;
            event
        }))
    }

    /// Sends the same to a hibernating iterator, until its socket is closed: first
    /// the retained events, then later ones.
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
            socket.attach(&follower)?;
            self.sleepers.join(&socket);
        }
        host::spawn(async move {
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
                        follower.seen = events.position();
                        // The others may have received one more by now, or one less. An
                        // event of another epoch has a number behind the earlier ones as well.
                        let number = follower.seen.map(|seen| seen.sequence());
                        if number < Some(given.sequence()) {
                            continue;
                        }
                        // It may follow with another iterator meanwhile.
                        if follower.events.is_live_on(&socket) {
                            // Only a socket that has ended does not take it.
                            socket.attach(&follower).ok();
                        }
                        return;
                    }
                }
            }
        });
        Ok(())
    }

    /// Sends each new event to all hibernating iterators.
    async fn wake(self: Arc<Self>, mut news: Subscription<RoomEvent>) {
        while let Some(event) = news.next().await {
            let Some((event, id)) = encoded(event) else { return };
            let mut given = lock(&self.given);
            let sleepers = self.sleepers.everyone();
            sleepers.send_event(&event, |to: &Follower| to.is_before(id).then_some(&to.events));
            *given = id;
        }
    }

    /// Returns everyone in the room.
    pub(crate) fn people(&self) -> Vec<Person> {
        lock(&self.presence).people()
    }

    /// Returns `true` if the person has a connection.
    pub(crate) fn is_connected(&self, person: &Person) -> bool {
        lock(&self.presence).is_connected(person)
    }

    /// Counts a connection of a person.
    pub(crate) fn enter(&self, person: &Person) {
        match &self.nodes {
            Some(nodes) => nodes.enter(person),
            None => self.arrive(person),
        }
    }

    /// Ends a connection of a person.
    pub(crate) fn leave(&self, person: Person) {
        match &self.nodes {
            Some(nodes) => nodes.leave(&person),
            None => self.depart(person),
        }
    }

    /// Counts a connection of a person, or all of them in any process, and announces the person with the first.
    pub(crate) fn arrive(&self, person: &Person) {
        // Locked until the notice is written, so that notices are in the order of events.
        let mut presence = lock(&self.presence);
        if presence.enter(person) {
            self.tell(RoomEvent::Joined { who: person.clone(), at: now() });
        }
    }

    /// Ends what [`arrive`](Self::arrive) has counted.
    pub(crate) fn depart(&self, person: Person) {
        if let Some(at) = lock(&self.presence).leave(&person) {
            // The task ends only with the server, and then no notice is needed.
            self.departures.send(Departure { person, at }).ok();
        }
    }

    /// Announces the departure of a person who did not come back since `at`.
    fn announce_departure(&self, person: Person, at: Instant) {
        let mut presence = lock(&self.presence);
        if presence.forget(&person, at) {
            self.tell(RoomEvent::Left { who: person, at: now() });
        }
    }

    /// Announces the departures of those who were in the room when the last server
    /// ended, and did not come to this one.
    async fn announce_absent(self: Arc<Self>, absent: Vec<(Person, Instant)>) {
        host::sleep(GRACE_AT_START).await;
        for (person, at) in absent {
            self.announce_departure(person, at);
        }
    }

    /// Announces everyone who left and did not come back. All wait equally long, so
    /// the next one is always the one who left first.
    async fn announce(self: Arc<Self>, mut departed: mpsc::UnboundedReceiver<Departure>) {
        while let Some(Departure { person, at }) = departed.recv().await {
            sleep_until(at + GRACE).await;
            self.announce_departure(person, at);
        }
    }
}

/// Returns the event in place of missing ones.
fn missed(_: Gap) -> RoomEvent {
    RoomEvent::Missed { at: now() }
}

/// Returns an event for hibernating iterators, and its id; `None` at the end.
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

/// A connection of a person, which ends when this is dropped.
struct Visit<'a> {
    room: &'a Room,
    person: Person,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.room.leave(self.person.clone());
    }
}

/// Returns the milliseconds since 1970-01-01T00:00:00Z.
fn now() -> f64 {
    host::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64
}

/// Locks a part of the room, also after a panic: its state is consistent between any two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::time::sleep;

    use super::*;

    async fn room() -> Arc<Room> {
        Room::open(None).await.unwrap()
    }

    fn person(name: &str) -> Person {
        Person { id: format!("id of {name}"), name: name.to_owned() }
    }

    fn text(event: &RoomEvent) -> String {
        match event {
            RoomEvent::Message { from, message, .. } => format!("{}: {message}", from.name),
            RoomEvent::Joined { who, .. } => format!("joined {}", who.name),
            RoomEvent::Left { who, .. } => format!("left {}", who.name),
            RoomEvent::Missed { .. } => "missed".to_owned(),
        }
    }

    /// Returns the events after one that can be read now, as "joined Ada" and so on.
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
        let (room, person) = (Arc::clone(room), person(name));
        tokio::spawn(async move {
            room.follow(Some(person), None).unwrap().for_each(async |_| ()).await;
        })
    }

    async fn end(visit: tokio::task::JoinHandle<()>) {
        visit.abort();
        visit.await.unwrap_err();
    }

    #[tokio::test(start_paused = true)]
    async fn arrivals_and_departures_are_announced_once() {
        let room = room().await;
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
    async fn returns_within_the_grace_are_not_announced() {
        let room = room().await;
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
    async fn readers_without_a_name_are_not_announced() {
        let room = room().await;
        drop(room.follow(None, None).unwrap());
        room.say(person("Ada"), "anyone?".into()).await.unwrap();
        sleep(GRACE * 2).await;
        assert_eq!(seen(&room).await, ["Ada: anyone?"]);
    }

    #[tokio::test]
    async fn a_reader_resumes_after_the_event_it_saw() {
        let room = room().await;
        for message in ["one", "two", "three"] {
            room.say(person("Ada"), message.into()).await.unwrap();
        }
        let all = seen_after(&room, None).await;
        assert_eq!(seen_after(&room, Some(&all[0].1)).await, all[1..]);
        // An id of an older server's.
        assert_eq!(seen_after(&room, Some(&LastEventId::new("17c-4"))).await, all);
    }

    #[tokio::test]
    async fn a_reader_that_was_away_for_too_long_sees_a_line_that_says_so() {
        let room = room().await;
        room.say(person("Ada"), "first".into()).await.unwrap();
        let first = seen_after(&room, None).await.remove(0).1;
        for number in 0..KEPT * 2 {
            room.say(person("Ada"), number.to_string()).await.unwrap();
        }
        let seen = seen_after(&room, Some(&first)).await;
        assert_eq!(seen[0].0, "missed");
        assert_eq!(seen.last().unwrap().0, format!("Ada: {}", KEPT * 2 - 1));
        // The event has the id from which the reader continues.
        assert_eq!(seen_after(&room, Some(&seen[0].1)).await, seen[1..]);
    }

    /// Waits for the first events after one: a file is read by another thread.
    async fn first_after(room: &Room, last: Option<&LastEventId>, count: usize) -> Vec<String> {
        let events = room.follow(None, last).unwrap().take(count);
        events.map(|event| text(&event.unwrap().value().unwrap())).collect().await
    }

    #[tokio::test]
    async fn the_history_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history");
        let before = Room::open(Some(&file)).await.unwrap();
        before.say(person("Ada"), "one".into()).await.unwrap();
        let mut events = pin!(before.follow(None, None).unwrap());
        let one = events.next().await.unwrap().unwrap().id().unwrap();
        // The file as it is on the disk when the process is killed.
        let left = folder.path().join("left");
        std::fs::copy(&file, &left).unwrap();

        let after = Room::open(Some(&left)).await.unwrap();
        after.say(person("Ada"), "two".into()).await.unwrap();
        assert_eq!(first_after(&after, None, 2).await, ["Ada: one", "Ada: two"]);
        let one = LastEventId::new(one.to_string());
        assert_eq!(first_after(&after, Some(&one), 1).await, ["Ada: two"]);
    }

    fn names(room: &Room) -> Vec<String> {
        room.people().into_iter().map(|person| person.name).collect()
    }

    /// Lets other tasks run, for less than any other time.
    async fn settle() {
        sleep(Duration::from_millis(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn people_of_all_processes_are_listed_and_announced_once() {
        let history = kept().memory();
        let rooms = [Room::shared(history.clone()).await, Room::shared(history.clone()).await];
        let ada = visit(&rooms[0], "Ada");
        let again = visit(&rooms[1], "Ada");
        let tim = visit(&rooms[1], "Tim");
        settle().await;
        let third = Room::shared(history).await;
        settle().await;
        for room in rooms.iter().chain([&third]) {
            assert_eq!(names(room), ["Ada", "Tim"]);
        }
        // She is still with the other process.
        end(ada).await;
        sleep(GRACE * 2).await;
        assert_eq!(seen(&rooms[0]).await, ["joined Ada", "joined Tim"]);
        end(tim).await;
        settle().await;
        assert_eq!(names(&third), ["Ada", "Tim"], "Tim may come back");
        let tim = visit(&third, "Tim");
        sleep(GRACE * 2).await;
        assert_eq!(seen(&rooms[0]).await, ["joined Ada", "joined Tim"]);
        end(again).await;
        end(tim).await;
        sleep(GRACE * 2).await;
        assert_eq!(seen(&third).await[2..], ["left Ada", "left Tim"]);
        let _tim = visit(&rooms[0], "Tim");
        sleep(GRACE_AT_START * 2).await;
        assert_eq!(seen(&third).await[4..], ["joined Tim"]);
        for room in rooms.iter().chain([&third]) {
            assert_eq!(names(room), ["Tim"]);
        }
        rooms[0].close().await;
        sleep(GRACE * 2).await;
        assert_eq!(seen(&third).await[5..], ["left Tim"]);
    }

    #[tokio::test(start_paused = true)]
    async fn people_of_a_process_that_was_killed_have_left() {
        let history = kept().memory();
        let rooms = [Room::shared(history.clone()).await, Room::shared(history.clone()).await];
        let _tim = visit(&rooms[0], "Tim");
        settle().await;
        // A process is a runtime here, which ends with its tasks as they are.
        let killed = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let runtime = runtime.unwrap();
            runtime.block_on(async {
                let room = Room::shared(history).await;
                let _visits = ["Ada", "Tim"].map(|name| visit(&room, name));
                while !seen(&room).await.contains(&"joined Ada".to_owned()) {}
            });
            runtime.shutdown_background();
        });
        killed.join().unwrap();
        settle().await;
        for room in &rooms {
            assert_eq!(names(room), ["Ada", "Tim"]);
        }
        // Three beats, and the time in which she may come back.
        sleep(Duration::from_secs(7) + GRACE).await;
        for room in &rooms {
            assert_eq!(names(room), ["Tim"]);
            assert_eq!(seen(room).await, ["joined Tim", "joined Ada", "left Ada"]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn two_people_with_one_name_are_two_people() {
        let room = room().await;
        let [first, second] = ["1", "2"].map(|id| Person { id: id.into(), name: "Ada".into() });
        room.enter(&first);
        room.enter(&second);
        assert_eq!(seen(&room).await, ["joined Ada", "joined Ada"]);
        assert_eq!(room.people(), [first.clone(), second.clone()]);
        for _ in 0..PER_WINDOW {
            room.admit(&first.id).unwrap();
        }
        room.admit(&first.id).unwrap_err();
        room.admit(&second.id).unwrap();

        room.leave(first);
        sleep(GRACE * 2).await;
        assert_eq!(room.people(), [second]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_announces_nobody_twice_and_the_departure_of_those_who_stay_away() {
        let history =
            ["Ada", "Grace", "Tim"].map(|name| RoomEvent::Joined { who: person(name), at: 0.0 });
        let left = RoomEvent::Left { who: person("Tim"), at: 0.0 };
        let presence = Presence::from_history(history.into_iter().chain([left]));
        let (room, absent) = (room().await, presence.absent());
        *lock(&room.presence) = presence;
        tokio::spawn(Arc::clone(&room).announce_absent(absent));

        assert_eq!(room.people(), [person("Ada"), person("Grace")]);
        let _ada = visit(&room, "Ada");
        sleep(GRACE_AT_START / 2).await;
        assert!(seen(&room).await.is_empty());
        sleep(GRACE_AT_START).await;
        assert_eq!(seen(&room).await, ["left Grace"]);
        assert_eq!(room.people(), [person("Ada")]);
    }
}
