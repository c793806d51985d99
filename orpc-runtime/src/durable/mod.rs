#![doc = include_str!("README.md")]

#[cfg(feature = "websocket")]
mod builtin;
mod channel;
mod client;
mod credentials;
#[cfg_attr(not(feature = "websocket"), allow(dead_code, reason = "for endpoints of a process"))]
mod ids;
#[cfg_attr(not(feature = "websocket"), allow(dead_code, reason = "for endpoints of a process"))]
mod issuer;
mod iterator;
mod object;
#[cfg_attr(not(feature = "websocket"), allow(dead_code, reason = "for endpoints of a process"))]
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
