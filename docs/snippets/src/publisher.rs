//! Channels whose events are kept for readers that come back.

// #region chat
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{ReadError, SubscribeError};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Message {
    text: String,
}

pub struct App {
    messages: Publisher<Message>,
}

#[router(context = App)]
pub mod chat {
    use super::*;

    /// The messages from now on, or those behind the last one that the client saw.
    #[procedure]
    pub fn on_message(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Message>, ReadError>>, SubscribeError> {
        app.messages.subscribe("lobby", last)
    }

    #[procedure]
    pub async fn send(app: &App, message: Message) -> Result<(), Error> {
        app.messages.publish("lobby", &message).await?;
        Ok(())
    }
}
// #endregion chat

// #region open
use std::path::Path;
use std::time::Duration;

use orpc_runtime::publish::{Durability, StoreError};

/// Blocks the thread while it checks the file.
pub fn open(path: &Path) -> Result<Publisher<Message>, StoreError> {
    Publisher::builder()
        .retention(Duration::from_secs(3600))
        .max_events(100_000)
        .lock_timeout(Duration::from_secs(30)) // longer than the old process takes to end
        .open(path, Durability::Commit)
}
// #endregion open

// #region redis
/// Waits up to 30 s for the server.
pub async fn connect(url: &str) -> Result<Publisher<Message>, StoreError> {
    Publisher::builder()
        .retention(Duration::from_secs(3600))
        .connect_timeout(Duration::from_secs(30))
        .redis(url) // redis://user:password@host:6379/0
        .await
}
// #endregion redis

// #region cluster
/// Finds all nodes by some of them.
pub async fn connect_to_cluster(password: &str) -> Result<Publisher<Message>, StoreError> {
    let url = format!("redis-cluster://app:{password}@node1:6379,node2:6379,node3:6379");
    Publisher::builder().redis(&url).await
}
// #endregion cluster

// #region nats
/// Waits up to 30 s for the server.
pub async fn connect_to_nats(url: &str) -> Result<Publisher<Message>, StoreError> {
    Publisher::builder()
        .retention(Duration::from_secs(3600))
        .connect_timeout(Duration::from_secs(30))
        .nats(url) // nats://user:password@host:4222
        .await
}
// #endregion nats

// #region audience
use orpc_runtime::publish::{PublishError, Subscriber};

/// Publishes to the staff, once, however often it is called for one order.
pub async fn announce(app: &App, order: u32) -> Result<(), PublishError> {
    let message = Message { text: format!("order {order} is paid") };
    let key = format!("order-{order}");
    app.messages.publish("orders", &message).tags(["staff"]).idempotency_key(&key).await?;
    Ok(())
}

/// A subscription without the events for others.
pub fn orders_for(
    app: &App,
    name: &str,
) -> Result<impl Stream<Item = Result<Published<Message>, ReadError>> + use<>, SubscribeError> {
    let reader = Subscriber::new(name).tags(["staff"]);
    Ok(app.messages.subscribe("orders", orpc_runtime::publish::Start::Earliest)?.subscriber(reader))
}
// #endregion audience

// #region gaps
/// Shows gaps as messages instead of errors.
#[procedure]
pub fn lenient(
    app: &App,
    last: Option<&LastEventId>,
) -> Result<impl Stream<Item = Result<Published<Message>, ReadError>>, SubscribeError> {
    let messages = app.messages.subscribe("lobby", last)?;
    Ok(messages.map_gaps(|_gap| Message { text: "some messages are missing".into() }))
}
// #endregion gaps

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_keeps_events_and_a_idempotency_key_publishes_once() {
        crate::check_client(&chat::router(), "publisher");
        let folder = tempfile::tempdir().unwrap();
        let app = App { messages: open(&folder.path().join("events")).unwrap() };
        announce(&app, 1).await.unwrap();
        announce(&app, 1).await.unwrap();
        announce(&app, 2).await.unwrap();
        let orders: Vec<_> = orders_for(&app, "ada").unwrap().take(2).collect().await;
        let texts = orders.into_iter().map(|order| order.unwrap().value().unwrap().text);
        assert!(texts.eq(["order 1 is paid", "order 2 is paid"]));
        assert!(lenient(&app, Some(&LastEventId::new("?"))).is_err());
    }
}
