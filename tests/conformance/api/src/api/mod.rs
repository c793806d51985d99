//! The procedures by group.

pub mod account;
pub mod chat;
pub mod errors;
pub mod files;
pub mod publisher;
#[cfg(not(target_family = "wasm"))]
pub mod room;
pub mod slow;
#[cfg(not(target_family = "wasm"))]
pub mod store;
pub mod stream;
pub mod values;

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{Published, Publisher, ReadError, Start};
use orpc_runtime::value::Number;

use crate::Session;

/// All procedures.
pub fn router() -> Router<Session> {
    let router = root::router()
        .nest("errors", errors::procedures::router())
        .nest("stream", stream::procedures::router())
        .nest("slow", slow::procedures::router())
        .nest("values", values::procedures::router())
        .nest("files", files::procedures::router())
        .nest("account", account::procedures::router())
        .nest("chat", chat::procedures::router());
    // The sockets of rooms are those of a server, and so is their storage.
    #[cfg(not(target_family = "wasm"))]
    let router =
        router.nest("room", room::procedures::router()).nest("store", store::procedures::router());
    router.nest("publisher", publisher::procedures::router())
}

/// The input of `echo`, and its output.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Echo {
    #[schemars(length(min = 1, max = 64))]
    room: String,
    #[schemars(length(min = 1, max = 2000))]
    text: String,
    #[schemars(length(max = 8))]
    tags: Vec<String>,
}

/// An order with its customer.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Order {
    #[allow(dead_code, reason = "validated, not used")]
    customer: Customer,
    #[schemars(length(min = 1, max = 100))]
    items: Vec<OrderItem>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "validated, not used")]
struct Customer {
    id: Number<u64>,
    #[schemars(length(min = 1, max = 100))]
    name: String,
    #[schemars(length(min = 3, max = 200))]
    email: String,
    address: Address,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "validated, not used")]
struct Address {
    #[schemars(length(min = 1, max = 200))]
    street: String,
    #[schemars(length(min = 1, max = 100))]
    city: String,
    #[schemars(length(min = 1, max = 16))]
    zip: String,
    #[schemars(length(equal = 2))]
    country: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct OrderItem {
    #[allow(dead_code, reason = "validated, not used")]
    #[schemars(regex(pattern = r"^[A-Z]{3}-\d{4}$"))]
    sku: String,
    #[schemars(range(min = 1, max = 999))]
    qty: u32,
    #[schemars(range(min = 0.0))]
    price: f64,
    #[allow(dead_code, reason = "validated, not used")]
    #[schemars(length(max = 200))]
    note: Option<String>,
}

/// Total of an order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Total {
    total: f64,
    items: usize,
}

/// Last number to count.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CountTo {
    #[schemars(range(max = 1_000_000))]
    to: u32,
}

/// One step of a count.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Count {
    n: Number<u64>,
}

impl Count {
    fn new(n: u64) -> Self {
        Self { n: Number(n) }
    }
}

/// An event from `publish` to all subscribers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Publication {
    #[schemars(length(min = 1, max = 32))]
    at: String,
    #[schemars(length(min = 1, max = 64))]
    room: String,
    #[schemars(length(min = 1, max = 2000))]
    text: String,
}

/// Procedures outside of groups.
#[router(context = Session)]
pub mod root {
    use super::*;

    /// Answers.
    #[procedure(method = GET)]
    pub async fn ping() -> &'static str {
        "pong"
    }

    /// Gives the input back.
    #[procedure]
    pub async fn echo(input: Echo) -> Echo {
        input
    }

    /// Adds an order up.
    #[procedure]
    pub async fn order(order: Order) -> Total {
        let total = order.items.iter().map(|item| f64::from(item.qty) * item.price).sum();
        Total { total, items: order.items.len() }
    }

    /// Counts from 0.
    #[procedure]
    pub fn count(input: CountTo) -> impl Stream<Item = Count> {
        futures::stream::iter((0..u64::from(input.to)).map(Count::new))
    }

    /// Gives an event to everyone who subscribes.
    #[procedure]
    pub async fn publish(session: &Session, event: Publication) -> Result<bool, Error> {
        session.state.publications.publish(EVERYONE, &event).await?;
        Ok(true)
    }

    /// Everything that is published from now on.
    #[procedure]
    pub fn subscribe(
        session: &Session,
    ) -> Result<impl Stream<Item = Result<Published<Publication>, Error>>, Error> {
        events(&session.state.publications)
    }

    /// Two levels down.
    #[router]
    pub mod nested {
        /// One level down.
        #[orpc_runtime::router]
        pub mod deep {
            use orpc_runtime::procedure;

            /// Answers.
            #[procedure]
            pub async fn ping() -> &'static str {
                "pong"
            }
        }
    }
}

/// The only channel of a publisher without rooms.
const EVERYONE: &str = "everyone";

/// Streams the events of a publisher from now on. A reader that is too slow gets an error. Events
/// have no ids: a reader that comes back begins anew.
fn events<T: 'static>(
    publisher: &Publisher<T>,
) -> Result<impl Stream<Item = Result<Published<T>, Error>> + 'static, Error> {
    let events = publisher.subscribe(EVERYONE, Start::Latest)?;
    Ok(events.map(|event| match event {
        Ok(event) => Ok(event.without_id()),
        Err(ReadError::Gap(_)) => Err(Error::custom("EVENTS_LOST")),
        Err(error) => Err(error.into()),
    }))
}
