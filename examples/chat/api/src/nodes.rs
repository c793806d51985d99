//! The people of all processes that share a history.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use orpc_runtime::prelude::*;
use orpc_runtime::publish::Start;
use orpc_runtime::{Presence, PresenceChange, PresenceGuard};
use tokio::sync::mpsc;

use crate::clock::Instant;
use crate::event::RoomEvent;
use crate::people::Person;
use crate::room::{GRACE_AT_START, Room, lock};

/// The people of all processes. Each process tells the history of those who join and leave in any of them, by
/// a key that all use, so that it has one notice.
pub(crate) struct Nodes {
    people: Presence<Person>,
    /// The connections to this process.
    connections: Mutex<HashMap<Person, Vec<PresenceGuard>>>,
    notices: mpsc::UnboundedSender<RoomEvent>,
    started: Instant,
}

impl Nodes {
    /// Joins the others that share a history. Returns the notices to publish as well.
    pub(crate) fn join(
        history: &Publisher<RoomEvent>,
        name: &str,
    ) -> Result<(Self, mpsc::UnboundedReceiver<RoomEvent>), Error> {
        let (notices, queue) = mpsc::unbounded_channel();
        let nodes = Self {
            people: Presence::open(history, name)?,
            connections: Mutex::default(),
            notices,
            started: Instant::now(),
        };
        Ok((nodes, queue))
    }

    /// Counts a connection to this process.
    pub(crate) fn enter(&self, person: &Person) {
        // Locked until it is there, since the person may arrive at once.
        let mut connections = lock(&self.connections);
        match self.people.enter(person) {
            Ok(guard) => connections.entry(person.clone()).or_default().push(guard),
            Err(error) => eprintln!("{} is not listed: {error}", person.name),
        }
    }

    /// Ends a connection to this process.
    pub(crate) fn leave(&self, person: &Person) {
        let mut connections = lock(&self.connections);
        if let Some(guards) = connections.get_mut(person) {
            guards.pop();
            if guards.is_empty() {
                connections.remove(person);
            }
        }
    }

    /// Publishes a notice, unless the history has it. A process that has just started does not announce
    /// those whom the others have already.
    pub(crate) fn tell(&self, event: RoomEvent) {
        let is_news = match &event {
            RoomEvent::Joined { who, .. } => {
                lock(&self.connections).contains_key(who) || self.started.elapsed() > GRACE_AT_START
            }
            _ => true,
        };
        if is_news {
            // The task ends only with the server.
            self.notices.send(event).ok();
        }
    }

    /// Tells the other processes that the people of this one leave.
    pub(crate) async fn close(&self) {
        self.people.close().await;
    }
}

impl Room {
    /// Lets those arrive and depart who do so in any process.
    pub(crate) async fn mirror(self: Arc<Self>) {
        let Some(nodes) = &self.nodes else { return };
        let (present, mut changes) = nodes.people.watch();
        present.iter().for_each(|person| self.follow_presence(nodes, person));
        while let Some(change) = changes.next().await {
            match change {
                PresenceChange::Joined(person) | PresenceChange::Left(person) => {
                    self.follow_presence(nodes, &person);
                }
                // Too many at once.
                _ => {
                    let people = self.people().into_iter().chain(nodes.people.members());
                    people.for_each(|person| self.follow_presence(nodes, &person));
                }
            }
        }
    }

    /// Lets a person arrive or depart who is, or is no longer, connected to any process.
    fn follow_presence(&self, nodes: &Nodes, person: &Person) {
        match (nodes.people.contains(person), self.is_connected(person)) {
            (true, false) => self.arrive(person),
            (false, true) => self.depart(person.clone()),
            _ => {}
        }
    }

    /// Publishes notices, one after the other.
    pub(crate) async fn publish_notices(
        self: Arc<Self>,
        mut notices: mpsc::UnboundedReceiver<RoomEvent>,
    ) {
        while let Some(notice) = notices.recv().await {
            if let Err(error) = self.publish_notice(&notice).await {
                eprintln!("a notice is lost: {error}");
            }
        }
    }

    /// Publishes a notice unless it is the last one about that person. All processes that do so at once use the
    /// same key.
    async fn publish_notice(&self, notice: &RoomEvent) -> Result<(), Error> {
        let Some((who, _)) = subject(notice) else { return Ok(()) };
        let mut events = self.history.subscribe(&self.name, Start::Earliest)?;
        events.opened().await?;
        // The last notice about the person, or the oldest event.
        let mut last = None;
        while let Some(Ok(event)) = events.next_ready().await {
            let Ok(past) = event.value() else { continue };
            if last.is_none() || subject(&past).is_some_and(|(other, _)| other == who) {
                last = Some((event.id(), past));
            }
        }
        if let Some((_, past)) = &last
            && subject(past) == subject(notice)
        {
            return Ok(());
        }
        let id = last.and_then(|(id, _)| id).map(|id| id.to_string()).unwrap_or_default();
        let key = format!("{id} {} {}", who.id, who.name);
        self.history.publish(&self.name, notice).idempotency_key(&key).await?;
        Ok(())
    }
}

/// Returns the person whom a notice is about, and `true` if they joined.
fn subject(event: &RoomEvent) -> Option<(&Person, bool)> {
    match event {
        RoomEvent::Joined { who, .. } => Some((who, true)),
        RoomEvent::Left { who, .. } => Some((who, false)),
        RoomEvent::Message { .. } | RoomEvent::Missed { .. } => None,
    }
}
