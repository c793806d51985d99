//! Serves the procedures: HTTP below `/rpc`, WebSocket at `/ws`.
//!
//! `PORT` chooses the port (0 for any free one). The line
//! `listening on http://127.0.0.1:<port>` tells that the server is ready;
//! SIGTERM and Ctrl-C end it.

use std::error::Error;

use orpc_runtime::{Call, Rpc};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();

    let rpc = Rpc::try_new(torture_api::router())?;
    let context = |_: &Call| async { Ok::<_, orpc_runtime::Error>(()) };
    let app = axum::Router::new()
        .route_service("/ws", rpc.websocket(context))
        .fallback_service(rpc.http(context).prefix("/rpc"));

    let port = match std::env::var("PORT") {
        Ok(port) => port.parse()?,
        Err(_) => 0,
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    println!("listening on http://{}", listener.local_addr()?);

    let sockets = rpc.clone();
    let end = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        rpc.shutdown();
    };
    axum::serve(listener, app).with_graceful_shutdown(end).await?;
    sockets.closed().await;
    Ok(())
}
