//! Iterators that hibernate: the frames of the client, their ends, and that they leave no
//! running task behind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{BigInt, Date, Map};
use orpc_runtime::{
    CloseCode, Delivery, EncodedEvent, ErrorEvent, HibernatingIterator, HibernationId, Peer, Room,
    Rooms, SendError, SocketConfig,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::websocket::{self, Raw, TEXT, call, within};
use crate::support::{post, send};

type Id = HibernationId<Value, Value>;

/// Context of the procedures.
#[derive(Clone, Default)]
pub struct App {
    rooms: Rooms,
    /// The opened iterators, in order.
    opened: Arc<Mutex<Vec<(Socket, Id)>>>,
    /// Closures that have neither run nor been dropped.
    closures: Arc<AtomicUsize>,
    calls: Arc<Mutex<Vec<CancellationToken>>>,
    live: Arc<AtomicUsize>,
}

impl App {
    fn last(&self) -> (Socket, Id) {
        self.opened.lock().unwrap().last().cloned().unwrap()
    }

    /// Returns the number of closures.
    fn closures(&self) -> usize {
        self.closures.load(Ordering::SeqCst)
    }

    fn room(&self) -> Room {
        self.rooms.get_or_create("room")
    }
}

/// Counts while it lives.
struct Live(Arc<AtomicUsize>);

impl Live {
    fn new(counter: &Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(counter))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Attachment of a reading socket.
#[derive(Serialize, Deserialize)]
pub struct Reader {
    messages: Option<Id>,
}

/// Counts its serialisations.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Counted(u8, #[schemars(skip)] Arc<AtomicUsize>);

impl Serialize for Counted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.1.fetch_add(1, Ordering::SeqCst);
        serializer.serialize_u8(self.0)
    }
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn echo(input: Value) -> Value {
        input
    }

    #[procedure]
    pub fn subscribe(app: &App, socket: &Socket, call: &Call) -> HibernatingIterator<Value, Value> {
        app.calls.lock().unwrap().push(call.cancellation_token());
        let (opened, token) = (Arc::clone(&app.opened), Live::new(&app.closures));
        let socket = socket.clone();
        HibernatingIterator::new(move |id| {
            opened.lock().unwrap().push((socket, id));
            drop(token);
            Ok(())
        })
    }

    /// Joins the room and leaves the id with the socket.
    #[procedure]
    pub fn read(app: &App, socket: &Socket) -> HibernatingIterator<Value, Value> {
        let (room, socket) = (app.room(), socket.clone());
        HibernatingIterator::new(move |id| {
            socket.attach(&Reader { messages: Some(id) })?;
            room.join(&socket);
            Ok(())
        })
    }

    /// Sends an event at once.
    #[procedure]
    pub fn greet(socket: &Socket) -> HibernatingIterator<Value, Value> {
        let socket = socket.clone();
        HibernatingIterator::new(move |id| {
            EncodedEvent::message(&json!("welcome"))?.send(&socket, &id)?;
            EncodedEvent::done(&json!("bye"))?.send(&socket, &id)?;
            Ok(())
        })
    }

    /// Ends, and then fails.
    #[procedure]
    pub fn ends_and_fails(socket: &Socket) -> HibernatingIterator<Value, Value> {
        let socket = socket.clone();
        HibernatingIterator::new(move |id| {
            EncodedEvent::done(&json!("bye"))?.send(&socket, &id)?;
            Err(Error::new(Code::Conflict))
        })
    }

    #[procedure]
    pub fn fails(app: &App, input: String) -> HibernatingIterator<Value, Value> {
        let token = Live::new(&app.closures);
        HibernatingIterator::new(move |_| {
            let _token = token;
            match input.as_str() {
                "panic" => panic!("secret"),
                "internal" => Err(std::io::Error::other("secret"))?,
                _ => Err(Error::new(Code::Forbidden).with_data(&json!({ "why": input }))),
            }
        })
    }

    #[procedure]
    pub fn refuses(app: &App) -> Result<HibernatingIterator<Value, Value>, Error> {
        let token = Live::new(&app.closures);
        let _never = HibernatingIterator::<Value, Value>::new(move |_| {
            drop(token);
            Ok(())
        });
        Err(Error::new(Code::Unauthorized))
    }

    /// Waits before it responds.
    #[procedure]
    pub async fn thinks(app: &App, input: u64) -> HibernatingIterator<Value, Value> {
        let token = Live::new(&app.closures);
        tokio::time::sleep(Duration::from_secs(input)).await;
        HibernatingIterator::new(move |_| {
            drop(token);
            Ok(())
        })
    }

    #[procedure]
    pub fn silent(app: &App) -> impl Stream<Item = u8> {
        let live = Live::new(&app.live);
        futures::stream::pending().map(move |n| {
            let _live = &live;
            n
        })
    }
}

fn served() -> (Rpc<App>, App) {
    (Rpc::new(api::router()), App::default())
}

fn peer() -> (Peer<App>, App) {
    let (rpc, app) = served();
    (rpc.peer(app.clone()), app)
}

/// The frames that are available without waiting.
fn ready(peer: &mut Peer<App>) -> Vec<String> {
    let frames = std::iter::from_fn(|| peer.next().now_or_never().flatten());
    frames.map(|frame| String::from_utf8(frame.as_bytes().to_vec()).unwrap()).collect()
}

fn head(id: &str) -> String {
    format!(r#"{{"i":{id},"p":{{"h":{{"content-type":"text/event-stream"}}}}}}"#)
}

fn message(value: &Value) -> EncodedEvent<Value, Value> {
    EncodedEvent::message(value).unwrap()
}

fn done(value: &Value) -> EncodedEvent<Value, Value> {
    EncodedEvent::done(value).unwrap()
}

/// Subscribes with an id as JSON text, and reads the head.
fn subscribe(peer: &mut Peer<App>, app: &App, id: &str) -> (Socket, Id) {
    peer.receive(format!(r#"{{"i":{id},"p":{{"u":"/subscribe","b":{{}}}}}}"#));
    assert_eq!(ready(peer), [head(id)]);
    app.last()
}

/// An id stored with a socket and read back.
fn again<T, R>(id: &Id) -> HibernationId<T, R> {
    serde_json::from_str(&serde_json::to_string(id).unwrap()).unwrap()
}

#[tokio::test]
async fn only_the_head_is_answered_and_nothing_is_left_running() {
    let (rpc, app) = served();
    let mut peer = rpc.peer(app.clone());
    peer.receive(r#"{"i":"1","p":{"u":"/subscribe","b":{}}}"#);
    assert_eq!(ready(&mut peer), [r#"{"i":"1","p":{"h":{"content-type":"text/event-stream"}}}"#]);
    assert_eq!(app.opened.lock().unwrap().len(), 1);
    assert_eq!((rpc.live_streams(), app.closures()), (0, 0));
    assert!(app.calls.lock().unwrap()[0].is_cancelled(), "the call is over");
    assert_eq!(ready(&mut peer), [""; 0]);
    let (socket, id) = app.last();
    assert_eq!(&socket, peer.socket());
    assert_eq!(id.as_json(), r#""1""#);
}

#[tokio::test]
async fn events_sent_while_it_opens_follow_the_head() {
    let (mut peer, _) = peer();
    peer.receive(call(1, "/greet", &Value::Null));
    assert_eq!(
        ready(&mut peer),
        [
            head(r#""1""#).as_str(),
            r#"{"i":"1","t":3,"p":{"e":"message","d":{"json":"welcome"}}}"#,
            r#"{"i":"1","t":3,"p":{"e":"done","d":{"json":"bye"}}}"#,
        ]
    );
}

/// A frame of a vector.
struct Sent<'a> {
    kind: &'a str,
    data: &'a Value,
    meta: &'a Value,
}

impl Sent<'_> {
    /// The event for the iterator of that id.
    fn encode(&self, id: &Id) -> orpc_runtime::Frame {
        if self.data.get("meta").is_some() {
            return self.encode_typed(id);
        }
        let value = self.data.get("json");
        match (self.kind, value) {
            ("message", Some(value)) => {
                let mut event = Event::new(value.clone());
                if let Some(id) = self.meta["id"].as_str() {
                    event = event.id(id);
                }
                if let Some(retry) = self.meta["retry"].as_u64() {
                    event = event.retry(Duration::from_millis(retry));
                }
                for comment in self.meta["comments"].as_array().into_iter().flatten() {
                    event = event.comment(comment.as_str().unwrap());
                }
                EncodedEvent::new(&event).unwrap().frame(id)
            }
            // Undefined is the unit type.
            ("message", None) => EncodedEvent::<(), ()>::message(&()).unwrap().frame(&again(id)),
            ("done", Some(value)) => done(value).frame(id),
            ("done", None) => EncodedEvent::<(), ()>::done(&()).unwrap().frame(&again(id)),
            ("error", Some(error)) => {
                assert_eq!(error["code"], json!("INTERNAL_SERVER_ERROR"));
                EncodedEvent::undeclared_error(Error::internal("secret")).unwrap().frame(id)
            }
            _ => unreachable!(),
        }
    }

    /// The same with values that JSON lacks.
    fn encode_typed(&self, id: &Id) -> orpc_runtime::Frame {
        #[derive(Serialize, JsonSchema)]
        struct Typed {
            at: Date,
            n: BigInt,
        }

        #[derive(Serialize, JsonSchema)]
        struct Data {
            a: BigInt,
        }

        let one = BigInt::from(1);
        if self.kind == "error" {
            let error = Error::new(Code::Forbidden).with_data(&Data { a: one });
            return EncodedEvent::undeclared_error(ErrorEvent::new(error).id("z"))
                .unwrap()
                .frame(id);
        }
        if self.data["json"].is_array() {
            let map = Map::from_iter([("k".to_owned(), one)]);
            return EncodedEvent::<_>::message(&map).unwrap().frame(&again(id));
        }
        let value = Typed { at: Date::from_millis(0), n: one };
        EncodedEvent::<_>::message(&value).unwrap().frame(&again(id))
    }
}

#[tokio::test]
async fn events_are_those_of_the_official_server() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/peer/hibernation.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut run = 0;
    for case in file["vectors"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let (mut peer, app) = peer();
        let mut stopped = false;
        for frame in case["frames"].as_array().unwrap() {
            let text = frame["text"].as_str().unwrap();
            if frame["dir"] == "client->server" {
                peer.receive(text.to_owned());
                stopped |= text.ends_with(r#""t":4}"#);
                continue;
            }
            let frame: Value = serde_json::from_str(text).unwrap();
            if frame["t"] != json!(3) {
                assert_eq!(ready(&mut peer), [text], "{name}");
                run += 1;
                continue;
            }
            // Cases of the encoding alone begin with no request.
            let id = serde_json::from_value(json!(frame["i"].to_string())).unwrap();
            let payload = &frame["p"];
            let kind = payload["e"].as_str().unwrap();
            let sent = Sent { kind, data: &payload["d"], meta: &payload["m"] };
            let encoded = sent.encode(&id);
            assert!(encoded.is_text());
            assert_eq!(encoded, text, "{name}");
            run += 1;
            if case.get("hibernationId").is_none() || payload["d"].get("meta").is_some() {
                continue;
            }
            // The same on its socket; events of a stopped iterator are not sent.
            let (socket, id) = app.last();
            let result = match (kind, payload["d"].get("json")) {
                ("message", None) => {
                    EncodedEvent::<(), ()>::message(&()).unwrap().send(&socket, &again(&id))
                }
                ("done", Some(value)) => done(value).send(&socket, &id),
                ("message", Some(value)) if payload["m"].is_null() => {
                    message(value).send(&socket, &id)
                }
                _ => continue,
            };
            let expected: &[&str] = if stopped { &[] } else { &[text] };
            assert_eq!(result.is_err(), stopped, "{name}");
            assert_eq!(ready(&mut peer), expected, "{name}");
        }
    }
    println!("hibernation: {run} frames of 7 cases as expected");
    assert_eq!(run, 16);
}

#[tokio::test]
async fn the_return_value_ends_it_and_its_id_is_free() {
    let (mut peer, app) = peer();
    let (socket, id) = subscribe(&mut peer, &app, r#""a""#);
    message(&json!(1)).send(&socket, &id).unwrap();
    done(&json!(2)).send(&socket, &id).unwrap();
    assert_eq!(message(&json!(3)).send(&socket, &id), Err(SendError::Released));
    assert_eq!(done(&json!(3)).send(&socket, &id), Err(SendError::Released));
    assert_eq!(
        ready(&mut peer),
        [
            r#"{"i":"a","t":3,"p":{"e":"message","d":{"json":1}}}"#,
            r#"{"i":"a","t":3,"p":{"e":"done","d":{"json":2}}}"#,
        ]
    );
    let (socket, id) = subscribe(&mut peer, &app, r#""a""#);
    message(&json!(4)).send(&socket, &id).unwrap();
    assert_eq!(ready(&mut peer), [r#"{"i":"a","t":3,"p":{"e":"message","d":{"json":4}}}"#]);
}

#[tokio::test]
async fn an_error_ends_it_with_the_fields_of_its_event() {
    let (mut peer, app) = peer();
    let (socket, id) = subscribe(&mut peer, &app, r#""a""#);
    let error = Error::new(Code::Forbidden).with_data(&json!({ "why": "late" }));
    let event = ErrorEvent::new(error).id("z").retry(Duration::from_millis(50));
    EncodedEvent::undeclared_error(event).unwrap().send(&socket, &id).unwrap();
    assert_eq!(message(&json!(3)).send(&socket, &id), Err(SendError::Released));
    let text = r#"{"i":"a","t":3,"p":{"e":"error","d":{"json":{"defined":false,"code":"FORBIDDEN","status":403,"message":"Forbidden","data":{"why":"late"}}},"m":{"id":"z","retry":50}}}"#;
    assert_eq!(ready(&mut peer), [text]);
}

#[tokio::test]
async fn only_the_abort_of_the_client_ends_it() {
    let (mut peer, app) = peer();
    let (socket, id) = subscribe(&mut peer, &app, r#""a""#);
    let (_, other) = subscribe(&mut peer, &app, r#""b""#);
    // Aborts of other calls, one with a similar id.
    peer.receive(r#"{"i":"A","t":4}"#);
    peer.receive(r#"{"i":"","t":4}"#);
    message(&json!(1)).send(&socket, &id).unwrap();
    peer.receive(r#"{"i":"a","t":4}"#);
    assert_eq!(message(&json!(2)).send(&socket, &id), Err(SendError::Released));
    assert_eq!(done(&json!(2)).send(&socket, &id), Err(SendError::Released));
    message(&json!(3)).send(&socket, &other).unwrap();
    assert_eq!(
        ready(&mut peer),
        [
            r#"{"i":"a","t":3,"p":{"e":"message","d":{"json":1}}}"#,
            r#"{"i":"b","t":3,"p":{"e":"message","d":{"json":3}}}"#,
        ]
    );
    assert_eq!(SendError::Released.to_string(), "the client has stopped the iterator");
}

#[tokio::test]
async fn the_end_of_the_socket_ends_it() {
    let (mut peer, app) = peer();
    let (socket, id) = subscribe(&mut peer, &app, r#""a""#);
    drop(peer);
    assert_eq!(message(&json!(1)).send(&socket, &id), Err(SendError::Closed));
    assert_eq!(done(&json!(1)).send(&socket, &id), Err(SendError::Closed));
}

#[tokio::test]
async fn an_id_is_valid_only_on_its_own_socket() {
    let (rpc, app) = served();
    let (mut first, mut second) = (rpc.peer(app.clone()), rpc.peer(app.clone()));
    let (_, id) = subscribe(&mut first, &app, r#""1""#);
    assert_eq!(message(&json!(1)).send(second.socket(), &id), Err(SendError::Released));
    assert_eq!(ready(&mut second), [""; 0]);
}

#[tokio::test]
async fn ids_are_unchanged_also_through_an_attachment() {
    let (mut peer, app) = peer();
    let ids = [
        r#""""#,
        r#""ü1""#,
        r#""\u00fc1""#,
        r#""漢 🦀""#,
        r#""\ud83e\udd80""#,
        r#""a\"b\\c\/\n\r\u0000""#,
        "\"\u{2028}\"",
        "0",
        "7",
        "-12.50",
        "1E2",
        "18446744073709551616",
    ];
    for id in ids {
        let (socket, own) = subscribe(&mut peer, &app, id);
        assert_eq!(own.as_json(), id);
        socket.attach(&Reader { messages: Some(own.clone()) }).unwrap();
        let kept = socket.attachment::<Reader>().unwrap().unwrap().messages.unwrap();
        assert_eq!(kept, own);
        message(&json!("x")).send(&socket, &kept).unwrap();
        done(&json!("y")).send(&socket, &kept).unwrap();
        let expected = [
            format!(r#"{{"i":{id},"t":3,"p":{{"e":"message","d":{{"json":"x"}}}}}}"#),
            format!(r#"{{"i":{id},"t":3,"p":{{"e":"done","d":{{"json":"y"}}}}}}"#),
        ];
        assert_eq!(ready(&mut peer), expected);
    }
    // A number and its text are two ids.
    let (socket, number) = subscribe(&mut peer, &app, "5");
    let (_, text) = subscribe(&mut peer, &app, r#""5""#);
    assert_ne!(number, text);
    peer.receive(r#"{"i":5,"t":4}"#);
    assert_eq!(message(&json!(1)).send(&socket, &number), Err(SendError::Released));
    assert_eq!(message(&json!(1)).send(&socket, &text), Ok(()));
}

#[tokio::test]
async fn an_invalid_id_is_refused_and_appears_in_no_message() {
    let forged = [
        "",
        "x",
        r#""unfinished"#,
        r#""1","t":4"#,
        r#""1"},{"i":"2""#,
        r#""1" "2""#,
        "1 2",
        "null",
        "true",
        "[1]",
        r#"{"a":1}"#,
        "\"a\"\n",
        "\r\n1",
        "\"a\nb\"",
        "NaN",
        "01",
    ];
    let (mut peer, app) = peer();
    app.room().join(peer.socket());
    let room = app.room();
    for text in forged {
        assert!(serde_json::from_value::<Id>(json!(text)).is_err(), "{text}");
        peer.socket().attach(&json!({ "messages": text })).unwrap();
        assert!(peer.socket().attachment::<Reader>().is_err(), "{text}");
        let delivery = room
            .everyone()
            .send_event(&message(&json!(1)), |reader: &Reader| reader.messages.as_ref());
        assert_eq!(delivery, Delivery { skipped: 1, ..Delivery::default() });
    }
    for value in [json!(1), json!(null), json!(["\"1\""]), json!({ "id": "1" })] {
        assert!(serde_json::from_value::<Id>(value).is_err());
    }
    assert_eq!(ready(&mut peer), [""; 0]);
}

#[tokio::test]
async fn an_error_of_the_closure_is_the_last_event() {
    let (mut peer, app) = peer();
    for (input, error) in [
        ("late", r#""code":"FORBIDDEN","status":403,"message":"Forbidden","data":{"why":"late"}"#),
        (
            "internal",
            r#""code":"INTERNAL_SERVER_ERROR","status":500,"message":"Internal server error""#,
        ),
        (
            "panic",
            r#""code":"INTERNAL_SERVER_ERROR","status":500,"message":"Internal server error""#,
        ),
    ] {
        peer.receive(call("a", "/fails", &json!(input)));
        let event = format!(
            r#"{{"i":"a","t":3,"p":{{"e":"error","d":{{"json":{{"defined":false,{error}}}}}}}}}"#
        );
        assert_eq!(ready(&mut peer), [head(r#""a""#), event]);
        assert_eq!(app.closures(), 0);
        let id: Id = serde_json::from_value(json!(r#""a""#)).unwrap();
        assert_eq!(message(&json!(1)).send(peer.socket(), &id), Err(SendError::Released));
    }
    // The others continue.
    let (socket, id) = subscribe(&mut peer, &app, r#""a""#);
    message(&json!(1)).send(&socket, &id).unwrap();
    assert_eq!(ready(&mut peer).len(), 1);
}

#[tokio::test]
async fn an_ended_iterator_does_not_end_twice() {
    let (mut peer, _) = peer();
    peer.receive(call("a", "/endsAndFails", &Value::Null));
    let done = r#"{"i":"a","t":3,"p":{"e":"done","d":{"json":"bye"}}}"#;
    assert_eq!(ready(&mut peer), [head(r#""a""#).as_str(), done]);
}

#[tokio::test]
async fn an_error_of_the_procedure_is_a_response_without_an_iterator() {
    let (mut peer, app) = peer();
    peer.receive(call("a", "/refuses", &Value::Null));
    let answer = r#"{"i":"a","p":{"s":401,"b":{"json":{"defined":false,"code":"UNAUTHORIZED","status":401,"message":"Unauthorized"}}}}"#;
    assert_eq!(ready(&mut peer), [answer]);
    assert_eq!(app.closures(), 0);
    peer.receive(call("b", "/fails", &json!(7)));
    let answer: Value = serde_json::from_str(&ready(&mut peer)[0]).unwrap();
    assert_eq!(answer["p"]["b"]["json"]["message"], json!("Input validation failed"));
}

#[tokio::test(start_paused = true)]
async fn an_abort_before_it_opens_drops_the_call() {
    let (mut peer, app) = peer();
    peer.receive(call("a", "/thinks", &json!(10)));
    assert_eq!(ready(&mut peer), [""; 0]);
    assert_eq!(app.closures(), 1);
    peer.receive(r#"{"i":"a","t":4}"#);
    assert_eq!(ready(&mut peer), [""; 0]);
    assert_eq!(app.closures(), 0);
    // A call that is not aborted opens its iterator.
    peer.receive(call("a", "/thinks", &json!(10)));
    let first = within(peer.next()).await.unwrap();
    assert_eq!(first, *head(r#""a""#));
    assert_eq!(app.closures(), 0);
}

#[tokio::test]
async fn over_http_an_upgrade_is_required() {
    let (rpc, app) = served();
    let answer = send(rpc.http(app.clone()), post("/subscribe", "{}")).await;
    assert_eq!(answer.status, 426);
    assert_eq!(
        answer.json(),
        json!({
            "defined": false,
            "code": "UPGRADE_REQUIRED",
            "status": 426,
            "message": "This procedure can be called over WebSocket only",
        })
    );
    let answer = send(rpc.http(app.clone()), post("/fails", r#"{"json":"x"}"#)).await;
    assert_eq!(answer.status, 426);
    assert_eq!((app.closures(), app.opened.lock().unwrap().len(), rpc.live_streams()), (0, 0, 0));
}

#[tokio::test]
async fn in_the_same_process_it_is_returned_unchanged() {
    let app = App::default();
    let router = api::router();
    let iterator = router.call::<api::subscribe>(app.clone(), ()).await.unwrap();
    assert_eq!((app.closures(), app.opened.lock().unwrap().len()), (1, 0));
    drop(iterator);
    assert_eq!(app.closures(), 0);
    let error = router.call::<api::refuses>(app.clone(), ()).await.unwrap_err();
    assert!(format!("{error:?}").contains("UNAUTHORIZED"), "{error:?}");
}

#[tokio::test]
async fn each_counts_as_a_stream_of_its_socket_until_it_ends() {
    let (mut peer, app) = peer();
    let refused = |peer: &mut Peer<App>, path: &str| {
        peer.receive(call("more", path, &Value::Null));
        let [frame] = &ready(peer)[..] else { panic!() };
        let frame: Value = serde_json::from_str(frame).unwrap();
        let is_refused = frame["p"]["s"] == json!(429);
        assert_eq!(is_refused, frame["p"]["b"]["json"]["code"] == json!("TOO_MANY_REQUESTS"));
        if !is_refused {
            peer.receive(r#"{"i":"more","t":4}"#);
        }
        is_refused
    };
    for n in 0..100 {
        subscribe(&mut peer, &app, &n.to_string());
    }
    for n in 100..128 {
        peer.receive(call(n, "/silent", &Value::Null));
    }
    assert_eq!(ready(&mut peer).len(), 28);
    assert!(refused(&mut peer, "/subscribe") && refused(&mut peer, "/silent"));
    let opened = app.opened.lock().unwrap().clone();
    // Each way to end makes room for one.
    peer.receive(r#"{"i":0,"t":4}"#);
    assert!(!refused(&mut peer, "/subscribe"));
    assert!(!refused(&mut peer, "/silent"), "what took its place has ended as well");
    subscribe(&mut peer, &app, r#""again""#);
    assert!(refused(&mut peer, "/subscribe"));
    peer.receive(r#"{"i":0,"t":4}"#);
    peer.receive(r#"{"i":"nobody","t":4}"#);
    assert!(refused(&mut peer, "/subscribe"), "an abort counts once");
    let (socket, id) = &opened[1];
    done(&json!(1)).send(socket, id).unwrap();
    assert_eq!(ready(&mut peer).len(), 1);
    assert!(!refused(&mut peer, "/subscribe"));
    let (socket, id) = &opened[2];
    EncodedEvent::undeclared_error(Error::new(Code::NotFound)).unwrap().send(socket, id).unwrap();
    assert_eq!(ready(&mut peer).len(), 1);
    peer.receive(r#"{"i":"100","t":4}"#);
    subscribe(&mut peer, &app, r#""third""#);
    subscribe(&mut peer, &app, r#""fourth""#);
    subscribe(&mut peer, &app, r#""fifth""#);
    assert!(refused(&mut peer, "/subscribe") && refused(&mut peer, "/silent"));
    // Calls with one result are not streams.
    peer.receive(call("x", "/echo", &json!(1)));
    assert_eq!(ready(&mut peer), [r#"{"i":"x","p":{"b":{"json":1}}}"#]);
}

#[tokio::test]
async fn shutdown_ends_them_so_that_clients_reconnect() {
    let (rpc, app) = served();
    let mut peer = rpc.peer(app.clone());
    let (socket, first) = subscribe(&mut peer, &app, r#""a""#);
    let (_, second) = subscribe(&mut peer, &app, "2");
    message(&json!("before")).send(&socket, &first).unwrap();
    rpc.shutdown();
    let frames = ready(&mut peer);
    let error = |id: &str| {
        format!(
            r#"{{"i":{id},"t":3,"p":{{"e":"error","d":{{"json":{{"defined":false,"code":"SERVICE_UNAVAILABLE","status":503,"message":"Service Unavailable"}}}}}}}}"#
        )
    };
    let before = r#"{"i":"a","t":3,"p":{"e":"message","d":{"json":"before"}}}"#.to_owned();
    assert_eq!(frames[0], before);
    assert_eq!(frames.len(), 3);
    assert!(frames.contains(&error(r#""a""#)) && frames.contains(&error("2")), "{frames:?}");
    assert_eq!(message(&json!(1)).send(&socket, &first), Err(SendError::Released));
    assert_eq!(done(&json!(1)).send(&socket, &second), Err(SendError::Released));
    assert_eq!(peer.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn shutdown_of_a_socket_ends_them_before_its_close_frame() {
    let (rpc, app) = served();
    let service = rpc.websocket(app.clone());
    let mut client = Raw::open(websocket::channel(&service, 4096), "/").await;
    client.call("a", "/subscribe", &Value::Null).await;
    assert_eq!(client.message().await.text(), head(r#""a""#));
    rpc.shutdown();
    let event = client.message().await.json();
    assert_eq!(event["p"]["d"]["json"]["code"], json!("SERVICE_UNAVAILABLE"));
    assert_eq!(client.message().await.close().0, 1001);
    within(rpc.closed()).await;
    let (socket, id) = app.last();
    assert_eq!(message(&json!(1)).send(&socket, &id), Err(SendError::Closed));
}

#[tokio::test]
async fn a_second_request_of_its_id_is_ignored() {
    let (mut peer, app) = peer();
    let (socket, id) = subscribe(&mut peer, &app, r#""a""#);
    for path in ["/subscribe", "/echo", "/silent", "/nowhere"] {
        peer.receive(call("a", path, &Value::Null));
        assert_eq!(ready(&mut peer), [""; 0], "{path}");
    }
    // Events for its input are ignored.
    peer.receive(r#"{"i":"a","t":3,"p":{"e":"done","d":{"json":1}}}"#);
    assert_eq!(app.opened.lock().unwrap().len(), 1);
    message(&json!(1)).send(&socket, &id).unwrap();
    assert_eq!(ready(&mut peer).len(), 1);
    peer.receive(r#"{"i":"a","t":4}"#);
    peer.receive(call("a", "/echo", &json!(7)));
    assert_eq!(ready(&mut peer), [r#"{"i":"a","p":{"b":{"json":7}}}"#]);
}

#[tokio::test]
async fn an_event_is_serialised_once_for_all_recipients() {
    let (rpc, app) = served();
    let mut peers: Vec<_> = (0..20).map(|_| rpc.peer(app.clone())).collect();
    let serialised = Arc::new(AtomicUsize::new(0));
    let event = EncodedEvent::<Counted>::message(&Counted(7, Arc::clone(&serialised))).unwrap();
    for (n, peer) in peers.iter_mut().enumerate() {
        let (socket, id) = subscribe(peer, &app, &n.to_string());
        event.send(&socket, &again(&id)).unwrap();
        event.clone().send(&socket, &again(&id)).unwrap();
        let text = format!(r#"{{"i":{n},"t":3,"p":{{"e":"message","d":{{"json":7}}}}}}"#);
        assert_eq!(ready(peer), [text.as_str(), &text]);
    }
    assert_eq!(serialised.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_room_sends_to_the_iterators_in_its_sockets_attachments() {
    let (rpc, app) = served();
    let mut peers: [Peer<App>; 6] = std::array::from_fn(|_| rpc.peer(app.clone()));
    for peer in &mut peers[..4] {
        peer.receive(call("r", "/read", &Value::Null));
        assert_eq!(ready(peer), [head(r#""r""#)]);
    }
    let room = app.room();
    // A socket whose client stopped, a disconnected one, one with another type of
    // attachment, one without any.
    peers[1].receive(r#"{"i":"r","t":4}"#);
    let everyone = room.everyone();
    peers[2] = rpc.peer(app.clone());
    peers[4].socket().attach("something else").unwrap();
    for peer in &peers[4..] {
        room.join(peer.socket());
    }
    let send = |to: orpc_runtime::Sockets, event: &EncodedEvent<Value, Value>| {
        to.send_event(event, |reader: &Reader| reader.messages.as_ref())
    };
    let event = message(&json!("news"));
    let expected = Delivery { sent: 2, overloaded: 0, skipped: 2 };
    assert_eq!(send(everyone, &event), expected, "as it was");
    assert_eq!(room.len(), 5);
    let expected = Delivery { sent: 1, overloaded: 0, skipped: 3 };
    assert_eq!(send(room.everyone().except(peers[0].socket()), &event), expected);
    let text = r#"{"i":"r","t":3,"p":{"e":"message","d":{"json":"news"}}}"#;
    assert_eq!(ready(&mut peers[0]), [text]);
    assert_eq!(ready(&mut peers[3]), [text, text]);
    // The last event goes to those that are left, once.
    let end = done(&json!("over"));
    assert_eq!(send(room.everyone(), &end), Delivery { sent: 2, overloaded: 0, skipped: 3 });
    assert_eq!(send(room.everyone(), &end), Delivery { sent: 0, overloaded: 0, skipped: 5 });
    for peer in [0, 3] {
        let over = r#"{"i":"r","t":3,"p":{"e":"done","d":{"json":"over"}}}"#;
        assert_eq!(ready(&mut peers[peer]), [over]);
    }
    for peer in [1, 2, 4, 5] {
        assert_eq!(ready(&mut peers[peer]), [""; 0]);
    }
}

#[test]
fn an_event_that_would_break_its_line_is_refused() {
    for id in ["a\nb", "a\rb", "a\0b"] {
        let event: Event<Value, Value> = Event::new(json!(1)).id(id);
        assert_eq!(
            EncodedEvent::<Value, Value>::new(&event).unwrap_err().code(),
            "INTERNAL_SERVER_ERROR"
        );
        let error = ErrorEvent::new(Error::new(Code::Conflict)).id(id);
        assert!(EncodedEvent::<Value>::undeclared_error(error).is_err());
    }
    let event: Event<Value, Value> = Event::done(json!(1)).comment("a\nb");
    assert!(EncodedEvent::<Value, Value>::new(&event).is_err());
}

#[tokio::test(start_paused = true)]
async fn an_idle_socket_wakes_for_messages_of_other_tasks() {
    let (rpc, app) = served();
    let service = rpc.websocket(app.clone());
    let mut client = Raw::open(websocket::channel(&service, 4096), "/").await;
    client.call(1, "/subscribe", &Value::Null).await;
    assert_eq!(client.message().await.text(), head(r#""1""#));
    let (socket, id) = app.last();
    for n in 0..50 {
        // It has returned its buffers.
        tokio::time::sleep(Duration::from_secs(5)).await;
        client.send(websocket::PONG, b"").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (socket, id) = (socket.clone(), id.clone());
        tokio::spawn(async move { message(&json!(n)).send(&socket, &id).unwrap() });
        let sent = tokio::time::Instant::now();
        assert_eq!(client.message().await.json()["p"]["d"]["json"], json!(n));
        assert_eq!(sent.elapsed(), Duration::ZERO, "it was not woken for it");
    }
    assert_eq!(rpc.live_streams(), 0);
    assert!(!socket.is_closed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_wake_is_lost_over_tcp_between_threads() {
    let (rpc, app) = served();
    let address = websocket::listen(rpc.websocket(app.clone())).await;
    let mut client = Raw::open(websocket::connect(address).await, "/").await;
    client.call(1, "/subscribe", &Value::Null).await;
    assert_eq!(client.message().await.text(), head(r#""1""#));
    let (socket, id) = app.last();
    // From a thread of no runtime; each waits for the one before, and so finds
    // the connection on its way to rest.
    let (next, turns) = std::sync::mpsc::channel::<u32>();
    let sender = std::thread::spawn(move || {
        for n in turns {
            message(&json!(n)).send(&socket, &id).unwrap();
        }
    });
    for n in 0..3000 {
        next.send(n).unwrap();
        if n % 3 == 0 {
            client.call(format!("c{n}"), "/echo", &json!(n)).await;
        }
        let mut expected = if n % 3 == 0 { 2 } else { 1 };
        while expected > 0 {
            let patience = Duration::from_secs(20);
            let frame = tokio::time::timeout(patience, client.message()).await.unwrap();
            assert_eq!(frame.opcode, TEXT);
            expected -= 1;
        }
    }
    drop(next);
    sender.join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_socket_is_one_task_however_many_hibernate_on_it() {
    let (rpc, app) = served();
    let service = rpc.websocket(app.clone());
    let mut client = Raw::open(websocket::channel(&service, 4096), "/").await;
    client.call("x", "/echo", &json!(1)).await;
    client.message().await;
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = alive();
    for n in 0..100 {
        client.call(n, "/subscribe", &Value::Null).await;
        client.message().await;
    }
    assert_eq!((alive(), rpc.live_streams(), rpc.live_sockets()), (before, 0, 1));
    assert_eq!((app.closures(), app.opened.lock().unwrap().len()), (0, 100));
    assert!(app.calls.lock().unwrap().iter().all(CancellationToken::is_cancelled));
    drop(client);
    websocket::until(|| rpc.live_sockets() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn closing_the_socket_sends_pending_messages_and_no_later_ones() {
    let (rpc, app) = served();
    let service = rpc.websocket(app.clone());
    let mut client = Raw::open(websocket::channel(&service, 4096), "/").await;
    client.call(1, "/subscribe", &Value::Null).await;
    client.message().await;
    let (socket, id) = app.last();
    message(&json!("last")).send(&socket, &id).unwrap();
    socket.close(CloseCode::new(4000).unwrap(), "over");
    assert_eq!(client.message().await.json()["p"]["d"]["json"], json!("last"));
    assert_eq!(client.message().await.close(), (4000, "over"));
    assert_eq!(message(&json!(1)).send(&socket, &id), Err(SendError::Closed));
}

#[tokio::test]
async fn a_context_created_for_the_call_is_dropped_with_it() {
    static MADE: AtomicUsize = AtomicUsize::new(0);

    async fn context(_: &Call) -> Result<App, Error> {
        MADE.fetch_add(1, Ordering::SeqCst);
        Ok(App { live: Arc::clone(&LIVE), ..App::default() })
    }

    static LIVE: std::sync::LazyLock<Arc<AtomicUsize>> = std::sync::LazyLock::new(Arc::default);
    let rpc = Rpc::new(api::router());
    let mut peer =
        rpc.peer_with(context, http::Request::new(()).into_parts().0, SocketConfig::new());
    for n in 0..3 {
        peer.receive(call(n, "/subscribe", &Value::Null));
        assert_eq!(ready(&mut peer).len(), 1);
    }
    assert_eq!(MADE.load(Ordering::SeqCst), 3);
    assert_eq!(Arc::strong_count(&LIVE), 1);
}
