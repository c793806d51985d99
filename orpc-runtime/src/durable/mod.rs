#![doc = include_str!("README.md")]

mod builtin;
mod client;
mod ids;
mod issuer;
mod iterator;
mod object;
mod remembered;
mod server;
mod session;
mod sessions;
mod token;
mod token_gate;

pub use client::DurableClient;
pub use iterator::{DurableIterator, UnknownMethod};
pub use object::DurableObject;
pub use server::Durable;
pub use token::{KeyError, SigningKeys};
