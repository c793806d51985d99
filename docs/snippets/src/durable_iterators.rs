//! Event iterators that outlive their sockets.

// #region server
use orpc_runtime::durable::{Durable, DurableClient, DurableIterator, DurableObject, SigningKeys};
use orpc_runtime::prelude::*;

/// A kind of channels: the events of a chat room and its methods.
pub struct Room;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Message {
    from: String,
    text: String,
}

impl DurableObject for Room {
    type Event = Message;
    type Context = App;
    type Methods = methods::router;
}

pub struct App {
    rooms: Durable<Room>,
}

#[derive(Deserialize, JsonSchema)]
pub struct Open {
    room: String,
    name: String,
}

#[router(context = App)]
pub mod api {
    use super::*;

    /// Enters a room. Authenticate the caller here: the token grants what it says.
    #[procedure]
    pub async fn open(app: &App, input: Open) -> Result<DurableIterator<Room>, Error> {
        let iterator = app.rooms.iterator(input.room).method::<methods::say>();
        Ok(iterator.attachment(&input.name)?)
    }
}

#[router(context = App)]
pub mod methods {
    use super::*;

    #[derive(Deserialize, JsonSchema)]
    pub struct Say {
        text: String,
    }

    /// Says something to everyone in the room.
    #[procedure]
    pub async fn say(app: &App, call: &Call, input: Say) -> Result<(), Error> {
        let client = DurableClient::of(call)?;
        let from = client.attachment()?.unwrap_or_default();
        app.rooms.publish(client.channel(), &Message { from, text: input.text }).await?;
        Ok(())
    }
}

pub fn app(secret: &[u8]) -> Result<axum::Router, Box<dyn std::error::Error>> {
    let rooms = Durable::new(SigningKeys::new([secret])?, Publisher::memory());
    let app = std::sync::Arc::new(App { rooms: rooms.clone() });
    Ok(axum::Router::new()
        .route_service("/durable", rooms.websocket(app.clone()))
        .nest_service("/rpc", Rpc::new(api::router()).http(app)))
}
// #endregion server

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_is_answered_with_a_token() {
        use tower::ServiceExt as _;

        crate::check_client(&api::router(), "durable");
        let app = app(&[7; 32]).unwrap();
        let request = http::Request::post("/rpc/open")
            .header("content-type", "application/json")
            .body(axum::body::Body::from(r#"{"json":{"room":"lobby","name":"Ada"}}"#))
            .unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.headers().contains_key("x-orpc-durable-iterator"));
    }
}
