//! Serves the procedures below `/rpc` and over WebSocket at `/ws`, and the page at `/`.
//!
//! `PORT` is the port: 3000 by default, 0 for any free one.

use std::error::Error;
use std::sync::Arc;

use orpc_runtime::Rpc;
use starter_api::{App, api};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

/// Output folder of `npm run build`.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Prints the reasons of errors that clients are not told.
    tracing_subscriber::fmt().init();
    let context = Arc::new(App { greeting: "Hello".into() });
    let rpc = Rpc::new(api::router());
    let app = axum::Router::new()
        .nest_service("/rpc", rpc.http(Arc::clone(&context)))
        .route_service("/ws", rpc.websocket(context))
        .fallback_service(ServeDir::new(PAGE));

    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let until_interrupted = async move {
        tokio::signal::ctrl_c().await.ok();
        // Open streams and sockets would keep the server waiting.
        rpc.shutdown();
    };
    orpc_runtime::serve(listener, app).with_graceful_shutdown(until_interrupted).await?;
    Ok(())
}
