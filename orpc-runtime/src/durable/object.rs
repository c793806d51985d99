//! Kinds of durable iterators.

use schemars::JsonSchema;
use serde::Serialize;

use crate::router::Router;

/// A kind of channels: their events, and the methods that clients may call on their
/// iterators.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::durable::{Durable, DurableClient, DurableObject};
///
/// /// A chat room.
/// pub struct Room;
///
/// impl DurableObject for Room {
///     type Event = String;
///     type Context = App;
///
///     fn methods() -> Router<App> {
///         methods::router()
///     }
/// }
///
/// pub struct App { rooms: Durable<Room> }
///
/// #[router(context = App)]
/// pub mod methods {
///     use super::*;
///
///     /// Tells everyone in the room.
///     #[procedure]
///     pub async fn say(app: &App, call: &Call, text: String) -> Result<(), Error> {
///         let client = DurableClient::of(call)?;
///         app.rooms.publish(client.channel(), &text).await?;
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
pub trait DurableObject: Send + Sync + 'static {
    /// The value of an event.
    type Event: Serialize + JsonSchema + Send + Sync + 'static;

    /// Context of the methods.
    type Context: Send + Sync + 'static;

    /// Returns the methods, by name and in routers; none by default. As members of the
    /// iterator in JavaScript their first names cannot be `next`, `return` or `throw`.
    fn methods() -> Router<Self::Context> {
        Router::new()
    }
}

/// Members of every async iterator in JavaScript.
pub(super) const OF_ITERATORS: [&str; 3] = ["next", "return", "throw"];
