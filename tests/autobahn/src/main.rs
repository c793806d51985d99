//! Sends every message back as it came, for the Autobahn test suite.
//!
//! `PORT` is the port (9001 by default, 0 for any free one). The line `listening on
//! ws://127.0.0.1:<port>` is printed when the server is ready.

use std::error::Error;
use std::ops::ControlFlow;

use axum::serve::ListenerExt as _;
use orpc_runtime::websocket::SocketHooks;
use orpc_runtime::{Frame, Router, Rpc, Socket};
use tokio::net::TcpListener;

/// The suite's longest message has 16 MiB. One that waits to be sent needs room
/// for the next.
const ROOM: usize = 64 * 1024 * 1024;

struct Echo;

impl SocketHooks for Echo {
    fn message(&self, socket: &Socket, frame: &Frame) -> ControlFlow<()> {
        if let Err(error) = socket.send_raw(frame.clone()) {
            eprintln!("a message is not sent back: {error}");
        }
        ControlFlow::Break(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();

    let rpc = Rpc::try_new(Router::<()>::new())?;
    // A ping of ours is no part of what the suite expects.
    let service = rpc.websocket(()).hooks(Echo);
    let service = service.message_limit(ROOM).unsent_limit(ROOM).ping_interval(None);

    let port = match std::env::var("PORT") {
        Ok(port) => port.parse()?,
        Err(_) => 9001,
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            eprintln!("TCP_NODELAY cannot be set: {error}");
        }
    });
    axum::serve(listener, axum::Router::new().route_service("/", service)).await?;
    Ok(())
}
