//! The HTTP service: requests, bodies, files, streams, and the server of the crate.

mod batch;
mod bodies;
mod body_errors;
mod cross_site;
mod event_input;
mod files;
mod files_memory;
mod hostile;
#[cfg(feature = "server")]
mod listeners;
mod memory;
mod methods;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod server_buffers;
mod service;
mod slow_readers;
mod streams;
