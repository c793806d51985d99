//! A chat room: its procedures, and what is behind them. The server that carries
//! them and the build script that writes the page's types both stand on this crate.

pub mod api;
pub mod hibernating;
mod log;
pub mod people;
mod presence;
mod room;

pub use log::RoomEvent;
pub use room::Room;
