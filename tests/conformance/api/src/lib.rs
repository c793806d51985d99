//! The procedures that clients, test suites and load generators talk to, under
//! names and limits that stay as they are.

pub mod api;
mod interval;
mod state;

pub use state::{Events, Session, State, events_in_memory};
#[cfg(not(target_family = "wasm"))]
pub use state::{
    RoomEvents, RoomTokens, Server, open_events, open_shared_events, open_shared_rooms, server,
};
