//! The room in a process: `test-room rooms.redb` prints the port that it serves.

#[cfg(not(target_family = "wasm"))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use orpc_runtime::stateful::StatefulRooms;
    use test_room::TestRoom;

    test_room::api::SLEEP.get_or_init(|| |time| Box::pin(tokio::time::sleep(time)));
    let path = std::env::args().nth(1).ok_or("the path of the file is missing")?;
    let rooms = StatefulRooms::<TestRoom>::open(path)?;
    let service = rooms.websocket(|request| request.uri.path().strip_prefix("/rooms/"));
    let app = axum::Router::new().fallback_service(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    Ok(orpc_runtime::serve(listener, app).await?)
}

#[cfg(target_family = "wasm")]
fn main() {}
