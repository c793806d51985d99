//! The room in a process: `test-room rooms.redb` prints the port that it serves.

#[cfg(not(target_family = "wasm"))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::sync::Arc;

    use orpc_runtime::Rpc;
    use orpc_runtime::durable::{Channel, DurableChannel as _, DurableTokens};
    use orpc_runtime::publishing::{PublishEndpoint, PublishKeys};
    use orpc_runtime::stateful::StatefulRooms;
    use test_room::TestRoom;
    use test_room::channels::{App, Fleeting, Lobby, Said, app};

    test_room::api::SLEEP.get_or_init(|| |time| Box::pin(tokio::time::sleep(time)));
    let path = std::env::args().nth(1).ok_or("the path of the file is missing")?;
    let rooms = StatefulRooms::<TestRoom>::open(&path)?;
    let lobbies = StatefulRooms::<Channel<Lobby>>::open(format!("{path}.lobby"))?;
    let fleeting = StatefulRooms::<Channel<Fleeting>>::open(format!("{path}.fleeting"))?;
    let secret = |name: &str| std::env::var(name).ok();
    let app = App {
        lobbies: DurableTokens::new(Lobby::keys(secret)?),
        fleeting: DurableTokens::new(Fleeting::keys(secret)?),
        publisher: Arc::new(lobbies.clone()),
    };
    let keys = || PublishKeys::new(secret("PUBLISH_KEY"));
    let events = PublishEndpoint::new::<Said>(lobbies.clone(), keys()?);
    let old_events = PublishEndpoint::new::<Said>(fleeting.clone(), keys()?);
    let service = rooms.websocket(|request| request.uri.path().strip_prefix("/rooms/"));
    let app = axum::Router::new()
        .nest_service("/app", Rpc::new(app::router()).http(app))
        .nest_service("/events", events.http())
        .nest_service("/old-events", old_events.http())
        .route_service("/durable", lobbies.durable_iterators())
        .route_service("/fleeting", fleeting.durable_iterators())
        .fallback_service(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    Ok(orpc_runtime::serve(listener, app).await?)
}

#[cfg(target_family = "wasm")]
fn main() {}
