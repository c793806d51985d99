//! The calls of one socket: limits, order, and hostile messages.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use http_body_util::BodyExt as _;
use orpc_runtime::Peer;
use orpc_runtime::prelude::*;
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support;

/// Counters of the procedures.
#[derive(Default, Clone)]
pub struct Counters {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    produced: Arc<AtomicUsize>,
}

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Counters {
    fn enter(&self) -> Running {
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Running(Arc::clone(&self.running))
    }
}

#[router(context = Counters)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn echo(input: Value) -> Value {
        input
    }

    #[procedure]
    pub async fn wait(counters: &Counters, input: u32) -> u32 {
        let _running = counters.enter();
        tokio::time::sleep(Duration::from_millis(input.into())).await;
        input
    }

    #[procedure]
    pub fn endless(counters: &Counters) -> impl Stream<Item = String> {
        let running = counters.enter();
        futures::stream::iter(0_u64..).map(move |n| {
            let _running = &running;
            counters.produced.fetch_add(1, Ordering::SeqCst);
            format!("{n:0100}")
        })
    }

    #[procedure]
    pub fn silent(counters: &Counters) -> impl Stream<Item = u8> {
        let running = counters.enter();
        futures::stream::pending().map(move |n| {
            let _running = &running;
            n
        })
    }

    #[procedure]
    pub async fn never_reads(numbers: EventIterator<u64>) -> u8 {
        let _numbers = numbers;
        std::future::pending().await
    }

    /// Reads in a task that outlives the call.
    #[procedure]
    pub async fn reads_elsewhere(counters: &Counters, mut numbers: EventIterator<u64>) -> u8 {
        let running = counters.enter();
        tokio::spawn(async move {
            let _running = running;
            while numbers.next().await.is_some() {}
        });
        7
    }

    /// The texts of the headers of a test.
    #[procedure]
    pub async fn head(call: &Call) -> Value {
        json!({
            "bearer": call.bearer_token(),
            "lastEventId": call.last_event_id().map(|id| id.as_str()),
            "x": call.header("x"),
            "cookie": call.header("cookie"),
        })
    }

    /// A router behind a middleware.
    #[router(with = pass)]
    pub mod guarded {
        use super::*;

        #[procedure]
        pub async fn length(input: String) -> usize {
            input.len()
        }
    }

    /// The first event, or the code of the error in its place.
    #[procedure]
    pub async fn first(mut events: EventIterator<Value>) -> Value {
        match events.next().await {
            Some(Err(error)) => json!(error.code()),
            Some(Ok(_)) => json!("an event"),
            None => json!("the end"),
        }
    }

    #[procedure]
    pub async fn reads_late(mut numbers: EventIterator<String>, call: &Call) -> Value {
        let _ = call;
        tokio::time::sleep(Duration::from_secs(1)).await;
        match numbers.next().await {
            Some(Err(error)) => json!(error.code()),
            other => json!(format!("{other:?}")),
        }
    }
}

#[middleware]
async fn pass() {}

fn peer() -> (Peer<Counters>, Counters) {
    let counters = Counters::default();
    (Rpc::new(api::router()).peer(counters.clone()), counters)
}

fn request(id: impl std::fmt::Display, path: &str, input: &Value) -> String {
    json!({ "i": id.to_string(), "p": { "u": path, "b": { "json": input } } }).to_string()
}

async fn next(peer: &mut Peer<Counters>) -> Value {
    serde_json::from_slice(peer.next().await.unwrap().as_bytes()).unwrap()
}

/// All frames that are available without waiting.
fn ready(peer: &mut Peer<Counters>) -> Vec<Bytes> {
    std::iter::from_fn(|| peer.next().now_or_never().flatten()).map(Bytes::from).collect()
}

#[tokio::test(start_paused = true)]
async fn sixty_four_calls_run_and_the_others_wait() {
    let (mut peer, counters) = peer();
    for id in 0..200 {
        peer.receive(request(id, "/wait", &json!(1000)));
    }
    let mut answered = std::collections::HashSet::new();
    for _ in 0..200 {
        let answer = next(&mut peer).await;
        assert_eq!(answer["p"]["b"]["json"], json!(1000));
        answered.insert(answer["i"].as_str().unwrap().to_owned());
    }
    assert_eq!(answered.len(), 200);
    assert_eq!(counters.most.load(Ordering::SeqCst), 64);
}

#[tokio::test(start_paused = true)]
async fn an_abort_takes_effect_while_all_places_are_taken() {
    let (mut peer, counters) = peer();
    for id in 0..70 {
        peer.receive(request(id, "/wait", &json!(1_000_000)));
    }
    assert_eq!(ready(&mut peer), Vec::<Bytes>::new());
    assert_eq!(counters.running.load(Ordering::SeqCst), 64);
    // A running call, which makes room, and a waiting one.
    peer.receive(r#"{"i":"0","t":4}"#);
    peer.receive(r#"{"i":"69","t":4}"#);
    ready(&mut peer);
    assert_eq!(counters.running.load(Ordering::SeqCst), 64);
    for id in 1..69 {
        peer.receive(json!({ "i": id.to_string(), "t": 4 }).to_string());
    }
    ready(&mut peer);
    assert_eq!(counters.running.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn calls_that_have_not_been_polled_are_open() {
    let rpc = Rpc::new(api::router());
    let counters = Counters::default();
    let mut peer = rpc.peer(counters.clone());
    // Of two calls of one id the second is ignored; the id of an aborted call is free.
    peer.receive(request(1, "/echo", &json!("first")));
    peer.receive(request(1, "/echo", &json!("second")));
    for _ in 0..64 {
        peer.receive(request(2, "/wait", &json!(1000)));
        peer.receive(r#"{"i":"2","t":4}"#);
    }
    peer.receive(request(2, "/wait", &json!(1000)));
    assert!(!peer.is_idle());
    assert_eq!(ready(&mut peer), [r#"{"i":"1","p":{"b":{"json":"first"}}}"#]);
    assert_eq!(counters.running.load(Ordering::SeqCst), 1, "aborted calls leave their places");
    assert_eq!(next(&mut peer).await["p"]["b"]["json"], json!(1000));
    assert!(peer.is_idle());

    // One that the shutdown finds is refused, since no event of it is sent yet.
    peer.receive(request(3, "/silent", &Value::Null));
    rpc.shutdown();
    assert_eq!(next(&mut peer).await["p"]["s"], json!(503));
    assert_eq!(peer.next().await, None);
    assert_eq!(counters.most.load(Ordering::SeqCst), 1, "the stream has not begun");
}

#[tokio::test]
async fn the_hundred_and_twenty_ninth_stream_is_refused() {
    let (mut peer, counters) = peer();
    for id in 0..129 {
        peer.receive(request(id, "/silent", &Value::Null));
    }
    let frames = ready(&mut peer);
    assert_eq!(frames.len(), 129);
    let refused: Vec<Value> = frames
        .iter()
        .map(|frame| serde_json::from_slice(frame).unwrap())
        .filter(|frame: &Value| frame["p"]["s"] == json!(429))
        .collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["i"], json!("128"));
    assert_eq!(refused[0]["p"]["b"]["json"]["code"], json!("TOO_MANY_REQUESTS"));
    assert_eq!(counters.running.load(Ordering::SeqCst), 128);
    // A stream that ends makes room.
    peer.receive(r#"{"i":"0","t":4}"#);
    peer.receive(request("again", "/silent", &Value::Null));
    let frame: Value = serde_json::from_slice(&ready(&mut peer)[0]).unwrap();
    assert_eq!(frame["p"]["h"]["content-type"], json!("text/event-stream"));
}

#[tokio::test]
async fn calls_beyond_the_limit_of_waiting_ones_are_refused() {
    let (mut peer, _) = peer();
    for id in 0..64 + 4096 + 1 {
        peer.receive(request(id, "/wait", &json!(1_000_000)));
    }
    let frames = ready(&mut peer);
    assert_eq!(frames.len(), 1);
    let refused: Value = serde_json::from_slice(&frames[0]).unwrap();
    assert_eq!((&refused["i"], &refused["p"]["s"]), (&json!("4160"), &json!(429)));
}

#[tokio::test]
async fn a_peer_whose_frames_are_not_read_stops_its_streams() {
    let (mut peer, counters) = peer();
    peer.receive(request(1, "/endless", &Value::Null));
    // The head, with the events of one turn of the stream.
    peer.next().await.unwrap();
    let produced = counters.produced.load(Ordering::SeqCst);
    assert!(produced > 0);
    tokio::task::yield_now().await;
    assert_eq!(counters.produced.load(Ordering::SeqCst), produced);
    let mut taken = 0;
    while taken < 4 * 1024 * 1024 {
        taken += peer.next().await.unwrap().as_bytes().len();
    }
    // Unread events stay within the limit of 1 MiB.
    let made = counters.produced.load(Ordering::SeqCst) * 150;
    assert!(made < taken + 2 * 1024 * 1024, "{made} bytes made, {taken} taken");
    drop(peer);
    assert_eq!(counters.running.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn unread_events_are_bounded_and_the_bound_is_reported() {
    let (mut peer, _) = peer();
    let head = json!({ "u": "/readsLate", "h": { "content-type": "text/event-stream" } });
    peer.receive(json!({ "i": "1", "p": head }).to_string());
    let event = json!({ "e": "message", "d": { "json": "x".repeat(64 * 1024) } });
    for _ in 0..17 {
        peer.receive(json!({ "i": "1", "t": 3, "p": event }).to_string());
    }
    // The client gets one abort.
    assert_eq!(next(&mut peer).await, json!({ "i": "1", "t": 4 }));
    assert_eq!(next(&mut peer).await["p"]["b"]["json"], json!("PAYLOAD_TOO_LARGE"));
}

#[tokio::test]
async fn an_iterator_that_outlives_its_call_ends() {
    let (mut peer, counters) = peer();
    let head = json!({ "u": "/readsElsewhere", "h": { "content-type": "text/event-stream" } });
    peer.receive(json!({ "i": "1", "p": head }).to_string());
    assert_eq!(next(&mut peer).await["p"]["b"]["json"], json!(7));
    while counters.running.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ready(&mut peer), Vec::<Bytes>::new());
}

/// The value of `/head` over HTTP with headers of these bytes.
async fn head_over_http(headers: &[(&str, &[u8])]) -> Value {
    let mut request = http::Request::post("/head");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let service = Rpc::new(api::router()).http(Counters::default());
    let response = service.oneshot(request.body(String::new()).unwrap()).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice::<Value>(&body).unwrap()["json"].take()
}

/// The responses of `/head` with these headers: of a call, and in a batch.
async fn head_over_peer(headers: &Value) -> [Value; 2] {
    let (mut peer, _) = peer();
    peer.receive(json!({ "i": "1", "p": { "u": "/head", "h": headers } }).to_string());
    let one = next(&mut peer).await["p"].take();
    let item = json!({ "url": "http://orpc/head", "headers": headers });
    let batch = json!({ "u": "/head/__batch__", "b": [item], "h": { "x-orpc-batch": "buffered" } });
    peer.receive(json!({ "i": "2", "p": batch }).to_string());
    let mut item = next(&mut peer).await["p"]["b"][0].take();
    let status = item.get("status").and_then(Value::as_u64).unwrap_or(207);
    [one, json!({ "s": status, "b": item["body"].take() })]
}

/// The values are those of `@orpc/server` 1.16.1 on Node 20.
#[tokio::test]
async fn the_text_of_a_header_is_the_same_on_every_transport() {
    let head = |text: &str| json!({ "bearer": text, "lastEventId": text, "x": text, "cookie": Value::Null });
    for text in ["a", "Zoë", "é-1", "\u{ff}\u{a0}x"] {
        let headers =
            json!({ "authorization": format!("Bearer {text}"), "last-event-id": text, "x": text });
        for answer in head_over_peer(&headers).await {
            assert_eq!(answer["b"]["json"], head(text), "{text}");
        }
        let latin1 = |char| u8::try_from(char).unwrap();
        let value: Vec<u8> = text.chars().map(latin1).collect();
        let bearer = [b"Bearer ", &*value].concat();
        let headers = [("authorization", &*bearer), ("last-event-id", &*value), ("x", &*value)];
        assert_eq!(head_over_http(&headers).await, head(text), "{text}");
    }
    // HTTP carries no character of these, and reads UTF-8 as it reads all bytes.
    for text in ["Łukasz 🎉", "日本-1", "Ł é", "\u{100}"] {
        let headers =
            json!({ "authorization": format!("Bearer {text}"), "last-event-id": text, "x": text });
        for answer in head_over_peer(&headers).await {
            assert_eq!(answer["b"]["json"], head(text), "{text}");
        }
    }
    let utf8 = "é-1".as_bytes();
    assert_eq!(head_over_http(&[("last-event-id", utf8)]).await["lastEventId"], "Ã©-1");
}

#[tokio::test]
async fn a_header_of_many_values_is_one_text() {
    let headers = json!({
        "last-event-id": ["a", "é", "日"], "x": ["1", "2"], "cookie": ["a=1", "b=2"],
        "authorization": ["Bearer a", "Bearer b"],
    });
    let expected =
        json!({ "bearer": "a", "lastEventId": "a, é, 日", "x": "1, 2", "cookie": "a=1; b=2" });
    for answer in head_over_peer(&headers).await {
        assert_eq!(answer["b"]["json"], expected);
    }
    let http = head_over_http(&[
        ("last-event-id", b"a"),
        ("last-event-id", b"b"),
        ("cookie", b"a=1"),
        ("cookie", b"b=2"),
        ("authorization", b"Bearer a"),
        ("authorization", b"Bearer b"),
    ]);
    let expected = json!({ "bearer": "a", "lastEventId": "a, b", "x": null, "cookie": "a=1; b=2" });
    assert_eq!(http.await, expected);
    for (value, text) in [("", ""), (" x ", " x "), ("a\tb", "a\tb")] {
        let [answer, _] = head_over_peer(&json!({ "last-event-id": value })).await;
        assert_eq!(answer["b"]["json"]["lastEventId"], text);
    }
    // Names are case-insensitive; an empty list is not a header.
    let [answer, _] = head_over_peer(&json!({ "Last-Event-ID": "7", "x": [] })).await;
    let json = &answer["b"]["json"];
    assert_eq!((&json["lastEventId"], &json["x"]), (&json!("7"), &Value::Null));
}

#[tokio::test]
async fn a_header_that_cannot_be_read_fails_its_call_and_is_named() {
    for (headers, name) in [
        (json!({ "last-event-id": "a\r\nb" }), "last-event-id"),
        (json!({ "last-event-id": "a\0b" }), "last-event-id"),
        (json!({ "Last-Event-ID": "a\nb" }), "last-event-id"),
        (json!({ "last-event-id": 5 }), "last-event-id"),
        (json!({ "last-event-id": null }), "last-event-id"),
        (json!({ "last-event-id": ["a", 5] }), "last-event-id"),
        (json!({ "last-event-id": ["a", "日\r"] }), "last-event-id"),
        (json!({ "last-event-id": {} }), "last-event-id"),
        (json!({ "authorization": "Bearer secret\u{1b}" }), "authorization"),
        (json!({ "cookie": "a=secret\u{7f}" }), "cookie"),
        (json!({ "content-type": "application/json\n" }), "content-type"),
        (json!({ "content-disposition": "\0" }), "content-disposition"),
        (json!({ "traceparent": true }), "traceparent"),
        (json!({ "x y": "1" }), "x y"),
        (json!({ "": "1" }), "\"\""),
        (json!({ "é": "1" }), "é"),
        (json!({ "x:": "1" }), "x:"),
        (json!({ "x": "y".repeat(32 * 1024) }), "\"x\""),
    ] {
        for answer in head_over_peer(&headers).await {
            let error = &answer["b"]["json"];
            assert_eq!((&answer["s"], &error["code"]), (&json!(400), &json!("BAD_REQUEST")));
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(name), "{message}: {name}");
            assert!(!message.contains("secret"), "{message}");
        }
    }
}

#[tokio::test]
async fn a_bad_header_in_a_batch_fails_its_own_call_alone() {
    let (mut peer, _) = peer();
    let items = json!([
        { "url": "http://orpc/head", "headers": { "x": "a" } },
        { "url": "http://orpc/head", "headers": { "x": "a\0" } },
    ]);
    let headers = json!({ "x-orpc-batch": "buffered", "last-event-id": "日" });
    let batch = json!({ "u": "/head/__batch__", "b": items, "h": headers });
    peer.receive(json!({ "i": "1", "p": batch }).to_string());
    let mut answers = next(&mut peer).await["p"]["b"].take();
    let answers = answers.as_array_mut().unwrap();
    answers.sort_by_key(|answer| answer["index"].as_u64());
    assert_eq!(answers[0]["body"]["json"]["lastEventId"], "日");
    assert_eq!(answers[0]["body"]["json"]["x"], "a");
    assert_eq!(answers[1]["status"], 400);
}

#[tokio::test]
async fn a_call_has_128_headers_and_not_one_more() {
    for count in [1, 128, 129, 40_000] {
        let (mut peer, _) = peer();
        let headers: BTreeMap<_, _> = (0..count).map(|n| (format!("x-{n:05}"), "")).collect();
        let request = json!({ "u": "/echo", "b": { "json": 1 }, "h": headers });
        peer.receive(json!({ "i": "1", "p": request }).to_string());
        let answer = next(&mut peer).await;
        if count <= 128 {
            assert_eq!(answer, json!({ "i": "1", "p": { "b": { "json": 1 } } }), "{count}");
        } else {
            assert_eq!(answer["p"]["s"], 400, "{count}");
            let message = answer["p"]["b"]["json"]["message"].as_str().unwrap();
            assert!(message.contains("x-00128") && message.contains("128"), "{message}");
        }
    }
}

#[tokio::test]
async fn a_call_of_which_only_the_path_is_valid_gets_a_response() {
    let (mut peer, _) = peer();
    for payload in [
        json!({ "u": "/echo", "h": 5 }),
        json!({ "u": "/echo", "h": [] }),
        json!({ "u": "/echo", "h": "x" }),
        json!({ "u": "/echo", "m": 5 }),
        json!({ "u": "/echo", "m": "G\0" }),
        json!({ "u": "http://orpc/echo", "m": "" }),
    ] {
        peer.receive(json!({ "i": "1", "p": payload }).to_string());
        let answer = next(&mut peer).await;
        assert_eq!(answer["i"], "1");
        assert_eq!(
            (&answer["p"]["s"], &answer["p"]["b"]["json"]["code"]),
            (&json!(400), &json!("BAD_REQUEST"))
        );
    }
    // Without responses, which another server would answer forever.
    for other in [r#"{"i":"1","p":{"s":400,"b":{}}}"#, r#"{"i":"1","p":{"h":5}}"#, r#"{"i":"1"}"#] {
        peer.receive(other);
    }
    assert_eq!(ready(&mut peer), Vec::<Bytes>::new());
    // The id of a running call stays in use.
    peer.receive(request(7, "/neverReads", &Value::Null));
    peer.receive(r#"{"i":"7","p":{"u":"/echo","h":5}}"#);
    assert_eq!(next(&mut peer).await["p"]["s"], 400, "an input that is no iterator");
}

#[tokio::test]
async fn an_invalid_event_ends_the_iterator_that_waits_for_it() {
    for event in [
        json!({ "e": "close", "d": {} }),
        json!({ "d": { "json": 1 } }),
        json!({ "e": 5 }),
        json!(5),
        Value::Null,
    ] {
        let (mut peer, _) = peer();
        let head = json!({ "u": "/first", "h": { "content-type": "text/event-stream" } });
        peer.receive(json!({ "i": "1", "p": head }).to_string());
        peer.receive(json!({ "i": "1", "t": 3, "p": event }).to_string());
        assert_eq!(next(&mut peer).await, json!({ "i": "1", "t": 4 }), "{event}");
        assert_eq!(next(&mut peer).await["p"]["b"]["json"], "BAD_REQUEST", "{event}");
    }
}

/// The answer has the members and the order of the captures of 2.0.0-beta.16.
#[tokio::test]
async fn a_call_of_version_2_is_refused_in_its_own_form() {
    let refused = |id: &str| {
        format!(
            r#"{{"id":{id},"kind":"response","json":{{"status":501,"headers":{{}},"bodyHint":"json","body":{{"json":{{"defined":false,"inferable":false,"code":"NOT_IMPLEMENTED","message":"This server speaks version 1 of the oRPC protocol, not version 2: use @orpc/client 1.x"}}}}}}}}"#
        )
    };
    let (mut peer, _) = peer();
    for (id, message) in [
        (
            r#""1""#,
            r#"{"id":"1","kind":"request","json":{"method":"POST","url":"/echo","headers":{},"bodyHint":"json","body":{"json":1}}}"#,
        ),
        // In the form of later betas, and with a file behind the text.
        (r#""2""#, r#"{"id":"2","kind":"request","json":{"url":"/nope"}}"#),
        (r#""3""#, "{\"id\":\"3\",\"kind\":\"request\",\"json\":{\"url\":\"/echo\"}}\u{fffd}"),
        (r#""é😀""#, r#"{"kind":"request","json":{},"id":"é😀"}"#),
    ] {
        let mut bytes = message.as_bytes().to_vec();
        if let Some(text) = message.strip_suffix('\u{fffd}') {
            bytes = [text.as_bytes(), b"\xffA"].concat();
        }
        peer.receive(bytes);
        assert_eq!(peer.next().await.unwrap(), *refused(id));
    }
    for other in [
        r#"{"kind":"event-stream","id":"1","json":{"event":"message","data":{"json":1}}}"#,
        r#"{"id":"1","kind":"cancel"}"#,
        r#"{"id":"1","kind":"response","json":{"status":200}}"#,
        r#"{"id":null,"kind":"request"}"#,
        r#"{"id":"1","kind":5}"#,
    ] {
        peer.receive(other);
    }
    peer.receive(request("1", "/echo", &json!(1)));
    assert_eq!(next(&mut peer).await, json!({ "i": "1", "p": { "b": { "json": 1 } } }));
}

#[tokio::test]
async fn a_call_of_version_2_over_http_is_refused_where_it_shows() {
    let service = Rpc::new(api::router()).http(Counters::default());
    let send = async |path: &str, headers: &[(&str, &str)], body: &str| {
        let mut request = http::Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_owned()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice::<Value>(&body).unwrap())
    };
    let json = ("content-type", "application/json");
    let form = "--B\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n\
        {\"json\":{\"f\":{},\"n\":\"5\"},\"maps\":[[\"f\"]],\"meta\":[[\"bigint\",\"n\"]]}\r\n\
        --B\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a\"\r\n\r\nx\r\n--B--\r\n";
    for (headers, body) in [
        (vec![("standard-server", "file"), ("content-type", "text/plain")], "x"),
        (vec![json], r#"{"json":"5","meta":[["bigint"]]}"#),
        (vec![json], r#"{"json":{"a":"5"},"meta":[["date","a"]]}"#),
        (vec![("content-type", "multipart/form-data; boundary=B")], form),
    ] {
        let (status, answer) = send("/echo", &headers, body).await;
        assert_eq!(status, 501, "{answer}");
        let error = &answer["json"];
        assert_eq!(
            (&error["code"], &error["inferable"]),
            (&json!("NOT_IMPLEMENTED"), &json!(false))
        );
        assert!(error["message"].as_str().unwrap().contains("version 2"), "{error}");
        assert_eq!(error.get("status"), None, "of version 1");
    }
    let items = r#"[{"id":"1","kind":"request","json":{"method":"POST","url":"/echo"}},{"id":"2","kind":"request","json":{"method":"POST","url":"/head"}}]"#;
    for mode in ["streaming", "buffered"] {
        let (status, answer) = send("/echo/__batch__", &[json, ("orpc-batch", mode)], items).await;
        assert_eq!(status, 207);
        for (answer, id) in answer.as_array().unwrap().iter().zip(["1", "2"]) {
            assert_eq!((&answer["id"], &answer["kind"]), (&json!(id), &json!("response")));
            assert_eq!(answer["json"]["body"]["json"]["code"], "NOT_IMPLEMENTED");
        }
        assert_eq!(answer.as_array().unwrap().len(), 2);
    }
    // Malformed as before, in the form of version 1.
    let (status, answer) = send("/echo", &[json], r#"{"json":1,"meta":[[0,"a"]]}"#).await;
    assert_eq!((status, &answer["json"]["status"]), (400, &json!(400)));
}

#[tokio::test]
async fn a_body_of_null_is_malformed_and_none_is_undefined() {
    let (mut peer, _) = peer();
    peer.receive(r#"{"i":"1","p":{"u":"/echo","b":null}}"#);
    assert_eq!(next(&mut peer).await["p"]["s"], json!(400));
    peer.receive(r#"{"i":"1","p":{"u":"/silent"}}"#);
    assert_eq!(next(&mut peer).await["p"]["h"]["content-type"], json!("text/event-stream"));
}

#[tokio::test]
async fn a_call_whose_input_is_not_json_gets_no_answer() {
    let (mut peer, _) = peer();
    for path in ["/echo", "/wait", "/head", "/guarded/length", "/first", "/silent"] {
        for body in [
            "{]",
            "{}}{",
            r#"{"json":nul}"#,
            r#"{"json":01}"#,
            r#"{"json":[1,]}"#,
            r#"{"json":"a",}"#,
            r#"{"json":"\q"}"#,
            r#"{"json":1}{"json":1}"#,
            r#"{"json":1,"meta":[}"#,
            "[\"\u{1}\"]",
        ] {
            peer.receive(format!(r#"{{"i":"1","p":{{"u":"{path}","b":{body}}}}}"#));
            peer.receive(format!(r#"{{"i":"1","p":{{"u":"{path}","b":{body},"m":"GET"}}}}"#));
            assert_eq!(ready(&mut peer), Vec::<Bytes>::new(), "{path} {body}");
        }
    }
    peer.receive(r#"{"i":"1","p":{"u":"/guarded/length","b":{"json":"abc"}}}"#);
    assert_eq!(next(&mut peer).await["p"]["b"]["json"], 3);
}

/// The message itself is JSON, unlike one whose body is not.
#[tokio::test]
async fn a_call_whose_query_is_not_json_is_malformed() {
    let (mut peer, _) = peer();
    for path in ["/echo", "/wait", "/head", "/guarded/length", "/first", "/silent"] {
        for data in ["%7B", "x", "%7B%22json%22%3A1%7Dx", "%5B1", "%00", "%22%5Cud800", "%FF"] {
            peer.receive(format!(r#"{{"i":"1","p":{{"u":"{path}?data={data}","m":"GET"}}}}"#));
            let answer = next(&mut peer).await;
            assert_eq!(answer["p"]["s"], 400, "{path} {data}: {answer}");
            assert_eq!(answer["p"]["b"]["json"]["code"], "BAD_REQUEST", "{path} {data}");
        }
    }
}

/// So is one whose form has an envelope that is not JSON.
#[tokio::test]
async fn a_call_whose_form_is_not_json_is_malformed() {
    let (mut peer, _) = peer();
    for path in ["/echo", "/wait", "/head", "/guarded/length", "/first", "/silent"] {
        for data in [b"{bad".as_slice(), b"", b"{\"json\":\"\xff\"}", b"\xef\xbb\xbf{\"json\":1}"] {
            let head = json!({ "content-type": "multipart/form-data; boundary=B" });
            let message = json!({ "i": "1", "p": { "u": path, "h": head } }).to_string();
            let part = b"\xff--B\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n";
            let frame = [message.as_bytes(), part, data, b"\r\n--B--\r\n"].concat();
            peer.receive(orpc_runtime::Frame::Binary(frame.into()));
            let answer = next(&mut peer).await;
            assert_eq!(answer["p"]["s"], 400, "{path} {data:?}: {answer}");
            assert_eq!(answer["p"]["b"]["json"]["code"], "BAD_REQUEST", "{path} {data:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_streams_lets_calls_finish_and_ends_the_peer() {
    let rpc = Rpc::new(api::router());
    let mut peer = rpc.peer(Counters::default());
    peer.receive(request(1, "/silent", &Value::Null));
    peer.receive(request(2, "/wait", &json!(1000)));
    assert_eq!(ready(&mut peer).len(), 1);
    rpc.shutdown();
    let event = next(&mut peer).await;
    assert_eq!((&event["i"], &event["p"]["e"]), (&json!("1"), &json!("error")));
    assert_eq!(event["p"]["d"]["json"]["code"], json!("SERVICE_UNAVAILABLE"));
    peer.receive(request(3, "/echo", &json!(1)));
    assert_eq!(next(&mut peer).await["p"]["s"], json!(503));
    assert_eq!(next(&mut peer).await["p"]["b"]["json"], json!(1000));
    assert_eq!(peer.next().await, None);
}

#[tokio::test]
async fn a_channel_in_memory_is_served_until_its_end() {
    use bytes::BytesMut;
    use futures::{SinkExt as _, TryStreamExt as _};
    use orpc_runtime::Frame;
    use tokio_util::codec::{Framed, LengthDelimitedCodec};

    let (server, client) = tokio::io::duplex(1024);
    let channel = |end| Framed::new(end, LengthDelimitedCodec::new()).map_ok(BytesMut::freeze);
    let (peer, _) = peer();
    let bytes = |frame: Frame| std::future::ready(Ok::<_, std::io::Error>(frame.into_bytes()));
    let served = tokio::spawn(peer.serve(channel(server).with(bytes)));
    let mut client = channel(client);
    for id in 0..3 {
        client.send(Bytes::from(request(id, "/echo", &json!(id)))).await.unwrap();
        let frame: Value = serde_json::from_slice(&client.next().await.unwrap().unwrap()).unwrap();
        assert_eq!(frame, json!({ "i": id.to_string(), "p": { "b": { "json": id } } }));
    }
    drop(client);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_port_is_served_until_the_other_one_is_dropped() {
    use futures::SinkExt as _;
    use orpc_runtime::{DuplexClosed, Frame, duplex};

    // Room for one message at a time: neither end may wait forever.
    let (server, mut client) = duplex(0);
    let (peer, counters) = peer();
    let served = tokio::spawn(peer.serve(server));
    client.send(Frame::from(request("s", "/silent", &Value::Null))).await.unwrap();
    let head = client.next().await.unwrap().unwrap();
    assert!(head.is_text() && head.as_bytes().ends_with(br#""text/event-stream"}}}"#));
    for id in 0..100 {
        client.send(Frame::from(request(id, "/echo", &json!(id)))).await.unwrap();
        let answer = client.next().await.unwrap().unwrap();
        assert_eq!(answer, *format!(r#"{{"i":"{id}","p":{{"b":{{"json":{id}}}}}}}"#));
    }
    drop(client);
    assert_eq!(served.await.unwrap(), Ok(()));
    drop(counters);

    let (gone, mut left) = duplex(1);
    drop(gone);
    assert_eq!(left.send(Frame::from("x")).await, Err(DuplexClosed));
    assert_eq!(left.next().await, None);
}

/// Pieces of messages, and others.
fn token() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"i\"",
        b"\"t\"",
        b"\"p\"",
        b"\"u\"",
        b"\"b\"",
        b"\"h\"",
        b"\"m\"",
        b"\"e\"",
        b"\"d\"",
        b"\"1\"",
        b"1",
        b"3",
        b"4",
        b"-1",
        b"1e9",
        b"null",
        b"{}",
        b"\"/echo\"",
        b"\"/wait\"",
        b"\"/neverReads\"",
        b"\"/endless\"",
        b"\"http://x/echo?data=%7B\"",
        b"\"message\"",
        b"\"done\"",
        b"\"error\"",
        b"\"GET\"",
        b"\"content-type\"",
        b"\"text/event-stream\"",
        b"\"json\"",
        b"\"\\ud800\"",
        b"\xff",
        b"\x00",
        b" ",
    ];
    support::piece(known)
}

/// A valid message with some bytes replaced, cut or repeated; or tokens.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let right: Vec<&'static str> = vec![
        r#"{"i":"1","p":{"u":"/echo","b":{"json":{"a":[1]},"meta":[[6,"a"]]}}}"#,
        r#"{"i":"1","p":{"u":"/echo?data=%7B%7D","m":"GET","h":{"x":["a","b"]}}}"#,
        r#"{"i":"2","p":{"u":"/neverReads","h":{"content-type":"text/event-stream"}}}"#,
        r#"{"i":"2","t":3,"p":{"e":"message","d":{"json":1},"m":{"id":"a","retry":1,"comments":[]}}}"#,
        r#"{"i":"2","t":4}"#,
        r#"{"i":3,"p":{"u":"/silent","b":{}}}"#,
    ];
    let mutated = support::mutated(right, token());
    prop_oneof![
        3 => mutated,
        1 => proptest::collection::vec(token(), 0..20).prop_map(|tokens| tokens.concat()),
    ]
}

/// Timers of calls need a runtime; nothing here waits for them.
fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: std::sync::LazyLock<tokio::runtime::Runtime> = std::sync::LazyLock::new(|| {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
    });
    &RUNTIME
}

fn shared() -> Rpc<Counters> {
    static RPC: std::sync::LazyLock<Rpc<Counters>> =
        std::sync::LazyLock::new(|| Rpc::new(api::router()));
    RPC.clone()
}

proptest! {
    #![proptest_config(support::cases(40_000))]

    /// Another call on the socket gets its response beside all that a client sends.
    #[test]
    fn no_message_harms_another_call(messages in proptest::collection::vec(message(), 1..4)) {
        let _runtime = runtime().enter();
        let mut peer = shared().peer(Counters::default());
        peer.receive(request("bystander-stream", "/silent", &Value::Null));
        for message in messages {
            peer.receive(message);
        }
        peer.receive(request("bystander", "/echo", &json!("alive")));
        // There may be an endless stream; only frames before the response count.
        let frames: Vec<Bytes> = std::iter::from_fn(|| peer.next().now_or_never().flatten())
            .take(2000)
            .map(Bytes::from)
            .collect();
        let alive = &br#"{"i":"bystander","p":{"b":{"json":"alive"}}}"#[..];
        prop_assert!(frames.iter().any(|frame| frame == alive), "{frames:?}");
        for frame in &frames {
            // An id is returned unchanged, even a number that only JavaScript accepts.
            let members: BTreeMap<&str, &RawValue> = serde_json::from_slice(frame).unwrap();
            let failed = members.get("p").is_some_and(|p| p.get().starts_with("{\"s\":500"));
            prop_assert!(!failed, "{frame:?}");
        }
    }
}
