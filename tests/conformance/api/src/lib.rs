//! The procedures that clients, test suites and load generators talk to, under
//! names and limits that stay as they are.

pub mod api;
mod state;

pub use state::{Events, RoomTokens, Session, State, open_events};
