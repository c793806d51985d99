//! Channels as rooms with state, in a process. The same cases by the npm package, also on a Durable Object, are in
//! `tests/cloudflare`.

use std::path::Path;
use std::time::Duration;

use orpc_runtime::durable::{
    Channel, ChannelCommand, DurableChannel, DurableClient, DurableIterator, DurableObject,
    DurableTokens, SigningKeys,
};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{EventId, PublishError};
use orpc_runtime::stateful::StatefulRooms;
use orpc_runtime::websocket::WebSocketService;
use serde_json::{Value, json};
use tokio::io::DuplexStream;

use super::readers::values;
use crate::support::durable::{
    KEY, call_method, claims, error_event, event, now, own_path, path, response, sign, subscribe,
    subscribe_as,
};
use crate::support::websocket::{self, CLOSE, Raw};

/// Events stay for a long time.
struct Lobby;

/// Events are old at once.
struct Fleeting;

macro_rules! kind {
    ($kind:ty, $methods:ty, $($options:tt)*) => {
        impl DurableObject for $kind {
            type Event = Value;
            type Context = Channel<$kind>;
            type Methods = $methods;
        }

        impl DurableChannel for $kind {
            const KEYS: &'static [&'static str] = &["MISSING", "ITERATOR_KEY"];
            const SOCKETS_PER_CLIENT: usize = 2;
            const SOCKETS_PER_CHANNEL: usize = 3;
            $($options)*
        }
    };
}
kind!(Lobby, methods::router, const MAX_EVENTS: u64 = 40;);
kind!(Fleeting, (), const RETENTION: Duration = Duration::from_millis(1););

#[router(context = Channel<Lobby>)]
mod methods {
    use super::*;

    #[procedure]
    pub async fn say(channel: &Channel<Lobby>, call: &Call, text: String) -> Result<(), Error> {
        let client = DurableClient::of(call)?;
        let name: Option<String> = client.attachment()?;
        channel.publish(&json!({ "from": name, "text": text })).exclude([client.id()]).await?;
        Ok(())
    }

    #[procedure]
    pub async fn uri(socket: &Socket) -> String {
        socket.uri().to_string()
    }

    #[router]
    pub mod tools {
        use super::*;

        #[procedure]
        pub async fn echo(input: orpc_runtime::Value) -> orpc_runtime::Value {
            input
        }
    }
}

struct Host<O: DurableChannel> {
    rooms: StatefulRooms<Channel<O>>,
    service: WebSocketService<Channel<O>>,
    tokens: DurableTokens<O>,
}

fn host_of<O: DurableChannel>(rooms: StatefulRooms<Channel<O>>) -> Host<O> {
    let rooms = rooms.secrets(|name| (name == "ITERATOR_KEY").then(|| KEY.to_owned()));
    let tokens = DurableTokens::new(SigningKeys::new([KEY]).unwrap());
    Host { service: rooms.durable_iterators(), rooms, tokens }
}

fn host() -> Host<Lobby> {
    host_of(StatefulRooms::memory())
}

/// Rooms in a file; waits until the one before has closed it.
async fn host_in(file: &Path) -> Host<Lobby> {
    for _ in 0..1000 {
        if let Ok(rooms) = StatefulRooms::open(file) {
            return host_of(rooms);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the file stays in use")
}

impl<O: DurableChannel<Event = Value>> Host<O> {
    fn token(&self, with: impl FnOnce(DurableIterator<O>) -> DurableIterator<O>) -> String {
        with(self.tokens.iterator("room")).token().unwrap()
    }

    async fn open(&self, token: &str) -> Raw<DuplexStream> {
        self.open_at(&own_path(token)).await
    }

    async fn open_at(&self, path: &str) -> Raw<DuplexStream> {
        Raw::open(websocket::channel(&self.service, 64 * 1024), path).await
    }

    async fn refused(&self, path: &str) -> u16 {
        Raw::ask(websocket::channel(&self.service, 64 * 1024), path).await.1.status
    }

    async fn publish(&self, value: impl Into<Value>) -> EventId {
        let room = self.rooms.get("room");
        room.room().publish(&value.into()).await.unwrap()
    }

    /// A token of the official format.
    fn official(&self, name: &str) -> String {
        sign(&json!({ "chn": "room", "att": name, "iat": now(), "exp": now() + 60 }))
    }
}

fn id_of(token: &str) -> String {
    claims(token)["cid"].as_str().unwrap().to_owned()
}

/// Asserts that nothing else is pending: a message sent now is the next one.
async fn assert_nothing_waits(socket: &mut Raw<DuplexStream>) {
    call_method(socket, "nothing", &["tools", "echo"], json!("nothing")).await;
    assert_eq!(response(&socket.message().await), (200, json!("nothing")));
}

#[tokio::test]
async fn a_reader_gets_missed_and_then_live_events_once_each() {
    let host = host();
    let first = host.publish(1).await;
    for n in 2..=35 {
        host.publish(n).await;
    }
    let token = host.token(|it| it.method::<methods::tools::router>());
    let mut socket = host.open(&token).await;
    subscribe(&mut socket, Some(&first.to_string())).await;
    host.publish(36).await;
    assert_eq!(values(&mut socket, 35).await, (2..=36).map(Value::from).collect::<Vec<_>>());
    assert_nothing_waits(&mut socket).await;
    // A second iterator of the socket replaces the first.
    subscribe_as(&mut socket, "2", None).await;
    assert_eq!(socket.message().await.json()["i"], "2");
    host.publish(37).await;
    assert_eq!(socket.message().await.json()["i"], "2");
    assert_nothing_waits(&mut socket).await;
}

#[tokio::test]
async fn a_reader_gets_more_than_its_socket_has_room_for_in_order_once_it_reads() {
    let host = host();
    let text = |n: u32| Value::from(format!("{n} {}", "x".repeat(100_000)));
    let first = host.publish(0).await;
    for n in 1..=35 {
        host.publish(text(n)).await;
    }
    let mut socket = host.open(&host.token(|it| it)).await;
    subscribe(&mut socket, Some(&first.to_string())).await;
    // Live events, while most of the missed ones wait for the reader.
    for n in 36..=38 {
        host.publish(text(n)).await;
    }
    assert_eq!(values(&mut socket, 38).await, (1..=38).map(text).collect::<Vec<_>>());
}

#[tokio::test]
async fn audiences_hold_for_live_and_replayed_events() {
    let host = host();
    let tools = |it: DurableIterator<Lobby>| it.method::<methods::tools::router>();
    let (staff, guest) = (host.token(|it| tools(it).tags(["staff"])), host.token(tools));
    let (mut ada, mut bob) = (host.open(&staff).await, host.open(&guest).await);
    subscribe(&mut ada, None).await;
    subscribe(&mut bob, None).await;
    let before = host.publish("all").await;
    let room = host.rooms.get("room");
    room.room().publish(&json!("staff")).tags(["staff"]).await.unwrap();
    room.room().publish(&json!("guest")).targets([id_of(&guest)]).await.unwrap();
    room.room().publish(&json!("others")).exclude([id_of(&staff)]).await.unwrap();
    host.publish("end").await;
    assert_eq!(values(&mut ada, 3).await, ["all", "staff", "end"].map(Value::from));
    assert_eq!(values(&mut bob, 4).await, ["all", "guest", "others", "end"].map(Value::from));
    for (token, replayed) in
        [(&staff, vec!["staff", "end"]), (&guest, vec!["guest", "others", "end"])]
    {
        let mut socket = host.open(token).await;
        subscribe(&mut socket, Some(&before.to_string())).await;
        let found = values(&mut socket, replayed.len()).await;
        assert_eq!(found, replayed.into_iter().map(Value::from).collect::<Vec<_>>());
        assert_nothing_waits(&mut socket).await;
    }
}

#[tokio::test]
async fn methods_are_those_of_the_token() {
    let host = host();
    let (says, reads) = (
        host.token(|it| it.method::<methods::say>().attachment("Ada").unwrap()),
        host.token(|it| it.try_methods(["uri"]).unwrap()),
    );
    let (mut ada, mut bob) = (host.open(&says).await, host.open(&reads).await);
    subscribe(&mut ada, None).await;
    subscribe(&mut bob, None).await;
    call_method(&mut ada, "2", &["say"], json!("hi")).await;
    assert_eq!(event(&bob.message().await).0, json!({ "from": "Ada", "text": "hi" }));
    // It is excluded.
    assert_eq!(response(&ada.message().await), (200, Value::Null));
    call_method(&mut ada, "3", &["uri"], Value::Null).await;
    assert_eq!(response(&ada.message().await).0, 403);
    call_method(&mut bob, "2", &["uri"], Value::Null).await;
    // Without its credentials.
    assert_eq!(response(&bob.message().await), (200, json!("/durable")));
    bob.call("3", "/call/uri", &Value::Null).await;
    assert_eq!(response(&bob.message().await).0, 404);
}

#[tokio::test]
async fn gaps_are_told_by_their_reasons() {
    let host = host();
    let first = host.publish(0).await;
    let mut socket = host.open(&host.token(|it| it)).await;
    // Beyond the last event.
    let ahead = format!("{}.9", first.epoch());
    subscribe(&mut socket, Some(&ahead)).await;
    let (error, resume) = error_event(&socket.message().await);
    assert_eq!((&error["code"], &error["data"]["reason"]), (&json!("EVENT_GAP"), &json!("ahead")));
    assert_eq!(resume, json!(first.to_string()));
    // An event that the channel does not have.
    let other = format!("{}.1", "0".repeat(32));
    subscribe_as(&mut socket, "2", Some(&other)).await;
    socket.message().await;
    let (error, resume) = error_event(&socket.message().await);
    assert_eq!(error["data"]["reason"], "epoch");
    let resume = resume.as_str().unwrap().to_owned();
    assert!(resume.ends_with(".0"), "{resume}");
    // The position behind the gap is a position.
    subscribe_as(&mut socket, "3", Some(&resume)).await;
    socket.message().await;
    assert_eq!(event(&socket.message().await).0, json!(0));
    // Events beyond the limit of the channel are removed.
    for n in 1..=41 {
        host.publish(n).await;
    }
    values(&mut socket, 41).await;
    subscribe_as(&mut socket, "4", Some(&first.to_string())).await;
    socket.message().await;
    let (error, resume) = error_event(&socket.message().await);
    assert_eq!(
        (&error["data"]["reason"], resume.as_str().unwrap().rsplit('.').next()),
        (&json!("trimmed"), Some("2"))
    );
    subscribe_as(&mut socket, "5", resume.as_str()).await;
    socket.message().await;
    assert_eq!(values(&mut socket, 40).await[0], json!(2));
    // Malformed ids are refused before the iterator begins.
    for id in ["$", "", "1", &format!("{first} "), &"9".repeat(5000)] {
        subscribe_as(&mut socket, "6", Some(id)).await;
        assert_eq!(response(&socket.message().await).0, 400, "{id}");
    }
}

#[tokio::test]
async fn events_beyond_the_retention_are_removed_by_the_alarm() {
    let host: Host<Fleeting> = host_of(StatefulRooms::memory());
    let first = host.publish(1).await;
    let second = host.publish(2).await;
    let room = host.rooms.get("room");
    let storage = room.handle().storage().clone();
    for _ in 0..2000 {
        if storage.list::<Value>("orpc/e/").await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(storage.list::<Value>("orpc/e/").await.unwrap().is_empty());
    assert_eq!(storage.alarm().await.unwrap(), None);
    let mut socket = host.open(&host.token(|it| it)).await;
    // The last event that was removed is still known.
    subscribe(&mut socket, Some(&second.to_string())).await;
    subscribe_as(&mut socket, "2", Some(&first.to_string())).await;
    socket.message().await;
    assert_eq!(error_event(&socket.message().await).0["data"]["reason"], "trimmed");
    // Numbers go on.
    assert_eq!(host.publish(3).await.sequence(), 3);
}

#[tokio::test]
async fn events_and_bindings_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rooms.redb");
    let host = host_in(&file).await;
    let first = host.publish(1).await;
    let second = host.publish(2).await;
    let (own, revoked) = (host.official("ada"), host.token(|it| it));
    let socket = host.open_at(&path("chosen", &own)).await;
    host.rooms.get("room").room().revoke(&id_of(&revoked), Duration::from_secs(60)).await.unwrap();
    drop((socket, host));

    let host = host_in(&file).await;
    let third = host.publish(3).await;
    assert_eq!((third.sequence(), third.epoch() != first.epoch()), (3, true));
    assert_eq!(host.refused(&own_path(&revoked)).await, 401);
    assert_eq!(host.refused(&path("another", &own)).await, 401);
    assert_eq!(host.refused(&path("chosen", &host.official("mallory"))).await, 401);
    let mut socket = host.open_at(&path("chosen", &host.official("ada"))).await;
    subscribe(&mut socket, Some(&first.to_string())).await;
    assert_eq!(values(&mut socket, 2).await, [2, 3].map(Value::from));
    subscribe_as(&mut socket, "2", Some(&second.to_string())).await;
    socket.message().await;
    assert_eq!(values(&mut socket, 1).await, [json!(3)]);
}

#[tokio::test]
async fn clients_without_valid_tokens_get_no_socket() {
    let host = host();
    let token = host.token(|it| it);
    let of = |claims: Value| path(claims["cid"].as_str().unwrap_or("x"), &sign(&claims));
    let claims = json!({ "chn": "room", "iat": now(), "exp": now() + 9, "cid": "c.x" });
    assert_eq!(host.refused("/durable").await, 401);
    assert_eq!(host.refused("/durable?id=x").await, 401);
    assert_eq!(host.refused(&path("", &host.official("x"))).await, 401);
    assert_eq!(host.refused(&path("x", &token)).await, 401);
    assert_eq!(host.refused(&own_path(&token.replace("room", "hall"))).await, 401);
    assert_eq!(host.refused(&of(json!({ "chn": "room", "iat": 1, "exp": 2 }))).await, 401);
    assert_eq!(host.refused(&of(json!({ "chn": "", "iat": 1, "exp": now() + 9 }))).await, 404);
    // Ids with this beginning are given by the server.
    let chosen = sign(&json!({ "chn": "room", "iat": now(), "exp": now() + 9 }));
    assert_eq!(host.refused(&path("c.x", &chosen)).await, 401);
    assert_eq!(host.refused(&path(&"x".repeat(257), &chosen)).await, 401);
    let mut long = claims.clone();
    long["att"] = "x".repeat(2048).into();
    assert_eq!(host.refused(&of(long)).await, 413);
    assert_eq!(host.refused(&of(claims)).await, 101);
}

#[tokio::test]
async fn a_token_is_renewed_for_the_same_channel_and_tags() {
    let host = host();
    let token = host.token(|it| it.tags(["a"]));
    let mut socket = host.open(&token).await;
    let mut new = claims(&token);
    new["rpc"] = json!(["uri"]);
    let update = async |socket: &mut Raw<DuplexStream>, claims: &Value| {
        socket.call("1", "/updateToken", &json!({ "token": sign(claims) })).await;
        response(&socket.message().await).0
    };
    for (member, value) in [
        ("chn", json!("hall")),
        ("tags", json!(["a", "b"])),
        ("cid", json!("c.other")),
        ("exp", json!(1)),
    ] {
        let mut wrong = new.clone();
        wrong[member] = value;
        assert_eq!(update(&mut socket, &wrong).await, 401, "{member}");
    }
    call_method(&mut socket, "2", &["uri"], Value::Null).await;
    assert_eq!(response(&socket.message().await).0, 403);
    assert_eq!(update(&mut socket, &new).await, 200);
    call_method(&mut socket, "3", &["uri"], Value::Null).await;
    assert_eq!(response(&socket.message().await).0, 200);
}

#[tokio::test]
async fn sockets_close_when_their_tokens_expire_or_are_revoked() {
    let host = host();
    let expiring = sign(&json!({ "chn": "room", "iat": now(), "exp": now() + 1, "cid": "c.a" }));
    let revoked = host.token(|it| it);
    let (mut ada, mut bob) = (host.open(&expiring).await, host.open(&revoked).await);
    subscribe(&mut bob, None).await;
    let room = host.rooms.get("room");
    assert_eq!(room.room().revoke(&id_of(&revoked), Duration::from_secs(60)).await.unwrap(), 1);
    let frame = bob.next().await.unwrap();
    assert_eq!((frame.opcode, frame.close()), (CLOSE, (1008, "Token revoked")));
    assert_eq!(host.refused(&own_path(&revoked)).await, 401);
    // A host revokes by a command.
    let other = host.token(|it| it);
    let mut eve = host.open(&other).await;
    let command = ChannelCommand::revoke(id_of(&other), Duration::from_secs(60));
    let response = room.request(http::Request::new(command.to_body().unwrap())).await.unwrap();
    assert_eq!(ChannelCommand::revoked(response.body()).unwrap(), 1);
    assert_eq!(eve.next().await.unwrap().close(), (1008, "Token revoked"));
    assert!(ChannelCommand::revoked(b"{}").is_err());
    // By the alarm of the room.
    let frame = ada.next().await.unwrap();
    assert_eq!((frame.opcode, frame.close()), (CLOSE, (1008, "Token expired")));
}

#[tokio::test]
async fn sockets_of_a_client_and_of_a_channel_are_limited() {
    let host = host();
    let (ada, bob, eve) = (host.token(|it| it), host.token(|it| it), host.token(|it| it));
    let mut sockets = vec![host.open(&ada).await, host.open(&ada).await];
    subscribe(&mut sockets[0], None).await;
    sockets.push(host.open(&ada).await);
    let frame = sockets[0].next().await.unwrap();
    assert_eq!(frame.close(), (1008, "Too many sockets of this client"));
    sockets.remove(0);
    let room = host.rooms.get("room");
    websocket::until(|| room.handle().sockets().len() == 2).await;
    sockets.push(host.open(&bob).await);
    assert_eq!(host.refused(&own_path(&eve)).await, 503);
    assert_eq!(room.room().clients().len(), 3);
}

#[tokio::test]
async fn an_event_of_one_idempotency_key_is_stored_once() {
    let host = host();
    let room = host.rooms.get("room");
    let publish = |n: u32| room.room().publish(&json!(n)).idempotency_key("key").into_future();
    let (first, second) = tokio::join!(publish(1), publish(2));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first, second);
    assert_eq!(host.publish(3).await.sequence(), first.sequence() + 1);
    // By a command as well.
    let text = json!({ "publish": { "channel": "room", "event": { "json": 4 }, "key": "key" } });
    let request = http::Request::new(text.to_string().into());
    let response = room.request(request).await.unwrap();
    assert_eq!(ChannelCommand::published(response.body()).unwrap(), first);
    let text = json!({ "publish": { "channel": "hall", "event": { "json": 4 } } });
    let response = room.request(http::Request::new(text.to_string().into())).await.unwrap();
    let error = ChannelCommand::published(response.body()).unwrap_err();
    assert!(matches!(error, PublishError::InvalidChannel));
}

#[tokio::test]
async fn publishing_goes_on_when_nobody_waits_for_it() {
    let host = host();
    let mut socket = host.open(&host.token(|it| it)).await;
    subscribe(&mut socket, None).await;
    let room = host.rooms.get("room");
    drop(room.room().publish(&json!("dropped")).into_future());
    host.publish("next").await;
    assert_eq!(values(&mut socket, 2).await, ["dropped", "next"].map(Value::from));
}

#[test]
fn a_token_for_a_channel_is_short() {
    let tokens = DurableTokens::<Lobby>::new(SigningKeys::new([KEY]).unwrap());
    let token = |length| tokens.iterator("room").attachment(&"x".repeat(length)).unwrap().token();
    let uri = |token: &str| own_path(token).parse().unwrap();
    assert_eq!(tokens.channel(&uri(&token(1000).unwrap())), Ok("room".to_owned()));
    assert!(tokens.channel(&"/".parse().unwrap()).is_err());
    assert_eq!(format!("{tokens:?}"), "DurableTokens { .. }");
    assert_eq!(token(1536).unwrap_err().code(), "INTERNAL_SERVER_ERROR");
}
