//! What generated code names. Not part of the interface: it changes without notice.

pub use crate::event::{EventError, EventItem, Hibernating, InputEvents};
pub use crate::procedure::{
    Answers, Definition, Done, DurableOutput, Error, ErrorDeclaration, Hibernates, Kind, Lends,
    MayLend, MetaValue, Middleware, Mount, MountPoint, Next, Opens, Procedure, ProcedureInput,
    RawInput, RpcError, RunMiddleware, Scope, Streams, Unary, With,
};
pub use crate::schema::{DecodeError, InputDecoder, SchemaError};
pub use crate::value::Envelope;
pub use futures::stream::{BoxStream, Empty, Stream};
pub use std::convert::Infallible;
pub use std::future::Future;
pub use std::marker::{Send, Sync};
pub use std::option::Option::{None, Some};
pub use std::result::Result::{self, Err, Ok};
pub use std::sync::Arc;
pub use std::vec::Vec;
pub use {schemars, serde};

/// A `Result`, under whatever name.
#[diagnostic::on_unimplemented(
    message = "rename `{Self}`, or return a `Result`: a type whose name ends with `Result` is taken for one",
    label = "named like a `Result`"
)]
pub trait ResultType {
    /// The type of a success.
    type Ok;
    /// The type of a failure.
    type Err;
}

impl<T, E> ResultType for Result<T, E> {
    type Ok = T;
    type Err = E;
}

/// Stands in for an implementation that could not be generated.
pub fn unreachable() -> Error {
    Error::hidden()
}
