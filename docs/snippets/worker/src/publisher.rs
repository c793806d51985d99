//! A publisher in the Worker of the book.

// #region worker
use std::time::Duration;

use orpc_cloudflare::{PublisherObjects, publisher_object, serve};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{Publisher, ReadError, SubscribeError};
use worker::{Env, Request, Response};

publisher_object!(
    /// Each channel keeps its events for an hour.
    pub struct Messages(Publisher::builder().retention(Duration::from_secs(3600)));
);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Message {
    text: String,
}

pub struct Chat {
    messages: Publisher<Message>,
}

#[router(context = Chat)]
pub mod chat {
    use super::*;

    /// Publishes a message, once for each key: a client that got no answer sends it again.
    #[procedure]
    pub async fn send(chat: &Chat, input: (String, Message)) -> Result<(), Error> {
        let (key, message) = input;
        chat.messages.publish("lobby", &message).idempotency_key(&key).await?;
        Ok(())
    }

    /// Every message from now on, or behind the last one that the client saw.
    #[procedure]
    pub fn on_message(
        chat: &Chat,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Message>, ReadError>>, SubscribeError> {
        chat.messages.subscribe("lobby", last)
    }
}

thread_local! {
    static CHAT: Rpc<Chat> = Rpc::new(chat::router());
}

pub async fn route(request: Request, env: &Env) -> worker::Result<Response> {
    let messages = Publisher::builder().store(PublisherObjects::new(env, "MESSAGES"));
    CHAT.with(|rpc| serve(rpc.http(Chat { messages }), "/chat", request)).await
}
// #endregion worker
