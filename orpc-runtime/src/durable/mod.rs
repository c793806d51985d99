#![doc = include_str!("README.md")]

mod builtin;
mod client;
mod gate;
mod handle;
mod hub;
mod ids;
mod issuer;
mod iterator;
mod object;
mod remembered;
mod seat;
mod sessions;
mod token;

pub use client::DurableClient;
pub use handle::Durable;
pub use iterator::DurableIterator;
pub use object::DurableObject;
pub use token::{KeyError, SigningKeys};
