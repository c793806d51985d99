//! A chat room: its procedures and their implementation. Both the server and the build
//! script that generates the page's types use this crate.

pub mod api;
mod clock;
mod event;
pub mod hibernating;
mod lobby;
mod nodes;
pub mod people;
mod presence;
mod room;

pub use event::RoomEvent;
pub use lobby::Lobby;
pub use room::Room;
