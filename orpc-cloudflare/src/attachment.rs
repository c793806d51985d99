//! The attachment of a WebSocket: the state of its socket, for an object that was evicted.

use std::cell::{Cell, RefCell};

use bytes::Bytes;
use orpc_runtime::{KeepError, KeptSocket, SocketKeeper};
use serde::{Deserialize, Serialize};
use worker::WebSocket;
use worker::send::SendWrapper;

/// Cloudflare's limit of an attachment in bytes, less what the structured clone of an array takes
/// beside its bytes.
const LIMIT: usize = 2048 - 32;

/// Milliseconds by which the last message of a socket may be older than the attachment says.
const SEEN_STEP: u64 = 1000;

/// The state of a socket and the time of its last message.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Milliseconds since 1970.
    #[serde(rename = "s")]
    pub(crate) seen: u64,
    #[serde(rename = "k")]
    pub(crate) socket: KeptSocket,
}

impl Kept {
    /// Reads the attachment of a WebSocket.
    pub(crate) fn of(socket: &WebSocket) -> worker::Result<Self> {
        let text: Option<Bytes> = socket.deserialize_attachment()?;
        let text = text.ok_or("a WebSocket of the object has no attachment")?;
        Ok(serde_json::from_slice(&text)?)
    }
}

/// Keeps the state of a socket in the attachment of its WebSocket.
#[derive(Clone)]
pub(crate) struct Keeper(SendWrapper<std::rc::Rc<State>>);

struct State {
    socket: WebSocket,
    /// State that was not written yet, until the WebSocket is accepted.
    waiting: RefCell<Option<KeptSocket>>,
    is_accepted: Cell<bool>,
    seen: Cell<u64>,
}

impl Keeper {
    /// Creates the keeper of a WebSocket, which writes nothing before it is [accepted](Self::accepted).
    pub(crate) fn new(socket: WebSocket, seen: u64) -> Self {
        Self(SendWrapper(std::rc::Rc::new(State {
            socket,
            waiting: RefCell::default(),
            is_accepted: Cell::new(false),
            seen: Cell::new(seen),
        })))
    }

    /// Writes the state that was given meanwhile, and later ones at once.
    pub(crate) fn accepted(&self) -> Result<(), KeepError> {
        self.0.is_accepted.set(true);
        let waiting = self.0.waiting.borrow_mut().take();
        waiting.map_or(Ok(()), |state| self.0.write(&state))
    }

    /// Continues the keeper of a WebSocket that is accepted, and has that state.
    pub(crate) fn continued(&self) {
        self.0.is_accepted.set(true);
        self.0.waiting.borrow_mut().take();
    }

    /// Notes the time of a message.
    pub(crate) fn seen(&self, now: u64, state: impl FnOnce() -> KeptSocket) {
        if now.saturating_sub(self.0.seen.get()) >= SEEN_STEP {
            self.0.seen.set(now);
            // The state is as long as before.
            if let Err(error) = self.0.write(&state()) {
                tracing::error!(%error, "the time of a message is not kept");
            }
        }
    }
}

impl State {
    fn write(&self, socket: &KeptSocket) -> Result<(), KeepError> {
        let kept = Kept { seen: self.seen.get(), socket: socket.clone() };
        let text =
            serde_json::to_vec(&kept).map_err(|error| KeepError::Failed(error.to_string()))?;
        if text.len() > LIMIT {
            return Err(KeepError::TooLong { length: text.len(), limit: LIMIT });
        }
        let written = self.socket.serialize_attachment(Bytes::from(text));
        written.map_err(|error| KeepError::Failed(error.to_string()))
    }
}

impl SocketKeeper for Keeper {
    fn keep(&self, state: &KeptSocket) -> Result<(), KeepError> {
        if self.0.is_accepted.get() {
            return self.0.write(state);
        }
        *self.0.waiting.borrow_mut() = Some(state.clone());
        Ok(())
    }
}
