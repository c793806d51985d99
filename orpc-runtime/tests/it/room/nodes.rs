//! Several nodes of a service, each with a runtime of its own, on one store of events.

use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{Gap, Publisher, PublisherBuilder};
use orpc_runtime::websocket::WebSocketService;
use orpc_runtime::{Peer, Presence, Room, SharedRooms, SocketConfig};
use tokio::io::DuplexStream;
use tokio::runtime::{Builder, Runtime};

#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
use crate::publish::servers::Server;
use crate::support::websocket::{Raw, channel, within};

/// Publisher of another type than that of rooms and presences, which share it.
pub type Events = Publisher<u64>;

/// A store of events.
pub enum Backend {
    /// All nodes have one publisher.
    Memory(Events),
    #[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
    Server(Server),
}

#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
impl From<Server> for Backend {
    fn from(server: Server) -> Self {
        Self::Server(server)
    }
}

impl Backend {
    pub fn memory() -> Self {
        Self::Memory(Publisher::memory())
    }

    /// Opens the publisher of another node.
    pub async fn publisher(&self) -> Events {
        match self {
            Self::Memory(publisher) => publisher.clone(),
            #[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
            Self::Server(server) => {
                open(Publisher::builder(), server.scheme(), &server.url()).await
            }
        }
    }

    /// Returns `open`, for the runtime of a node.
    async fn open_on(&self, runtime: &Runtime) -> Events {
        match self {
            Self::Memory(publisher) => publisher.clone(),
            #[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
            Self::Server(server) => {
                let (scheme, url) = (server.scheme(), server.url());
                let opening = async move { open(Publisher::builder(), scheme, &url).await };
                runtime.spawn(opening).await.unwrap()
            }
        }
    }
}

#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
pub async fn open(builder: PublisherBuilder, scheme: &str, url: &str) -> Events {
    within(Server::open(builder, scheme, url)).await.unwrap()
}

/// Makes each function behind the semicolon a test of a publisher in memory and of each kind of server; those before it are
/// tests of servers that no others use.
macro_rules! for_each_backend {
    ($($own:ident),* $(,)? ; $($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::room::nodes::Backend::memory()).await;
            })*
        }

        #[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
        crate::publish::servers::for_each_server! { $($own),* ; $($name),* }
    };
}

pub(crate) use for_each_backend;

/// Context of the procedures.
#[derive(Clone)]
pub struct App {
    pub rooms: SharedRooms,
    pub presence: Presence<String>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    /// Enters the lobby, and is present under a name.
    #[procedure]
    pub async fn enter(app: &App, socket: &Socket, name: String) -> Result<bool, Error> {
        app.presence.join(socket, &name)?;
        app.rooms.room("lobby").join(socket).await
    }
}

impl App {
    pub fn new(publisher: &Events, interval: Duration) -> Self {
        Self::with_gaps(publisher, interval, |room, gap| panic!("{room:?}: {gap}"))
    }

    pub fn with_gaps(
        publisher: &Events,
        interval: Duration,
        on_gap: impl Fn(&Room, Gap) + Send + Sync + 'static,
    ) -> Self {
        let rooms = SharedRooms::with_gaps(publisher, on_gap).unwrap();
        let builder = Presence::builder().interval(interval);
        Self { rooms, presence: builder.open(publisher, "lobby").unwrap() }
    }

    /// Returns a socket without a connection, which is in the lobby.
    pub async fn peer(&self, tag: &str) -> Peer<Self> {
        let lobby = within(self.rooms.room("lobby").open()).await.unwrap();
        let accept = SocketConfig::new().tag(tag).unwrap().room(&lobby);
        let request = http::Request::new(()).into_parts().0;
        Rpc::new(api::router()).peer_with(self.clone(), request, accept)
    }
}

/// A node with a runtime of its own.
pub struct Node {
    pub app: App,
    service: WebSocketService<App>,
    /// `None` once it was killed.
    runtime: Option<Runtime>,
}

impl Node {
    pub async fn start(backend: &Backend, interval: Duration) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let publisher = backend.open_on(&runtime).await;
        let app = {
            let _inside = runtime.enter();
            App::new(&publisher, interval)
        };
        let service = Rpc::new(api::router()).websocket(app.clone());
        Self { app, service, runtime: Some(runtime) }
    }

    /// Opens a socket, which enters the lobby.
    pub async fn enter(&self, name: &str) -> Raw<DuplexStream> {
        let stream = {
            let _inside = self.runtime.as_ref().unwrap().enter();
            channel(&self.service, 1 << 20)
        };
        let mut socket = Raw::open(stream, "/").await;
        socket.call(1, "/enter", &name.into()).await;
        assert_eq!(socket.message().await.json()["p"]["b"]["json"], true);
        socket
    }

    /// Ends all tasks and connections of the node at once, as the end of its process.
    pub fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns a number that is set for runs by hand.
pub fn env(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}
