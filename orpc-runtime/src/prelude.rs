//! Common imports for files with procedures: `use orpc_runtime::prelude::*;`.
//!
//! The derives of serde name their own crate, so a crate that uses them depends on
//! `serde` as well. `JsonSchema` is the trait of schemars with the derive of this crate.

pub use crate::derive::JsonSchema;
pub use crate::{
    Call, Code, Completed, Error, Event, EventIterator, EventPayload, LastEventId, Next, Router,
    Rpc, RpcError, Socket, contract, middleware, procedure,
    publish::{Published, Publisher},
    router,
};
pub use futures::stream::{Stream, StreamExt};
pub use serde::{Deserialize, Serialize};
