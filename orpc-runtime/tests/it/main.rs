//! The integration tests, one program. Modules mirror those of `src`; `tests/README.md` at the root of the
//! repository says where each behaviour is tested.
#![allow(unreachable_pub, reason = "procedures are `pub`, in modules that nothing exports")]

#[cfg(feature = "http")]
mod contract;
mod describe;
#[cfg(all(feature = "durable", feature = "redb", feature = "websocket"))]
mod durable;
mod macros;
#[cfg(feature = "websocket")]
mod procedure;
mod process;
#[cfg(feature = "redb")]
mod publish;
#[cfg(feature = "publish-http")]
mod publishing;
#[cfg(feature = "websocket")]
mod ratelimit;
#[cfg(feature = "websocket")]
mod room;
#[cfg(feature = "http")]
mod schema;
#[cfg(feature = "http")]
mod serve;
#[cfg(feature = "websocket")]
mod socket;
#[cfg(all(feature = "redb", feature = "websocket"))]
mod stateful;
#[cfg(feature = "http")]
mod support;
#[cfg(feature = "typescript")]
mod typescript;
#[cfg(feature = "http")]
mod value;
#[cfg(feature = "websocket")]
mod wire;
