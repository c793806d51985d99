//! A room of sockets: what one client says, all of them read.
//!
//! ```text
//! cargo run -p orpc-runtime --example rooms
//! ```
//!
//! Connect an official client by `RPCLink` of `@orpc/client/websocket` to `ws://127.0.0.1:3000/ws`, iterate over
//! `client.onMessage()` and call `client.say('Hello')`.

use orpc_runtime::prelude::*;
use orpc_runtime::{EncodedEvent, HibernatingIterator, HibernationId, Rooms};

/// The iterator of a socket, which is attached to it.
#[derive(Serialize, Deserialize)]
pub struct Listener {
    messages: HibernationId<String>,
}

/// The procedures of the lobby.
#[router(context = Rooms)]
pub mod lobby {
    use super::*;

    /// The messages of everybody in the lobby, from now on.
    #[procedure]
    pub fn on_message(rooms: &Rooms, socket: &Socket) -> HibernatingIterator<String> {
        let (room, socket) = (rooms.get_or_create("lobby"), socket.clone());
        HibernatingIterator::new(move |messages| {
            socket.attach(&Listener { messages })?;
            room.join(&socket);
            Ok(())
        })
    }

    /// Sends a message to everybody in the lobby.
    #[procedure]
    pub async fn say(rooms: &Rooms, message: String) -> Result<(), Error> {
        let event = EncodedEvent::message(&message)?;
        if let Some(room) = rooms.get("lobby") {
            room.everyone().send_event(&event, |listener: &Listener| Some(&listener.messages));
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let rpc = Rpc::new(lobby::router());
    let app = axum::Router::new().route_service("/ws", rpc.websocket(Rooms::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let server = orpc_runtime::serve(listener, app);
    println!("ws://{}/ws", server.local_addr()?);
    server
        .with_graceful_shutdown(async move {
            let _ = tokio::signal::ctrl_c().await;
            rpc.shutdown();
        })
        .await
}
