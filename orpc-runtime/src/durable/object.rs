//! Kinds of durable iterators.

use schemars::JsonSchema;
use serde::Serialize;

use crate::entries::RouterModule;

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
///     type Methods = methods::router;
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

    /// The methods, as the type `router` of their module, or `()` for none. As members of
    /// the iterator in JavaScript their first names cannot be `next`, `return` or `throw`.
    type Methods: RouterModule<Self::Context>;
}

/// Members of every async iterator in JavaScript.
pub(super) const OF_ITERATORS: [&str; 3] = ["next", "return", "throw"];
