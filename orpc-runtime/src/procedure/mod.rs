//! One procedure: its definition, the call it handles, its result or its events. This
//! module does not depend on any wire protocol.

mod call;
mod call_builder;
mod declared_errors;
mod definition;
mod docs;
mod emitter;
mod erased;
mod event_iterator;
mod extract;
mod handler;
mod hibernating;
mod hooks;
mod in_process;
mod input;
mod kind;
mod layer;
mod middleware;
mod output;
mod peer_addr;
mod register;
mod runner;
mod signature;
pub(crate) mod type_check;

pub use call::{Call, ResponseGuard, ResponseHead};
pub use call_builder::CallBuilder;
pub use definition::{Definition, Deprecation, MetaValue, MiddlewareDefinition, ProcedureKind};
pub use docs::Docs;
pub use event_iterator::{EventIterator, InputEvents};
pub(crate) use event_iterator::{InputEvent, InputFeed};
pub use extract::{Lends, MayLend};
pub use handler::{
    HibernatingHandler, Procedure, Scope, StreamHandler, Streams, Unary, UnaryHandler,
};
pub(crate) use hibernating::Opened;
pub use hibernating::{Hibernating, HibernatingIterator, HibernationId};
pub use hooks::{CallEnd, Hooks};
pub(crate) use input::OwnedInput;
pub use input::{ProcedureInput, RawInput};
pub use kind::*;
pub(crate) use middleware::Below;
pub use middleware::{Completed, Extended, Middleware, Next, RunMiddleware};
pub use output::ProcedureOutput;
pub use peer_addr::PeerAddr;
pub use register::{Mount, MountPoint};
pub use signature::{IoSchema, Member};

pub(crate) use call::Target;
pub(crate) use emitter::EventSink;
#[cfg(feature = "http")]
pub(crate) use erased::StreamEnd;
pub(crate) use erased::{
    ErasedProcedure, ErasedRun, Finished, LocalError, LocalInput, RunKind, Started,
};
pub(crate) use hooks::hooked;
pub(crate) use layer::mounted as behind;
pub(crate) use register::Mounted;
#[cfg(feature = "http")]
pub(crate) use runner::needs_socket;
pub(crate) use runner::panicked;
pub(crate) use signature::{IoSchemaKind, MiddlewareSignature, Signature};
