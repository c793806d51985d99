//! One procedure: its definition, the call it answers, the errors it may fail
//! with. Nothing here knows a wire.

mod call;
mod declared;
mod definition;
mod durable;
mod emitter;
mod error;
mod input;
mod lend;
mod local;
mod mount;
mod output;
mod running;
#[cfg_attr(not(feature = "typescript"), allow(dead_code, reason = "for the types of clients"))]
mod signature;
mod traits;

pub(crate) use call::{DURABLE_ITERATOR, POSITION};
pub use call::{Call, PeerAddr, ResponseGuard, ResponseHead};
pub use definition::{Definition, Deprecation, Kind, MetaValue};
pub use durable::DurableOutput;
pub use error::{Code, Error, ErrorDeclaration, RpcError};
pub use input::{ProcedureInput, RawInput};
pub use lend::{Lends, MayLend};
pub use mount::{Mount, MountPoint};
#[cfg(any(feature = "durable", feature = "typescript"))]
pub(crate) use signature::DurableMethod;
pub(crate) use signature::Shape;
pub use traits::{HibernatingProcedure, Procedure, Scope, StreamProcedure, UnaryProcedure};

pub(crate) use emitter::{EventKind, EventSink, EventWriter, WriteError, write_event};
pub(crate) use input::wrong_kind;
pub(crate) use mount::{Mounted, TypedCall};
pub(crate) use output::Output;
pub(crate) use running::{
    ErasedProcedure, Started, invalid_input, malformed_request, needs_socket, panic_text, panicked,
    present,
};
#[cfg(feature = "typescript")]
pub(crate) use signature::{SchemaOf, ShapeKind, Signature};
