//! A port, served as a channel of the peer protocol.

use std::cell::RefCell;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::LocalBoxFuture;
use futures::{FutureExt as _, Sink, Stream, StreamExt as _};
use orpc_runtime::{Frame, Peer};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, Event, EventTarget, MessageEvent, MessagePort};

use crate::control::{Control, released};
use crate::message;
use crate::turn::Turns;

/// One end of a channel of messages: a `MessagePort`, or the scope of a dedicated worker, whose other end is the
/// `Worker` of the page.
///
/// A stream of received messages and a sink of frames, for [`Peer::serve`]; [`serve`] does both. Created before the
/// first turn of the event loop in which messages can arrive, it receives all of them. Dropping it closes a
/// `MessagePort`; a page that has made it by `connect` of `page.ts` notices.
pub struct Port {
    end: End,
    /// `None` once the channel is closed.
    messages: UnboundedReceiver<Bytes>,
    listeners: Vec<Listener>,
    turns: Turns,
    turn: RefCell<Option<LocalBoxFuture<'static, ()>>>,
}

enum End {
    Port(MessagePort),
    Worker(DedicatedWorkerGlobalScope),
}

/// Error of a port that does not take a message.
#[derive(Debug, thiserror::Error)]
#[error("a message is not sent: {0}")]
pub struct PortError(String);

/// A listener, which is removed when this is dropped.
pub(crate) struct Listener {
    target: EventTarget,
    kind: &'static str,
    call: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub(crate) fn new(
        target: &EventTarget,
        kind: &'static str,
        call: impl FnMut(Event) + 'static,
    ) -> Self {
        let mut call = AssertUnwindSafe(call);
        let call = Closure::<dyn FnMut(Event)>::new(move |event| {
            let AssertUnwindSafe(call) = &mut call;
            call(event);
        });
        let function = call.as_ref().unchecked_ref();
        // The browser fails only for arguments that are none of an event listener.
        target.add_event_listener_with_callback(kind, function).ok();
        Self { target: target.clone(), kind, call }
    }

    /// Keeps the listener for as long as the target.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.call.as_ref().unchecked_ref();
        self.target.remove_event_listener_with_callback(self.kind, function).ok();
    }
}

impl Port {
    fn new(end: End) -> Self {
        let (sender, messages) = unbounded();
        let target: &EventTarget = match &end {
            End::Port(port) => port,
            End::Worker(scope) => scope,
        };
        let closing = sender.clone();
        let turns = Turns::default();
        let listeners = vec![
            Listener::new(target, "message", move |event| {
                let data = event.unchecked_ref::<MessageEvent>().data();
                match Control::of(&data) {
                    Some(Control::Close) => sender.close_channel(),
                    Some(Control::Lock(name)) => {
                        let sender = sender.clone();
                        spawn_local(AssertUnwindSafe(async move {
                            released(name).await;
                            sender.close_channel();
                        }));
                    }
                    None => {
                        if let Some(message) = message::received(&data) {
                            // The receiver ends with the port.
                            sender.unbounded_send(message).ok();
                        }
                    }
                }
            }),
            Listener::new(target, "close", move |_| closing.close_channel()),
        ];
        if let End::Port(port) = &end {
            port.start();
        }
        Self { end, messages, listeners, turns, turn: RefCell::default() }
    }

    fn post(&self, frame: &Frame) -> Result<(), JsValue> {
        let (message, transfer) = message::sent(frame);
        match &self.end {
            End::Port(port) => port.post_message_with_transferable(&message, &transfer),
            End::Worker(scope) => scope.post_message_with_transfer(&message, &transfer),
        }
    }
}

impl From<MessagePort> for Port {
    fn from(port: MessagePort) -> Self {
        Self::new(End::Port(port))
    }
}

impl From<DedicatedWorkerGlobalScope> for Port {
    fn from(scope: DedicatedWorkerGlobalScope) -> Self {
        Self::new(End::Worker(scope))
    }
}

/// The messages, until the other end is closed.
impl Stream for Port {
    type Item = Result<Bytes, PortError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.messages.poll_next_unpin(cx).map(|message| message.map(Ok))
    }
}

/// Sends frames at once; flushing lets other events of the worker have a turn after many of them.
impl Sink<Frame> for Port {
    type Error = PortError;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), PortError>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, frame: Frame) -> Result<(), PortError> {
        self.turns.sent();
        self.post(&frame).map_err(|error| PortError(format!("{error:?}")))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), PortError>> {
        let mut turn = self.turn.borrow_mut();
        if turn.is_none() {
            *turn = self.turns.due().map(|due| due.boxed_local());
        }
        if let Some(due) = &mut *turn {
            ready!(due.poll_unpin(cx));
            *turn = None;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), PortError>> {
        // Dropping it closes the port.
        Poll::Ready(Ok(()))
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.listeners.clear();
        if let End::Port(port) = &self.end {
            // A closed end does not receive it.
            port.post_message(&Control::close()).ok();
            port.close();
        }
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Port")
    }
}

/// Serves a peer on a port, until either ends; a port that the page closes ends the peer's calls. The task of a
/// [`listen`](crate::listen) that was given each client is this.
///
/// ```no_run
/// # fn serve(rpc: orpc_runtime::Rpc<()>, channel: web_sys::MessageChannel) {
/// let (page, own) = (channel.port1(), channel.port2());
/// wasm_bindgen_futures::spawn_local(orpc_browser::serve(rpc.peer(()), own));
/// # }
/// ```
pub async fn serve<C: Send + Sync + 'static>(peer: Peer<C>, port: impl Into<Port>) {
    if let Err(error) = peer.serve(port.into()).await {
        tracing::warn!(%error, "a port has failed");
    }
}
