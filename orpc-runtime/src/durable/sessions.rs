//! The open sockets of one endpoint, by the expiry of their tokens.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use futures::{StreamExt as _, stream};
use tokio::sync::Notify;

use super::bindings::Ids;
use super::client::DurableClient;
use super::ids::{BadId, TokenHash};
use super::session::Seat;
use super::shared_ids::{Checking, Refused, SharedIds};
use super::token::Claims;
use crate::core::{Code, Error};
use crate::publish::{ClientRegistry, ClientWatcher};
use crate::socket::{CloseCode, Group, Socket};
use crate::{clock, task};

/// Maximum time that the watch sleeps, so that it notices changes of the clock.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Maximum number of sockets that are closed while the lock is held.
const CLOSED_AT_ONCE: usize = 256;

/// Number of ids that are bound again at once.
const BOUND_AT_ONCE: usize = 16;

/// Close reason of the sockets of a revoked client.
const REVOKED: &str = "Token revoked";

/// Close reason of the sockets of clients of whom it is not known if they are revoked.
const UNREACHABLE: &str = "Clients cannot be admitted";

/// The open sockets.
pub(super) struct Sessions {
    state: Mutex<State>,
    /// The ids of clients, with or without a socket.
    pub(super) ids: Ids,
    /// Those of all processes, instead.
    pub(super) registry: Option<SharedIds>,
    /// Signals that the next expiry has changed.
    changed: Notify,
    /// Maximum number of sockets of one client.
    pub(super) per_client: AtomicUsize,
    /// Maximum number of sockets of one channel.
    pub(super) per_channel: AtomicUsize,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            ids: Ids::default(),
            registry: None,
            changed: Notify::new(),
            per_client: AtomicUsize::new(8),
            per_channel: AtomicUsize::new(100_000),
        }
    }
}

#[derive(Default)]
struct State {
    sockets: HashMap<u64, Session>,
    by_channel: HashMap<Box<str>, Members>,
    /// Sockets by the expiry of their tokens.
    due: BTreeSet<(SystemTime, u64)>,
    is_watched: bool,
}

struct Session {
    socket: Socket,
    due: SystemTime,
}

/// The sockets of one channel, by the ids of their clients.
#[derive(Default)]
struct Members {
    by_client: HashMap<Box<str>, BTreeSet<u64>>,
    count: usize,
}

impl Sessions {
    /// Creates the sessions of an endpoint, whose ids that registry has if there is one.
    pub(super) fn new(registry: Option<Arc<dyn ClientRegistry>>) -> Arc<Self> {
        let registry = registry.map(SharedIds);
        let sessions = Arc::new(Self { registry, ..Self::default() });
        if let Some(SharedIds(registry)) = &sessions.registry {
            let watcher: Weak<Self> = Arc::downgrade(&sessions);
            registry.watch(watcher);
        }
        sessions
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `true` if a client may have one more socket. A client with a socket always may,
    /// because its oldest one is closed.
    pub(super) fn has_room(&self, channel: &str, id: &str) -> bool {
        let limit = self.per_channel.load(Ordering::Relaxed);
        self.state()
            .by_channel
            .get(channel)
            .is_none_or(|members| members.count < limit || members.by_client.contains_key(id))
    }

    /// Adds a socket, until it ends. The limits checked for its request are checked
    /// again, because others were added in the meantime: a socket beyond them closes.
    pub(super) fn add(self: &Arc<Self>, socket: &Socket) {
        // Held for both, so that a socket that ends in the meantime is removed.
        let mut state = self.state();
        if !socket.enter(Arc::clone(self) as _) {
            return;
        }
        let Ok(seat) = Seat::of(socket) else { return };
        let client = &seat.client;
        let bound = match &self.registry {
            // It is bound before.
            Some(registry) if registry.is_revoked(client) => Err(BadId::Revoked),
            Some(_) => Ok(None),
            None => self.ids.bind(client.id(), &client.claims(), &seat.token, clock::wall()),
        };
        match bound {
            Ok(Some(held)) => _ = seat.held.set(held),
            Ok(None) => {}
            Err(id) => return close_refused(socket, Refused::BadId(id)),
        }
        let oldest = self.insert(&mut state, socket, client);
        drop(state);
        if let Some((surplus, code, reason)) = oldest {
            surplus.close(code, reason);
        }
    }

    /// Adds a socket, once its id is bound if that has to be asked for.
    pub(super) fn open(self: &Arc<Self>, socket: &Socket) -> Option<BoxFuture<'static, ()>> {
        let binding = self.registry.as_ref().and_then(|registry| {
            let seat = Seat::of(socket).ok()?;
            registry.bind(&seat.client, &seat.token)
        });
        let Some(binding) = binding else {
            self.add(socket);
            return None;
        };
        let (sessions, socket) = (Arc::clone(self), socket.clone());
        Some(Box::pin(async move {
            match binding.await {
                Ok(()) => sessions.add(&socket),
                Err(refused) => close_refused(&socket, refused),
            }
        }))
    }

    /// Checks the id in a client's upgrade request. Nothing is stored, because the request may
    /// still be refused. `Some` is the rest of the check, by others.
    pub(super) fn check(
        &self,
        id: &str,
        claims: &Claims,
        token: &TokenHash,
        now: SystemTime,
    ) -> Result<Option<Checking>, BadId> {
        match &self.registry {
            Some(registry) => registry.check(id, claims, token).map(Some),
            None => self.ids.check(id, claims, token, now).map(|()| None),
        }
    }

    /// Binds the id of an open socket to a newer token.
    pub(super) async fn renew(
        &self,
        id: &str,
        claims: &Claims,
        token: &TokenHash,
        now: SystemTime,
    ) -> Result<(), Refused> {
        match &self.registry {
            Some(registry) => registry.renew(id, claims, token).await,
            None => self.ids.renew(id, claims, token, now).map_err(Refused::BadId),
        }
    }

    /// Revokes a client for a time. Returns the number of its sockets.
    pub(super) async fn revoke(
        &self,
        channel: &str,
        id: &str,
        time: Duration,
    ) -> Result<usize, Error> {
        let unavailable = || Error::new(Code::ServiceUnavailable);
        let Some(SharedIds(registry)) = &self.registry else {
            let noted = self.ids.revoke(channel, id, time, clock::wall());
            let closed = self.close(channel, id);
            return noted.map(|()| closed).map_err(|_| unavailable());
        };
        let noting = registry.revoke(channel, id, time);
        let closed = self.close(channel, id);
        noting.await.map(|()| closed).map_err(|error| {
            let source = std::error::Error::source(&error);
            tracing::warn!(%error, source, "a client is not revoked in other processes");
            unavailable()
        })
    }

    /// Adds a socket. Returns one that has to be closed, if there are too many.
    fn insert(
        self: &Arc<Self>,
        state: &mut State,
        socket: &Socket,
        client: &DurableClient,
    ) -> Option<(Socket, CloseCode, &'static str)> {
        let (id, due) = (socket.id(), client.expires_at());
        state.sockets.insert(id, Session { socket: socket.clone(), due });
        let members = state.by_channel.entry(client.channel().into()).or_default();
        let own = members.by_client.entry(client.id().into()).or_default();
        own.insert(id);
        members.count += 1;
        let is_full = members.count > self.per_channel.load(Ordering::Relaxed);
        let surplus = match own.first().copied() {
            // Ids of sockets increase.
            Some(oldest) if own.len() > self.per_client.load(Ordering::Relaxed).max(1) => {
                Some((oldest, CloseCode::POLICY, "Too many sockets of this client"))
            }
            Some(oldest) if is_full => Some((oldest, CloseCode::OVERLOAD, "Too many sockets")),
            _ => None,
        };
        state.due.insert((due, id));
        self.changed.notify_one();
        if !std::mem::replace(&mut state.is_watched, true) {
            task::spawn(watch(Arc::downgrade(self)));
        }
        let (oldest, code, reason) = surplus?;
        Some((state.sockets.get(&oldest)?.socket.clone(), code, reason))
    }

    /// Updates the expiry after a new token.
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

    fn sockets(&self) -> Vec<Socket> {
        self.state().sockets.values().map(|session| session.socket.clone()).collect()
    }

    /// Returns the number of open sockets.
    pub(super) fn len(&self) -> usize {
        self.state().sockets.len()
    }

    /// Returns the clients of the sockets of a channel.
    pub(super) fn clients(&self, channel: &str) -> Vec<DurableClient> {
        let state = self.state();
        let members = state.by_channel.get(channel).into_iter();
        let ids = members.flat_map(|members| members.by_client.values().flatten());
        let sockets = ids.filter_map(|id| state.sockets.get(id));
        sockets.filter_map(|own| Some(Seat::of(&own.socket).ok()?.client.clone())).collect()
    }

    /// Closes the sockets of a client. Returns their number.
    pub(super) fn close(&self, channel: &str, id: &str) -> usize {
        let state = self.state();
        let own = state.by_channel.get(channel).and_then(|members| members.by_client.get(id));
        let own = own.into_iter().flatten().filter_map(|id| state.sockets.get(id));
        let sockets: Vec<_> = own.map(|own| own.socket.clone()).collect();
        drop(state);
        sockets.iter().for_each(|socket| socket.close(CloseCode::POLICY, REVOKED));
        sockets.len()
    }

    /// Closes the sockets whose tokens have expired, a bounded number at once. Returns
    /// the time until it has to be called again; `None` if there is no socket, and the
    /// watch ends.
    fn close_expired(&self, now: SystemTime) -> Option<Duration> {
        let mut state = self.state();
        for _ in 0..CLOSED_AT_ONCE {
            let Some(&(due, id)) = state.due.first() else { break };
            // A token is valid until its last instant.
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
        if !state.due.is_empty() {
            return Some(Duration::ZERO);
        }
        if !state.sockets.is_empty() {
            return Some(LONGEST_SLEEP);
        }
        state.is_watched = false;
        None
    }
}

/// Closes a socket whose client is not admitted.
fn close_refused(socket: &Socket, refused: Refused) {
    match refused {
        Refused::BadId(BadId::Revoked) => socket.close(CloseCode::POLICY, REVOKED),
        Refused::BadId(BadId::Taken) => socket.close(CloseCode::POLICY, "Invalid Token"),
        Refused::Full => socket.close(CloseCode::OVERLOAD, "Too many ids"),
        Refused::Unreachable => socket.close(CloseCode::OVERLOAD, UNREACHABLE),
    }
}

impl ClientWatcher for Sessions {
    fn revoked(&self, channel: &str, id: &str) {
        self.close(channel, id);
    }

    /// Binds the ids of all open sockets again, which clients chose.
    fn unbound(self: Arc<Self>) {
        let bindings = self.sockets().into_iter().filter_map(move |socket| {
            let seat = Seat::of(&socket).ok()?;
            let binding = self.registry.as_ref()?.bind(&seat.client, &seat.token)?;
            Some(async move {
                // While the server is away the socket stays open, as without this.
                if let Err(refused @ (Refused::BadId(_) | Refused::Full)) = binding.await {
                    close_refused(&socket, refused);
                }
            })
        });
        let bindings: Vec<_> = bindings.collect();
        if !bindings.is_empty() {
            task::spawn(stream::iter(bindings).buffer_unordered(BOUND_AT_ONCE).collect::<()>());
        }
    }

    fn unreachable(&self) {
        self.sockets().iter().for_each(|socket| socket.close(CloseCode::OVERLOAD, UNREACHABLE));
    }
}

/// Closes sockets when their tokens expire, as long as there are any.
async fn watch(sessions: Weak<Sessions>) {
    loop {
        let Some(sessions) = sessions.upgrade() else { return };
        let Some(time) = sessions.close_expired(clock::wall()) else { return };
        if time.is_zero() {
            drop(sessions);
            tokio::task::yield_now().await;
            continue;
        }
        // Waits for the earlier of both.
        let changed = sessions.changed.notified();
        _ = clock::timeout(time.min(LONGEST_SLEEP), changed).await;
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
        let Ok(Seat { client, held, .. }) = Seat::of(socket) else { return };
        state.leave(client, socket.id());
        if let Some(held) = held.get() {
            self.ids.release(held);
        }
        self.changed.notify_one();
    }
}

impl State {
    /// Removes a socket from its channel.
    fn leave(&mut self, client: &DurableClient, socket: u64) {
        let Some(members) = self.by_channel.get_mut(client.channel()) else { return };
        let Some(own) = members.by_client.get_mut(client.id()) else { return };
        if own.remove(&socket) {
            members.count -= 1;
        }
        if own.is_empty() {
            members.by_client.remove(client.id());
        }
        if members.count == 0 {
            self.by_channel.remove(client.channel());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::time::UNIX_EPOCH;

    use serde_json::json;

    use super::super::issuer::Issuer;
    use super::super::token::SigningKeys;
    use super::*;
    use crate::budget::{Budget, Reservation};
    use crate::publish::Publisher;
    use crate::serve::Admitted;
    use crate::socket::SocketConfig;

    /// Adds a socket of its own client, with a token that expires at that second.
    fn add(sessions: &Arc<Sessions>, client: &str, exp: u64) -> Socket {
        let claims = json!({ "chn": "room", "iat": 1, "exp": exp, "cid": client });
        let seat = Seat {
            client: DurableClient::new(client, serde_json::from_value(claims).unwrap()),
            token: TokenHash::of(client),
            held: OnceLock::new(),
            reading: Mutex::default(),
            publisher: Publisher::memory(),
            issuer: Arc::new(Issuer::new(SigningKeys::new(["key"]).unwrap(), Vec::new())),
            sessions: Arc::clone(sessions),
        };
        let mut request = http::Request::new(()).into_parts().0;
        request.extensions.insert(Admitted(Arc::new(seat)));
        let memory = Budget::new(usize::MAX);
        let held = Reservation::unbounded();
        let socket = Socket::new(request, SocketConfig::default(), 1024, memory, held);
        sessions.add(&socket);
        socket
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// The watch of these sockets does not run meanwhile: nothing is awaited.
    #[tokio::test]
    async fn sockets_are_closed_behind_the_last_instant_of_their_tokens() {
        let sessions = Arc::new(Sessions::default());
        let first: Vec<_> = (0..300).map(|n| add(&sessions, &format!("{n}"), 1000)).collect();
        let last = add(&sessions, "last", 2000);
        let closed = || first.iter().filter(|socket| socket.closing().is_some()).count();
        let instant = Duration::from_millis(1);
        assert_eq!(sessions.close_expired(at(990)), Some(Duration::from_secs(10) + instant));
        assert_eq!(sessions.close_expired(at(1000)), Some(instant));
        assert_eq!(closed(), 0);
        // Others use the table between two parts of many.
        assert_eq!(sessions.close_expired(at(1001)), Some(Duration::ZERO));
        assert_eq!(closed(), CLOSED_AT_ONCE);
        assert_eq!(sessions.close_expired(at(1001)), Some(Duration::from_secs(999) + instant));
        assert_eq!((closed(), last.closing().is_some()), (300, false));
        let reason = first[0].closing().map(|frame| (frame.code, frame.reason));
        assert_eq!(reason, Some((CloseCode::POLICY, "Token expired".to_owned())));
        assert_eq!(sessions.close_expired(at(2001)), Some(LONGEST_SLEEP), "they are not gone");
        assert!(last.closing().is_some());
        for socket in first.iter().chain([&last]) {
            socket.leave_groups();
        }
        assert_eq!(sessions.close_expired(at(2001)), None);
        assert!(sessions.state().by_channel.is_empty());
    }

    #[tokio::test]
    async fn a_socket_that_is_gone_makes_room_for_another() {
        let sessions = Arc::new(Sessions::default());
        sessions.per_channel.store(2, Ordering::Relaxed);
        let first = add(&sessions, "first", 1000);
        let second = add(&sessions, "second", 1000);
        assert!(first.closing().is_none() && second.closing().is_none());
        let surplus = add(&sessions, "third", 1000);
        let code = surplus.closing().map(|frame| frame.code);
        assert_eq!(code, Some(CloseCode::OVERLOAD));
        assert!(first.closing().is_none() && second.closing().is_none());
        surplus.leave_groups();
        assert!(!sessions.has_room("room", "third"));
        assert!(sessions.has_room("room", "second"), "its oldest socket is closed instead");
        assert!(sessions.has_room("hall", "third"));
        first.leave_groups();
        assert_eq!(sessions.len(), 1);
        assert!(sessions.has_room("room", "third"));
        assert_eq!(sessions.state().due.len(), 1);
    }

    #[tokio::test]
    async fn the_oldest_socket_of_a_client_makes_room_for_its_newest() {
        let sessions = Arc::new(Sessions::default());
        sessions.per_client.store(2, Ordering::Relaxed);
        let own: Vec<_> = (0..3).map(|_| add(&sessions, "client", 1000)).collect();
        let codes: Vec<_> = own.iter().map(|own| own.closing().map(|frame| frame.code)).collect();
        assert_eq!(codes, [Some(CloseCode::POLICY), None, None]);
    }
}
