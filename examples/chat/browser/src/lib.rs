//! The chat room in a worker of the browser, which its pages share.
#![cfg(target_family = "wasm")]

use std::sync::Arc;

use chat_api::{Room, api};
use orpc_browser::{NotAWorker, listen};
use orpc_runtime::Rpc;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(start)]
fn start() -> Result<(), NotAWorker> {
    let (rpc, room) = (Rpc::new(api::router()), Room::in_memory());
    listen(move || rpc.peer(Arc::clone(&room)))
}
