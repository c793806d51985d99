//! A room as its code sees it.

use std::fmt;
use std::sync::Arc;

use http::Extensions;

use super::storage::Storage;
use crate::room::Room;
use crate::socket::Turns;

/// The handle of a room with state: its name, its sockets, its storage. Cheap to clone.
#[derive(Clone)]
pub struct RoomHandle {
    sockets: Room,
    storage: Storage,
    turns: Turns,
    host: Arc<Extensions>,
    secrets: Option<Arc<Secrets>>,
}

/// Finds secrets by their names.
pub(crate) type Secrets = dyn Fn(&str) -> Option<String> + Send + Sync;

impl RoomHandle {
    /// Creates the handle of a room, for hosts.
    pub fn new(sockets: Room, storage: Storage) -> Self {
        Self { sockets, storage, turns: Turns::new(), host: Arc::default(), secrets: None }
    }

    /// Lends a value of the host to the room, such as its environment.
    #[must_use]
    pub fn with_host<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        let mut host = Extensions::clone(&self.host);
        host.insert(value);
        self.host = Arc::new(host);
        self
    }

    /// Sets the source of [secrets](RoomHandle::secret); without one they are environment variables.
    #[must_use]
    pub fn with_secrets(
        mut self,
        secrets: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.secrets = Some(Arc::new(secrets));
        self
    }

    /// Sets the source of secrets that rooms share.
    #[cfg(feature = "websocket")]
    pub(super) fn with_shared_secrets(mut self, secrets: Option<Arc<Secrets>>) -> Self {
        self.secrets = secrets;
        self
    }

    /// Returns the name of the room.
    pub fn name(&self) -> &str {
        self.sockets.name()
    }

    /// Returns the sockets in the room.
    pub fn sockets(&self) -> &Room {
        &self.sockets
    }

    /// Returns the storage of the room.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Returns the turns of the room's calls, for procedures with `meta(concurrent = true)` and
    /// for tasks of its own.
    pub fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Returns a secret of the host: an environment variable of the process, a secret or variable
    /// of the Worker. An empty one is none.
    pub fn secret(&self, name: &str) -> Option<String> {
        find(self.secrets.as_deref(), name)
    }

    /// Returns a value of that type that the host lends.
    pub fn host<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.host.get()
    }
}

/// Finds a secret, which is an environment variable unless there is another source.
pub(crate) fn find(secrets: Option<&Secrets>, name: &str) -> Option<String> {
    let secret = match secrets {
        Some(secrets) => secrets(name),
        None => std::env::var(name).ok(),
    };
    secret.filter(|secret| !secret.is_empty())
}

impl fmt::Debug for RoomHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomHandle").field("name", &self.name()).finish_non_exhaustive()
    }
}
