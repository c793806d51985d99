//! A chat room: the procedures below `/rpc` and over WebSocket at `/ws`, the
//! web page at `/`.
//!
//! `PORT` is the port: 3000 by default, 0 for any free one. With the argument
//! `--hibernating` followers of the room take no task and no buffer; they have to use
//! WebSocket then. `HISTORY` names the file of the history; without one it ends with
//! the process. `EVENTS=redis://…` or `EVENTS=nats://…`, with the feature `redis` or `nats`, shares the
//! history, and the people, with the processes that use the same server.

mod call_log;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use call_log::CallLog;
use chat_api::hibernating::Doorkeeper;
use chat_api::{Lobby, Room, api, hibernating};
use orpc_runtime::Rpc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower_http::services::ServeDir;

/// Returns memory to the operating system after many clients have left, unlike the
/// allocator of glibc.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Output folder of `npm run build`, with the web page.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    if !Path::new(PAGE).join("index.html").exists() {
        return Err(
            "the web page is not built: start the chat room with `examples/chat/run`".into()
        );
    }

    // One room for all transports.
    let room = match std::env::var("EVENTS") {
        #[cfg(any(feature = "nats", feature = "redis"))]
        Ok(url) => Room::join(&url).await?,
        #[cfg(not(any(feature = "nats", feature = "redis")))]
        Ok(_) => return Err("`EVENTS` needs the feature `redis` or `nats` of the chat room".into()),
        Err(_) => {
            let history = std::env::var_os("HISTORY");
            Room::open(history.as_deref().map(Path::new)).await?
        }
    };
    if std::env::args().any(|argument| argument == "--hibernating") {
        let rpc = Rpc::new(hibernating::router().hooks(CallLog));
        let lobby = Arc::new(Lobby::from(Arc::clone(&room)));
        let websocket = rpc.websocket(Arc::clone(&lobby));
        // Without the extensions of layers an idle socket takes half the memory.
        let websocket = websocket.keep_extensions(false).hooks(Doorkeeper(Arc::clone(&room)));
        let app =
            Router::new().nest_service("/rpc", rpc.http(lobby)).route_service("/ws", websocket);
        serve(app, rpc).await?;
    } else {
        let rpc = Rpc::new(api::router().hooks(CallLog));
        let app = Router::new()
            .nest_service("/rpc", rpc.http(Arc::clone(&room)))
            .route_service("/ws", rpc.websocket(Arc::clone(&room)));
        serve(app, rpc).await?;
    }
    room.close().await;
    Ok(())
}

/// Serves the procedures and the page until a signal ends the server.
async fn serve<C>(procedures: Router, rpc: Rpc<C>) -> Result<(), Box<dyn Error>>
where
    C: Send + Sync + 'static,
{
    let app = procedures.fallback_service(ServeDir::new(PAGE));
    let port = match std::env::var("PORT") {
        Ok(port) => port.parse()?,
        Err(_) => 3000,
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    // Registered before the server reports that it is ready.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    println!("chat room: http://{}", listener.local_addr()?);

    // Open streams and sockets would keep a graceful shutdown waiting, so they are
    // ended first.
    let until_signal = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        rpc.shutdown();
    };
    orpc_runtime::serve(listener, app).with_graceful_shutdown(until_signal).await?;
    Ok(())
}
