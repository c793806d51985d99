//! Durable iterators: admission, calls, the end.

mod channels;
mod clients;
mod fanout;
mod hosted;
mod ids;
mod methods_by_type;
#[cfg(any(feature = "nats", feature = "redis"))]
mod nodes;
mod readers;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use orpc_runtime::durable::{Durable, DurableClient, DurableObject, SigningKeys};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::Publisher;
use orpc_runtime::websocket::SocketHooks;
use orpc_runtime::{CloseFrame, Frame, SocketConfig};
use serde_json::{Value, json};

use crate::support::durable::*;
use crate::support::websocket::{self, Raw, RawFrame, TEXT, within};
use crate::support::{self, post, send};

/// The status and text of the answer to a request for a socket.
async fn refusal(rooms: &Durable<Room>, path: &str) -> (u16, String) {
    let stream = websocket::channel(&endpoint(rooms), 64 * 1024);
    let (mut raw, head) = within(Raw::ask(stream, path)).await;
    if head.status == 101 {
        return (101, String::new());
    }
    let body = raw.body(&head).await;
    (head.status, body)
}

fn token(rooms: &Durable<Room>) -> String {
    let iterator = rooms.iterator("room").tags(["a"]);
    let iterator = iterator.method::<methods::say>().method::<methods::tools::router>();
    iterator.attachment("Ada").unwrap().token().unwrap()
}

const INVALID: &str = "Invalid Token";

#[tokio::test]
async fn an_invalid_request_gets_the_status_and_text_of_the_official_endpoint() {
    let rooms = rooms();
    let refused = |text: &str| (401, text.to_owned());
    assert_eq!(refusal(&rooms, "/durable").await, refused("ID is required"));
    assert_eq!(refusal(&rooms, "/durable?token=x").await, refused("ID is required"));
    assert_eq!(refusal(&rooms, "/durable?id=x").await, refused("Token is required"));
    assert_eq!(refusal(&rooms, "/durable?id=x&token=").await, refused("Token is required"));
    assert_eq!(refusal(&rooms, "/durable?id=x&token=y").await, refused(INVALID));

    let service = TowerToHttp(endpoint(&rooms));
    let answer = service.get("/durable?id=x&token=y").await;
    assert_eq!(answer, (426, "Expected WebSocket upgrade".to_owned()));
}

/// A request without an upgrade.
struct TowerToHttp(orpc_runtime::websocket::WebSocketService<App>);

impl TowerToHttp {
    async fn get(self, path: &str) -> (u16, String) {
        use tower::ServiceExt as _;
        let request = http::Request::get(path).body(()).unwrap();
        let Ok(response) = self.0.oneshot(request).await;
        let answer = support::read(response).await;
        (answer.status, answer.body)
    }
}

#[tokio::test]
async fn a_token_that_is_tampered_with_expired_or_signed_by_another_key_is_refused() {
    let rooms = rooms();
    let good = token(&rooms);
    assert_eq!(refusal(&rooms, &own_path(&good)).await.0, 101);
    let widened = good.replace(r#"["a"]"#, r#"["a","b"]"#);
    let elsewhere = good.replace(r#""room""#, r#""vault""#);
    assert!(widened != good && elsewhere != good);
    let mut expired = claims(&good);
    expired["exp"] = json!(now() - 1);
    let mut shapeless = claims(&good);
    shapeless["chn"] = json!(1);
    let forged = sign_with("another key", &claims(&good));
    for bad in [widened, elsewhere, forged, sign(&expired), sign(&shapeless)] {
        let id = claims(&bad)["cid"].as_str().unwrap().to_owned();
        assert_eq!(refusal(&rooms, &path(&id, &bad)).await, (401, INVALID.to_owned()), "{bad}");
    }
}

#[tokio::test]
async fn a_swapped_id_is_refused() {
    let rooms = rooms();
    let (ada, bob) = (token(&rooms), token(&rooms));
    let id = |token: &str| claims(token)["cid"].as_str().unwrap().to_owned();
    assert_ne!(id(&ada), id(&bob));
    // Ada's id with Bob's token.
    assert_eq!(refusal(&rooms, &path(&id(&ada), &bob)).await, (401, INVALID.to_owned()));
    assert_eq!(refusal(&rooms, &path("c.made-up", &bob)).await, (401, INVALID.to_owned()));
    assert_eq!(refusal(&rooms, &path(&id(&bob), &bob)).await.0, 101);
}

#[tokio::test]
async fn an_id_of_the_official_client_is_bound_to_the_first_token_used_with_it() {
    let rooms = rooms();
    let signed = |name: &str, exp: u64| {
        sign(&json!({ "chn": "room", "att": name, "iat": 1, "exp": now() + exp }))
    };
    let (ada, newer, bob) = (signed("Ada", 60), signed("Ada", 90), signed("Bob", 60));
    assert_eq!(refusal(&rooms, &path("uuid-1", &ada)).await.0, 101);
    // It reconnects, also with a newer token of the same kind.
    assert_eq!(refusal(&rooms, &path("uuid-1", &ada)).await.0, 101);
    assert_eq!(refusal(&rooms, &path("uuid-1", &newer)).await.0, 101);
    // Nobody else can use the id, and the token is valid for no other id.
    assert_eq!(refusal(&rooms, &path("uuid-1", &bob)).await, (401, INVALID.to_owned()));
    assert_eq!(refusal(&rooms, &path("uuid-2", &ada)).await, (401, INVALID.to_owned()));
    assert_eq!(refusal(&rooms, &path("uuid-2", &bob)).await.0, 101);
}

#[tokio::test]
async fn the_last_parameters_apply_and_the_token_is_not_kept_with_the_socket() {
    let rooms = rooms();
    let good = token(&rooms);
    let path = own_path(&good).replace('?', "?id=first&token=first&more=x&");
    let stream = websocket::channel(&endpoint(&rooms), 64 * 1024);
    let mut socket = Raw::open(stream, &path).await;
    let mut with_describe = claims(&good);
    with_describe["rpc"] = json!(["describe"]);
    socket.call("1", "/updateToken", &json!({ "token": sign(&with_describe) })).await;
    assert_eq!(response(&socket.message().await), (200, Value::Null));
    call_method(&mut socket, "2", &["describe"], Value::Null).await;
    let (_, described) = response(&socket.message().await);
    assert_eq!(described["uri"], "/durable?more=x");
}

#[tokio::test]
async fn the_response_is_marked_over_http_in_a_batch_and_over_websocket() {
    let rooms = rooms();
    let rpc = Rpc::new(api::router());
    let service = rpc.http(App { rooms: rooms.clone() });
    let answer = send(service.clone(), post("/open", r#"{"json":{"room":"room"}}"#)).await;
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert_eq!(answer.headers["x-orpc-durable-iterator"], "1");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let token = body["json"].as_str().unwrap();
    assert_eq!(body, json!({ "json": token }));
    let told = claims(token);
    assert_eq!((&told["chn"], &told["rpc"]), (&json!("room"), &json!(["say", "tools"])));
    let life = told["exp"].as_u64().unwrap() - told["iat"].as_u64().unwrap();
    assert_eq!(life, 24 * 60 * 60);
    assert_eq!(refusal(&rooms, &own_path(token)).await.0, 101);

    let other = send(service.clone(), post("/ping", "{}")).await;
    assert!(!other.headers.contains_key("x-orpc-durable-iterator"));

    let items = json!([
        { "url": "http://test/open", "body": { "json": { "room": "room" } } },
        { "url": "http://test/ping", "body": {} },
    ]);
    let mut request = post("/__batch__", items.to_string());
    request.headers_mut().insert("x-orpc-batch", "buffered".parse().unwrap());
    let answer = send(service, request).await;
    let items: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(items[0]["headers"]["x-orpc-durable-iterator"], "1", "{items}");
    assert!(items[1].get("headers").is_none_or(|all| all.get("x-orpc-durable-iterator").is_none()));

    let service = rpc.websocket(App { rooms });
    let mut socket = Raw::open(websocket::channel(&service, 64 * 1024), "/ws").await;
    socket.call("1", "/open", &json!({ "room": "room" })).await;
    let frame = socket.message().await;
    let token = frame.json()["p"]["b"]["json"].as_str().unwrap().to_owned();
    let body = serde_json::to_string(&token).unwrap();
    assert_eq!(
        frame.text(),
        format!(
            r#"{{"i":"1","p":{{"h":{{"x-orpc-durable-iterator":"1"}},"b":{{"json":{body}}}}}}}"#
        )
    );
}

#[test]
fn an_unknown_method_name_is_refused_at_once() {
    let iterator = || rooms().iterator("room");
    for name in ["missing", "tools.echo", "Say", ""] {
        let error = iterator().try_methods(["say", name]).unwrap_err();
        assert_eq!(error.name(), name);
        assert_eq!(error.to_string(), format!("the durable object has no method `{name}`"));
    }
    let methods = |token: &str| claims(token)["rpc"].clone();
    let by_type = iterator().method::<methods::tools::router>().method::<methods::say>();
    let by_name = iterator().try_methods(["tools", "say", "tools"]).unwrap();
    for iterator in [by_type, by_name] {
        assert_eq!(methods(&iterator.token().unwrap()), json!(["tools", "say"]));
    }
    let all = iterator().all_methods().method::<methods::say>().token().unwrap();
    assert_eq!(methods(&all), json!(["say", "describe", "tools"]));
}

/// The token of a call that shows the last token.
async fn token_after(rooms: &Durable<Room>, room: &str, last: &str) -> String {
    let service = Rpc::new(api::router()).http(App { rooms: rooms.clone() });
    let mut request = post("/open", json!({ "json": { "room": room } }).to_string());
    let last: String = form_urlencoded::byte_serialize(last.as_bytes()).collect();
    let header = last.replace('+', "%20").parse().unwrap();
    request.headers_mut().insert("x-orpc-durable-iterator-token", header);
    send(service, request).await.json().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_keeps_its_id_only_with_its_last_token() {
    let rooms = rooms();
    let first = token(&rooms);
    let id = |token: &str| claims(token)["cid"].clone();
    assert_eq!(id(&token_after(&rooms, "room", &first).await), id(&first));
    assert_ne!(id(&token_after(&rooms, "other", &first).await), id(&first));
    let forged = sign_with("another key", &claims(&first));
    assert_ne!(id(&token_after(&rooms, "room", &forged).await), id(&first));
    assert_ne!(id(&token_after(&rooms, "room", "garbage").await), id(&first));
    // A token that has just expired is accepted, an old one is not.
    let mut expired = claims(&first);
    expired["exp"] = json!(now() - 10);
    assert_eq!(id(&token_after(&rooms, "room", &sign(&expired)).await), id(&first));
    expired["exp"] = json!(now() - 2 * 24 * 60 * 60);
    assert_ne!(id(&token_after(&rooms, "room", &sign(&expired)).await), id(&first));
}

#[tokio::test]
async fn methods_are_called_by_their_paths_with_values_of_every_kind() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms)).await;
    call_method(&mut socket, "1", &["tools", "echo"], json!({ "x": [1, null] })).await;
    assert_eq!(response(&socket.message().await), (200, json!({ "x": [1, null] })));
    let typed = r#"{"i":"2","p":{"u":"/call","b":{"json":{"path":["tools","echo"],"input":{"big":"7","set":[1]}},"meta":[[0,"input","big"],[6,"input","set"]]}}}"#;
    socket.send(TEXT, typed.as_bytes()).await;
    assert_eq!(
        socket.message().await.text(),
        r#"{"i":"2","p":{"b":{"json":{"big":"7","set":[1]},"meta":[[0,"big"],[6,"set"]]}}}"#
    );
    // Undefined stands for no input.
    let none = r#"{"i":"3","p":{"u":"/call","b":{"json":{"path":["tools","echo"]}}}}"#;
    socket.send(TEXT, none.as_bytes()).await;
    assert_eq!(socket.message().await.text(), r#"{"i":"3","p":{"b":{}}}"#);
    // A whole URL, as some clients send.
    let full = r#"{"i":"4","p":{"u":"http://orpc/call","b":{"json":{"path":["tools","echo"],"input":1}}}}"#;
    socket.send(TEXT, full.as_bytes()).await;
    assert_eq!(response(&socket.message().await), (200, json!(1)));
}

#[tokio::test]
async fn methods_take_files() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms)).await;
    let head = json!({ "i": "1", "p": { "u": "/call", "h": { "content-type": "multipart/form-data; boundary=b" } } });
    let data = json!({ "json": { "path": ["tools", "weigh"], "input": {} }, "meta": [], "maps": [["input"]] });
    let form = format!(
        "--b\r\ncontent-disposition: form-data; name=\"data\"\r\n\r\n{data}\r\n\
         --b\r\ncontent-disposition: form-data; name=\"0\"; filename=\"a.txt\"\r\n\
         content-type: text/plain\r\n\r\nhello\r\n--b--\r\n"
    );
    let message = [head.to_string().as_bytes(), &[0xff], form.as_bytes()].concat();
    socket.send(websocket::BINARY, &message).await;
    assert_eq!(response(&socket.message().await), (200, json!("a.txt 5")));
}

#[tokio::test]
async fn methods_answer_with_streams_and_see_the_last_event_id() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms)).await;
    let request = json!({ "i": "1", "p": {
        "u": "/call",
        "b": { "json": { "path": ["tools", "count"] } },
        "h": { "last-event-id": "4" },
    } });
    socket.send(TEXT, request.to_string().as_bytes()).await;
    let head = socket.message().await.json();
    assert_eq!(head["p"]["h"]["content-type"], "text/event-stream");
    for n in 5..8 {
        assert_eq!(event(&socket.message().await), (json!(n), n.to_string()));
    }
    assert_eq!(socket.message().await.json()["p"]["e"], "done");
}

#[tokio::test]
async fn a_method_is_aborted_by_its_client() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms)).await;
    call_method(&mut socket, "1", &["tools", "hang"], Value::Null).await;
    socket.send(TEXT, br#"{"i":"1","t":4}"#).await;
    // The id, which was in use while the call ran, is free again.
    call_method(&mut socket, "1", &["tools", "echo"], json!("next")).await;
    assert_eq!(response(&socket.message().await), (200, json!("next")));
}

#[tokio::test]
async fn a_method_that_the_token_does_not_list_is_refused() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms)).await;
    call_method(&mut socket, "1", &["describe"], Value::Null).await;
    assert_eq!(
        socket.message().await.text(),
        r#"{"i":"1","p":{"s":403,"b":{"json":{"defined":false,"code":"FORBIDDEN","status":403,"message":"Method \"describe\" is not allowed."}}}}"#
    );
    // A method that does not exist gets the same response.
    call_method(&mut socket, "2", &["nothing"], Value::Null).await;
    assert_eq!(response(&socket.message().await).0, 403);
    // Methods in a token that do not exist.
    call_method(&mut socket, "3", &["tools", "nothing"], Value::Null).await;
    assert_eq!(response(&socket.message().await).0, 404);
    call_method(&mut socket, "4", &["tools"], Value::Null).await;
    assert_eq!(response(&socket.message().await).0, 404);
}

#[tokio::test]
async fn no_spelling_of_a_path_bypasses_the_token() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms)).await;
    for (id, path) in
        ["/describe", "/call/describe", "/call/say", "/tools/echo", "/call/", "//call", "/"]
            .iter()
            .enumerate()
    {
        socket.call(id, path, &json!({ "path": ["tools", "echo"], "input": 1 })).await;
        assert_eq!(response(&socket.message().await).0, 404, "{path}");
    }
    // Neither by a batch nor by GET.
    let batch = r#"{"i":"b","p":{"u":"/call/__batch__","h":{"x-orpc-batch":"buffered"},"b":[{"url":"http://orpc/call/describe","body":{}}]}}"#;
    socket.send(TEXT, batch.as_bytes()).await;
    assert_eq!(response(&socket.message().await).0, 404);
    for path in ["/updateToken", "/call"] {
        let batch = json!({ "i": "h", "p": {
            "u": path,
            "h": { "x-orpc-batch": "buffered" },
            "b": [{ "url": "http://orpc/call/describe", "body": {} }],
        } });
        socket.send(TEXT, batch.to_string().as_bytes()).await;
        assert_eq!(response(&socket.message().await).0, 400, "{path}");
    }
    let get = r#"{"i":"g","p":{"u":"/call?data=%7B%22json%22%3A%7B%22path%22%3A%5B%22describe%22%5D%7D%7D","m":"GET"}}"#;
    socket.send(TEXT, get.as_bytes()).await;
    assert_eq!(response(&socket.message().await).0, 404);
    // A name that resembles a path.
    call_method(&mut socket, "n", &["tools/../describe"], Value::Null).await;
    assert_eq!(response(&socket.message().await).0, 403);
}

#[tokio::test]
async fn a_malformed_call_is_an_invalid_input() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms)).await;
    let inputs = [
        (json!({}), json!(["path"])),
        (json!({ "path": [] }), json!(["path"])),
        (json!({ "path": "say" }), json!(["path"])),
        (json!({ "path": ["say", 1] }), json!(["path", 1])),
        (json!([]), json!([])),
    ];
    for (id, (input, place)) in inputs.iter().enumerate() {
        socket.call(id, "/call", input).await;
        let (status, error) = response(&socket.message().await);
        assert_eq!((status, &error["message"]), (400, &json!("Input validation failed")));
        assert_eq!(error["data"]["issues"][0]["path"], *place, "{input}");
    }
    socket.call("t", "/updateToken", &json!({ "token": 1 })).await;
    let (status, error) = response(&socket.message().await);
    assert_eq!((status, &error["data"]["issues"][0]["path"]), (400, &json!(["token"])));
    // The method's own input.
    call_method(&mut socket, "m", &["say"], json!({})).await;
    assert_eq!(response(&socket.message().await).0, 400);
}

#[tokio::test]
async fn a_new_token_changes_what_may_be_called_and_the_attachment() {
    let rooms = rooms();
    let first = token(&rooms);
    let mut socket = open(&endpoint(&rooms), &first).await;
    let mut new = claims(&first);
    new["rpc"] = json!(["describe"]);
    new["att"] = json!("Grace");
    socket.call("1", "/updateToken", &json!({ "token": sign(&new) })).await;
    assert_eq!(socket.message().await.text(), r#"{"i":"1","p":{"b":{}}}"#);
    call_method(&mut socket, "2", &["describe"], Value::Null).await;
    let (_, described) = response(&socket.message().await);
    assert_eq!((&described["attachment"], &described["tags"]), (&json!("Grace"), &json!(["a"])));
    call_method(&mut socket, "3", &["say"], json!("x")).await;
    assert_eq!(response(&socket.message().await).0, 403);
}

#[tokio::test]
async fn a_new_token_cannot_change_the_channel_the_tags_or_the_client() {
    let rooms = rooms();
    let first = token(&rooms);
    let mut socket = open(&endpoint(&rooms), &first).await;
    let change = |member: &str, value: Value| {
        let mut new = claims(&first);
        new[member] = value;
        sign(&new)
    };
    let tags = "Updated token must have the exact same tags with the original token";
    let cases = [
        ("garbage".to_owned(), INVALID),
        (sign_with("another key", &claims(&first)), INVALID),
        (change("exp", json!(1)), INVALID),
        (
            change("chn", json!("vault")),
            "Updated token must have the same channel with the original token",
        ),
        (change("tags", json!(["a", "b"])), tags),
        (change("tags", json!([])), tags),
        // Bob's token on Ada's socket.
        (token(&rooms), INVALID),
    ];
    for (id, (new, text)) in cases.iter().enumerate() {
        socket.call(id, "/updateToken", &json!({ "token": new })).await;
        let (status, error) = response(&socket.message().await);
        assert_eq!(
            (status, &error["code"], &error["message"]),
            (401, &json!("UNAUTHORIZED"), &json!(text))
        );
    }
    // The socket continues with its present token.
    call_method(&mut socket, "e", &["tools", "echo"], json!(1)).await;
    assert_eq!(response(&socket.message().await).0, 200);
}

/// Returns a token that expires at the beginning of a second to come.
fn lasting(rooms: &Durable<Room>, seconds: u64) -> String {
    let mut claims = claims(&token(rooms));
    claims["exp"] = json!(now() + seconds);
    sign(&claims)
}

/// Returns the time at which a token expires, in seconds.
fn end_of(token: &str) -> u64 {
    claims(token)["exp"].as_u64().unwrap()
}

async fn closes(socket: &mut Raw<tokio::io::DuplexStream>) -> RawFrame {
    loop {
        let frame = socket.message().await;
        if frame.opcode == websocket::CLOSE {
            return frame;
        }
    }
}

#[tokio::test]
async fn an_idle_socket_is_closed_when_its_token_expires() {
    let rooms = rooms();
    let token = lasting(&rooms, 2);
    let mut socket = open(&endpoint(&rooms), &token).await;
    assert_eq!(closes(&mut socket).await.close(), (1008, "Token expired"));
    assert!(now() >= end_of(&token), "closed before the end of its token");
    drop(socket);
    websocket::until(|| rooms.live_sockets() == 0).await;
}

/// Opens a socket with a token that ends soon, receives an event and refreshes the token. A
/// machine that is too slow for the token has another attempt, with one that lasts longer.
async fn refreshed(rooms: &Durable<Room>) -> (Raw<tokio::io::DuplexStream>, String, String) {
    for seconds in [2, 10, 60] {
        let first = lasting(rooms, seconds);
        let mut socket = open(&endpoint(rooms), &first).await;
        subscribe(&mut socket, None).await;
        rooms.publish("room", &json!(1)).await.unwrap();
        let published = socket.message().await;
        let mut longer = claims(&first);
        longer["exp"] = json!(now() + 600);
        socket.call("t", "/updateToken", &json!({ "token": sign(&longer) })).await;
        let answer = socket.message().await;
        if answer.opcode == websocket::CLOSE {
            assert!(now() >= end_of(&first), "{:?}", answer.close());
            continue;
        }
        assert_eq!(response(&answer).0, 200);
        return (socket, first, event(&published).1);
    }
    panic!("no token was refreshed before its end");
}

#[tokio::test]
async fn a_refreshed_token_keeps_the_socket_open_and_the_position() {
    let rooms = rooms();
    let (mut socket, first, id) = refreshed(&rooms).await;
    while now() <= end_of(&first) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    rooms.publish("room", &json!(2)).await.unwrap();
    let (value, next) = event(&socket.message().await);
    assert_eq!(value, json!(2));
    let number = |id: &str| id.rsplit_once('.').unwrap().1.parse::<u64>().unwrap();
    assert_eq!(number(&next), number(&id) + 1);
}

#[tokio::test]
async fn a_revoked_client_is_closed_at_once_and_stays_out() {
    let rooms = rooms();
    let (ada, bob) = (token(&rooms), token(&rooms));
    let service = endpoint(&rooms);
    let mut socket = open(&service, &ada).await;
    let mut other = open(&service, &bob).await;
    websocket::until(|| rooms.clients("room").len() == 2).await;
    let id = claims(&ada)["cid"].as_str().unwrap().to_owned();
    assert_eq!(rooms.revoke("room", &id, Duration::from_secs(60)).await.unwrap(), 1);
    assert_eq!(closes(&mut socket).await.close(), (1008, "Token revoked"));
    assert_eq!(refusal(&rooms, &own_path(&ada)).await, (401, INVALID.to_owned()));
    // Nor by another id.
    let by_another = own_path(&ada).replace(&id, "another");
    assert_ne!(by_another, own_path(&ada));
    assert_eq!(refusal(&rooms, &by_another).await, (401, INVALID.to_owned()));
    call_method(&mut other, "1", &["tools", "echo"], json!(1)).await;
    assert_eq!(response(&other.message().await).0, 200);
}

/// Revokes a client while its socket opens.
struct Bouncer(Durable<Room>);

impl SocketHooks for Bouncer {
    async fn upgrade(&self, request: &http::request::Parts) -> Result<SocketConfig, Error> {
        let client = DurableClient::of_request(request).ok_or(Code::Forbidden)?;
        let revoking = self.0.revoke(client.channel(), client.id(), Duration::from_secs(60));
        let closed = revoking.await?;
        assert_eq!(closed, 0, "it has no socket yet");
        Ok(SocketConfig::new())
    }
}

#[tokio::test]
async fn a_client_that_is_revoked_while_its_socket_opens_does_not_stay() {
    let rooms = rooms();
    let service = endpoint(&rooms).hooks(Bouncer(rooms.clone()));
    let mut socket = open(&service, &token(&rooms)).await;
    assert_eq!(closes(&mut socket).await.close(), (1008, "Token revoked"));
}

#[tokio::test]
async fn key_rotation_keeps_sockets_open() {
    let old = rooms();
    let by_old = token(&old);
    let keys = SigningKeys::new(["the new key", KEY]).unwrap();
    let rooms: Durable<Room> = Durable::new(keys, Publisher::memory());
    assert_eq!(refusal(&rooms, &own_path(&by_old)).await.0, 101);
    let by_new = token(&rooms);
    assert_eq!(refusal(&rooms, &own_path(&by_new)).await.0, 101);
    assert_eq!(refusal(&old, &own_path(&by_new)).await, (401, INVALID.to_owned()));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl SocketHooks for Log {
    async fn upgrade(&self, request: &http::request::Parts) -> Result<SocketConfig, Error> {
        let client = DurableClient::of_request(request).ok_or(Code::Forbidden)?;
        if client.channel() == "closed" {
            return Err(Error::new(Code::Forbidden));
        }
        self.note(format!("upgrade {}", client.channel()));
        Ok(SocketConfig::new().attach("my own")?)
    }

    fn open(&self, socket: &Socket) {
        let client = DurableClient::of_socket(socket).unwrap();
        self.note(format!("open {} {:?}", client.channel(), client.tags()));
    }

    fn message(&self, socket: &Socket, frame: &Frame) -> ControlFlow<()> {
        let own: Option<String> = socket.attachment().unwrap();
        if *frame == "ping" {
            self.note(format!("ping, with {}", own.unwrap()));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn close(&self, socket: &Socket, close: &CloseFrame) {
        let client = DurableClient::of_socket(socket).unwrap();
        self.note(format!("close {} {}", client.channel(), close.code));
    }
}

#[tokio::test]
async fn hooks_see_the_client_and_their_attachment_is_kept_apart_from_the_tokens() {
    let (rooms, log) = (rooms(), Log::default());
    let service = endpoint(&rooms).hooks(log.clone()).keep_extensions(false);
    let mut socket = open(&service, &token(&rooms)).await;
    socket.send(TEXT, b"ping").await;
    let mut describe = claims(&token(&rooms));
    describe["cid"] = json!(rooms.clients("room")[0].id());
    describe["rpc"] = json!(["describe"]);
    socket.call("1", "/updateToken", &json!({ "token": sign(&describe) })).await;
    assert_eq!(response(&socket.message().await).0, 200);
    call_method(&mut socket, "2", &["describe"], Value::Null).await;
    assert_eq!(response(&socket.message().await).1["attachment"], "Ada");
    socket.send(websocket::CLOSE, &websocket::close_payload(1000, "")).await;
    closes(&mut socket).await;
    drop(socket);
    websocket::until(|| log.0.lock().unwrap().len() == 4).await;
    let noted = log.0.lock().unwrap().clone();
    assert_eq!(
        noted,
        ["upgrade room", "open room [\"a\"]", "ping, with my own", "close room 1000"]
    );

    let closed = rooms.iterator("closed").token().unwrap();
    let (_, head) =
        within(Raw::ask(websocket::channel(&service, 64 * 1024), &own_path(&closed))).await;
    assert_eq!(head.status, 403);
}

struct Reserved;

#[router]
mod reserved {
    #[orpc_runtime::procedure]
    pub async fn next() {}
}

impl DurableObject for Reserved {
    type Event = ();
    type Context = ();
    type Methods = reserved::router;
}

#[test]
fn a_method_cannot_have_the_name_of_a_member_of_every_iterator() {
    let keys = SigningKeys::new([KEY]).unwrap();
    let error = Durable::<Reserved>::try_new(keys, Publisher::memory()).unwrap_err();
    assert!(error.to_string().contains("`next`"), "{error}");
}

#[tokio::test]
async fn shutdown_ends_iterators_so_that_clients_reconnect_and_closes_the_sockets() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms)).await;
    subscribe(&mut socket, None).await;
    rooms.shutdown();
    let (error, _) = error_event(&socket.message().await);
    assert_eq!(error["code"], "SERVICE_UNAVAILABLE");
    assert_eq!(closes(&mut socket).await.close().0, 1001);
    assert_eq!(rooms.closed().now_or_never(), None, "a socket is open");
    drop(socket);
    within(rooms.closed()).await;
    assert_eq!(refusal(&rooms, &own_path(&token(&rooms))).await.0, 503);
}

#[tokio::test]
async fn the_official_session_is_answered_frame_by_frame() {
    let text = include_str!("../../vectors/durable/traffic.json");
    let vector: Value = serde_json::from_str(text).unwrap();
    let frames = vector["vectors"][0]["frames"].as_array().unwrap();
    let text = |at: usize| frames[at]["text"].as_str().unwrap().to_owned();
    let publisher = Publisher::<orpc_runtime::Value>::memory();
    let keys = || SigningKeys::new([KEY]).unwrap();
    let flat: Durable<session::Flat> = Durable::new(keys(), publisher.clone());
    let nested: Durable<session::Nested> = Durable::new(keys(), publisher.clone());

    // Seven earlier events, of which the client has seen the last.
    let mut last = String::new();
    for _ in 0..7 {
        last = flat.publish("room", &orpc_runtime::Value::Null).await.unwrap().to_string();
    }
    let [replayed, live] = vector["vectors"][0]["events"].as_array().unwrap().as_slice() else {
        panic!("two events");
    };
    flat.publish("room", &value(&replayed["value"])).await.unwrap();
    let ids = |frame: String| {
        frame
            .replace(r#""id":"8""#, &format!(r#""id":"{}""#, last.replace(".7", ".8")))
            .replace(r#""id":"9""#, &format!(r#""id":"{}""#, last.replace(".7", ".9")))
    };
    let token = flat.iterator("room").method::<session::flat::publish>().token().unwrap();
    let stream = websocket::channel(&flat.websocket(()), 64 * 1024);
    let mut socket = Raw::open(stream, &own_path(&token)).await;
    let subscription =
        text(0).replace(r#""last-event-id":"7""#, &format!(r#""last-event-id":"{last}""#));
    socket.send(TEXT, subscription.as_bytes()).await;
    assert_eq!(socket.message().await.text(), text(1));
    assert_eq!(socket.message().await.text(), ids(text(2)));
    flat.publish("room", &value(&live["value"])).await.unwrap();
    assert_eq!(socket.message().await.text(), ids(text(3)));
    socket.send(TEXT, text(4).as_bytes()).await;
    assert_eq!(socket.message().await.text(), text(5));
    socket.send(TEXT, text(8).as_bytes()).await;
    assert_eq!(socket.message().await.text(), text(9));
    let update = text(10).replace("NEW.TOKEN", &token.replace('"', "\\\""));
    socket.send(TEXT, update.as_bytes()).await;
    assert_eq!(socket.message().await.text(), text(11));

    let iterator = nested.iterator("room").method::<session::nesting::publish::router>();
    let token = iterator.token().unwrap();
    let stream = websocket::channel(&nested.websocket(()), 64 * 1024);
    let mut socket = Raw::open(stream, &own_path(&token)).await;
    socket.send(TEXT, text(6).as_bytes()).await;
    assert_eq!(socket.message().await.text(), text(7));
}

/// A value as the vectors write it.
fn value(json: &Value) -> orpc_runtime::Value {
    use orpc_runtime::Value as Any;
    match json {
        Value::Object(members) if members.contains_key("$date") => {
            let text = members["$date"].as_str().unwrap();
            let date: orpc_runtime::value::Date = text.parse().unwrap();
            Any::Date(date)
        }
        Value::Object(members) => {
            Any::Object(members.iter().map(|(name, json)| (name.clone(), value(json))).collect())
        }
        Value::String(text) => Any::String(text.clone()),
        other => panic!("no such value here: {other}"),
    }
}

/// The session of the vector's server.
mod session {
    use super::*;

    pub struct Flat;
    pub struct Nested;

    impl DurableObject for Flat {
        type Event = orpc_runtime::Value;
        type Context = ();
        type Methods = flat::router;
    }

    impl DurableObject for Nested {
        type Event = orpc_runtime::Value;
        type Context = ();
        type Methods = nesting::router;
    }

    #[derive(Serialize, JsonSchema)]
    pub struct Answer {
        ok: orpc_runtime::Value,
    }

    #[router]
    pub mod flat {
        use super::*;

        #[procedure]
        pub async fn publish(input: orpc_runtime::Value) -> Answer {
            Answer { ok: input }
        }
    }

    #[router]
    pub mod nesting {
        use super::*;

        #[router]
        pub mod publish {
            #[router]
            pub use super::super::nested;
        }
    }

    #[router]
    pub mod nested {
        use super::*;

        #[procedure]
        pub async fn name(input: orpc_runtime::Value) -> Answer {
            Answer { ok: input }
        }
    }
}
