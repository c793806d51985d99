//! Rooms whose sockets are in several processes.

mod following;
mod message;
mod recipients;
mod rooms;

pub(super) use following::Following;
pub use recipients::SharedSockets;
pub use rooms::{SharedRoom, SharedRooms};
