//! The measured procedures, served as the README shows.
//!
//! `PROCEDURES` adds that many others to the router, for the cost of the look-up.

use std::sync::Arc;

use bench_schemas::{Message, Order, Receipt};
use orpc_runtime::HibernatingIterator;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{ReadError, SubscribeError};

pub struct App {
    ticks: Publisher<Tick>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Tick {
    n: u32,
    #[schemars(length(max = 1000))]
    text: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct To {
    #[schemars(range(max = 1_000_000))]
    to: u32,
}

#[derive(Serialize, JsonSchema)]
pub struct Count {
    n: u32,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }

    #[procedure]
    pub async fn echo(input: Message) -> Message {
        input
    }

    #[procedure]
    pub async fn order(input: Order) -> Receipt {
        input.receipt()
    }

    #[procedure]
    pub fn count(input: To) -> impl Stream<Item = Count> {
        orpc_runtime::futures::stream::iter((0..input.to).map(|n| Count { n }))
    }

    #[procedure]
    pub async fn publish(app: &App, tick: Tick) -> Result<(), Error> {
        app.ticks.publish("ticks", &tick).await?;
        Ok(())
    }

    #[procedure]
    pub fn subscribe(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Tick>, ReadError>>, SubscribeError> {
        app.ticks.subscribe("ticks", last)
    }

    /// The same events by an iterator that hibernates.
    #[procedure]
    pub fn follow(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<HibernatingIterator<Tick, (), ReadError>, SubscribeError> {
        Ok(app.ticks.subscribe("ticks", last)?.hibernate())
    }
}

/// One procedure of the many that are added for the cost of the look-up.
#[router(context = App)]
pub mod one {
    use super::*;

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let more = std::env::var("PROCEDURES").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let router = (0..more)
        .fold(api::router(), |router, n: usize| router.nest(format!("group{n}"), one::router()));
    let rpc = Rpc::new(router);
    let app = Arc::new(App { ticks: Publisher::memory() });
    let service = axum::Router::new()
        .nest_service("/rpc", rpc.http(Arc::clone(&app)))
        .route_service("/ws", rpc.websocket(app).keep_extensions(false));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    orpc_runtime::serve(listener, service).await
}
