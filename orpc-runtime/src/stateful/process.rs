//! Rooms with state in a process.

use std::collections::{HashMap, HashSet};
use std::fmt;
#[cfg(feature = "redb")]
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::select;
use http::request::Parts;
use tokio::sync::Notify;

#[cfg(feature = "redb")]
use super::backend::StorageError;
use super::handle::Secrets;
#[cfg(feature = "durable")]
use super::handle::find;
use super::memory::MemoryStorage;
#[cfg(feature = "redb")]
use super::redb::RoomFile;
use super::storage::millis;
use super::{HostedRoom, RoomHandle, StatefulRoom, Storage};
use crate::clock;
use crate::core::{Code, Error};
use crate::entries::RouterModule as _;
use crate::procedure::Call;
use crate::room::Rooms;
use crate::router::RouterError;
use crate::rpc::Rpc;
use crate::serve::ContextSource;
use crate::socket::{CloseFrame, Socket, SocketConfig};
use crate::task::spawn;
use crate::websocket::{SocketHooks, WebSocketService};

/// Longest name of a room in bytes.
const MAX_NAME: usize = 256;

/// Pause before a failed alarm is repeated, which doubles with each attempt.
const PAUSE: Duration = Duration::from_secs(2);

/// Number of attempts after which the pause does not grow.
const ATTEMPTS: u32 = 6;

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

struct Inner<R: StatefulRoom> {
    rpc: Rpc<R>,
    rooms: Rooms,
    live: Mutex<Live<R>>,
    store: Store,
    alarmed: Arc<Notify>,
    /// `None` for environment variables.
    secrets: OnceLock<Arc<Secrets>>,
}

/// Instances of rooms by name, of which some have been dropped.
struct Live<R: StatefulRoom> {
    rooms: HashMap<String, Weak<HostedRoom<R>>>,
    /// Number of entries at which those of dropped rooms are removed.
    sweep_at: usize,
}

impl<R: StatefulRoom> Default for Live<R> {
    fn default() -> Self {
        Self { rooms: HashMap::new(), sweep_at: SWEEP }
    }
}

impl<R: StatefulRoom> Live<R> {
    fn get(&self, name: &str) -> Option<Arc<HostedRoom<R>>> {
        self.rooms.get(name).and_then(Weak::upgrade)
    }

    /// Removes the entries of dropped rooms once there may be as many as of others, so that a new
    /// room costs no more where there are many. Returns `true` if it did.
    fn sweep(&mut self) -> bool {
        if self.rooms.len() < self.sweep_at {
            return false;
        }
        self.rooms.retain(|_, instance| instance.strong_count() > 0);
        self.sweep_at = (2 * self.rooms.len()).max(SWEEP);
        true
    }
}

/// Storage of all rooms.
enum Store {
    Memory(Mutex<HashMap<String, MemoryStorage>>),
    #[cfg(feature = "redb")]
    File(RoomFile),
}

impl<R: StatefulRoom> StatefulRooms<R> {
    /// Opens the rooms of a file, which is created if it does not exist, and rings their alarms.
    ///
    /// # Errors
    /// If the file cannot be opened, another process uses it, or it is damaged.
    ///
    /// # Panics
    /// If the procedures cannot be served; see [`Rpc::new`]. Outside of a runtime.
    #[cfg(feature = "redb")]
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        let file = RoomFile::open(path.as_ref())?;
        Ok(Self::with_store(Store::File(file)).unwrap_or_else(|error| panic!("{error}")))
    }

    /// Creates rooms whose state ends with the process.
    ///
    /// # Panics
    /// If the procedures cannot be served; see [`Rpc::new`]. Outside of a runtime.
    pub fn memory() -> Self {
        let store = Store::Memory(Mutex::default());
        Self::with_store(store).unwrap_or_else(|error| panic!("{error}"))
    }

    fn with_store(store: Store) -> Result<Self, RouterError> {
        let inner = Arc::new(Inner {
            rpc: Rpc::try_new(R::Procedures::router())?,
            rooms: Rooms::new(),
            live: Mutex::default(),
            store,
            alarmed: Arc::default(),
            secrets: OnceLock::new(),
        });
        spawn(ring(Arc::downgrade(&inner), Arc::clone(&inner.alarmed)));
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
    /// first one takes effect; set it before there are rooms.
    #[must_use]
    pub fn secrets(self, secrets: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        self.0.secrets.get_or_init(|| Arc::new(secrets));
        self
    }

    /// Returns a secret.
    #[cfg(feature = "durable")]
    pub(crate) fn secret(&self, name: &str) -> Option<String> {
        find(self.0.secrets.get().map(|secrets| &**secrets), name)
    }

    /// Returns the room of that name, for tasks of your own. It exists while this is held.
    pub fn get(&self, name: &str) -> Arc<HostedRoom<R>> {
        self.0.instance(name)
    }

    /// Returns the room of a name of 1 to 256 bytes.
    #[cfg(feature = "durable")]
    pub(crate) fn room(&self, name: &str) -> Option<Arc<HostedRoom<R>>> {
        (1..=MAX_NAME).contains(&name.len()).then(|| self.get(name))
    }

    /// Returns the procedures, to [shut them down](Rpc::shutdown).
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
    fn instance(&self, name: &str) -> Arc<HostedRoom<R>> {
        let mut live = lock(&self.live);
        if let Some(instance) = live.get(name) {
            return instance;
        }
        if live.sweep() {
            self.forget_unused(&live);
        }
        let handle = RoomHandle::new(self.rooms.get_or_create(name), self.storage(name));
        let handle = handle.with_shared_secrets(self.secrets.get().cloned());
        let instance = Arc::new(HostedRoom::new(handle));
        live.rooms.insert(name.to_owned(), Arc::downgrade(&instance));
        instance
    }

    /// Removes the storage of rooms that nothing was written to: names come from clients.
    fn forget_unused(&self, live: &Live<R>) {
        match &self.store {
            Store::Memory(rooms) => {
                lock(rooms)
                    .retain(|name, storage| !storage.is_unused() || live.get(name).is_some());
            }
            #[cfg(feature = "redb")]
            Store::File(_) => {}
        }
    }

    fn storage(&self, name: &str) -> Storage {
        let alarmed = Arc::clone(&self.alarmed);
        let alarmed = Arc::new(move || alarmed.notify_one());
        match &self.store {
            Store::Memory(rooms) => {
                let mut rooms = lock(rooms);
                let storage = rooms.entry(name.to_owned()).or_default();
                storage.on_alarm(alarmed);
                Storage::new(storage.clone())
            }
            #[cfg(feature = "redb")]
            Store::File(file) => Storage::new(file.room(name, alarmed)),
        }
    }

    /// Returns the rooms with alarms, and the earliest time of each.
    async fn alarms(&self) -> Vec<(String, u64)> {
        match &self.store {
            Store::Memory(rooms) => {
                let rooms = lock(rooms);
                let next = |(name, room): (&String, &MemoryStorage)| {
                    room.next_alarm().map(|at| (name.clone(), at))
                };
                rooms.iter().filter_map(next).collect()
            }
            #[cfg(feature = "redb")]
            Store::File(file) => file.alarms().await.unwrap_or_else(|error| {
                tracing::error!(%error, "alarms of rooms cannot be read");
                Vec::new()
            }),
        }
    }
}

/// Alarms that have failed, with the time of the next attempt and the number of those before.
type Failed = Arc<Mutex<HashMap<String, (u64, u32)>>>;

/// Rings the alarms while the rooms exist.
async fn ring<R: StatefulRoom>(rooms: Weak<Inner<R>>, alarmed: Arc<Notify>) {
    let failed = Failed::default();
    // Rooms whose alarms are running.
    let ringing = Arc::new(Mutex::new(HashSet::new()));
    loop {
        let next = {
            let Some(rooms) = rooms.upgrade() else { return };
            let now = millis(clock::wall());
            let mut next = u64::MAX;
            for (name, at) in rooms.alarms().await {
                let failed_at = lock(&failed).get(&name).map_or(0, |(again, _)| *again);
                let at = at.max(failed_at);
                if at > now {
                    next = next.min(at);
                } else if lock(&ringing).insert(name.clone()) {
                    let instance = rooms.instance(&name);
                    let (failed, ringing) = (Arc::clone(&failed), Arc::clone(&ringing));
                    let alarmed = Arc::clone(&alarmed);
                    spawn(async move {
                        let rang = instance.ring(clock::wall()).await;
                        note(&failed, &name, rang.err().as_ref());
                        lock(&ringing).remove(&name);
                        alarmed.notify_one();
                    });
                }
            }
            next
        };
        let wait = next.saturating_sub(millis(clock::wall())).min(LONGEST);
        let sleep = std::pin::pin!(clock::sleep(Duration::from_millis(wait.max(1))));
        let notified = std::pin::pin!(alarmed.notified());
        select(notified, sleep).await;
    }
}

/// Longest time in milliseconds between two looks at the wall clock, which may be set.
const LONGEST: u64 = 60_000;

/// Notes the outcome of an alarm.
fn note(failed: &Failed, name: &str, error: Option<&Error>) {
    let mut failed = lock(failed);
    let Some(error) = error else {
        failed.remove(name);
        return;
    };
    tracing::error!(%error, room = name, "the alarm of a room failed, and is repeated");
    let (again, attempts) = failed.entry(name.to_owned()).or_default();
    let pause = PAUSE * 2_u32.pow((*attempts).min(ATTEMPTS));
    *again = millis(clock::wall() + pause);
    *attempts += 1;
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
            spawn(joined);
        }
    }

    fn close(&self, socket: &Socket, close: &CloseFrame) {
        let Some(room) = socket.owner::<HostedRoom<R>>() else { return };
        let (socket, close) = (socket.clone(), close.clone());
        spawn(async move { room.left(socket, close).await });
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
