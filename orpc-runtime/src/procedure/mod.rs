//! One procedure: its definition, the call it answers, the errors it may fail
//! with. Nothing here knows a wire.

mod call;
mod declared;
mod definition;
mod docs;
mod durable;
mod emitter;
mod erased;
mod error;
mod guard;
mod header;
mod hooks;
mod input;
mod lend;
mod local;
mod middleware;
mod mount;
mod output;
mod running;
#[cfg_attr(not(feature = "typescript"), allow(dead_code, reason = "for the types of clients"))]
mod signature;
mod traits;

pub use call::{Call, PeerAddr, ResponseGuard, ResponseHead};
pub use definition::{Definition, Deprecation, Kind, MetaValue};
pub use docs::Docs;
pub use durable::DurableOutput;
pub use error::{Code, Error, ErrorDeclaration, HiddenFromClients, RpcError, TypedError};
pub use hooks::{CallEnd, Hooks};
pub use input::{ProcedureInput, RawInput};
pub use lend::{Lends, MayLend};
pub(crate) use middleware::Below;
pub use middleware::{Done, Middleware, Next, RunMiddleware, With};
pub use mount::{Mount, MountPoint, UnaryOutput};
pub use output::ProcedureOutput;
#[cfg(any(feature = "durable", feature = "typescript"))]
pub(crate) use signature::DurableMethod;
pub(crate) use signature::Shape;
pub use traits::{Answers, Hibernates, Opens, Procedure, Scope, Streams, Unary};

pub(crate) use call::Target;
pub(crate) use emitter::{EventKind, EventSink, EventWriter, WriteError, write_event};
pub(crate) use erased::{ErasedProcedure, LocalError, Started, StreamEnd, StreamRun};
pub(crate) use guard::mounted as behind;
pub(crate) use header::UnicodeHeaders;
#[cfg(feature = "http")]
pub(crate) use header::{is_beyond_latin1, value_of as header_value};
pub(crate) use hooks::hooked;
pub(crate) use input::wrong_kind;
pub(crate) use mount::Mounted;
pub(crate) use output::Output;
pub(crate) use running::{
    invalid_input, malformed_request, needs_socket, panic_text, panicked, present,
};
#[cfg(feature = "typescript")]
pub(crate) use signature::{SchemaOf, ShapeKind, Signature};
