//! Rooms of sockets, their hooks, and iterators that hibernate.

// #region hooks
use orpc_runtime::prelude::*;
use orpc_runtime::websocket::SocketHooks;
use orpc_runtime::{CloseFrame, Notice, Rooms, SocketConfig};

pub struct Lobby {
    rooms: Rooms,
}

impl SocketHooks for Lobby {
    /// `/ws?name=Ada` enters the lobby as Ada; a request without a name is refused.
    async fn upgrade(&self, request: &http::request::Parts) -> Result<SocketConfig, Error> {
        let query = request.uri.query().unwrap_or_default();
        let name = query.strip_prefix("name=").ok_or(Code::Unauthorized)?;
        let lobby = self.rooms.get_or_create("lobby");
        let accept = SocketConfig::new().tag(name).map_err(|_| Code::BadRequest)?;
        Ok(accept.room(&lobby))
    }

    fn open(&self, socket: &Socket) {
        self.tell(socket, "joins");
    }

    fn close(&self, socket: &Socket, _: &CloseFrame) {
        self.tell(socket, "leaves");
    }
}

impl Lobby {
    fn tell(&self, socket: &Socket, event: &str) {
        let name = socket.tags().next().unwrap_or_default();
        let lobby = self.rooms.get_or_create("lobby");
        // Beside the calls: the official client ignores notices.
        let Ok(notice) = Notice::new(&serde_json::json!({ "name": name, "event": event })) else {
            return;
        };
        lobby.everyone().except(socket).send(&notice);
    }
}

pub fn service(
    rpc: &Rpc<Rooms>,
    rooms: &Rooms,
) -> orpc_runtime::websocket::WebSocketService<Rooms> {
    rpc.websocket(rooms.clone()).hooks(Lobby { rooms: rooms.clone() })
}
// #endregion hooks

// #region hibernating
use orpc_runtime::{EncodedEvent, HibernatingIterator, HibernationId};

/// The attachment of a socket that follows the room.
#[derive(Serialize, Deserialize)]
pub struct Follower {
    messages: HibernationId<String>,
}

#[router(context = Rooms)]
pub mod chat {
    use super::*;

    #[procedure]
    pub fn on_message(rooms: &Rooms, socket: &Socket) -> HibernatingIterator<String> {
        let (room, socket) = (rooms.get_or_create("lobby"), socket.clone());
        HibernatingIterator::new(move |messages| {
            socket.attach(&Follower { messages })?;
            room.join(&socket);
            Ok(())
        })
    }

    #[procedure]
    pub async fn send(rooms: &Rooms, message: String) -> Result<(), Error> {
        let event = EncodedEvent::message(&message)?;
        let room = rooms.get_or_create("lobby");
        room.everyone().send_event(&event, |follower: &Follower| Some(&follower.messages));
        Ok(())
    }
}
// #endregion hibernating

// #region publisher
use orpc_runtime::publish::{ReadError, SubscribeError};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Price {
    cents: u32,
}

#[router(context = Publisher<Price>)]
pub mod prices {
    use super::*;

    #[procedure]
    pub fn on_price(
        prices: &Publisher<Price>,
        last: Option<&LastEventId>,
    ) -> Result<HibernatingIterator<Price, (), ReadError>, SubscribeError> {
        Ok(prices.subscribe("gold", last)?.hibernate())
    }
}
// #endregion publisher

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_event_reaches_a_hibernating_iterator() {
        crate::check_client(&chat::router(), "rooms");
        let (rooms, rpc) = (Rooms::new(), Rpc::new(chat::router()));
        drop(service(&rpc, &rooms));
        let mut peer = rpc.peer(rooms);
        peer.receive(r#"{"i":"1","p":{"u":"/onMessage"}}"#);
        let opened = peer.next().await.unwrap();
        assert!(format!("{opened:?}").contains("event-stream"));
        peer.receive(r#"{"i":"2","p":{"u":"/send","b":{"json":"hi"}}}"#);
        let frames = [peer.next().await.unwrap(), peer.next().await.unwrap()];
        assert!(format!("{frames:?}").contains("hi"), "{frames:?}");
    }

    #[tokio::test]
    async fn an_event_of_a_publisher_reaches_a_hibernating_iterator() {
        crate::check_client(&prices::router(), "prices");
        let prices = Publisher::memory();
        let mut peer = Rpc::new(prices::router()).peer(prices.clone());
        peer.receive(r#"{"i":"1","p":{"u":"/onPrice"}}"#);
        let opened = peer.next().await.unwrap();
        assert!(format!("{opened:?}").contains("event-stream"));
        prices.publish("gold", &Price { cents: 100 }).await.unwrap();
        let event = peer.next().await.unwrap();
        assert!(format!("{event:?}").contains("cents"), "{event:?}");
    }
}
