//! Channels that stay open for a while without a reader.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Fanout;
use super::channel::Channel;
use crate::clock;
use crate::task::{AbortHandle, Handle};

/// Time for which a channel stays open after its last reader has left, for readers that
/// reconnect. Otherwise a channel without events would begin anew each time.
const LINGER: Duration = Duration::from_secs(60);

/// Maximum number of channels that stay open without a reader. Beyond that the one that
/// was left first is closed.
const MAX_LINGERING: usize = 1024;

/// Channels without readers, in the order in which their last reader left.
#[derive(Default)]
pub(super) struct Lingering(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    channels: BTreeMap<u64, (Arc<Channel>, AbortHandle)>,
    next: u64,
}

impl Lingering {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fanout {
    /// Keeps a channel open for a while.
    pub(super) fn linger(self: &Arc<Self>, channel: Arc<Channel>, runtime: &Handle) {
        let mut queue = self.lingering.queue();
        let number = queue.next;
        queue.next += 1;
        let fanout = Arc::downgrade(self);
        let end = runtime.spawn(async move {
            clock::sleep(LINGER).await;
            let Some(fanout) = fanout.upgrade() else { return };
            let channel = fanout.lingering.queue().channels.remove(&number);
            if let Some((channel, _)) = channel {
                channel.stops_lingering();
            }
        });
        queue.channels.insert(number, (channel, end.abort_handle()));
        let is_full = queue.channels.len() > MAX_LINGERING;
        let surplus = if is_full { queue.channels.pop_first() } else { None };
        // A channel removes itself from the table at its end.
        drop(queue);
        if let Some((_, (channel, end))) = surplus {
            end.abort();
            channel.stops_lingering();
        }
    }
}
