//! Rooms with state in a process.

// #region process
use crate::stateful::Chat;
use orpc_runtime::stateful::StatefulRooms;

pub async fn serve(
    listener: tokio::net::TcpListener,
    file: &std::path::Path,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Box<dyn std::error::Error>> {
    let rooms = StatefulRooms::<Chat>::open(file)?;
    // `/rooms/lobby` is the room `lobby`.
    let service = rooms.websocket(|request| request.uri.path().strip_prefix("/rooms/"));
    let app = axum::Router::new().fallback_service(service);
    let ending = rooms.clone();
    orpc_runtime::serve(listener, app)
        .with_graceful_shutdown(async move {
            stop.await;
            ending.rpc().shutdown(); // closes the sockets once their calls are done
        })
        .await?;
    rooms.rpc().closed().await; // `user_left` of the last ones has run
    Ok(())
}
// #endregion process

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use futures::{FutureExt as _, StreamExt as _};
    use orpc_runtime::stateful::{HostedRoom, MemoryStorage, RoomHandle, Storage};
    use orpc_runtime::{Peer, Rooms, Rpc};
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::serve;
    use crate::stateful::{Chat, chat};

    async fn enter(room: &HostedRoom<Chat>, name: &str) -> Peer<Chat> {
        let request = http::Request::get(format!("/rooms/lobby?name={name}")).body(()).unwrap();
        let request = request.into_parts().0;
        let config = room.accept(&request).await.unwrap();
        Rpc::new(chat::router()).peer_with(Arc::clone(room.room()), request, config)
    }

    fn frames(peer: &mut Peer<Chat>) -> Vec<Value> {
        let frames = std::iter::from_fn(|| peer.next().now_or_never().flatten());
        frames.map(|frame| serde_json::from_slice(frame.as_bytes()).unwrap()).collect()
    }

    #[tokio::test]
    async fn messages_are_kept_and_sent_to_all() {
        let storage = Storage::new(MemoryStorage::default());
        let sockets = Rooms::new().get_or_create("lobby");
        let room = HostedRoom::<Chat>::new(RoomHandle::new(sockets, storage.clone()));
        let (mut ada, mut bob) = (enter(&room, "Ada").await, enter(&room, "Bob").await);
        bob.receive(json!({ "i": "1", "p": { "u": "/messages" } }).to_string());
        frames(&mut bob);
        ada.receive(
            json!({ "i": "1", "p": { "u": "/say", "b": { "json": "hello" } } }).to_string(),
        );
        frames(&mut ada);
        assert_eq!(frames(&mut bob)[0]["p"]["d"], json!({ "json": "Ada: hello" }));
        assert!(storage.alarm().await.unwrap().is_some());
        ada.receive(json!({ "i": "2", "p": { "u": "/history" } }).to_string());
        assert_eq!(frames(&mut ada)[0]["p"]["b"], json!({ "json": ["Ada: hello"] }));
    }

    #[tokio::test]
    async fn a_graceful_shutdown_closes_the_sockets_of_rooms() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rooms.redb");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut socket =
            tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let client = async move {
            let request = "GET /rooms/lobby?name=Ada HTTP/1.1\r\nhost: app.example\r\n\
                connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut received = Vec::new();
            while !received.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                assert_ne!(socket.read_buf(&mut received).await.unwrap(), 0);
            }
            assert!(received.starts_with(b"HTTP/1.1 101 "));
            stop.send(()).unwrap();
            // The code 1001 and its reason, at the end of a close frame.
            while !received.ends_with(b"\x03\xe9the server shuts down") {
                assert_ne!(socket.read_buf(&mut received).await.unwrap(), 0, "{received:?}");
            }
        };
        let served = serve(listener, &file, async {
            let _ = stopped.await;
        });
        let both = async { tokio::join!(served, client) };
        let (served, ()) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
        served.unwrap();
    }
}
