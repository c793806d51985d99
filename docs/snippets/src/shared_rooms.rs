//! Rooms and presence over several processes.

// #region rooms
use orpc_runtime::prelude::*;
use orpc_runtime::publish::StoreError;
use orpc_runtime::websocket::SocketHooks;
use orpc_runtime::{Notice, Presence, SharedRooms, SharedSocketId, SocketConfig};

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct Whisper {
    to: String,
    text: String,
}

#[derive(Clone)]
pub struct Lobby {
    rooms: SharedRooms,
    present: Presence<Person>,
}

/// Every process of the service opens the same.
pub async fn open(url: &str) -> Result<Publisher<()>, StoreError> {
    Publisher::builder().redis(url).await
}

impl Lobby {
    pub fn on(publisher: &Publisher<()>) -> Result<Self, Error> {
        let missed = Notice::new("some messages are missing").map_err(Error::internal)?;
        let rooms = SharedRooms::with_gaps(publisher, move |room, _gap| {
            room.everyone().send(&missed);
        })?;
        Ok(Self { rooms, present: Presence::open(publisher, "lobby")? })
    }
}

impl SocketHooks for Lobby {
    /// Enters the lobby before the socket opens.
    async fn upgrade(&self, _: &http::request::Parts) -> Result<SocketConfig, Error> {
        let lobby = self.rooms.room("lobby").open().await?;
        Ok(SocketConfig::new().room(&lobby))
    }
}

#[router(context = Lobby)]
pub mod lobby {
    use super::*;

    /// Lists the caller until the socket ends, and returns the socket's id for private messages.
    #[procedure]
    pub async fn introduce(
        lobby: &Lobby,
        socket: &Socket,
        person: Person,
    ) -> Result<String, Error> {
        lobby.present.join(socket, &person)?;
        Ok(lobby.rooms.id(socket).to_string())
    }

    /// Reaches everyone else in the lobby, in every process.
    #[procedure]
    pub async fn greet(lobby: &Lobby, socket: &Socket, text: String) -> Result<(), Error> {
        let room = lobby.rooms.room("lobby");
        room.everyone().except(socket).send(&Notice::new(&text)?).await?;
        Ok(())
    }

    #[procedure]
    pub async fn whisper(lobby: &Lobby, whisper: Whisper) -> Result<(), Error> {
        let to: SharedSocketId = whisper.to.parse().map_err(|_| Code::NotFound)?;
        lobby.rooms.room("lobby").socket(to).send(&Notice::new(&whisper.text)?).await?;
        Ok(())
    }

    #[procedure]
    pub async fn people(lobby: &Lobby) -> Vec<Person> {
        lobby.present.members()
    }
}
// #endregion rooms

// #region presence
use orpc_runtime::PresenceChange;

/// Those who are present, and then those who join and leave, in any process.
pub async fn log(present: &Presence<Person>) {
    let (people, mut changes) = present.watch();
    println!("{} are present", people.len());
    while let Some(change) = changes.next().await {
        match change {
            PresenceChange::Joined(person) => println!("{} joined", person.name),
            PresenceChange::Left(person) => println!("{} left", person.name),
            // This task was slow: read `members` again.
            _ => println!("{} are present", present.len()),
        }
    }
}
// #endregion presence

#[cfg(test)]
mod tests {
    use super::*;

    type Peer = orpc_runtime::Peer<Lobby>;

    async fn next(peer: &mut Peer) -> String {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(60), peer.next()).await;
        String::from_utf8(frame.unwrap().unwrap().as_bytes().to_vec()).unwrap()
    }

    /// Returns the next message of each, whose calls run meanwhile.
    async fn both([a, b]: &mut [Peer; 2]) -> [String; 2] {
        let (a, b) = orpc_runtime::futures::future::join(next(a), next(b)).await;
        [a, b]
    }

    async fn enter(publisher: &Publisher<()>) -> Peer {
        let lobby = Lobby::on(publisher).unwrap();
        let request = http::Request::new(()).into_parts().0;
        let accept = lobby.upgrade(&request).await.unwrap();
        Rpc::new(lobby::router()).peer_with(lobby, request, accept)
    }

    #[tokio::test]
    async fn two_processes_have_one_lobby() {
        let publisher = Publisher::memory();
        let mut peers = [enter(&publisher).await, enter(&publisher).await];
        let introduce = r#"{"i":"1","p":{"u":"/introduce","b":{"json":{"name":"Ada"}}}}"#;
        peers[0].receive(introduce);
        let answer: serde_json::Value = serde_json::from_str(&next(&mut peers[0]).await).unwrap();
        let to = answer["p"]["b"]["json"].as_str().unwrap();
        let whisper = format!(
            r#"{{"i":"1","p":{{"u":"/whisper","b":{{"json":{{"to":"{to}","text":"hi"}}}}}}}}"#
        );
        peers[1].receive(whisper);
        let [notice, answer] = both(&mut peers).await;
        assert_eq!(notice, r#"{"p":{"notice":"hi"}}"#);
        assert!(answer.contains(r#""i":"1""#), "{answer}");
        peers[0].receive(r#"{"i":"2","p":{"u":"/greet","b":{"json":"hello"}}}"#);
        let [answer, notice] = both(&mut peers).await;
        assert_eq!(notice, r#"{"p":{"notice":"hello"}}"#);
        assert!(answer.contains(r#""i":"2""#), "{answer}");
        peers[1].receive(r#"{"i":"2","p":{"u":"/people"}}"#);
        let answer = next(&mut peers[1]).await;
        assert!(answer.contains(r#"[{"name":"Ada"}]"#), "{answer}");
    }
}
