//! Errors, events and results: the vocabulary of procedures, wire protocols and stores.
//! This module depends on none of them.

mod code;
mod error;
mod event;
mod event_writer;
mod header;
mod output;
mod rpc_error;

pub use code::Code;
#[cfg(feature = "http")]
pub(crate) use error::Chain;
pub use error::{Error, StatusError};
pub(crate) use error::{malformed_request, panic_text, undecoded_input};
pub use event::{ErrorEvent, Event, EventError, EventItem, EventMeta, EventPayload, LastEventId};
pub(crate) use event_writer::{EventKind, EventWriter, WriteError, write_event};
#[cfg(feature = "http")]
pub(crate) use header::HeaderNames;
pub(crate) use header::UnicodeHeaders;
pub(crate) use header::{is_beyond_latin1, value_of as header_value};
#[cfg(feature = "http")]
pub(crate) use output::into_bytes;
pub(crate) use output::{Output, buffer, fit, present, reuse};
pub use rpc_error::{ErrorDeclaration, HiddenFromClients, RpcError, TypedError};
