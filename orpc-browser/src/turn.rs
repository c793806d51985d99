//! Turns of the event loop.

use std::cell::Cell;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::channel::oneshot;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::MessageChannel;

/// Number of frames after which other events of the worker have their turn. Tasks of Rust run as microtasks, before
/// which no message is received.
const FRAMES: u32 = 64;

/// The turns that one port leaves to others.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Frames since the last turn of others.
    frames: Cell<u32>,
}

impl Turns {
    /// Counts a frame.
    pub(crate) fn sent(&self) {
        self.frames.set(self.frames.get().saturating_add(1));
    }

    /// Returns a future that is ready after a turn of the event loop, if one is due.
    pub(crate) fn due(&self) -> Option<impl Future<Output = ()> + 'static> {
        if self.frames.get() < FRAMES {
            return None;
        }
        self.frames.set(0);
        Some(turn())
    }
}

/// Waits for the next turn of the event loop. A timer would be delayed by 4 ms.
async fn turn() {
    let Ok(channel) = MessageChannel::new() else { return };
    let (sender, turned) = oneshot::channel::<()>();
    let sender = AssertUnwindSafe(sender);
    let then = Closure::once(move || drop(sender));
    channel.port1().set_onmessage(Some(then.as_ref().unchecked_ref()));
    if channel.port2().post_message(&JsValue::NULL).is_ok() {
        turned.await.ok();
    }
    channel.port1().close();
}
