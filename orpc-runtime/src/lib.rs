#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]
#![warn(missing_debug_implementations)]

mod budget;
mod clock;
#[cfg(any(feature = "nats", feature = "redis"))]
mod connection;
mod contract;
mod core;
mod derive;
pub mod describe;
#[cfg(feature = "durable")]
pub mod durable;
mod entries;
pub mod host;
mod procedure;
pub mod publish;
#[cfg(feature = "publish-http")]
pub mod publishing;
pub mod ratelimit;
#[cfg(feature = "redis")]
mod redis_server;
mod room;
mod router;
mod rpc;
mod schema;
mod serve;
mod shutdown;
mod socket;
pub mod stateful;
mod store;
mod task;
#[cfg(feature = "typescript")]
pub mod typescript;
pub mod value;
mod wire;

#[doc(hidden)]
pub mod __private;
pub mod prelude;

pub use crate::core::{
    Code, Error, ErrorDeclaration, ErrorEvent, Event, EventError, EventItem, EventMeta,
    EventPayload, LastEventId, RpcError, StatusError,
};
pub use budget::MemoryBudget;
pub use contract::Contract;
pub use derive::JsonSchema;
pub use entries::{EntryOf, RouterModule};
pub use orpc_runtime_macros::{RpcError, contract, middleware, procedure, router};
pub use procedure::{
    Call, CallBuilder, CallEnd, Completed, Definition, Deprecation, EventIterator, Extended,
    Hibernating, HibernatingIterator, HibernationId, Hooks, Lends, MayLend, MetaValue, Middleware,
    Next, PeerAddr, Procedure, ProcedureInput, ProcedureKind, ProcedureOutput, ResponseGuard,
    ResponseHead, RunMiddleware,
};
pub use router::{CallError, Router, RouterError, RouterIssue};
pub use rpc::Rpc;
pub use schema::Issue;
pub use serve::{ContextSource, IntoContext, TestClient};
pub use socket::{
    AttachmentError, CloseCode, CloseFrame, Frame, KeepError, KeptSocket, Notice, NoticeError,
    SendError, Socket, SocketConfig, SocketKeeper, TagError, Turn, Turns,
};
pub use value::{PathSegment, Value};

pub use room::{
    Delivery, EncodedEvent, ParseSocketIdError, Presence, PresenceBuilder, PresenceChange,
    PresenceError, PresenceGuard, Room, Rooms, SharedRoom, SharedRooms, SharedSocketId,
    SharedSockets, SocketSource, Sockets,
};
#[cfg(feature = "http")]
pub use serve::http;
#[cfg(feature = "server")]
pub use serve::listen as server;
#[cfg(feature = "server")]
pub use serve::listen::serve;
#[cfg(feature = "websocket")]
pub use serve::websocket;
pub use serve::{Duplex, DuplexClosed, Peer, Rate, RateError, duplex};

/// The crates that procedures need: streams, JSON Schemas, serialization.
pub use {futures, schemars, serde};

/// The examples of the repository's README compile.
#[cfg(all(doctest, feature = "typescript"))]
#[doc = include_str!("../../README.md")]
struct RepositoryReadme;
