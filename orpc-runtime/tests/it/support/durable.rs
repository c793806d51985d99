//! A durable object for tests, and tokens, also invalid ones.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::stream::StreamExt as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use orpc_runtime::durable::{Durable, DurableClient, DurableIterator, DurableObject, SigningKeys};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::Publisher;
use orpc_runtime::value::File;
use orpc_runtime::websocket::WebSocketService;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::DuplexStream;

use super::websocket::{self, Raw, RawFrame};

pub const KEY: &str = "a key for tests";

pub struct Room;

impl DurableObject for Room {
    type Event = Value;
    type Context = App;
    type Methods = methods::router;
}

#[derive(Clone)]
pub struct App {
    pub rooms: Durable<Room>,
}

#[router(context = App)]
pub mod methods {
    use super::*;

    #[procedure]
    pub async fn say(app: &App, call: &Call, text: String) -> Result<(), Error> {
        let client = DurableClient::of(call)?;
        let name: Option<String> = client.attachment()?;
        app.rooms.publish(client.channel(), &json!({ "from": name, "text": text })).await?;
        Ok(())
    }

    #[procedure]
    pub async fn describe(call: &Call) -> Result<Value, Error> {
        let client = DurableClient::of(call)?;
        Ok(json!({
            "id": client.id(),
            "tags": client.tags(),
            "attachment": client.attachment::<Value>()?,
            "uri": call.socket().map(|socket| socket.uri().to_string()),
        }))
    }

    #[router]
    pub mod tools {
        use super::*;

        #[procedure]
        pub async fn echo(input: orpc_runtime::Value) -> orpc_runtime::Value {
            input
        }

        /// Counts behind the last event id.
        #[procedure]
        pub fn count(last: Option<&LastEventId>) -> impl Stream<Item = Event<u32>> {
            let from = last.and_then(|last| last.parse().ok()).map_or(0, |last: u32| last + 1);
            futures::stream::iter((from..).map(|n| Event::new(n).id(n.to_string()))).take(3)
        }

        /// Never ends.
        #[procedure]
        pub async fn hang(call: &Call) {
            call.cancellation_token().cancelled().await;
        }

        #[procedure]
        pub async fn weigh(file: File) -> Result<String, Error> {
            let bytes = file.bytes().await?;
            Ok(format!("{} {}", file.name(), bytes.len()))
        }
    }
}

#[derive(Deserialize, JsonSchema)]
pub struct Open {
    pub room: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn open(app: &App, input: Open) -> Result<DurableIterator<Room>, Error> {
        let iterator = app.rooms.iterator(input.room).tags(input.tags);
        let iterator = iterator.method::<methods::say>().method::<methods::tools::router>();
        Ok(iterator.attachment("Ada")?)
    }

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

pub fn rooms_with(publisher: Publisher<Value>) -> Durable<Room> {
    Durable::new(SigningKeys::new([KEY]).unwrap(), publisher)
}

pub fn rooms() -> Durable<Room> {
    rooms_with(Publisher::memory())
}

/// The endpoint, with long-lived sockets.
pub fn endpoint(rooms: &Durable<Room>) -> WebSocketService<App> {
    rooms.websocket(App { rooms: rooms.clone() })
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Signs any claims.
pub fn sign_with(key: &str, claims: &Value) -> String {
    let text = claims.to_string();
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(&text);
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

pub fn sign(claims: &Value) -> String {
    sign_with(KEY, claims)
}

/// Returns the claims of a token.
pub fn claims(token: &str) -> Value {
    serde_json::from_str(token.rsplit_once('.').unwrap().0).unwrap()
}

/// The path of a socket.
pub fn path(id: &str, token: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("id", id).append_pair("token", token);
    format!("/durable?{}", query.finish())
}

/// The path of a socket with the id in the token.
pub fn own_path(token: &str) -> String {
    path(claims(token)["cid"].as_str().unwrap(), token)
}

/// A socket that reads and calls.
pub async fn open(service: &WebSocketService<App>, token: &str) -> Raw<DuplexStream> {
    Raw::open(websocket::channel(service, 64 * 1024), &own_path(token)).await
}

/// Begins to read, as call `1`; behind an event, if there is an id.
pub async fn subscribe(socket: &mut Raw<DuplexStream>, last: Option<&str>) {
    subscribe_as(socket, "1", last).await;
    let head = json!({ "i": "1", "p": { "h": { "content-type": "text/event-stream" } } });
    assert_eq!(socket.message().await.json(), head);
}

pub async fn subscribe_as(socket: &mut Raw<DuplexStream>, id: &str, last: Option<&str>) {
    let mut request = json!({ "i": id, "p": { "u": "/subscribe", "b": {} } });
    if let Some(last) = last {
        request["p"]["h"] = json!({ "last-event-id": last });
    }
    socket.send(websocket::TEXT, request.to_string().as_bytes()).await;
}

/// Calls a method.
pub async fn call_method(socket: &mut Raw<DuplexStream>, id: &str, path: &[&str], input: Value) {
    socket.call(id, "/call", &json!({ "path": path, "input": input })).await;
}

/// The payload of an event, and its id.
pub fn event(frame: &RawFrame) -> (Value, String) {
    let mut frame = frame.json();
    assert_eq!((&frame["t"], &frame["p"]["e"]), (&json!(3), &json!("message")), "{frame}");
    let id = frame["p"]["m"]["id"].as_str().unwrap().to_owned();
    (frame["p"]["d"]["json"].take(), id)
}

/// The JSON of the error that an iterator ends with, and the id of its event.
pub fn error_event(frame: &RawFrame) -> (Value, Value) {
    let mut frame = frame.json();
    assert_eq!((&frame["t"], &frame["p"]["e"]), (&json!(3), &json!("error")), "{frame}");
    (frame["p"]["d"]["json"].take(), frame["p"]["m"]["id"].take())
}

/// The status and the JSON of a response.
pub fn response(frame: &RawFrame) -> (u64, Value) {
    let mut frame = frame.json();
    let body = frame["p"]["b"].get_mut("json").map_or(Value::Null, Value::take);
    (frame["p"]["s"].as_u64().unwrap_or(200), body)
}
