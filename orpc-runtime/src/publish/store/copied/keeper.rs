//! The task that keeps the copies the same as the server.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;

use super::copies::{Compared, Followed};
use super::{Found, Part, Server, Shared};
use crate::clock::{self, Instant};
use crate::connection::{CallError, Link, PATIENCE};
use crate::publish::error::StoreErrorKind;

/// Time between two comparisons with the server.
const ROUND: Duration = Duration::from_secs(1);

/// Number of comparisons at once.
const AT_ONCE: usize = 64;

/// Number of names in one request to announce events.
const NAMES: usize = 256;

/// Number of attempts to compare a channel that changes in the meantime.
const ATTEMPTS: usize = 8;

/// Keeps the copies the same as the server, until the connection is lost.
pub(super) async fn tend<S: Server>(shared: &Shared<S>, link: &S::Link) {
    let is_here = |name: &str| shared.server.is_at(link, Part::Channel(name));
    if begin(shared, link).await.is_err() {
        return;
    }
    loop {
        let began = Instant::now();
        let mut all = shared.copies.all();
        all.retain(|followed| is_here(&followed.channel.name));
        if !shared.server.look(link, !all.is_empty()).await {
            return;
        }
        if !refresh_all(shared, link, all).await {
            return;
        }
        shared.expire();
        if shared.forget_unread(link).await.is_err() {
            return;
        }
        while let Some(left) = ROUND.checked_sub(began.elapsed()) {
            // Before the look, so that none is missed.
            let noticed = shared.copies.noticed.notified();
            let behind = shared.copies.take_behind(is_here);
            if behind.is_empty() {
                clock::timeout(left, noticed).await.ok();
            } else if !refresh_all(shared, link, behind).await {
                return;
            }
        }
    }
}

/// Begins to receive the announcements of all channels over a new connection.
async fn begin<S: Server>(shared: &Shared<S>, link: &S::Link) -> Result<(), CallError> {
    let mut followed = shared.copies.all();
    followed.retain(|followed| shared.server.is_at(link, Part::Channel(&followed.channel.name)));
    for channels in followed.chunks(NAMES) {
        let names: Vec<_> =
            channels.iter().map(|followed| Arc::clone(&followed.channel.name)).collect();
        match shared.server.subscribe(link, &names).await {
            Ok(()) => {}
            // Each is tried by itself.
            Err(CallError::Refused(_)) => continue,
            Err(error) => return Err(error),
        }
        for followed in channels {
            followed.link.store(link.number(), Ordering::Release);
        }
    }
    Ok(())
}

/// Compares channels with the server; returns `false` if the connection is lost.
async fn refresh_all<S: Server>(
    shared: &Shared<S>,
    link: &S::Link,
    all: Vec<Arc<Followed>>,
) -> bool {
    let results = futures::stream::iter(all).map(|followed| async move {
        match answered(link, refresh(shared, link, &followed)).await {
            Some(Ok(())) => true,
            Some(Err(CallError::Refused(error))) => {
                if error.kind() == StoreErrorKind::Damaged {
                    shared.copies.fail(&followed, error);
                }
                let name = &followed.channel.name;
                if !shared.server.is_at(link, Part::Channel(name))
                    && followed.link.swap(0, Ordering::AcqRel) != 0
                {
                    // The node that has it now is tended beside this one.
                    shared.copies.is_behind(&followed);
                }
                true
            }
            Some(Err(CallError::Lost(_))) | None => false,
        }
    });
    results.buffer_unordered(AT_ONCE).all(std::future::ready).await
}

/// Waits for a future as long as the server answers something in time: a channel may need many requests. `None` once it does
/// not.
pub(super) async fn answered<L: Link, T>(link: &L, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut answers = link.answers();
    loop {
        if let Ok(output) = clock::timeout(PATIENCE, &mut future).await {
            return Some(output);
        }
        if std::mem::replace(&mut answers, link.answers()) == answers {
            return None;
        }
    }
}

/// Begins to receive the announcements of a channel, and makes its copy the same as the server.
pub(super) async fn refresh<S: Server>(
    shared: &Shared<S>,
    link: &S::Link,
    followed: &Arc<Followed>,
) -> Result<(), CallError> {
    shared.follow(link, followed).await?;
    let name = &followed.channel.name;
    for _ in 0..ATTEMPTS {
        let asked = followed.ask();
        let known = asked.map_or(0, |asked| asked.sequence());
        let extent = shared.server.extent(link, name, known).await?;
        let mut compared = shared.copies.compare(followed, asked, &extent);
        if let (Compared::Behind, Some(asked)) = (&compared, asked) {
            let mut events = Vec::new();
            if let Some(missed) = shared.copies.missed(asked, &extent) {
                let bytes = shared.copies.channels.limits.held_bytes;
                let (first, last) = missed.into_inner();
                match shared.server.read(link, name, first, last, bytes).await? {
                    Found::Events(found) => events = found,
                    Found::TooLarge(_) => {}
                }
            }
            compared = shared.copies.catch_up(followed, asked, &extent, events);
        }
        if compared == Compared::Same {
            followed.was_seen();
            return Ok(());
        }
    }
    shared.copies.is_behind(followed);
    Ok(())
}
