#![doc = include_str!("../README.md")]
#![warn(missing_debug_implementations)]

mod clients;
mod control;
mod message;
mod port;
mod turn;

pub use clients::{NotAWorker, listen};
pub use port::{Port, PortError, serve};

#[doc(hidden)]
pub use orpc_runtime;
