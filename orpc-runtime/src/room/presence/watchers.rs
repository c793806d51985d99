//! Those who follow the changes of a presence.

use std::marker::PhantomData;

use futures::{Stream, stream};
use serde::de::DeserializeOwned;
use tokio::sync::broadcast::{self, error::RecvError};

use super::message::Text;

/// Number of changes that a follower may leave unread.
const UNREAD: usize = 1024;

/// Somebody who joined or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PresenceChange<T> {
    /// The member is present, in some process, and was not before.
    Joined(T),
    /// The member is no longer present in any process.
    Left(T),
    /// The follower was slow, and this many changes are missing. Read
    /// [`members`](super::Presence::members) instead.
    Missed(u64),
}

/// Sends changes to those who follow them.
pub(super) struct Watchers(broadcast::Sender<(Text, bool)>);

impl Watchers {
    pub(super) fn new() -> Self {
        Self(broadcast::channel(UNREAD).0)
    }

    pub(super) fn tell(&self, member: &Text, is_present: bool) {
        // An error means that nobody follows.
        self.0.send((Text::clone(member), is_present)).ok();
    }

    /// Returns the changes from now on.
    pub(super) fn follow<T>(&self) -> impl Stream<Item = PresenceChange<T>> + Send + Unpin + use<T>
    where
        T: DeserializeOwned,
    {
        let types = PhantomData::<fn() -> T>;
        let start = (self.0.subscribe(), types);
        Box::pin(stream::unfold(start, |(mut changes, types)| async move {
            loop {
                let change = match changes.recv().await {
                    Ok((member, is_present)) => match read(&member) {
                        Some(member) if is_present => PresenceChange::Joined(member),
                        Some(member) => PresenceChange::Left(member),
                        None => continue,
                    },
                    Err(RecvError::Lagged(count)) => PresenceChange::Missed(count),
                    Err(RecvError::Closed) => return None,
                };
                return Some((change, (changes, types)));
            }
        }))
    }
}

/// Returns a member; `None` for one of another type, such as that of another version of the
/// service.
pub(super) fn read<T: DeserializeOwned>(member: &str) -> Option<T> {
    let read = serde_json::from_str(member);
    read.inspect_err(|error| tracing::warn!(%error, "a member of a presence is skipped")).ok()
}
