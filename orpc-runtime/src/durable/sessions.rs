//! The open sockets of one endpoint, and when their tokens expire.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use super::client::DurableClient;
use super::seat::Seat;
use crate::socket::{CloseCode, Group, Socket};

/// How long the watch sleeps at most, so that it sees when the clock was changed.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Why the socket of a client that was shut out is closed.
pub(super) const REVOKED: &str = "Token revoked";

/// The open sockets.
#[derive(Default)]
pub(super) struct Sessions {
    state: Mutex<State>,
    /// The time of the next token to expire is another one.
    changed: Notify,
}

#[derive(Default)]
struct State {
    sockets: HashMap<u64, Session>,
    by_channel: HashMap<Box<str>, BTreeSet<u64>>,
    /// By the time when the token expires.
    due: BTreeSet<(SystemTime, u64)>,
    is_watched: bool,
}

struct Session {
    socket: Socket,
    due: SystemTime,
}

impl Sessions {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a socket in, until its end.
    pub(super) fn add(self: &Arc<Self>, socket: &Socket) {
        // Held for both, so that a socket that ends meanwhile is not left behind.
        let mut state = self.state();
        if socket.enter(Arc::clone(self) as _) {
            self.insert(&mut state, socket);
        }
    }

    fn insert(self: &Arc<Self>, state: &mut State, socket: &Socket) {
        let Ok(Seat { client, .. }) = Seat::of(socket) else { return };
        let (id, due) = (socket.id(), client.expires_at());
        state.sockets.insert(id, Session { socket: socket.clone(), due });
        state.by_channel.entry(client.channel().into()).or_default().insert(id);
        state.due.insert((due, id));
        self.changed.notify_one();
        if !std::mem::replace(&mut state.is_watched, true) {
            tokio::spawn(watch(Arc::downgrade(self)));
        }
    }

    /// The socket has a new token.
    pub(super) fn renewed(&self, socket: &Socket) {
        let Ok(Seat { client, .. }) = Seat::of(socket) else { return };
        let (id, due) = (socket.id(), client.expires_at());
        let mut state = self.state();
        let Some(session) = state.sockets.get_mut(&id) else { return };
        let before = std::mem::replace(&mut session.due, due);
        state.due.remove(&(before, id));
        state.due.insert((due, id));
        self.changed.notify_one();
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.state().sockets.len()
    }

    /// The sockets of a channel with their clients.
    pub(super) fn of(&self, channel: &str) -> Vec<(Socket, DurableClient)> {
        let state = self.state();
        let ids = state.by_channel.get(channel).into_iter().flatten();
        let sockets = ids.filter_map(|id| state.sockets.get(id));
        let seated = sockets.filter_map(|Session { socket, .. }| {
            Some((socket.clone(), Seat::of(socket).ok()?.client.clone()))
        });
        seated.collect()
    }

    /// Closes the sockets of a client.
    pub(super) fn close(&self, channel: &str, id: &str) -> usize {
        let is_meant = |client: &DurableClient| {
            client.id() == id || client.claims().cid.as_deref() == Some(id)
        };
        let sockets = self.of(channel).into_iter().filter(|(_, client)| is_meant(client));
        sockets.map(|(socket, _)| socket.close(CloseCode::POLICY, REVOKED)).count()
    }

    /// Closes the sockets whose tokens have expired. The time until the next one
    /// does; none if there is no socket, and then nobody watches.
    fn close_expired(&self, now: SystemTime) -> Option<Duration> {
        let mut state = self.state();
        while let Some(&(due, id)) = state.due.first() {
            // A token is good for all of its last instant.
            if due >= now {
                return Some(
                    due.duration_since(now).unwrap_or_default() + Duration::from_millis(1),
                );
            }
            state.due.pop_first();
            if let Some(Session { socket, .. }) = state.sockets.get(&id) {
                socket.close(CloseCode::POLICY, "Token expired");
            }
        }
        if !state.sockets.is_empty() {
            return Some(LONGEST_SLEEP);
        }
        state.is_watched = false;
        None
    }
}

/// Closes sockets when their tokens expire, for as long as there are any.
async fn watch(sessions: Weak<Sessions>) {
    loop {
        let Some(sessions) = sessions.upgrade() else { return };
        let Some(time) = sessions.close_expired(SystemTime::now()) else { return };
        // Whichever comes first.
        let changed = sessions.changed.notified();
        _ = tokio::time::timeout(time.min(LONGEST_SLEEP), changed).await;
    }
}

impl Group for Sessions {
    fn take(self: Arc<Self>, socket: &Socket) {
        self.add(socket);
    }

    fn forget(&self, socket: &Socket) {
        let mut state = self.state();
        let Some(Session { due, .. }) = state.sockets.remove(&socket.id()) else { return };
        state.due.remove(&(due, socket.id()));
        let Ok(seat) = Seat::of(socket) else { return };
        let channel = seat.client.channel();
        if let Some(ids) = state.by_channel.get_mut(channel) {
            ids.remove(&socket.id());
            if ids.is_empty() {
                state.by_channel.remove(channel);
            }
        }
        self.changed.notify_one();
    }
}
