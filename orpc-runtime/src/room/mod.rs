//! Rooms of sockets, and events for iterators that hibernate.

mod encoded;
mod recipients;
mod rooms;

pub use encoded::EncodedEvent;
pub use recipients::{Delivery, Sockets};
pub use rooms::{Room, Rooms};
