//! Rooms, and the iterators that hibernate in them; rooms and presence in several processes.

mod hibernation;
mod nodes;
mod presence;
mod rooms;
mod shared;
