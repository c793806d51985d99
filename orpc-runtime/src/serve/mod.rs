//! Adapters with I/O.

mod context;
#[cfg(feature = "http")]
pub mod http;

pub use context::{ContextSource, IntoContext};
