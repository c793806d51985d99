//! Groups of sockets.

use std::any::Any;
use std::sync::Arc;

use super::Socket;

/// A group that holds sockets until they end.
pub(crate) trait Group: Any + Send + Sync {
    /// Adds the socket.
    fn take(self: Arc<Self>, socket: &Socket);

    /// Removes a socket that has ended.
    fn forget(&self, socket: &Socket);
}

/// The groups of one socket.
#[derive(Default)]
pub(super) struct Groups(Vec<Arc<dyn Group>>);

impl Groups {
    pub(super) fn enter(&mut self, group: Arc<dyn Group>) {
        if !self.0.iter().any(|own| Arc::ptr_eq(own, &group)) {
            self.0.push(group);
        }
    }

    pub(super) fn leave(&mut self, group: &Arc<dyn Group>) {
        self.0.retain(|own| !Arc::ptr_eq(own, group));
    }

    pub(super) fn all(&self) -> &[Arc<dyn Group>] {
        &self.0
    }
}
