#![doc = include_str!("README.md")]

#[cfg(feature = "websocket")]
mod bindings;
mod builtin;
mod channel;
mod client;
mod credentials;
mod ids;
mod issuer;
mod iterator;
mod object;
#[cfg(feature = "websocket")]
mod remembered;
#[cfg(feature = "websocket")]
mod rooms;
mod routing;
#[cfg(feature = "websocket")]
mod server;
#[cfg(feature = "websocket")]
mod session;
#[cfg(feature = "websocket")]
mod sessions;
#[cfg(feature = "websocket")]
mod shared_ids;
mod token;
#[cfg(feature = "websocket")]
mod token_gate;
mod tokens;

pub use channel::{Channel, ChannelCommand, ChannelProcedures, DurableChannel};
pub use client::DurableClient;
pub use iterator::{DurableIterator, UnknownMethod};
pub use object::DurableObject;
#[cfg(feature = "websocket")]
pub use server::Durable;
pub use token::{KeyError, SigningKeys};
pub use tokens::DurableTokens;
