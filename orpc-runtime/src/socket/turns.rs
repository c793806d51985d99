//! Calls one at a time.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Turns of calls that do not run at the same time, such as those of a room with state. Cheap to
/// clone; clones share the turns.
///
/// Calls of the sockets that were accepted [with it](super::SocketConfig::in_turn) run in the
/// order in which they arrived, each to its result, over all `await`s. Calls that may last run
/// beside them: streams, procedures whose input is an event iterator, and those with
/// `meta(concurrent = true)`, which wait for something slow. They take a [turn](Turns::turn) where
/// they need one. A call that waits for another call of the same turns waits for ever.
///
/// ```
/// use orpc_runtime::{Turns, SocketConfig};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let turns = Turns::new();
/// let config = SocketConfig::new().in_turn(&turns);
/// // Elsewhere, such as in an alarm:
/// let turn = turns.turn().await;
/// drop(turn);
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<()>>);

/// A turn, which ends when it is dropped.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct Turn(#[expect(dead_code, reason = "held")] OwnedMutexGuard<()>);

impl Turns {
    /// Creates turns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the turns of all who share the value.
    pub(crate) fn of(shared: Arc<Mutex<()>>) -> Self {
        Self(shared)
    }

    /// Waits for a turn. Turns are given in the order of the requests.
    pub async fn turn(&self) -> Turn {
        Turn(Arc::clone(&self.0).lock_owned().await)
    }
}
