//! Rooms with state in a process.

use std::collections::HashMap;
use std::fmt;
#[cfg(feature = "redb")]
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, Weak};

use futures::FutureExt as _;
use http::request::Parts;

use super::alarms::{ChangedAlarms, ring};
use super::backend::StorageError;
use super::handle::Secrets;
#[cfg(feature = "durable")]
use super::handle::find;
use super::memory::MemoryStorage;
#[cfg(feature = "redb")]
use super::redb::RoomFile;
use super::storage::WeakStorage;
use super::{HostedRoom, RoomHandle, StatefulRoom, Storage};
use crate::budget::Budget;
use crate::core::{Code, Error};
use crate::entries::RouterModule as _;
use crate::procedure::Call;
use crate::room::Rooms;
use crate::router::RouterError;
use crate::rpc::Rpc;
use crate::serve::ContextSource;
use crate::socket::{CloseFrame, Socket, SocketConfig};
use crate::task::{ThreadId, spawn, this_thread};
use crate::websocket::{SocketHooks, WebSocketService};

/// Longest name of a room in bytes.
const MAX_NAME: usize = 256;

/// Maximum number of bytes that rooms in memory keep, unless set.
const MEMORY_LIMIT: usize = 256 * 1024 * 1024;

/// Smallest number of rooms at which those that were dropped are removed.
const SWEEP: usize = 64;

/// The rooms of one kind in a process, by name. Cheap to clone.
///
/// A room is created when a socket enters it or its alarm rings, and dropped with its last socket.
/// Needs a tokio runtime with time.
///
/// ```no_run
/// # use orpc_runtime::prelude::*;
/// # use orpc_runtime::stateful::{RoomHandle, StatefulRoom, StatefulRooms};
/// # struct Chat;
/// # impl StatefulRoom for Chat {
/// #     type Procedures = ();
/// #     fn new(_: RoomHandle) -> Self { Self }
/// # }
/// # #[cfg(feature = "redb")]
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let rooms = StatefulRooms::<Chat>::open("rooms.redb")?;
/// // `/rooms/lobby` is the room `lobby`.
/// let service = rooms.websocket(|request| request.uri.path().strip_prefix("/rooms/"));
/// # Ok(())
/// # }
/// ```
pub struct StatefulRooms<R: StatefulRoom>(Arc<Inner<R>>);

pub(super) struct Inner<R: StatefulRoom> {
    rpc: Rpc<R>,
    rooms: Rooms,
    live: Mutex<Live<R>>,
    store: Store,
    changed_alarms: Arc<ChangedAlarms>,
    /// `None` for environment variables.
    secrets: OnceLock<Arc<Secrets>>,
    configure: Box<Configure>,
}

/// Completes the handle of each room before its instance is created.
type Configure = dyn Fn(RoomHandle) -> RoomHandle + Send + Sync;

/// Rooms by name, of which some have been dropped.
struct Live<R: StatefulRoom> {
    rooms: HashMap<String, Arc<LiveRoom<R>>>,
    /// Number of entries at which those of dropped rooms are removed.
    sweep_at: usize,
}

impl<R: StatefulRoom> Default for Live<R> {
    fn default() -> Self {
        Self { rooms: HashMap::new(), sweep_at: SWEEP }
    }
}

impl<R: StatefulRoom> Live<R> {
    /// Removes the entries of dropped rooms once there may be as many as of others, so that a new
    /// room costs no more where there are many. Returns `true` if it did.
    fn sweep(&mut self) -> bool {
        if self.rooms.len() < self.sweep_at {
            return false;
        }
        // One that has no other owner here has none that locks it.
        self.rooms.retain(|_, room| Arc::strong_count(room) > 1 || lock(&room.held).is_held());
        self.sweep_at = (2 * self.rooms.len()).max(SWEEP);
        true
    }
}

/// A room of a name. It is locked while its instance is created, which runs code of the room.
struct LiveRoom<R: StatefulRoom> {
    held: Mutex<Held<R>>,
    /// The thread that creates the instance.
    creator: Mutex<Option<ThreadId>>,
}

struct Held<R: StatefulRoom> {
    instance: Weak<HostedRoom<R>>,
    /// The storage, which tasks may hold longer than the instance. It is that of the next instance,
    /// so that both share the log of events and the turns.
    storage: Option<WeakStorage>,
}

impl<R: StatefulRoom> Default for LiveRoom<R> {
    fn default() -> Self {
        let held = Held { instance: Weak::new(), storage: None };
        Self { held: Mutex::new(held), creator: Mutex::default() }
    }
}

impl<R: StatefulRoom> Held<R> {
    fn is_held(&self) -> bool {
        self.storage.as_ref().is_some_and(WeakStorage::is_held)
    }
}

impl<R: StatefulRoom> LiveRoom<R> {
    /// Returns the instance, which is created if there is none.
    fn instance(
        &self,
        name: &str,
        handle: impl FnOnce(Option<Storage>) -> RoomHandle,
    ) -> Arc<HostedRoom<R>> {
        let mut held = self.lock(name);
        if let Some(instance) = held.instance.upgrade() {
            return instance;
        }
        let creation = Creation::begin(&self.creator);
        let handle = handle(held.storage.as_ref().and_then(WeakStorage::upgrade));
        held.storage = Some(handle.storage().downgrade());
        let instance = Arc::new(HostedRoom::new(handle));
        held.instance = Arc::downgrade(&instance);
        drop(creation);
        instance
    }

    fn lock(&self, name: &str) -> MutexGuard<'_, Held<R>> {
        if let Err(TryLockError::WouldBlock) = self.held.try_lock() {
            let is_here = *lock(&self.creator) == Some(this_thread());
            assert!(!is_here, "the room `{name}` is needed to create itself");
        }
        lock(&self.held)
    }
}

/// Notes the thread that creates an instance until it is dropped.
struct Creation<'a>(&'a Mutex<Option<ThreadId>>);

impl<'a> Creation<'a> {
    fn begin(creator: &'a Mutex<Option<ThreadId>>) -> Self {
        *lock(creator) = Some(this_thread());
        Self(creator)
    }
}

impl Drop for Creation<'_> {
    fn drop(&mut self) {
        *lock(self.0) = None;
    }
}

/// Storage of all rooms.
enum Store {
    Memory {
        rooms: Mutex<HashMap<String, MemoryStorage>>,
        /// Memory of what all rooms keep.
        memory: OnceLock<Arc<Budget>>,
    },
    #[cfg(feature = "redb")]
    File(RoomFile),
}

impl<R: StatefulRoom> StatefulRooms<R> {
    /// Opens the rooms of a file, which is created if it does not exist, and rings their alarms.
    ///
    /// A file that can be read but not written, as on a full disk, is opened: the rooms can read it,
    /// and writes fail until there is room. A file is created under the name `<path>.new` and renamed
    /// once it is complete; an empty file is filled in place, and symbolic links are followed.
    ///
    /// # Errors
    /// If the file cannot be opened, another process uses it, or it is damaged.
    ///
    /// # Panics
    /// If the procedures cannot be served; see [`Rpc::new`]. Outside of a runtime.
    #[cfg(feature = "redb")]
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::open_with(path, |room| room)
    }

    /// Opens the rooms of a file as [`open`](Self::open) does, and completes the handle of each with
    /// `configure`, as by [values](RoomHandle::with_host) that the process lends. It is called
    /// before the room is created, also for one whose alarm is due.
    ///
    /// ```no_run
    /// # use std::sync::Arc;
    /// # use orpc_runtime::prelude::*;
    /// use orpc_runtime::stateful::{RoomHandle, StatefulRoom, StatefulRooms};
    ///
    /// pub struct App { name: String }
    ///
    /// pub struct Chat { app: Arc<App> }
    ///
    /// impl StatefulRoom for Chat {
    ///     type Procedures = ();
    ///
    ///     fn new(room: RoomHandle) -> Self {
    ///         let app = room.host::<Arc<App>>().expect("`open_with` lends it");
    ///         Self { app: Arc::clone(app) }
    ///     }
    /// }
    /// # async fn open(app: Arc<App>) -> Result<(), Box<dyn std::error::Error>> {
    /// let rooms = StatefulRooms::<Chat>::open_with("rooms.redb", move |room| {
    ///     room.with_host(Arc::clone(&app))
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open).
    ///
    /// # Panics
    /// As [`open`](Self::open).
    #[cfg(feature = "redb")]
    pub fn open_with(
        path: impl AsRef<Path>,
        configure: impl Fn(RoomHandle) -> RoomHandle + Send + Sync + 'static,
    ) -> Result<Self, StorageError> {
        Ok(Self::on_file(RoomFile::open(path.as_ref())?, configure))
    }

    #[cfg(feature = "redb")]
    pub(super) fn on_file(
        file: RoomFile,
        configure: impl Fn(RoomHandle) -> RoomHandle + Send + Sync + 'static,
    ) -> Self {
        let rooms = Self::with_store(Store::File(file), Box::new(configure));
        rooms.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Creates rooms whose state ends with the process. All of them keep at most
    /// [256 MiB](Self::memory_limit).
    ///
    /// # Panics
    /// If the procedures cannot be served; see [`Rpc::new`]. Outside of a runtime.
    pub fn memory() -> Self {
        Self::memory_with(|room| room)
    }

    /// Creates rooms whose state ends with the process, and completes the handle of each as
    /// `StatefulRooms::open_with` does.
    ///
    /// # Panics
    /// As [`memory`](Self::memory).
    pub fn memory_with(
        configure: impl Fn(RoomHandle) -> RoomHandle + Send + Sync + 'static,
    ) -> Self {
        let store = Store::Memory { rooms: Mutex::default(), memory: OnceLock::new() };
        Self::with_store(store, Box::new(configure)).unwrap_or_else(|error| panic!("{error}"))
    }

    fn with_store(store: Store, configure: Box<Configure>) -> Result<Self, RouterError> {
        let inner = Arc::new(Inner {
            rpc: Rpc::try_new(R::Procedures::router())?,
            rooms: Rooms::new(),
            live: Mutex::default(),
            store,
            changed_alarms: Arc::default(),
            secrets: OnceLock::new(),
            configure,
        });
        spawn(ring(Arc::downgrade(&inner), Arc::clone(&inner.changed_alarms)));
        Ok(Self(inner))
    }

    /// Serves the rooms over WebSocket. `name` reads the name of the room from the request, 1 to
    /// 256 bytes; a request without one is answered with 404.
    ///
    /// Hooks are those of the room; do not set [others](WebSocketService::hooks).
    pub fn websocket<F>(&self, name: F) -> WebSocketService<R>
    where
        F: Fn(&Parts) -> Option<&str> + Send + Sync + 'static,
    {
        let named = move |request: &Parts| {
            let name = name(request).ok_or(Code::NotFound)?;
            Ok(name.to_owned())
        };
        self.websocket_named(named)
    }

    /// Serves the rooms, with a name or the error of the response.
    pub(crate) fn websocket_named<F>(&self, name: F) -> WebSocketService<R>
    where
        F: Fn(&Parts) -> Result<String, Error> + Send + Sync + 'static,
    {
        let context = ContextSource::of_call(|call| Ok(Arc::clone(room_of::<R>(call)?.room())));
        let hooks = Doors { rooms: self.clone(), name };
        self.0.rpc.websocket_with(context).hooks(hooks)
    }

    /// Sets the source of [secrets](RoomHandle::secret) instead of environment variables. Only the
    /// first one takes effect; set it before there are rooms. For rooms whose alarm may be due when
    /// their file is opened, set it by `open_with` and [`RoomHandle::with_secrets`].
    #[must_use]
    pub fn secrets(self, secrets: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.0.secrets.get_or_init(|| Arc::new(secrets));
        self
    }

    /// Sets the maximum number of bytes that all rooms in memory keep: keys, values, and 64 bytes for
    /// each entry. A write beyond it is [`StorageError::Full`]. 256 MiB unless set; only the first
    /// one takes effect, before there are rooms. Rooms of a file have no such limit.
    #[must_use]
    pub fn memory_limit(self, bytes: usize) -> Self {
        match &self.0.store {
            Store::Memory { memory, .. } => drop(memory.set(Budget::new(bytes))),
            #[cfg(feature = "redb")]
            Store::File(_) => {}
        }
        self
    }

    /// Returns a secret.
    #[cfg(feature = "durable")]
    pub(crate) fn secret(&self, name: &str) -> Option<String> {
        find(self.0.secrets.get().map(|secrets| &**secrets), name)
    }

    /// Returns the room of that name, for tasks of your own. It exists while this is held.
    ///
    /// A room may get others while it is created, unless one of those needs it in turn.
    ///
    /// # Panics
    /// If the room cannot be created, or is created by the caller.
    pub fn get(&self, name: &str) -> Arc<HostedRoom<R>> {
        self.0.instance(name)
    }

    /// Returns the room of a name of 1 to 256 bytes.
    #[cfg(feature = "durable")]
    pub(crate) fn room(&self, name: &str) -> Option<Arc<HostedRoom<R>>> {
        (1..=MAX_NAME).contains(&name.len()).then(|| self.get(name))
    }

    /// Returns the procedures, to [shut them down](Rpc::shutdown): [`Rpc::closed`] then waits until the sockets are closed
    /// and every `user_left` has ended.
    pub fn rpc(&self) -> &Rpc<R> {
        &self.0.rpc
    }
}

/// Returns the room of the call's socket.
fn room_of<R: StatefulRoom>(call: &Call) -> Result<Arc<HostedRoom<R>>, Error> {
    let room = call.socket().and_then(Socket::owner::<HostedRoom<R>>);
    room.ok_or_else(|| Error::internal("a call without its room"))
}

impl<R: StatefulRoom> Inner<R> {
    /// Returns the instance of a room, which is created if there is none.
    pub(super) fn instance(&self, name: &str) -> Arc<HostedRoom<R>> {
        self.room(name).instance(name, |storage| {
            let storage = storage.unwrap_or_else(|| self.storage(name));
            let handle = RoomHandle::new(self.rooms.get_or_create(name), storage);
            (self.configure)(handle.with_shared_secrets(self.secrets.get().cloned()))
        })
    }

    fn room(&self, name: &str) -> Arc<LiveRoom<R>> {
        let mut live = lock(&self.live);
        if let Some(room) = live.rooms.get(name) {
            return Arc::clone(room);
        }
        if live.sweep() {
            self.forget_unused(&live);
        }
        let room = Arc::<LiveRoom<R>>::default();
        live.rooms.insert(name.to_owned(), Arc::clone(&room));
        room
    }

    /// Removes the storage of rooms that nothing was written to, nor can be: names come from
    /// clients.
    fn forget_unused(&self, live: &Live<R>) {
        match &self.store {
            Store::Memory { rooms, .. } => {
                lock(rooms)
                    .retain(|name, storage| !storage.is_unused() || live.rooms.contains_key(name));
            }
            #[cfg(feature = "redb")]
            Store::File(_) => {}
        }
    }

    fn storage(&self, name: &str) -> Storage {
        let (changed, room) = (Arc::clone(&self.changed_alarms), Arc::from(name));
        let alarmed = Arc::new(move || changed.add(&room));
        match &self.store {
            Store::Memory { rooms, memory } => {
                let memory = memory.get_or_init(|| Budget::new(MEMORY_LIMIT));
                let mut rooms = lock(rooms);
                let new = || MemoryStorage::counted(memory);
                let storage = rooms.entry(name.to_owned()).or_insert_with(new);
                storage.on_alarm(alarmed);
                Storage::new(storage.clone())
            }
            #[cfg(feature = "redb")]
            Store::File(file) => Storage::new(file.room(name, alarmed)),
        }
    }

    /// Returns the rooms with alarms, and the earliest time of each.
    pub(super) async fn alarms(&self) -> Result<Vec<(Arc<str>, Option<u64>)>, StorageError> {
        match &self.store {
            Store::Memory { rooms, .. } => {
                let next = |(name, room): (&String, &MemoryStorage)| {
                    Some((name.as_str().into(), Some(room.next_alarm()?)))
                };
                Ok(lock(rooms).iter().filter_map(next).collect())
            }
            #[cfg(feature = "redb")]
            Store::File(file) => file.alarms().await,
        }
    }

    /// Returns the earliest time of the alarms of each of these rooms, or `None`.
    pub(super) async fn alarms_of(
        &self,
        names: Vec<Arc<str>>,
    ) -> Result<Vec<(Arc<str>, Option<u64>)>, StorageError> {
        match &self.store {
            Store::Memory { rooms, .. } => {
                let rooms = lock(rooms);
                let next = |name: Arc<str>| {
                    let at = rooms.get(&*name).and_then(MemoryStorage::next_alarm);
                    (name, at)
                };
                Ok(names.into_iter().map(next).collect())
            }
            #[cfg(feature = "redb")]
            Store::File(file) => file.alarms_of(names).await,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The hooks of the sockets.
struct Doors<R: StatefulRoom, F> {
    rooms: StatefulRooms<R>,
    name: F,
}

impl<R, F> SocketHooks for Doors<R, F>
where
    R: StatefulRoom,
    F: Fn(&Parts) -> Result<String, Error> + Send + Sync + 'static,
{
    async fn upgrade(&self, request: &Parts) -> Result<SocketConfig, Error> {
        let name = (self.name)(request)?;
        if !(1..=MAX_NAME).contains(&name.len()) {
            return Err(Code::NotFound.into());
        }
        let room = self.rooms.0.instance(&name);
        let config = room.accept(request).await?;
        Ok(config.owner(room as _))
    }

    fn open(&self, socket: &Socket) {
        let Some(room) = socket.owner::<HostedRoom<R>>() else { return };
        let socket = socket.clone();
        let mut joined = Box::pin(async move { room.joined(socket).await });
        // Polled now, so that its turn is before those of the socket's calls.
        if joined.as_mut().now_or_never().is_none() {
            spawn(self.rooms.0.rpc.track_hook(joined));
        }
    }

    fn close(&self, socket: &Socket, close: &CloseFrame) {
        let Some(room) = socket.owner::<HostedRoom<R>>() else { return };
        let (socket, close) = (socket.clone(), close.clone());
        spawn(self.rooms.0.rpc.track_hook(async move { room.left(socket, close).await }));
    }
}

impl<R: StatefulRoom> Clone for StatefulRooms<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: StatefulRoom> fmt::Debug for StatefulRooms<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatefulRooms").field("live", &self.0.rooms.len()).finish_non_exhaustive()
    }
}
