//! The registry of rooms that several processes share.

use std::fmt;
use std::sync::Arc;

use super::following::Following;
use super::message::{Message, Selector};
use super::recipients::SharedSockets;
use crate::core::Error;
use crate::publish::{EventId, Gap, PublishError, Publisher};
use crate::room::node::{NodeId, SharedSocketId};
use crate::room::rooms::{Room, Rooms};
use crate::socket::Socket;
use crate::task::Handle;

/// Rooms by name whose sockets are in several processes. Cheap to clone; clones share one registry.
///
/// Messages are events of a [`Publisher`], which the processes share by a Redis or a NATS server, and whose retention is the
/// time for which a process may be without it. A process reads the messages of a room
/// while a socket of its own is in it, or its [`Room`] is held.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::{Notice, SharedRooms};
///
/// /// Tells everyone else in the lobby, in every process.
/// #[procedure]
/// pub async fn greet(rooms: &SharedRooms, socket: &Socket, name: String) -> Result<(), Error> {
///     let lobby = rooms.room("lobby");
///     lobby.everyone().except(socket).send(&Notice::new(&name)?).await?;
///     Ok(())
/// }
///
/// /// Enters the lobby.
/// #[procedure]
/// pub async fn enter(rooms: &SharedRooms, socket: &Socket) -> Result<(), Error> {
///     rooms.room("lobby").join(socket).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct SharedRooms(Arc<Inner>);

struct Inner {
    node: NodeId,
    publisher: Publisher<Message>,
    on_gap: Arc<OnGap>,
    /// The rooms in this process.
    rooms: Rooms,
}

pub(super) type OnGap = dyn Fn(&Room, Gap) + Send + Sync;

/// A room by its name, for messages to its sockets in all processes. Cheap to clone.
#[derive(Clone)]
pub struct SharedRoom {
    rooms: SharedRooms,
    name: Arc<str>,
}

impl SharedRooms {
    /// Creates a registry on a publisher of any type: the channels of rooms are named `room:{name}`, beside those
    /// of its events.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn new<E>(publisher: &Publisher<E>) -> Result<Self, Error> {
        Self::with_gaps(publisher, |room, gap| {
            tracing::warn!(room = room.name(), %gap, "sockets of a room have missed messages");
        })
    }

    /// Creates a registry that calls `on_gap` when sockets of this process missed messages of a room: the server lost them,
    /// or this process was without it for longer than they are retained. Otherwise this is
    /// logged. It is called between the messages before and behind the gap.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn with_gaps<E>(
        publisher: &Publisher<E>,
        on_gap: impl Fn(&Room, Gap) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        Ok(Self(Arc::new(Inner {
            node: NodeId::random()?,
            publisher: publisher.with_events_as(),
            on_gap: Arc::new(on_gap),
            rooms: Rooms::new(),
        })))
    }

    /// Returns the room of that name.
    pub fn room(&self, name: &str) -> SharedRoom {
        SharedRoom { rooms: self.clone(), name: name.into() }
    }

    /// Returns the id of a socket of this process for all others.
    pub fn id(&self, socket: &Socket) -> SharedSocketId {
        SharedSocketId::of(self.0.node, socket)
    }

    /// Returns the rooms with the sockets of this process alone.
    pub fn local(&self) -> &Rooms {
        &self.0.rooms
    }
}

impl SharedRoom {
    /// Returns the room's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn rooms(&self) -> &SharedRooms {
        &self.rooms
    }

    fn channel(&self) -> String {
        format!("room:{}", self.name)
    }

    /// Returns the part of the room that is in this process: its sockets receive all messages that are published from
    /// now on. Sockets join it as any [`Room`], for example [before they open](crate::SocketConfig::room).
    ///
    /// It has to be held until a socket has joined. It needs a runtime.
    ///
    /// # Errors
    /// If the publisher is closed or cannot be read.
    pub async fn open(&self) -> Result<Room, Error> {
        let Inner { node, publisher, on_gap, rooms } = &*self.rooms.0;
        let runtime = Handle::try_current().map_err(Error::internal)?;
        let room = rooms.get_or_create(&self.name);
        let follow = |own| {
            Following::start(own, publisher, self.channel(), *node, Arc::clone(on_gap), &runtime)
        };
        room.follow(follow).opened().await?;
        Ok(room)
    }

    /// Adds a socket of this process, until it leaves or ends. Returns `false` if it is in the room already, or has ended.
    /// It receives all messages that are published after this.
    ///
    /// # Errors
    /// If the publisher is closed or cannot be read.
    pub async fn join(&self, socket: &Socket) -> Result<bool, Error> {
        Ok(self.open().await?.join(socket))
    }

    /// Removes a socket of this process. Returns `false` if it is not in the room.
    pub fn leave(&self, socket: &Socket) -> bool {
        self.rooms.local().get(&self.name).is_some_and(|room| room.leave(socket))
    }

    /// Returns all sockets in the room.
    pub fn everyone(&self) -> SharedSockets<'_> {
        SharedSockets::new(self, Selector::Everyone)
    }

    /// Returns the sockets in the room that were accepted with the tag.
    pub fn tagged(&self, tag: &str) -> SharedSockets<'_> {
        SharedSockets::new(self, Selector::Tag(tag.to_owned()))
    }

    /// Returns the socket of that id, if it is in the room.
    pub fn socket(&self, id: SharedSocketId) -> SharedSockets<'_> {
        SharedSockets::new(self, Selector::Socket(id))
    }

    pub(super) async fn publish(&self, message: &Message) -> Result<EventId, PublishError> {
        self.rooms.0.publisher.publish(&self.channel(), message).await
    }
}

impl fmt::Debug for SharedRooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRooms")
            .field("node", &self.0.node.to_string())
            .field("local", &self.0.rooms)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRoom").field("name", &self.name).finish_non_exhaustive()
    }
}
