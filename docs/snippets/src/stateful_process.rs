//! Rooms with state in a process.

// #region process
use crate::stateful::Chat;
use orpc_runtime::stateful::StatefulRooms;

pub fn app(file: &std::path::Path) -> Result<axum::Router, Box<dyn std::error::Error>> {
    let rooms = StatefulRooms::<Chat>::open(file)?;
    // `/rooms/lobby` is the room `lobby`.
    let service = rooms.websocket(|request| request.uri.path().strip_prefix("/rooms/"));
    Ok(axum::Router::new().fallback_service(service))
}
// #endregion process

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::{FutureExt as _, StreamExt as _};
    use orpc_runtime::stateful::{HostedRoom, MemoryStorage, RoomHandle, Storage};
    use orpc_runtime::{Peer, Rooms, Rpc};
    use serde_json::{Value, json};

    use super::app;
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
    async fn the_rooms_of_a_process_are_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(app(&folder.path().join("rooms.redb")).is_ok());
    }
}
