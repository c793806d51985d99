//! A chat room: the procedures below `/rpc`, the web page at `/`.
//!
//! `PORT` chooses the port: 3000 unless set, 0 for any free one.

mod api;
mod room;

use std::error::Error;
use std::path::Path;

use axum::Router;
use orpc_runtime::Rpc;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use crate::room::Room;

/// Where `npm run build` leaves the web page.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    if !Path::new(PAGE).join("index.html").exists() {
        return Err(
            "the web page is not built: start the chat room with `examples/chat/run`".into()
        );
    }

    let rpc = Rpc::new(api::router());
    let app = Router::new()
        .nest_service("/rpc", rpc.http(Room::new()))
        .fallback_service(ServeDir::new(PAGE));

    let port = match std::env::var("PORT") {
        Ok(port) => port.parse()?,
        Err(_) => 3000,
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("chat room: http://{}", listener.local_addr()?);

    // Open streams would keep a graceful shutdown waiting, so they are ended first.
    let until_signal = async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            rpc.shutdown();
        }
    };
    axum::serve(listener, app).with_graceful_shutdown(until_signal).await?;
    Ok(())
}
