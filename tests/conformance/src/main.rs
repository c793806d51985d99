//! Serves the conformance procedures: HTTP below `/rpc`, WebSocket at `/ws`, the
//! sockets of rooms at `/durable`.
//!
//! `PORT` chooses the port (3939 unless set, 0 for any free one), `ROOM_TTL` for
//! how many seconds the tokens of rooms are good (86400 unless set). The events of
//! the publisher are in memory, or in the file that `PUBLISHER_FILE` names, which is
//! made if there is none: synced to the disk before they are acknowledged where
//! `PUBLISHER_DURABILITY` is `commit` (unless set), or with the operating system
//! where it is `process`. The line `listening on http://127.0.0.1:<port>` tells that
//! the server is ready; SIGTERM and Ctrl-C end it.

mod events;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use conformance_api::{Session, State, api};
use orpc_runtime::{Call, Rpc};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long calls may go on after a signal to end.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(4);

/// How long the server goes on after that signal whatever happens.
const LAST_DEADLINE: Duration = Duration::from_secs(6);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();

    let room_ttl = std::env::var("ROOM_TTL").map_or(Ok(86_400), |text| text.parse())?;
    let state = Arc::new(State::new(Duration::from_secs(room_ttl), events::events()?));
    let rooms = state.rooms.clone();
    let rpc = Rpc::try_new(api::router())?;
    let session = move |call: &Call| {
        let session = Session::new(Arc::clone(&state), call);
        async move { Ok::<_, orpc_runtime::Error>(session) }
    };
    // With its prefix the service sees paths as they were sent; `nest_service`
    // takes two slashes for one.
    let websocket = rpc.websocket(session.clone());
    let websocket = websocket.keep_extensions(false).shutdown_deadline(SHUTDOWN_DEADLINE);
    let durable = rooms.websocket(session.clone()).shutdown_deadline(SHUTDOWN_DEADLINE);
    let app = axum::Router::new()
        .route_service("/ws", websocket)
        .route_service("/durable", durable)
        .fallback_service(rpc.http(session).prefix("/rpc"));

    let port = match std::env::var("PORT") {
        Ok(port) => port.parse()?,
        Err(_) => 3939,
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    // Listened to before the server says that it is ready.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    println!("listening on http://{}", listener.local_addr()?);

    let signal = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        rpc.shutdown();
        rooms.shutdown();
    };
    orpc_runtime::serve(listener, app).shutdown_on(signal).shutdown_deadline(LAST_DEADLINE).await?;
    Ok(())
}
