//! Channels of durable iterators: the same code in a process and on Durable Objects.

use std::sync::Arc;
use std::time::Duration;

use orpc_runtime::durable::{
    Channel, DurableChannel, DurableClient, DurableIterator, DurableObject, DurableTokens,
};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{EventId, Publish, PublishSink};

/// An event.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Said {
    /// Name of the speaker.
    pub from: String,
    /// Text.
    #[schemars(length(min = 1))]
    pub text: String,
}

/// Channels whose events stay.
#[derive(Debug)]
pub struct Lobby;

impl DurableObject for Lobby {
    type Event = Said;
    type Context = Channel<Lobby>;
    type Methods = methods::router;
}

impl DurableChannel for Lobby {
    const KEYS: &'static [&'static str] = &["ITERATOR_KEY"];
}

/// Channels whose events are old soon.
#[derive(Debug)]
pub struct Fleeting;

impl DurableObject for Fleeting {
    type Event = Said;
    type Context = Channel<Fleeting>;
    type Methods = ();
}

impl DurableChannel for Fleeting {
    const KEYS: &'static [&'static str] = &["ITERATOR_KEY"];
    const RETENTION: Duration = Duration::from_secs(1);
}

/// The methods.
#[router(context = Channel<Lobby>)]
pub mod methods {
    use super::*;

    /// Tells the others.
    #[procedure]
    pub async fn say(channel: &Channel<Lobby>, call: &Call, text: String) -> Result<(), Error> {
        let client = DurableClient::of(call)?;
        let from = client.attachment()?.unwrap_or_default();
        channel.publish(&Said { from, text }).exclude([client.id()]).await?;
        Ok(())
    }

    /// Revokes a client. Returns the number of closed sockets.
    #[procedure]
    pub async fn kick(channel: &Channel<Lobby>, id: String) -> Result<usize, Error> {
        channel.revoke(&id, Duration::from_secs(60)).await
    }

    /// Nested ones.
    #[router]
    pub mod tools {
        use super::*;

        /// Returns what the token says of the client.
        #[procedure]
        pub async fn describe(call: &Call, socket: &Socket) -> Result<String, Error> {
            let client = DurableClient::of(call)?;
            let name: Option<String> = client.attachment()?;
            let own: Option<String> = socket.attachment()?;
            Ok(format!("{name:?} {:?} {own:?} {}", client.tags(), socket.uri()))
        }

        /// Attaches a text to the socket, apart from its token.
        #[procedure]
        pub async fn attach(socket: &Socket, text: String) -> Result<(), Error> {
            Ok(socket.attach(&text)?)
        }

        /// Returns the number of sockets.
        #[procedure]
        pub async fn count(channel: &Channel<Lobby>) -> usize {
            channel.clients().len()
        }
    }
}

/// Context of the procedures that open iterators.
pub struct App {
    /// Tokens of both kinds.
    pub lobbies: DurableTokens<Lobby>,
    /// Likewise.
    pub fleeting: DurableTokens<Fleeting>,
    /// Publisher of the lobbies.
    pub publisher: Arc<dyn PublishSink>,
}

/// Settings with which an iterator is opened.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    channel: String,
    name: String,
    #[serde(default)]
    tags: Vec<String>,
    /// Lifetime of the token in seconds.
    ttl: Option<u64>,
    /// The client chooses its id.
    #[serde(default)]
    own_id: bool,
}

/// An event for an audience.
#[derive(Deserialize, JsonSchema)]
pub struct Tell {
    channel: String,
    text: String,
    #[serde(default)]
    tags: Vec<String>,
    targets: Option<Vec<String>>,
}

/// Procedures outside of the channels.
#[router(context = App)]
pub mod app {
    use super::*;

    /// Opens a lobby.
    #[procedure]
    pub async fn open(app: &App, input: Open) -> Result<DurableIterator<Lobby>, Error> {
        let lobbies = app.lobbies.clone();
        let lobbies = if input.own_id { lobbies.ids_by_clients() } else { lobbies };
        let iterator = lobbies.iterator(input.channel).tags(input.tags);
        let iterator = iterator.method::<methods::say>().method::<methods::tools::router>();
        let iterator = match input.ttl {
            Some(ttl) => iterator.ttl(Duration::from_secs(ttl)),
            None => iterator.method::<methods::kick>(),
        };
        Ok(iterator.attachment(&input.name)?)
    }

    /// Opens a channel whose events are old soon.
    #[procedure]
    pub async fn open_fleeting(app: &App, channel: String) -> DurableIterator<Fleeting> {
        app.fleeting.iterator(channel)
    }

    /// Publishes from outside of the channel.
    #[procedure]
    pub async fn tell(app: &App, input: Tell) -> Result<EventId, Error> {
        let said = Said { from: "app".to_owned(), text: input.text };
        let publish = Publish::to(&*app.publisher, &input.channel, &said).tags(input.tags);
        let publish = match input.targets {
            Some(ids) => publish.targets(ids),
            None => publish,
        };
        Ok(publish.await?)
    }
}
