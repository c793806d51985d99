//! Rooms of sockets, and events for iterators that hibernate.

mod encoded;
mod recipients;
mod rooms;

pub use encoded::EncodedEvent;
pub use recipients::{Delivery, Recipients};
pub use rooms::{Room, Rooms};
