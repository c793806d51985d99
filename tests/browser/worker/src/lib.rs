//! The procedures of the conformance server in a worker of the browser, and some that only its tests call.
#![cfg(target_family = "wasm")]

use std::sync::Arc;

use conformance_api::{Session, State, api};
use orpc_browser::{NotAWorker, listen};
use orpc_runtime::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// `worker.*`
#[router(context = Session)]
mod procedures {
    use super::*;

    /// A stream that is always ready.
    #[procedure]
    pub(super) fn endless() -> impl Stream<Item = u32> {
        futures::stream::iter(0..)
    }

    /// Fails.
    #[procedure]
    pub(super) async fn panics() -> String {
        panic!("a panic of a procedure");
    }

    /// Closes the port of the caller.
    #[procedure]
    pub(super) async fn close(socket: &Socket) {
        socket.close(orpc_runtime::CloseCode::NORMAL, "bye");
    }
}

#[wasm_bindgen(start)]
fn start() -> Result<(), NotAWorker> {
    let state = Arc::new(State::in_memory());
    let following = api::publisher::following::router();
    let router = api::router().nest("following", following);
    let rpc = Rpc::new(router.nest("worker", procedures::router()));
    listen(move || {
        let state = Arc::clone(&state);
        let session = move |call: &Call| {
            let session = Session::new(Arc::clone(&state), call);
            async move { Ok::<_, Error>(session) }
        };
        rpc.peer(session)
    })
}
