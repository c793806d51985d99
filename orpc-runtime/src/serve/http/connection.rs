//! The connection that requests have in common.

use std::sync::{Arc, Mutex, PoisonError};

use crate::budget::Budget;

/// A connection, among the extensions of its requests: they share a
/// [budget](super::HttpService::connection_memory).
///
/// [`serve`](crate::serve) leaves one with each request. A server of one's own makes one
/// for each connection that it accepts, and inserts a clone into each request of it; with
/// HTTP/2, where hundreds of requests run at once, that is what bounds one client. Without
/// it each request has the budget for itself.
#[derive(Debug, Clone, Default)]
pub struct Connection(Arc<Mutex<Vec<Arc<Budget>>>>);

impl Connection {
    /// A connection without requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// The part of a service's memory that the connection may take.
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
