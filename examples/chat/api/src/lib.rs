//! A chat room: its procedures, and what is behind them. The server that carries
//! them and the build script that writes the page's types both stand on this crate.

pub mod api;
mod event;
pub mod hibernating;
pub mod people;
mod presence;
mod room;

pub use event::RoomEvent;
pub use room::Room;
