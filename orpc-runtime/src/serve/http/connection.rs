//! Connections that several requests share.

use std::sync::{Arc, Mutex, PoisonError};

use crate::budget::Budget;

/// A connection, among the extensions of its requests: they share a
/// [budget](super::HttpService::connection_memory).
///
/// [`serve`](crate::serve) inserts one into each request. In a server of your own create
/// one for each accepted connection, and insert a clone into each of its requests; with
/// HTTP/2, where hundreds of requests run at once, this limits one client. Without it each
/// request has a budget of its own.
#[derive(Debug, Clone, Default)]
pub struct Connection(Arc<Mutex<Vec<Arc<Budget>>>>);

impl Connection {
    /// Creates a connection without requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the part of a service's memory that the connection may take.
    pub(super) fn part(&self, memory: &Arc<Budget>, limit: usize) -> Arc<Budget> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One for each service that was called, which are few.
        if let Some(part) = parts.iter().find(|part| part.is_part(memory, limit)) {
            return Arc::clone(part);
        }
        let part = memory.part(limit);
        parts.push(Arc::clone(&part));
        part
    }
}
