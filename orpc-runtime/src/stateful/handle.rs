//! A room as its code sees it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::Extensions;
use tokio::sync::Mutex;

use super::events::RoomEvents;
use super::log::Limits;
use super::storage::Storage;
use crate::publish::{Publisher, PublisherBuilder};
use crate::room::Room;
use crate::socket::Turns;

/// The handle of a room with state: its name, its sockets, its storage. Cheap to clone.
#[derive(Clone)]
pub struct RoomHandle {
    sockets: Room,
    storage: Storage,
    turns: Turns,
    events: Arc<OnceLock<RoomEvents>>,
    host: Arc<Extensions>,
    secrets: Option<Arc<Secrets>>,
}

/// Finds secrets by their names.
pub(crate) type Secrets = dyn Fn(&str) -> Option<String> + Send + Sync;

impl RoomHandle {
    /// Creates the handle of a room, for hosts.
    pub fn new(sockets: Room, storage: Storage) -> Self {
        // A task of a former instance may have a turn.
        let turns = Turns::of(storage.shared(|_| true, Mutex::default));
        Self {
            sockets,
            storage,
            turns,
            events: Arc::default(),
            host: Arc::default(),
            secrets: None,
        }
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

    /// Returns a publisher whose events are in the storage of the room: they outlive its instance,
    /// restarts and evictions. It has one channel, of the name of the room.
    ///
    /// All publishers of a room share its events. The retention, the numbers of events and bytes of
    /// the first one are those of the room; the other limits are not used. Old events are removed
    /// when the next one is published, or read. Entries of the storage whose keys begin with `orpc/`
    /// belong to it.
    ///
    /// ```
    /// use orpc_runtime::prelude::*;
    /// use orpc_runtime::publish::{Publisher, ReadError, SubscribeError};
    /// use orpc_runtime::stateful::{RoomHandle, StatefulRoom};
    ///
    /// pub struct News { room: RoomHandle, news: Publisher<String> }
    ///
    /// impl StatefulRoom for News {
    ///     type Procedures = news::router;
    ///
    ///     fn new(room: RoomHandle) -> Self {
    ///         let news = room.publisher(Publisher::builder().max_events(100));
    ///         Self { room, news }
    ///     }
    /// }
    ///
    /// #[router(context = News)]
    /// pub mod news {
    ///     use super::*;
    ///
    ///     #[procedure]
    ///     pub async fn tell(news: &News, text: String) -> Result<(), Error> {
    ///         news.news.publish(news.room.name(), &text).await?;
    ///         Ok(())
    ///     }
    ///
    ///     #[procedure]
    ///     pub fn listen(
    ///         news: &News,
    ///         last: Option<&LastEventId>,
    ///     ) -> Result<impl Stream<Item = Result<Published<String>, ReadError>>, SubscribeError> {
    ///         news.news.subscribe(news.room.name(), last)
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    pub fn publisher<T>(&self, settings: PublisherBuilder) -> Publisher<T> {
        let events = self.events.get_or_init(|| {
            let limits = Limits {
                retention: settings.retention,
                events: settings.max_events,
                bytes: settings.max_bytes,
            };
            RoomEvents::new(self.name(), &self.storage, limits)
        });
        settings.on(Arc::new(events.clone()))
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
