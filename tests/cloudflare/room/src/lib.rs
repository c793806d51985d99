//! A room with state: the same code in a process and on a Durable Object.

pub mod api;
pub mod channels;
pub mod suite;

use std::time::Duration;

use http::request::Parts;
use orpc_runtime::prelude::*;
use orpc_runtime::stateful::{RoomHandle, StatefulRoom};
use orpc_runtime::{CloseFrame, EncodedEvent, HibernationId, SocketConfig, Sockets};

use api::Message;

/// The room.
#[derive(Debug)]
pub struct TestRoom {
    /// Its handle.
    pub room: RoomHandle,
}

/// Attachment of a socket.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Seat {
    /// Name of the user.
    pub user: String,
    /// Iterator of messages.
    pub messages: Option<HibernationId<Message>>,
    /// Iterator of notes.
    pub notes: Option<HibernationId<String>>,
    /// Text of the user's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl StatefulRoom for TestRoom {
    type Procedures = api::room::router;

    const IDLE_TIMEOUT: Option<Duration> = Some(Duration::from_secs(4));

    fn new(room: RoomHandle) -> Self {
        Self { room }
    }

    /// `?user=ada&tag=staff`: a name is needed.
    async fn accept(&self, request: &Parts) -> Result<SocketConfig, Error> {
        let mut config = SocketConfig::new();
        let mut seat = Seat::default();
        for pair in request.uri.query().unwrap_or_default().split('&') {
            match pair.split_once('=') {
                Some(("user", user)) => user.clone_into(&mut seat.user),
                Some(("tag", tag)) => config = config.tag(tag).map_err(|_| Code::BadRequest)?,
                _ => {}
            }
        }
        if seat.user.is_empty() {
            return Err(Code::Unauthorized.into());
        }
        let tag = format!("user:{}", seat.user);
        Ok(config.tag(tag).map_err(|_| Code::BadRequest)?.attach(&seat)?)
    }

    async fn user_joined(&self, socket: &Socket) {
        self.note("joined", socket).await;
    }

    async fn user_left(&self, socket: &Socket, close: &CloseFrame) {
        self.note(&format!("left {}", close.code), socket).await;
    }

    async fn alarm(&self) -> Result<(), Error> {
        let storage = self.room.storage();
        let failures = storage.get::<u32>("failures").await?.unwrap_or(0);
        if failures > 0 {
            storage.put("failures", &(failures - 1)).await?;
            return Err(Error::internal("an alarm that is to fail"));
        }
        storage.append("log/", "alarm").await?;
        self.tell(&self.room.sockets().everyone(), "alarm", "ring").map(drop)
    }
}

impl TestRoom {
    async fn note(&self, event: &str, socket: &Socket) {
        let seat: Seat = socket.attachment().ok().flatten().unwrap_or_default();
        let note = format!("{event} {}", seat.user);
        if let Err(error) = self.room.storage().append("log/", &note).await {
            panic!("a note is not stored: {error}");
        }
    }

    /// Sends a message to sockets, and returns their number.
    pub(crate) fn tell(&self, to: &Sockets, from: &str, text: &str) -> Result<u32, Error> {
        let message = Message { from: from.to_owned(), text: text.to_owned() };
        let event = EncodedEvent::message(&message)?;
        let delivery = to.send_event(&event, |seat: &Seat| seat.messages.as_ref());
        let note = EncodedEvent::message(&format!("{from}: {text}"))?;
        to.send_event(&note, |seat: &Seat| seat.notes.as_ref());
        Ok(u32::try_from(delivery.sent).unwrap_or(u32::MAX))
    }
}
