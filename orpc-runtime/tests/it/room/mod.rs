//! Rooms, and the iterators that hibernate in them.

mod hibernation;
mod rooms;
