//! One procedure: its definition, the call it answers, the errors it may fail
//! with. Nothing here knows a wire.

mod call;
mod declared;
mod definition;
mod emitter;
mod error;
mod lend;
mod local;
mod mount;
mod running;

pub use call::{Call, PeerAddr, ResponseGuard, ResponseHead};
pub use definition::{Definition, Deprecation, Kind, MetaValue};
pub use error::{Code, Error, ErrorDeclaration, RpcError};
pub use lend::{Lends, MayLend};
pub use mount::{Mount, MountPoint, Procedure, Scope, StreamProcedure, UnaryProcedure};

pub(crate) use emitter::{EventKind, EventSink, EventWriter, InvalidMeta};
pub(crate) use mount::{Mounted, TypedCall};
pub(crate) use running::{ErasedProcedure, Started, malformed_request, panicked};
