//! Events of one publisher, framed once for all of their readers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use tokio::sync::broadcast;

use crate::work::{Envelope, Text, Tick};

/// Events that a reader may be behind before it loses some.
const CAPACITY: usize = 1024;

/// One event in the forms that readers take.
pub(crate) struct Framed {
    /// The event of `text/event-stream`.
    pub(crate) sse: Bytes,
    /// The message of the peer protocol behind the id of the call.
    pub(crate) tail: String,
    /// The data and the id, for readers that frame the event themselves.
    pub(crate) data: String,
    pub(crate) id: String,
}

/// The channel of events, with ids that continue from one to the next.
#[derive(Clone)]
pub(crate) struct Events {
    sender: broadcast::Sender<Arc<Framed>>,
    last: Arc<AtomicU64>,
    epoch: u128,
}

impl Events {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            sender: broadcast::Sender::new(CAPACITY),
            last: Arc::default(),
            epoch: now.as_nanos(),
        }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Framed>> {
        self.sender.subscribe()
    }

    pub(crate) fn publish(&self, tick: &Envelope<Tick<Text<'_>>>) -> serde_json::Result<()> {
        let data = serde_json::to_string(tick)?;
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let id = format!("{:032x}.{number}", self.epoch);
        let sse = format!("event: message\nid: {id}\ndata: {data}\n\n").into();
        let tail = format!(r#","t":3,"p":{{"e":"message","d":{data},"m":{{"id":"{id}"}}}}}}"#);
        // Nobody may be subscribed.
        let _ = self.sender.send(Arc::new(Framed { sse, tail, data, id }));
        Ok(())
    }
}
