//! The clients that all processes of a server know.
//!
//! The server decides: each admission asks it. A process has a copy of the revocations beside that, which closes the
//! sockets that are open, refuses one that opens while its client is revoked, and is written back to a server that
//! has lost its state. It is read anew over each connection, and behind the last one that was read each time that one
//! is announced, and each second.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::Notify;

use super::clients::{ClientKey, ClientServer, ENTRY_BYTES, Position, REVOKED_BYTES, Revoking};
use super::{Part, Shared, WAIT};
use crate::clock::{self, Instant};
use crate::connection::{CallError, Link as _};
use crate::publish::error::{StoreError, StoreErrorKind};
use crate::publish::{Admission, ClientRegistry, ClientWatcher, Verdict};

/// Time between two looks at the revocations.
const ROUND: Duration = Duration::from_secs(1);

/// Time after which revocations are written back again that the server has refused.
const REFUSED: Duration = Duration::from_secs(30);

/// Time after which a server that cannot be reached is not waited for any more.
const ABSENCE: Duration = Duration::from_secs(1);

/// Longest revocation, a hundred years: servers count the time that is left in signed numbers.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Maximum number of bytes of the copy: those of the server, and those that it has not been told of.
const COPY: usize = 2 * REVOKED_BYTES;

/// The revocations that this process knows, and those who are told of them.
#[derive(Default)]
pub(super) struct Registry {
    state: Mutex<State>,
    /// Signals that there may be other revocations on the server.
    noticed: Notify,
    is_used: AtomicBool,
}

#[derive(Default)]
struct State {
    watchers: Vec<Weak<dyn ClientWatcher>>,
    /// Ends of the revocations.
    ends: HashMap<ClientKey, Instant>,
    by_end: BTreeSet<(Instant, ClientKey)>,
    bytes: usize,
    /// Position behind the revocations that were read, with the number of the connection.
    position: Option<(u64, Position)>,
    /// Time when the server was read last.
    seen: Option<Instant>,
}

/// Returns the bytes that a revocation takes of the budget.
fn bytes_of(client: &ClientKey) -> usize {
    client.text().len() + ENTRY_BYTES
}

impl State {
    /// Adds a revocation, or lets it last longer. Returns `false` if there is no room.
    fn add(&mut self, client: &ClientKey, end: Instant) -> bool {
        if let Some(known) = self.ends.get_mut(client) {
            if *known < end {
                let before = std::mem::replace(known, end);
                self.by_end.remove(&(before, client.clone()));
                self.by_end.insert((end, client.clone()));
            }
            return true;
        }
        let bytes = bytes_of(client);
        if self.bytes + bytes > COPY {
            return false;
        }
        self.bytes += bytes;
        self.ends.insert(client.clone(), end);
        self.by_end.insert((end, client.clone()));
        true
    }

    fn remove_ended(&mut self, now: Instant) {
        while let Some((end, client)) = self.by_end.first()
            && *end <= now
        {
            self.bytes -= bytes_of(client);
            self.ends.remove(client);
            self.by_end.pop_first();
        }
    }

    fn watchers(&mut self) -> Vec<Arc<dyn ClientWatcher>> {
        self.watchers.retain(|watcher| watcher.strong_count() > 0);
        self.watchers.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Registry {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the server be read soon.
    pub(super) fn notice(&self) {
        self.noticed.notify_waiters();
    }

    fn watch(&self, watcher: Weak<dyn ClientWatcher>) {
        let mut state = self.state();
        state.watchers.push(watcher);
        state.seen.get_or_insert_with(Instant::now);
        drop(state);
        self.is_used.store(true, Ordering::Release);
        self.notice();
    }

    fn watchers(&self) -> Vec<Arc<dyn ClientWatcher>> {
        self.state().watchers()
    }

    /// Tells that the server was not read for too long.
    pub(super) fn expire(&self, max_staleness: Duration) {
        let mut state = self.state();
        if state.seen.is_none_or(|seen| seen.elapsed() <= max_staleness) {
            return;
        }
        let watchers = state.watchers();
        drop(state);
        watchers.iter().for_each(|watcher| watcher.unreachable());
    }

    /// Returns the position behind what was read over the connection of that number.
    fn position_over(&self, link: u64) -> Option<Position> {
        let state = self.state();
        let (number, position) = state.position.as_ref()?;
        (*number == link).then(|| position.clone())
    }

    fn is_revoked(&self, client: &ClientKey) -> bool {
        self.state().ends.get(client).is_some_and(|end| *end > Instant::now())
    }

    /// Adds a revocation of this process. Returns `false` if there is no room.
    fn add(&self, client: &ClientKey, time: Duration) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        state.remove_ended(now);
        state.add(client, now + time)
    }

    /// Adds revocations that were read, and tells of them.
    fn take(&self, clients: &[(ClientKey, Duration)]) {
        let now = Instant::now();
        let mut state = self.state();
        state.remove_ended(now);
        let is_full =
            clients.iter().filter(|(client, left)| !state.add(client, now + *left)).count();
        let watchers = state.watchers();
        drop(state);
        if is_full > 0 {
            tracing::error!(clients = is_full, "the server has too many revoked clients");
        }
        for (channel, id) in clients.iter().filter_map(|(client, _)| client.parts()) {
            watchers.iter().for_each(|watcher| watcher.revoked(channel, id));
        }
    }

    /// Returns the revocations that the server does not have.
    fn unknown_to(&self, found: &HashSet<ClientKey>) -> Vec<(ClientKey, Duration)> {
        let now = Instant::now();
        let state = self.state();
        let unknown =
            state.ends.iter().filter(|(client, end)| **end > now && !found.contains(*client));
        unknown.map(|(client, end)| (client.clone(), *end - now)).collect()
    }
}

/// Keeps the copy the same as the server, while the clients are at the node of the connection, until it is lost.
pub(super) async fn tend<S: ClientServer>(shared: &Shared<S>, link: &S::Link) {
    let registry = &shared.registry;
    let (mut is_watched, mut is_reported) = (false, false);
    let mut refused: Option<Instant> = None;
    loop {
        // Before the look, so that none is missed.
        let noticed = registry.noticed.notified();
        let is_here = shared.server.is_at(link, Part::Clients);
        is_watched &= is_here && shared.server.are_clients_announced(link);
        if is_here && registry.is_used.load(Ordering::Acquire) {
            if refused.is_some_and(|at| at.elapsed() >= REFUSED) {
                registry.state().position = None;
            }
            let reading = async {
                if !is_watched {
                    shared.server.watch_clients(link).await?;
                    is_watched = true;
                }
                read(shared, link).await
            };
            match reading.await {
                Ok(written) => {
                    registry.state().seen = Some(Instant::now());
                    match written {
                        Written::Nothing => {}
                        Written::All => refused = None,
                        Written::NotAll => refused = Some(Instant::now()),
                    }
                }
                Err(CallError::Lost(_)) => return,
                Err(CallError::Refused(_)) if !shared.server.is_at(link, Part::Clients) => {
                    // The node that has them now is tended beside this one.
                    if is_watched {
                        registry.notice();
                    }
                }
                Err(CallError::Refused(error)) if !is_reported => {
                    let source = std::error::Error::source(&error);
                    tracing::warn!(%error, source, "revoked clients cannot be read");
                    is_reported = true;
                }
                Err(CallError::Refused(_)) => {}
            }
        }
        _ = clock::timeout(ROUND, noticed).await;
    }
}

/// Outcome of writing revocations back to the server.
enum Written {
    Nothing,
    All,
    NotAll,
}

/// Reads the revocations behind those that were read, and writes back those that the server has lost.
async fn read<S: ClientServer>(shared: &Shared<S>, link: &S::Link) -> Result<Written, CallError> {
    let registry = &shared.registry;
    let mut position = registry.position_over(link.number());
    let mut all = position.is_none().then(HashSet::new);
    loop {
        let revoked = shared.server.revoked(link, position.as_ref()).await?;
        if revoked.is_anew {
            all = Some(HashSet::new());
        }
        if let Some(all) = &mut all {
            all.extend(revoked.clients.iter().map(|(client, _)| client.clone()));
        }
        registry.take(&revoked.clients);
        let is_last = revoked.is_last;
        position = Some(revoked.position);
        if is_last {
            break;
        }
    }
    let mut written = Written::Nothing;
    if let Some(all) = all {
        written = write_back(shared, link, &all).await?;
        registry.watchers().into_iter().for_each(ClientWatcher::unbound);
    }
    // Only now: what is cut off before is done again.
    registry.state().position = position.map(|position| (link.number(), position));
    Ok(written)
}

/// Revokes on the server the clients that are revoked in this process alone.
async fn write_back<S: ClientServer>(
    shared: &Shared<S>,
    link: &S::Link,
    found: &HashSet<ClientKey>,
) -> Result<Written, CallError> {
    for (client, left) in shared.registry.unknown_to(found) {
        match shared.server.revoke(link, &client, left).await {
            Ok(Revoking::Done) => {}
            Err(CallError::Lost(error)) => return Err(CallError::Lost(error)),
            Ok(Revoking::Full) | Err(CallError::Refused(_)) => {
                tracing::error!("the server does not take clients that were revoked before");
                return Ok(Written::NotAll);
            }
        }
    }
    Ok(Written::All)
}

/// The clients, for those who admit them.
pub(super) struct Clients<S>(pub(super) Arc<Shared<S>>);

impl<S: ClientServer> Shared<S> {
    /// Returns the connection for a request about a client. A server that has been away for a while is not waited for.
    async fn link_for_clients(&self, until: Instant) -> Result<S::Link, StoreError> {
        let is_absent = self.server.absence(Part::Clients).is_some_and(|time| time > ABSENCE);
        let left = until.saturating_duration_since(Instant::now());
        self.server.link(Part::Clients, if is_absent { Duration::ZERO } else { left }).await
    }

    /// Asks about a client, over further connections if one is lost: an admission may be repeated.
    async fn admit(&self, admission: Admission) -> Result<Verdict, StoreError> {
        let until = Instant::now() + WAIT;
        loop {
            let link = self.link_for_clients(until).await?;
            match self.server.admit(&link, &admission).await {
                Ok(verdict) => return Ok(verdict),
                Err(CallError::Lost(_)) if Instant::now() < until => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn revoke(&self, client: ClientKey, time: Duration) -> Result<(), StoreError> {
        let until = Instant::now() + WAIT;
        loop {
            let link = self.link_for_clients(until).await?;
            match self.server.revoke(&link, &client, time).await {
                Ok(Revoking::Done) => return Ok(()),
                Ok(Revoking::Full) => return Err(too_many()),
                Err(CallError::Lost(_)) if Instant::now() < until => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn too_many() -> StoreError {
    StoreError::new(StoreErrorKind::Full, "too many clients are revoked")
}

impl<S: ClientServer> ClientRegistry for Clients<S> {
    fn watch(&self, watcher: Weak<dyn ClientWatcher>) {
        self.0.registry.watch(watcher);
    }

    fn admit(&self, admission: Admission) -> BoxFuture<'static, Result<Verdict, StoreError>> {
        let shared = Arc::clone(&self.0);
        async move { shared.admit(admission).await }.boxed()
    }

    fn revoke(
        &self,
        channel: &str,
        id: &str,
        time: Duration,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        let (client, time) = (ClientKey::new(channel, id), time.min(LONGEST));
        let shared = Arc::clone(&self.0);
        let is_known = shared.registry.add(&client, time);
        async move {
            shared.revoke(client, time).await?;
            if is_known { Ok(()) } else { Err(too_many()) }
        }
        .boxed()
    }

    fn is_revoked(&self, channel: &str, id: &str) -> bool {
        self.0.registry.is_revoked(&ClientKey::new(channel, id))
    }
}
