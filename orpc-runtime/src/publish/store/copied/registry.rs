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

use super::{Server, Shared, WAIT};
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

/// Number of bytes of an entry beside its text, as measured on Redis 7.
pub(in crate::publish::store) const ENTRY: usize = 400;

/// Maximum number of bytes of the revocations on the server.
pub(in crate::publish::store) const REVOKED: usize = 16 << 20;

/// Maximum number of bytes of the copy: those of the server, and those that it has not been told of.
const COPY: usize = 2 * REVOKED;

/// Maximum number of bytes of the ids that clients chose, on the server.
pub(in crate::publish::store) const CHOSEN: usize = 128 << 20;

/// Channel and id of a client, as one text: the length of the channel's name, a colon, both.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::publish::store) struct Place(Arc<str>);

impl Place {
    pub(in crate::publish::store) fn new(channel: &str, id: &str) -> Self {
        Self(format!("{}:{channel}{id}", channel.len()).into())
    }

    /// Reads what [`text`](Place::text) returns.
    pub(in crate::publish::store) fn read(text: &str) -> Option<Self> {
        let place = Self(text.into());
        place.parts().is_some().then_some(place)
    }

    pub(in crate::publish::store) fn text(&self) -> &str {
        &self.0
    }

    fn parts(&self) -> Option<(&str, &str)> {
        let (length, rest) = self.0.split_once(':')?;
        rest.split_at_checked(length.parse().ok()?)
    }
}

/// A position among the revocations of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::publish::store) struct Mark {
    /// Name of the state of the server, which is another one if it was lost.
    pub(in crate::publish::store) state: String,
    pub(in crate::publish::store) number: u64,
}

/// Revocations that were read.
pub(in crate::publish::store) struct Revoked {
    /// Position behind them.
    pub(in crate::publish::store) mark: Mark,
    /// `true` if they are the first of all, though a mark was given: the server has lost its state.
    pub(in crate::publish::store) is_anew: bool,
    pub(in crate::publish::store) is_last: bool,
    /// Clients, and the times that are left.
    pub(in crate::publish::store) clients: Vec<(Place, Duration)>,
}

/// Outcome of revoking a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::publish::store) enum Revoking {
    Done,
    Full,
}

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
    ends: HashMap<Place, Instant>,
    by_end: BTreeSet<(Instant, Place)>,
    bytes: usize,
    /// The end of the revocations that were read, with the number of the connection.
    mark: Option<(u64, Mark)>,
    /// Time when the server was read last.
    seen: Option<Instant>,
}

impl State {
    /// Adds a revocation, or lets it last longer. Returns `false` if there is no room.
    fn add(&mut self, place: &Place, end: Instant) -> bool {
        if let Some(known) = self.ends.get_mut(place) {
            if *known < end {
                let before = std::mem::replace(known, end);
                self.by_end.remove(&(before, place.clone()));
                self.by_end.insert((end, place.clone()));
            }
            return true;
        }
        let bytes = place.0.len() + ENTRY;
        if self.bytes + bytes > COPY {
            return false;
        }
        self.bytes += bytes;
        self.ends.insert(place.clone(), end);
        self.by_end.insert((end, place.clone()));
        true
    }

    fn remove_ended(&mut self, now: Instant) {
        while let Some((end, place)) = self.by_end.first()
            && *end <= now
        {
            self.bytes -= place.0.len() + ENTRY;
            self.ends.remove(place);
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
        self.noticed.notify_one();
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

    fn is_revoked(&self, place: &Place) -> bool {
        self.state().ends.get(place).is_some_and(|end| *end > Instant::now())
    }

    /// Adds a revocation of this process. Returns `false` if there is no room.
    fn add(&self, place: &Place, time: Duration) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        state.remove_ended(now);
        state.add(place, now + time)
    }

    /// Adds revocations that were read, and tells of them.
    fn take(&self, clients: &[(Place, Duration)]) {
        let now = Instant::now();
        let mut state = self.state();
        state.remove_ended(now);
        let is_full = clients.iter().filter(|(place, left)| !state.add(place, now + *left)).count();
        let watchers = state.watchers();
        drop(state);
        if is_full > 0 {
            tracing::error!(clients = is_full, "the server has too many revoked clients");
        }
        for (channel, id) in clients.iter().filter_map(|(place, _)| place.parts()) {
            watchers.iter().for_each(|watcher| watcher.revoked(channel, id));
        }
    }

    /// Returns the revocations that the server does not have.
    fn unknown_to(&self, found: &HashSet<Place>) -> Vec<(Place, Duration)> {
        let now = Instant::now();
        let state = self.state();
        let unknown = state.ends.iter().filter(|(place, _)| !found.contains(*place));
        unknown.map(|(place, end)| (place.clone(), end.saturating_duration_since(now))).collect()
    }
}

/// Keeps the copy the same as the server, until the connection is lost.
pub(super) async fn tend<S: Server>(shared: &Shared<S>, link: &S::Link) {
    let registry = &shared.registry;
    let (mut is_watched, mut is_reported) = (false, false);
    let mut refused: Option<Instant> = None;
    loop {
        if registry.is_used.load(Ordering::Acquire) {
            if refused.is_some_and(|at| at.elapsed() >= REFUSED) {
                registry.state().mark = None;
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
                Err(CallError::Refused(error)) if !is_reported => {
                    let source = std::error::Error::source(&error);
                    tracing::warn!(%error, source, "revoked clients cannot be read");
                    is_reported = true;
                }
                Err(CallError::Refused(_)) => {}
            }
        }
        _ = clock::timeout(ROUND, registry.noticed.notified()).await;
    }
}

/// Outcome of writing revocations back to the server.
enum Written {
    Nothing,
    All,
    NotAll,
}

/// Reads the revocations behind those that were read, and writes back those that the server has lost.
async fn read<S: Server>(shared: &Shared<S>, link: &S::Link) -> Result<Written, CallError> {
    let registry = &shared.registry;
    let mut mark = {
        let state = registry.state();
        state
            .mark
            .as_ref()
            .filter(|(number, _)| *number == link.number())
            .map(|(_, mark)| mark.clone())
    };
    let mut all = mark.is_none().then(HashSet::new);
    loop {
        let revoked = shared.server.revoked(link, mark.as_ref()).await?;
        if revoked.is_anew {
            all = Some(HashSet::new());
        }
        if let Some(all) = &mut all {
            all.extend(revoked.clients.iter().map(|(place, _)| place.clone()));
        }
        registry.take(&revoked.clients);
        let is_last = revoked.is_last;
        mark = Some(revoked.mark);
        if is_last {
            break;
        }
    }
    let mut written = Written::Nothing;
    if let Some(all) = all {
        written = Written::All;
        for (place, left) in registry.unknown_to(&all).iter().filter(|(_, left)| !left.is_zero()) {
            match shared.server.revoke(link, place, *left).await {
                Ok(Revoking::Done) => {}
                Err(CallError::Lost(error)) => return Err(CallError::Lost(error)),
                Ok(Revoking::Full) | Err(CallError::Refused(_)) => written = Written::NotAll,
            }
            if matches!(written, Written::NotAll) {
                tracing::error!("the server does not take clients that were revoked before");
                break;
            }
        }
        registry.watchers().into_iter().for_each(ClientWatcher::unbound);
    }
    // Only now: what is cut off before is done again.
    registry.state().mark = mark.map(|mark| (link.number(), mark));
    Ok(written)
}

/// The clients, for those who admit them.
pub(super) struct Clients<S>(pub(super) Arc<Shared<S>>);

impl<S: Server> Shared<S> {
    /// Returns the connection for a request about a client. A server that has been away for a while is not waited for.
    async fn link_for_clients(&self, until: Instant) -> Result<S::Link, StoreError> {
        let contact = self.server.contact();
        let is_absent = contact.absence().is_some_and(|time| time > ABSENCE);
        let left = until.saturating_duration_since(Instant::now());
        contact.link(if is_absent { Duration::ZERO } else { left }).await
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

    async fn revoke(&self, place: Place, time: Duration) -> Result<(), StoreError> {
        let until = Instant::now() + WAIT;
        loop {
            let link = self.link_for_clients(until).await?;
            match self.server.revoke(&link, &place, time).await {
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

impl<S: Server> ClientRegistry for Clients<S> {
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
        let (place, time) = (Place::new(channel, id), time.min(LONGEST));
        let shared = Arc::clone(&self.0);
        let is_known = shared.registry.add(&place, time);
        async move {
            shared.revoke(place, time).await?;
            if is_known { Ok(()) } else { Err(too_many()) }
        }
        .boxed()
    }

    fn is_revoked(&self, channel: &str, id: &str) -> bool {
        self.0.registry.is_revoked(&Place::new(channel, id))
    }
}
