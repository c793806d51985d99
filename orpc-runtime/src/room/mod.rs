//! Rooms of sockets, and events for iterators that hibernate; rooms and presence in several processes.

mod encoded;
mod following;
mod node;
mod presence;
mod recipients;
mod rooms;
mod shared;
mod unreadable;

pub use encoded::EncodedEvent;
#[cfg(all(feature = "durable", feature = "websocket"))]
pub(crate) use following::IteratorOwner;
pub use node::{ParseSocketIdError, SharedSocketId};
pub use presence::{Presence, PresenceBuilder, PresenceChange, PresenceError, PresenceGuard};
pub use recipients::{Delivery, Sockets};
pub use rooms::{Room, Rooms, SocketSource};
pub use shared::{SharedRoom, SharedRooms, SharedSockets};
