//! The clients of a worker.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use orpc_runtime::Peer;
use wasm_bindgen::{JsCast as _, JsError, JsValue};
use web_sys::{
    DedicatedWorkerGlobalScope, Event, EventTarget, MessageEvent, MessagePort,
    SharedWorkerGlobalScope,
};

use crate::port::{Listener, Port, serve};

/// Error of [`listen`] in a page: it serves the clients of a worker.
#[derive(Debug, thiserror::Error)]
#[error("not in a worker: serve a port of the page by `serve`")]
pub struct NotAWorker;

impl From<NotAWorker> for JsValue {
    fn from(error: NotAWorker) -> Self {
        JsError::new(&error.to_string()).into()
    }
}

/// Serves all clients of this worker, each by a peer of its own.
///
/// | worker | clients |
/// |---|---|
/// | dedicated | the page, by its `Worker`; each `MessagePort` that it posts as a message, `worker.postMessage(port, [port])` |
/// | shared | each page that connects, by its `SharedWorker.port`; each port that such a page posts |
///
/// Messages and connections that arrive before the module has started are lost, unless a script keeps them: the book
/// has one.
///
/// # Errors
/// If this is not a worker.
pub fn listen<C, F>(accept: F) -> Result<(), NotAWorker>
where
    C: Send + Sync + 'static,
    F: FnMut() -> Peer<C> + 'static,
{
    let clients = Clients(Rc::new(RefCell::new(accept)));
    let global = js_sys::global();
    if let Some(scope) = global.dyn_ref::<DedicatedWorkerGlobalScope>() {
        clients.admit(scope, scope.clone().into());
        return Ok(());
    }
    let scope = global.dyn_ref::<SharedWorkerGlobalScope>().ok_or(NotAWorker)?;
    Listener::new(scope, "connect", move |event| {
        let port = event.unchecked_ref::<MessageEvent>().ports().get(0);
        clients.admit_port(port.unchecked_into());
    })
    .keep();
    Ok(())
}

struct Clients<F>(Rc<RefCell<F>>);

impl<F> Clone for Clients<F> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<C, F> Clients<F>
where
    C: Send + Sync + 'static,
    F: FnMut() -> Peer<C> + 'static,
{
    fn admit_port(&self, port: MessagePort) {
        self.admit(&port.clone(), port.into());
    }

    /// Serves a client, and those whose ports it posts.
    fn admit(&self, target: &EventTarget, port: Port) {
        let clients = self.clone();
        let posted = Listener::new(target, "message", move |event: Event| {
            let data = event.unchecked_ref::<MessageEvent>().data();
            if let Ok(port) = data.dyn_into::<MessagePort>() {
                clients.admit_port(port);
            }
        });
        let peer = (self.0.borrow_mut())();
        let served = async move {
            serve(peer, port).await;
            drop(posted);
        };
        wasm_bindgen_futures::spawn_local(AssertUnwindSafe(served));
    }
}
