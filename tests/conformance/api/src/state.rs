//! What the procedures share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use orpc_runtime::durable::{Durable, SigningKeys};
use orpc_runtime::publish::Publisher;
use orpc_runtime::{Call, Code, Error};
use tokio::sync::broadcast;

use crate::api::Publication;
use crate::api::room::Room;

/// Events that may wait for the slowest reader; one that falls further behind is told so.
const BACKLOG: usize = 16 * 1024;

/// What all calls share.
#[derive(Debug)]
pub struct State {
    pub(crate) publications: broadcast::Sender<Publication>,
    pub(crate) messages: broadcast::Sender<String>,
    pub(crate) live_ticks: Gauge,
    pub(crate) live_waits: Gauge,
    /// The rooms, whose sockets have an endpoint of their own.
    pub rooms: Durable<Room>,
}

/// The tests know it, and what it signs is worth nothing.
const ROOM_KEY: &str = "the key of the conformance server";

impl State {
    /// The state of a server whose tokens for rooms are good for a time.
    pub fn new(room_ttl: Duration) -> Self {
        let keys = SigningKeys::new([ROOM_KEY]).unwrap_or_else(|error| panic!("{error}"));
        Self {
            rooms: Durable::new(keys, Publisher::memory()).ttl(room_ttl),
            publications: broadcast::Sender::new(BACKLOG),
            messages: broadcast::Sender::new(BACKLOG),
            live_ticks: Gauge::default(),
            live_waits: Gauge::default(),
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new(Duration::from_secs(24 * 60 * 60))
    }
}

/// The context of one call: the shared state, and who calls.
#[derive(Debug)]
pub struct Session {
    pub(crate) state: Arc<State>,
    caller: Option<String>,
}

impl Session {
    /// The session of a call: `authorization: Bearer <name>` makes the caller `<name>`.
    pub fn new(state: Arc<State>, call: &Call) -> Self {
        Self { state, caller: call.bearer_token().map(str::to_owned) }
    }

    /// The caller's name.
    pub(crate) fn caller(&self) -> Result<&str, Error> {
        self.caller.as_deref().ok_or_else(|| Error::new(Code::Unauthorized))
    }
}

/// A number of things alive at this moment.
#[derive(Debug, Default, Clone)]
pub(crate) struct Gauge(Arc<AtomicUsize>);

impl Gauge {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts one for as long as the guard lives.
    pub(crate) fn enter(&self) -> GaugeGuard {
        self.0.fetch_add(1, Ordering::SeqCst);
        GaugeGuard(self.clone())
    }
}

/// Counts one in a [`Gauge`].
#[derive(Debug)]
pub(crate) struct GaugeGuard(Gauge);

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}
