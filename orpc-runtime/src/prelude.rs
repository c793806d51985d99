//! What a file with procedures needs: `use orpc_runtime::prelude::*;`.
//!
//! The derives of serde and schemars name their own crates, so a crate that
//! uses them depends on `serde` and `schemars` as well.

pub use crate::derive::JsonSchema;
pub use crate::{
    Call, Code, Done, Error, Event, EventIterator, LastEventId, Next, Router, Rpc, RpcError,
    Socket, Step, contract, middleware, procedure,
    publish::{Published, Publisher},
    router,
};
pub use futures::stream::{Stream, StreamExt};
pub use serde::{Deserialize, Serialize};
