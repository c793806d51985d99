//! The room: what is said in it, and who comes and goes.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use orpc_runtime::futures::{FutureExt as _, stream};
use orpc_runtime::prelude::*;
use orpc_runtime::{EncodedEvent, Room as Sockets, Rooms};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::hibernating::Follower;
use crate::log::{Log, RoomEvent, since_1970};
use crate::presence::Presence;

/// How many messages an author may send within [`WINDOW`].
const PER_WINDOW: usize = 5;

/// See [`PER_WINDOW`].
const WINDOW: Duration = Duration::from_secs(10);

/// Who comes back within this time was never away: a tab that connects anew or
/// is loaded again is no news.
const GRACE: Duration = Duration::from_secs(5);

/// One room for everyone.
pub struct Room {
    log: Log,
    /// Those who follow by iterators that hibernate.
    sleepers: Sockets,
    /// Held from the writing of an event until it is sent to the sleepers, so
    /// that each of them gets it once and in its turn.
    order: Mutex<()>,
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
    /// An empty room, with the task that announces who left.
    pub fn open() -> Arc<Self> {
        let (departures, departed) = mpsc::unbounded_channel();
        let room = Arc::new(Self {
            log: Log::new(),
            sleepers: Rooms::new().get_or_create("sleepers"),
            order: Mutex::default(),
            presence: Mutex::default(),
            departures,
            recent_sends: Mutex::default(),
        });
        tokio::spawn(Arc::clone(&room).announce(departed));
        room
    }

    /// Says something to everyone who follows.
    pub(crate) fn say(&self, name: String, message: String) {
        self.tell(RoomEvent::Message { name, message, at: now() });
    }

    /// Tells everyone what happened.
    fn tell(&self, event: RoomEvent) {
        let _order = lock(&self.order);
        let event = self.log.push(event);
        match EncodedEvent::new(&event) {
            Ok(event) => {
                self.sleepers.everyone().send_event(&event, |to: &Follower| Some(&to.events));
            }
            Err(error) => eprintln!("an event cannot be sent: {error}"),
        }
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

    /// What happens after the event `last`; see [`Log::read_after`]. Who gives a
    /// name is in the room for as long as the stream lives.
    pub(crate) fn follow(
        &self,
        name: Option<String>,
        last: Option<&str>,
    ) -> impl Stream<Item = Event<RoomEvent>> {
        let visit = name.map(|name| {
            self.enter(&name);
            Visit { room: self, name }
        });
        let reader = self.log.read_after(last);
        stream::unfold((reader, visit), |(mut reader, visit)| async move {
            let event = reader.next().await?;
            Some((event, (reader, visit)))
        })
    }

    /// The same by an iterator that hibernates, until its socket is closed. What
    /// happened already is sent before what happens from now on.
    pub(crate) fn follow_asleep(
        &self,
        socket: &Socket,
        follower: &Follower,
        last: Option<&str>,
    ) -> Result<(), Error> {
        let _order = lock(&self.order);
        let mut reader = self.log.read_after(last);
        while let Some(Some(event)) = reader.next().now_or_never() {
            EncodedEvent::new(&event)?.send(socket, &follower.events)?;
        }
        socket.attach(follower)?;
        self.sleepers.join(socket);
        Ok(())
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
    since_1970().as_millis() as f64
}

/// A room goes on after a panic: its state is whole between any two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use orpc_runtime::Step;
    use tokio::time::sleep;

    use super::*;

    /// What there is to see at this moment, as "joined Ada" and so on.
    async fn seen(room: &Room) -> Vec<String> {
        // Lets the announcing task run.
        tokio::task::yield_now().await;
        let mut events = pin!(room.follow(None, None));
        let mut seen = Vec::new();
        while let Some(Some(event)) = events.next().now_or_never() {
            seen.push(match event.into_parts().0 {
                Step::Message(RoomEvent::Message { name, message, .. }) => {
                    format!("{name}: {message}")
                }
                Step::Message(RoomEvent::Joined { name, .. }) => format!("joined {name}"),
                Step::Message(RoomEvent::Left { name, .. }) => format!("left {name}"),
                Step::Done(()) => "done".to_owned(),
            });
        }
        seen
    }

    fn visit(room: &Arc<Room>, name: &str) -> tokio::task::JoinHandle<()> {
        let (room, name) = (Arc::clone(room), name.to_owned());
        tokio::spawn(async move { room.follow(Some(name), None).for_each(async |_| ()).await })
    }

    async fn end(visit: tokio::task::JoinHandle<()>) {
        visit.abort();
        visit.await.unwrap_err();
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_and_goes_is_announced_once() {
        let room = Room::open();
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
        let room = Room::open();
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
        let room = Room::open();
        drop(room.follow(None, None));
        room.say("Ada".into(), "anyone?".into());
        sleep(GRACE * 2).await;
        assert_eq!(seen(&room).await, ["Ada: anyone?"]);
    }

    #[tokio::test]
    async fn a_reader_resumes_after_the_event_it_saw() {
        let room = Room::open();
        for message in ["one", "two", "three"] {
            room.say("Ada".into(), message.into());
        }
        let first = pin!(room.follow(None, None)).next().await.unwrap();
        let id = first.meta().id().unwrap().to_owned();
        let rest: Vec<_> = room.follow(None, Some(&id)).take(2).collect().await;
        let texts = rest.into_iter().map(|event| match event.into_parts().0 {
            Step::Message(RoomEvent::Message { message, .. }) => message,
            other => panic!("{other:?}"),
        });
        assert!(texts.eq(["two", "three"]));

        let stranger = pin!(room.follow(None, Some("other-1"))).next().await.unwrap();
        assert_eq!(stranger, first);
    }
}
