//! Rooms by name, and the sockets in them.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::recipients::Sockets;
use super::shared::Following;
use crate::socket::{Group, Socket, SocketConfig};

/// A registry of rooms by name. Cheap to clone; clones share one registry.
///
/// A room exists while a socket is in it or a [`Room`] is held.
///
/// ```
/// use orpc_runtime::Rooms;
///
/// let rooms = Rooms::new();
/// let lobby = rooms.get_or_create("lobby");
/// assert!(rooms.get("lobby").is_some());
/// drop(lobby);
/// assert!(rooms.get("lobby").is_none());
/// ```
#[derive(Clone, Default)]
pub struct Rooms(Arc<Registry>);

#[derive(Default)]
struct Registry(Mutex<HashMap<Arc<str>, Weak<Inner>>>);

/// A group of sockets that receive events together. Cheap to clone.
#[derive(Clone)]
pub struct Room(Arc<Inner>);

struct Inner {
    name: Arc<str>,
    registry: Weak<Registry>,
    sockets: Mutex<Members>,
    source: OnceLock<Arc<dyn SocketSource>>,
    /// The reader of the messages of other processes.
    following: OnceLock<Following>,
}

/// A room, as long as it exists.
pub(super) struct WeakRoom(Weak<Inner>);

/// Source of the sockets of a room that are not in memory, such as those of a Durable Object that
/// was evicted.
pub trait SocketSource: Send + Sync + 'static {
    /// Lets all sockets join that are missing in the room: those with the tag, or all. It is
    /// called before the sockets of the room are read.
    fn restore(&self, room: &Room, tag: Option<&str>);
}

/// The sockets of a room in the order of their ids, and by their tags.
#[derive(Default)]
struct Members {
    all: BTreeMap<u64, Socket>,
    by_tag: HashMap<Box<str>, BTreeMap<u64, Socket>>,
}

impl Rooms {
    /// Creates a registry without rooms.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the room of that name, created if it does not exist.
    pub fn get_or_create(&self, name: &str) -> Room {
        let mut rooms = self.0.rooms();
        if let Some(room) = rooms.get(name).and_then(Weak::upgrade) {
            return Room(room);
        }
        let name: Arc<str> = name.into();
        let room = Arc::new(Inner {
            name: Arc::clone(&name),
            registry: Arc::downgrade(&self.0),
            sockets: Mutex::default(),
            source: OnceLock::new(),
            following: OnceLock::new(),
        });
        rooms.insert(name, Arc::downgrade(&room));
        Room(room)
    }

    /// Returns the room of that name.
    pub fn get(&self, name: &str) -> Option<Room> {
        self.0.rooms().get(name).and_then(Weak::upgrade).map(Room)
    }

    /// Returns the rooms of this registry that the socket is in, in the order it joined
    /// them.
    pub fn of(&self, socket: &Socket) -> impl Iterator<Item = Room> {
        let groups = socket.groups().into_iter();
        let rooms = groups.filter_map(|group| {
            let any: Arc<dyn Any + Send + Sync> = group;
            any.downcast::<Inner>().ok()
        });
        let registry = Arc::downgrade(&self.0);
        rooms.filter(move |room| Weak::ptr_eq(&room.registry, &registry)).map(Room)
    }

    /// Returns all rooms, in arbitrary order.
    pub fn all(&self) -> Vec<Room> {
        self.0.rooms().values().filter_map(Weak::upgrade).map(Room).collect()
    }

    /// Returns the number of rooms.
    pub fn len(&self) -> usize {
        self.0.rooms().len()
    }

    /// Returns `true` if there are no rooms.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Registry {
    fn rooms(&self) -> MutexGuard<'_, HashMap<Arc<str>, Weak<Inner>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Some(registry) = self.registry.upgrade() else { return };
        let mut rooms = registry.rooms();
        // Another one of that name may have been created in the meantime.
        if rooms.get(&self.name).is_some_and(|room| room.strong_count() == 0) {
            rooms.remove(&self.name);
        }
    }
}

impl Inner {
    fn sockets(&self) -> MutexGuard<'_, Members> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// Returns the room's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Adds a socket, until it leaves or ends. Returns `false` if it is in the room
    /// already, or has ended.
    pub fn join(&self, socket: &Socket) -> bool {
        // Held for both, so that the room and the socket agree.
        let mut sockets = self.0.sockets();
        let joined = sockets.insert(socket);
        let lives = socket.enter(Arc::clone(&self.0) as _);
        if !lives {
            sockets.remove(socket);
        }
        joined && lives
    }

    /// Removes a socket. Returns `false` if it is not in the room.
    pub fn leave(&self, socket: &Socket) -> bool {
        let group: Arc<dyn Group> = Arc::clone(&self.0) as _;
        let mut sockets = self.0.sockets();
        socket.leave(&group);
        sockets.remove(socket)
    }

    /// Sets the source of the sockets that are not in memory. Only the first one of a room takes
    /// effect.
    pub fn restored_by(&self, source: impl SocketSource) {
        self.0.source.get_or_init(|| Arc::new(source));
    }

    /// Lets the sockets with the tag, or all, join that are not in memory.
    fn restore(&self, tag: Option<&str>) {
        if let Some(source) = self.0.source.get() {
            source.restore(self, tag);
        }
    }

    /// Returns the reader of the messages of other processes, which is started if there is none. It
    /// ends with the room.
    pub(super) fn follow(&self, start: impl FnOnce(WeakRoom) -> Following) -> &Following {
        self.0.following.get_or_init(|| start(WeakRoom(Arc::downgrade(&self.0))))
    }

    /// Returns `true` if a socket is in the room.
    pub fn contains(&self, socket: &Socket) -> bool {
        self.0.sockets().all.contains_key(&socket.id())
    }

    /// Returns the number of sockets in the room.
    pub fn len(&self) -> usize {
        self.restore(None);
        self.0.sockets().all.len()
    }

    /// Returns `true` if no socket is in the room.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the sockets that are in the room now.
    pub fn everyone(&self) -> Sockets {
        self.restore(None);
        Sockets::new(self.0.sockets().all.values().cloned().collect())
    }

    /// Returns the sockets in the room that were accepted with the tag.
    pub fn tagged(&self, tag: &str) -> Sockets {
        self.restore(Some(tag));
        let sockets = self.0.sockets();
        let tagged = sockets.by_tag.get(tag).map(|sockets| sockets.values().cloned().collect());
        Sockets::new(tagged.unwrap_or_default())
    }

    /// Returns the socket of that [id](Socket::id), if it is in the room.
    pub fn socket(&self, id: u64) -> Option<Socket> {
        self.restore(None);
        self.0.sockets().all.get(&id).cloned()
    }
}

impl WeakRoom {
    pub(super) fn upgrade(&self) -> Option<Room> {
        self.0.upgrade().map(Room)
    }
}

impl SocketConfig {
    /// Adds a room, which the socket joins before it opens.
    #[must_use]
    pub fn room(self, room: &Room) -> Self {
        self.group(Arc::clone(&room.0) as _)
    }
}

impl Members {
    fn insert(&mut self, socket: &Socket) -> bool {
        if self.all.insert(socket.id(), socket.clone()).is_some() {
            return false;
        }
        for tag in socket.tags() {
            self.by_tag.entry(tag.into()).or_default().insert(socket.id(), socket.clone());
        }
        true
    }

    fn remove(&mut self, socket: &Socket) -> bool {
        for tag in socket.tags() {
            if let Some(tagged) = self.by_tag.get_mut(tag) {
                tagged.remove(&socket.id());
                if tagged.is_empty() {
                    self.by_tag.remove(tag);
                }
            }
        }
        self.all.remove(&socket.id()).is_some()
    }
}

impl Group for Inner {
    fn take(self: Arc<Self>, socket: &Socket) {
        Room(self).join(socket);
    }

    fn forget(&self, socket: &Socket) {
        self.sockets().remove(socket);
    }
}

/// Rooms are equal if they are the same room, not only of the same name.
impl PartialEq for Room {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Room {}

impl fmt::Debug for Rooms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooms").field("len", &self.len()).finish()
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("name", &self.name()).finish_non_exhaustive()
    }
}
