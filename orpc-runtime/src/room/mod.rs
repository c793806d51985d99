//! Rooms of sockets, and events for iterators that hibernate.

mod encoded;
mod following;
mod recipients;
mod rooms;

pub use encoded::EncodedEvent;
#[cfg(all(feature = "durable", feature = "websocket"))]
pub(crate) use following::IteratorOwner;
pub use recipients::{Delivery, Sockets};
pub use rooms::{Room, Rooms, SocketSource};
