//! Budgets count entries, not texts alone: many small ones take far more memory than
//! their bytes. Each test keeps many and compares the budget with what their types take.

use std::io;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::{FutureExt as _, StreamExt as _};
use http::{HeaderName, HeaderValue, Request};
use http_body::{Body, Frame};
use http_body_util::{Full, StreamBody};
use orpc_runtime::prelude::*;
use orpc_runtime::{HibernatingIterator, Peer, SendError, Socket, SocketConfig};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::websocket::{Raw, channel, until, within};
use crate::support::{post, send};

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn wait(_input: Option<Value>) {
        std::future::pending().await
    }

    #[procedure]
    pub fn stream(_input: Option<Value>) -> impl Stream<Item = u8> {
        futures::stream::pending()
    }

    /// Returns the code of the error that ends the iterator.
    #[procedure]
    pub async fn read(mut events: EventIterator<Value>) -> String {
        loop {
            match events.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => return error.code().to_owned(),
                None => return "the end".to_owned(),
            }
        }
    }

    #[procedure]
    pub async fn never_reads(events: EventIterator<Value>) {
        let _events = events;
        std::future::pending().await
    }

    #[procedure]
    pub fn sleep(socket: &Socket) -> HibernatingIterator<u8> {
        let _ = socket;
        HibernatingIterator::new(|_| Ok(()))
    }
}

fn rpc() -> Rpc<()> {
    Rpc::new(api::router())
}

/// Memory of a header without its texts.
const HEADER: usize = size_of::<HeaderName>() + size_of::<HeaderValue>();

/// Headers with names of two letters, and values without any.
fn headers(count: usize) -> impl Iterator<Item = (String, &'static str)> {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number).unwrap());
    (0..count).map(move |number| (format!("{}{}", letter(number / 26), letter(number % 26)), ""))
}

/// Receives a message; runs the calls.
fn receive(peer: &mut Peer<()>, message: &Value) {
    peer.receive(message.to_string());
    drop(peer.next().now_or_never());
}

fn call(id: usize, path: &str, headers: &Value) -> Value {
    json!({ "i": id.to_string(), "p": { "u": path, "h": headers } })
}

/// Returns the bytes by which a message increases the memory of a peer.
fn kept(rpc: &Rpc<()>, peer: &mut Peer<()>, message: &Value) -> usize {
    let before = rpc.memory().used();
    receive(peer, message);
    rpc.memory().used() - before
}

#[tokio::test]
async fn headers_of_calls_count_each() {
    let of_names: serde_json::Map<_, _> =
        headers(128).map(|(name, value)| (name, value.into())).collect();
    let of_one_name = json!({ "x": vec![""; 128] });
    for (headers, each) in [(of_names.into(), HEADER), (of_one_name, size_of::<HeaderValue>())] {
        let rpc = rpc();
        let mut peer = rpc.peer(());
        let mut bytes = 0;
        for id in 0..200 {
            let path = if id < 100 { "/stream" } else { "/wait" };
            bytes += kept(&rpc, &mut peer, &call(id, path, &headers));
        }
        // 64 of these run, and the others wait.
        assert!(bytes >= 200 * 128 * each, "{bytes} of {headers}");
        drop(peer);
        assert_eq!(rpc.memory().used(), 0);
    }
}

fn batch(own: &Value) -> Value {
    let item = json!({ "url": "http://test/wait", "method": "POST", "headers": own });
    vec![item; 10].into()
}

#[tokio::test]
async fn headers_of_batches_count_for_each_call() {
    let names: serde_json::Map<_, _> =
        headers(100).map(|(name, value)| (name, value.into())).collect();
    // Common ones, and own ones of each call.
    let mut common = names.clone();
    common.insert("x-orpc-batch".to_owned(), "buffered".into());
    for (common, own) in [
        (common, json!({})),
        (
            [("x-orpc-batch".to_owned(), "buffered".into())].into_iter().collect(),
            names.clone().into(),
        ),
    ] {
        let rpc = rpc();
        let mut peer = rpc.peer(());
        let mut message = call(1, "/batch", &common.clone().into());
        message["p"]["b"] = batch(&own);
        let bytes = kept(&rpc, &mut peer, &message);
        assert!(bytes >= 10 * 100 * HEADER, "{bytes} over a socket");

        let mut request = Request::post("/batch").header("content-type", "application/json");
        for (name, value) in &common {
            request = request.header(name.as_str(), value.as_str().unwrap());
        }
        let request = request.body(Full::<Bytes>::from(batch(&own).to_string())).unwrap();
        let rpc = self::rpc();
        let running = tokio::spawn(rpc.http(()).oneshot(request));
        until(|| rpc.memory().used() >= 10 * 100 * HEADER).await;
        running.abort();
    }
}

#[tokio::test]
async fn headers_of_requests_count_each() {
    let rpc = rpc();
    let mut request = post("/wait", "{}");
    for (name, value) in headers(600) {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let running = tokio::spawn(rpc.http(()).oneshot(request));
    until(|| rpc.memory().used() >= 600 * HEADER).await;
    running.abort();
    until(|| rpc.memory().used() == 0).await;
}

#[tokio::test]
async fn headers_of_upgrades_count_each() {
    async fn open(path: &str) -> (Raw<tokio::io::DuplexStream>, usize) {
        let rpc = rpc();
        let raw = Raw::open(channel(&rpc.websocket(()), 16 * 1024), path).await;
        until(|| rpc.live_sockets() == 1).await;
        (raw, rpc.memory().used())
    }
    let (_plain, few) = open("/").await;
    // The request line ends inside of the path, and headers follow.
    let more: String = headers(80).map(|(name, _)| format!("\r\n{name}:")).collect();
    let (_long, many) = open(&format!("/ HTTP/1.1{more}\r\nx: ")).await;
    assert!(many >= few + 80 * HEADER, "{few}, {many}");
}

fn events(
    body: impl Body<Data = Bytes, Error = io::Error> + Send + 'static,
) -> Request<impl Body<Data = Bytes, Error = io::Error> + Send + 'static> {
    Request::post("/read").header("content-type", "text/event-stream").body(body).unwrap()
}

fn open() -> (mpsc::UnboundedSender<Bytes>, impl Body<Data = Bytes, Error = io::Error>) {
    let (sender, receiver) = mpsc::unbounded();
    (sender, StreamBody::new(receiver.map(|bytes| Ok(Frame::data(bytes)))))
}

#[tokio::test]
async fn comments_of_an_event_in_a_body_count_each() {
    const COMMENTS: usize = 5_000;
    for comment in [":\n", ":a\n"] {
        let rpc = rpc();
        let (sender, body) = open();
        let running = tokio::spawn(rpc.http(()).oneshot(events(body)));
        sender.unbounded_send(comment.repeat(COMMENTS).into()).unwrap();
        until(|| rpc.memory().used() >= COMMENTS * size_of::<String>()).await;
        // The event is complete and read.
        sender.unbounded_send("data: {}\n\n".into()).unwrap();
        until(|| rpc.memory().used() < COMMENTS * size_of::<String>()).await;
        running.abort();
    }
    // An event of comments alone is limited like any other.
    let (sender, body) = open();
    sender.unbounded_send(":\n".repeat(100_000).into()).unwrap();
    let answer = within(send(rpc().http(()), events(body))).await;
    assert_eq!(answer.json(), "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn comments_of_unread_events_count_each() {
    const COMMENTS: usize = 5_000;
    for comment in ["", "a"] {
        let rpc = rpc();
        let mut peer = rpc.peer(());
        let headers = json!({ "content-type": "text/event-stream" });
        receive(&mut peer, &call(1, "/neverReads", &headers));
        let meta = json!({ "comments": vec![comment; COMMENTS] });
        let event = json!({ "i": "1", "t": 3, "p": { "e": "message", "d": {}, "m": meta } });
        let bytes = kept(&rpc, &mut peer, &event);
        let each = size_of::<String>() + comment.len();
        assert!(bytes >= event.to_string().len() + COMMENTS * each, "{bytes}");
    }
}

#[tokio::test]
async fn frames_without_bytes_count_each() {
    let rpc = rpc();
    let peer = rpc.peer(());
    let socket = peer.socket();
    let frame = size_of::<(usize, bool)>();
    for _ in 0..10_000 {
        socket.send_raw("").unwrap();
    }
    assert!(rpc.memory().used() >= 10_000 * frame, "{}", rpc.memory().used());
    // As many as fill the buffer of a client that does not read.
    let sent = (10_000..200_000).take_while(|_| socket.send_raw("").is_ok()).count();
    assert!(sent < 100_000, "{sent}");
    assert_eq!(socket.send_raw(""), Err(SendError::Closed));
    let frames = peer.filter(|frame| std::future::ready(frame.as_bytes().is_empty())).count().await;
    assert_eq!(frames, 10_000 + sent);
    assert_eq!(rpc.memory().used(), 0);
}

#[tokio::test]
async fn iterators_that_hibernate_count_each() {
    // The texts of these ids are part of the socket itself.
    const ITERATORS: usize = 100;
    let rpc = rpc();
    let mut peer = rpc.peer(());
    for id in 0..ITERATORS {
        receive(&mut peer, &call(id, "/sleep", &json!({})));
    }
    // All answers are read.
    while let Some(Some(_)) = peer.next().now_or_never() {}
    let used = rpc.memory().used();
    assert!(used >= ITERATORS * size_of::<Box<str>>(), "{used}");
}

#[test]
fn tags_and_the_attachment_of_a_socket_count() {
    let rpc = rpc();
    let request = || Request::new(()).into_parts().0;
    let mut config = SocketConfig::new();
    let tag = |number: usize| format!("{number}{}", "😀".repeat(255));
    for number in 0..10 {
        config = config.tag(tag(number)).unwrap();
    }
    let peer = rpc.peer_with((), request(), config);
    // Beside the first bytes, which are part of the socket itself.
    let tags = 10 * (size_of::<Box<str>>() + tag(0).len()) - 512;
    assert!(rpc.memory().used() >= tags, "{}", rpc.memory().used());
    peer.socket().attach(&"x".repeat(2000)).unwrap();
    assert!(rpc.memory().used() >= tags + 2000, "{}", rpc.memory().used());
    drop(peer);
    assert_eq!(rpc.memory().used(), 0);
}
