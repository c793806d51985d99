//! Serves the conformance procedures: HTTP below `/rpc`, WebSocket at `/ws`, the
//! sockets of rooms at `/durable`.
//!
//! `ALLOW_ORIGIN` is the origin of foreign pages that may call and open sockets, such
//! as `http://localhost:5173`; none by default.
//!
//! `PORT` is the port (3939 by default, 0 for any free one), `ROOM_TTL` the lifetime of
//! room tokens in seconds (86400 by default), `ROOM_IDS=clients` lets their clients
//! choose ids, as the official plugin does. The events of the publisher and of rooms are in
//! memory, or where `EVENTS` says: `redis://…` or `nats://…` is a server that keeps them,
//! `redb:PATH?durability=commit` a file of those of the publisher, which is made if there is
//! none. They are synced to the disk before they are acknowledged (`commit`, unless set), or are
//! with the operating system (`process`). `PUBLISHER_FILE` and `PUBLISHER_DURABILITY` name the same.
//! `ROOMS_FILE` is the file of what rooms keep by `store.*`; in memory unless set. `FOLLOWING` adds
//! `following.subscribe`, whose iterators hibernate. `/health` answers `ok`. The line
//! `listening on http://127.0.0.1:<port>` tells that the server is ready; SIGTERM and
//! Ctrl-C end it.

mod events;
mod memory;

use std::env::VarError;
use std::error::Error;
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use conformance_api::{RoomTokens, Session, State, api};
use orpc_runtime::http::HttpService;
use orpc_runtime::websocket::WebSocketService;
use orpc_runtime::{Call, MemoryBudget, Rpc};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower_http::cors::{AllowHeaders, AllowMethods, CorsLayer};

/// Gives memory back to the operating system after a flood, which that of glibc does not;
/// see [`memory::give_back`].
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Time for which calls may continue after a signal.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(4);

/// Time after the signal at which the server ends in any case.
const LAST_DEADLINE: Duration = Duration::from_secs(6);

/// Returns the origin whose pages may call, also as a header.
fn allowed_origin() -> Result<Option<(String, HeaderValue)>, Box<dyn Error>> {
    match std::env::var("ALLOW_ORIGIN") {
        Ok(origin) if origin == "*" => {
            Err("ALLOW_ORIGIN is one origin, such as http://localhost:5173: cookies are not sent to any".into())
        }
        Ok(origin) if !origin.is_empty() => {
            let header = HeaderValue::from_str(&origin)?;
            Ok(Some((origin, header)))
        }
        _ => Ok(None),
    }
}

/// Returns the number that a variable of the environment has, or another one if it is not set.
fn number<N: FromStr<Err: Display>>(variable: &str, unset: N) -> Result<N, String> {
    match std::env::var(variable) {
        Ok(text) => text.parse().map_err(|error| format!("{variable}: {error}")),
        Err(VarError::NotPresent) => Ok(unset),
        Err(error) => Err(format!("{variable}: {error}")),
    }
}

/// Lets the pages of that origin read answers, those with cookies too.
fn cors(origin: HeaderValue) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origin)
        .allow_credentials(true)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
}

fn routes<C: Send + Sync + 'static>(
    http: HttpService<C>,
    websocket: WebSocketService<C>,
    durable: WebSocketService<C>,
) -> axum::Router {
    axum::Router::new()
        .route_service("/ws", websocket)
        .route_service("/durable", durable)
        .route("/health", axum::routing::get(async || "ok"))
        .fallback_service(http)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();

    let room_ttl = number("ROOM_TTL", 86_400)?;
    let ids_by_clients = std::env::var("ROOM_IDS").is_ok_and(|ids| ids == "clients");
    let tokens = RoomTokens { ttl: Duration::from_secs(room_ttl), ids_by_clients };
    let (events, room_events) = (events::events().await?, events::rooms().await?);
    let rooms_file = std::env::var_os("ROOMS_FILE").filter(|path| !path.is_empty());
    let state = State::new(tokens, events, room_events, rooms_file.as_deref().map(Path::new));
    let state = Arc::new(state.map_err(|error| format!("ROOMS_FILE: {error}"))?);
    let rooms = state.rooms.clone();
    let mut router = api::router();
    if std::env::var_os("FOLLOWING").is_some() {
        router = router.nest("following", api::publisher::following::router());
    }
    let rpc = Rpc::try_new(router)?;
    let session = move |call: &Call| {
        let session = Session::new(Arc::clone(&state), call);
        async move { Ok::<_, orpc_runtime::Error>(session) }
    };
    // With its prefix the service sees paths as they were sent; `nest_service`
    // takes two slashes for one.
    let memory = match std::env::var_os("MEMORY") {
        Some(_) => MemoryBudget::new(number("MEMORY", 0)?),
        None => rpc.memory().clone(),
    };
    let websocket = rpc.websocket(session.clone()).memory(&memory);
    let websocket = websocket.keep_extensions(false).shutdown_deadline(SHUTDOWN_DEADLINE);
    // The sockets of rooms are of another router, and share the memory of this one.
    let durable = rooms.websocket(session.clone()).memory(&memory);
    let durable = durable.shutdown_deadline(SHUTDOWN_DEADLINE);
    let http = rpc.http(session).memory(&memory).prefix("/rpc");
    let app = match allowed_origin()? {
        None => routes(http, websocket, durable),
        Some((origin, header)) => routes(
            http.allow_origin(&origin),
            websocket.allow_origin(&origin),
            durable.allow_origin(&origin),
        )
        .layer(cors(header)),
    };

    let port = number("PORT", 3939)?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    let listener = listener.map_err(|error| format!("port {port}: {error}"))?;
    // Listened to before the server says that it is ready.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    println!("listening on http://{}", listener.local_addr()?);

    tokio::spawn(memory::give_back());
    let signal = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        rpc.shutdown();
        rooms.shutdown();
    };
    orpc_runtime::serve(listener, app)
        .with_graceful_shutdown(signal)
        .shutdown_deadline(LAST_DEADLINE)
        .await?;
    Ok(())
}
