//! A room with state, for a process and for Cloudflare.

// #region room
use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::stateful::{ListOptions, RoomHandle, StatefulRoom};
use orpc_runtime::{CloseFrame, EncodedEvent, HibernatingIterator, HibernationId, SocketConfig};

pub struct Chat {
    room: RoomHandle,
}

/// The attachment of a socket.
#[derive(Serialize, Deserialize)]
pub struct Visitor {
    name: String,
    messages: Option<HibernationId<String>>,
}

impl StatefulRoom for Chat {
    type Procedures = chat::router;

    /// Closes sockets that were silent for an hour.
    const IDLE_TIMEOUT: Option<Duration> = Some(Duration::from_secs(3600));

    fn new(room: RoomHandle) -> Self {
        Self { room }
    }

    /// `?name=Ada` enters as Ada; a request without a name is refused.
    async fn accept(&self, request: &http::request::Parts) -> Result<SocketConfig, Error> {
        let query = request.uri.query().unwrap_or_default();
        let name = query.strip_prefix("name=").ok_or(Code::Unauthorized)?;
        Ok(SocketConfig::new().attach(&Visitor { name: name.to_owned(), messages: None })?)
    }

    async fn user_left(&self, socket: &Socket, _: &CloseFrame) {
        if let Ok(Some(Visitor { name, .. })) = socket.attachment()
            && let Err(error) = self.tell(&format!("{name} leaves"))
        {
            tracing::warn!(%error, "nobody is told");
        }
    }

    /// Forgets the messages of the day.
    async fn alarm(&self) -> Result<(), Error> {
        let storage = self.room.storage();
        for (key, _) in storage.list::<String>("message/").await? {
            storage.delete(&key).await?;
        }
        Ok(())
    }
}

impl Chat {
    fn tell(&self, text: &str) -> Result<(), Error> {
        let event = EncodedEvent::message(&text.to_owned())?;
        let sockets = self.room.sockets().everyone();
        sockets.send_event(&event, |visitor: &Visitor| visitor.messages.as_ref());
        Ok(())
    }
}

#[router(context = Chat)]
pub mod chat {
    use super::*;

    /// No other call of the room runs meanwhile.
    #[procedure]
    pub async fn say(chat: &Chat, socket: &Socket, text: String) -> Result<(), Error> {
        let visitor: Visitor = socket.attachment()?.ok_or(Code::Unauthorized)?;
        let text = format!("{}: {text}", visitor.name);
        let storage = chat.room.storage();
        storage.append("message/", &text).await?;
        if storage.alarm().await?.is_none() {
            storage.set_alarm_in(Duration::from_secs(24 * 3600)).await?;
        }
        chat.tell(&text)
    }

    /// The last messages, the newest first.
    #[procedure]
    pub async fn history(chat: &Chat) -> Result<Vec<String>, Error> {
        let last = ListOptions { limit: 50, reverse: true, ..ListOptions::default() };
        let found = chat.room.storage().list_with("message/", &last).await?;
        Ok(found.into_iter().map(|(_, text)| text).collect())
    }

    #[procedure]
    pub fn messages(socket: &Socket) -> HibernatingIterator<String> {
        let socket = socket.clone();
        HibernatingIterator::new(move |messages| {
            let visitor: Visitor = socket.attachment()?.ok_or(Code::Unauthorized)?;
            Ok(socket.attach(&Visitor { messages: Some(messages), ..visitor })?)
        })
    }
}
// #endregion room
