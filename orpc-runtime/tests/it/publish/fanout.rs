//! Hibernating iterators that follow a publisher: the events, gaps and ends of a
//! subscription, and tasks that end with their readers.

use std::sync::Arc;

use futures::FutureExt as _;
use orpc_runtime::publish::{EventId, Publisher, ReadError, Start, SubscribeError, Subscriber};
use orpc_runtime::websocket::WebSocketService;
use orpc_runtime::{CloseCode, HibernatingIterator, prelude::*};
use serde_json::{Value, json};
use tokio::io::DuplexStream;

use crate::support::websocket::{self, CLOSE, Raw, RawFrame, TEXT, until, within};
use crate::support::{post, send, tasks, tasks_that_stay};

pub struct App {
    events: Publisher<Value>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }

    #[procedure]
    pub fn follow(
        app: &App,
        last: Option<&LastEventId>,
        input: Option<String>,
    ) -> Result<HibernatingIterator<Value, (), ReadError>, SubscribeError> {
        let channel = input.as_deref().unwrap_or("room");
        Ok(app.events.subscribe(channel, last)?.hibernate())
    }

    /// All that is retained.
    #[procedure]
    pub fn all(app: &App) -> Result<HibernatingIterator<Value, (), ReadError>, SubscribeError> {
        Ok(app.events.subscribe("room", Start::Earliest)?.hibernate())
    }

    /// The same as a stream.
    #[procedure]
    pub fn stream(
        app: &App,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Value>, ReadError>>, SubscribeError> {
        app.events.subscribe("room", last)
    }

    #[procedure]
    pub fn staff(
        app: &App,
        last: Option<&LastEventId>,
        name: String,
    ) -> Result<HibernatingIterator<Value, (), ReadError>, SubscribeError> {
        let staff = Subscriber::new(name).tags(["staff"]);
        Ok(app.events.subscribe("room", last)?.subscriber(staff).hibernate())
    }

    /// Has read a part when it hibernates.
    #[procedure]
    pub async fn rest(
        app: &App,
    ) -> Result<HibernatingIterator<Value, (), ReadError>, SubscribeError> {
        let mut events = app.events.subscribe("room", Start::Earliest)?;
        _ = events.next_ready().await;
        Ok(events.hibernate())
    }

    /// Has read to the end when it hibernates.
    #[procedure]
    pub async fn ended(
        app: &App,
    ) -> Result<HibernatingIterator<Value, (), ReadError>, SubscribeError> {
        let mut events = app.events.subscribe("room", Start::Earliest)?;
        app.events.close().await;
        while events.next().await.is_some() {}
        Ok(events.hibernate())
    }

    /// Closes the socket.
    #[procedure]
    pub async fn close(socket: &Socket) {
        socket.close(CloseCode::NORMAL, "closed");
    }
}

fn serve_with(events: &Publisher<Value>) -> WebSocketService<App> {
    Rpc::new(api::router()).websocket(Arc::new(App { events: events.clone() }))
}

fn serve() -> (Publisher<Value>, WebSocketService<App>) {
    let events = Publisher::builder().max_events(100_000).memory();
    (events.clone(), serve_with(&events))
}

async fn publish(events: &Publisher<Value>, value: impl Into<Value>) -> EventId {
    events.publish("room", &value.into()).await.unwrap()
}

async fn open(service: &WebSocketService<App>) -> Raw<DuplexStream> {
    Raw::open(websocket::channel(service, 1 << 16), "/").await
}

/// Calls a procedure that answers with an iterator; behind an event, if there is an id.
async fn begin(
    socket: &mut Raw<DuplexStream>,
    id: &str,
    path: &str,
    last: Option<EventId>,
    input: Value,
) {
    let mut request = json!({ "i": id, "p": { "u": path, "b": { "json": input } } });
    if let Some(last) = last {
        request["p"]["h"] = json!({ "last-event-id": last });
    }
    socket.send(TEXT, request.to_string().as_bytes()).await;
    let head = json!({ "i": id, "p": { "h": { "content-type": "text/event-stream" } } });
    assert_eq!(socket.message().await.json(), head);
}

async fn follow(socket: &mut Raw<DuplexStream>, last: Option<EventId>) {
    begin(socket, "1", "/follow", last, Value::Null).await;
}

fn value(frame: &RawFrame) -> Value {
    let mut frame = frame.json();
    assert_eq!((&frame["t"], &frame["p"]["e"]), (&json!(3), &json!("message")), "{frame}");
    frame["p"]["d"]["json"].take()
}

async fn values(socket: &mut Raw<DuplexStream>, count: usize) -> Vec<Value> {
    let mut values = Vec::new();
    while values.len() < count {
        values.push(value(&socket.message().await));
    }
    values
}

/// The error that an iterator ends with, and the id of its event.
async fn error(socket: &mut Raw<DuplexStream>) -> (Value, Value) {
    let mut frame = socket.message().await.json();
    assert_eq!((&frame["t"], &frame["p"]["e"]), (&json!(3), &json!("error")), "{frame}");
    (frame["p"]["d"]["json"].take(), frame["p"]["m"]["id"].take())
}

async fn assert_nothing_waits(socket: &mut Raw<DuplexStream>) {
    socket.call("nothing", "/ping", &Value::Null).await;
    assert_eq!(socket.message().await.json()["p"]["b"]["json"], "pong");
}

#[tokio::test]
async fn an_iterator_has_the_frames_of_the_stream_of_its_subscription() {
    let events = Publisher::builder().max_events(4).memory();
    let service = serve_with(&events);
    let first = publish(&events, 0).await;
    for n in 1..4 {
        publish(&events, json!({ "n": n, "text": "line\n\u{2028}" })).await;
    }
    let mut frames = Vec::new();
    for path in ["/stream", "/follow"] {
        let mut socket = open(&service).await;
        begin(&mut socket, "1", path, Some(first), Value::Null).await;
        let mut own = Vec::new();
        for _ in 1..4 {
            own.push(socket.message().await);
        }
        frames.push((socket, own));
    }
    publish(&events, "live").await;
    for (socket, own) in &mut frames {
        own.push(socket.message().await);
    }
    // The first event is trimmed.
    publish(&events, "trims").await;
    for (path, (socket, own)) in ["/stream", "/follow"].into_iter().zip(&mut frames) {
        own.push(socket.message().await);
        socket.send(TEXT, br#"{"i":"1","t":4}"#).await;
        begin(socket, "1", path, Some(first), Value::Null).await;
        own.push(socket.message().await);
    }
    events.close().await;
    for (path, (socket, own)) in ["/stream", "/follow"].into_iter().zip(&mut frames) {
        begin(socket, "2", path, None, Value::Null).now_or_never();
        own.push(socket.message().await);
    }
    let [(_, stream), (_, hibernating)] = &frames[..] else { panic!("two") };
    assert_eq!(stream, hibernating);
    assert_eq!(stream[5].json()["p"]["d"]["json"]["code"], "EVENT_GAP");
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_what_it_missed_and_then_what_is_live_each_once() {
    let (events, service) = serve();
    let mut socket = open(&service).await;
    follow(&mut socket, None).await;
    publish(&events, 1).await;
    let last = publish(&events, 2).await;
    assert_eq!(values(&mut socket, 2).await, [1, 2]);
    drop(socket);
    publish(&events, 3).await;
    let mut socket = open(&service).await;
    follow(&mut socket, Some(last)).await;
    publish(&events, 4).await;
    assert_eq!(values(&mut socket, 2).await, [3, 4]);
    assert_nothing_waits(&mut socket).await;
}

#[tokio::test]
async fn a_subscription_hibernates_where_it_has_read_to() {
    let (events, service) = serve();
    for n in 1..4 {
        publish(&events, n).await;
    }
    let mut socket = open(&service).await;
    begin(&mut socket, "1", "/all", None, Value::Null).await;
    assert_eq!(values(&mut socket, 3).await, [1, 2, 3]);
    begin(&mut socket, "2", "/rest", None, Value::Null).await;
    assert_eq!(values(&mut socket, 2).await, [2, 3]);
    publish(&events, 4).await;
    assert_eq!(values(&mut socket, 2).await, [4, 4]);
    // Both iterators end with the publisher, and so does one of a subscription that ended.
    begin(&mut socket, "3", "/ended", None, Value::Null).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(error(&mut socket).await.0["code"].clone());
    }
    assert_eq!(codes, ["SERVICE_UNAVAILABLE"; 3]);
    assert_nothing_waits(&mut socket).await;
}

#[tokio::test]
async fn iterators_of_one_socket_are_independent() {
    let (events, service) = serve();
    let mut socket = open(&service).await;
    for (id, channel) in [("1", "room"), ("2", "room"), ("3", "other")] {
        begin(&mut socket, id, "/follow", None, json!(channel)).await;
    }
    publish(&events, "a").await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(socket.message().await.json()["i"].clone());
    }
    assert_eq!(ids, ["1", "2"]);
    socket.send(TEXT, br#"{"i":"1","t":4}"#).await;
    assert_nothing_waits(&mut socket).await;
    publish(&events, "b").await;
    events.publish("other", &json!("c")).await.unwrap();
    let mut rest = Vec::new();
    for _ in 0..2 {
        let frame = socket.message().await;
        rest.push((frame.json()["i"].clone(), value(&frame)));
    }
    rest.sort_by_key(|(id, _)| id.to_string());
    assert_eq!(rest, [(json!("2"), json!("b")), (json!("3"), json!("c"))]);
    assert_nothing_waits(&mut socket).await;
}

#[tokio::test]
async fn an_audience_is_the_same_live_and_replayed() {
    let (events, service) = serve();
    let first = publish(&events, 0).await;
    let mut live = open(&service).await;
    begin(&mut live, "1", "/staff", None, json!("ada")).await;
    events.publish("room", &json!("all but ada")).exclude(["ada"]).await.unwrap();
    events.publish("room", &json!("guests")).tags(["guests"]).await.unwrap();
    events.publish("room", &json!("staff")).tags(["staff"]).await.unwrap();
    events.publish("room", &json!("bob")).targets(["bob"]).await.unwrap();
    events.publish("room", &json!("ada")).targets(["ada"]).await.unwrap();
    let mut back = open(&service).await;
    begin(&mut back, "1", "/staff", Some(first), json!("ada")).await;
    for socket in [&mut live, &mut back] {
        assert_eq!(values(socket, 2).await, ["staff", "ada"]);
        assert_nothing_waits(socket).await;
    }
}

#[tokio::test]
async fn ids_that_are_not_of_the_channel_are_refused_or_a_gap() {
    let (events, service) = serve();
    let mut socket = open(&service).await;
    let call = json!({ "i": "1", "p": { "u": "/follow", "h": { "last-event-id": "no" } } });
    socket.send(TEXT, call.to_string().as_bytes()).await;
    let refused = socket.message().await.json();
    assert_eq!(
        (&refused["p"]["s"], &refused["p"]["b"]["json"]["code"]),
        (&json!(400), &json!("BAD_REQUEST"))
    );

    let other = Publisher::<Value>::memory();
    let foreign = publish(&other, 1).await;
    publish(&events, 1).await;
    follow(&mut socket, Some(foreign)).await;
    let (gap, resume) = error(&mut socket).await;
    assert_eq!((&gap["code"], &gap["defined"]), (&json!("EVENT_GAP"), &json!(true)));
    assert_eq!((&gap["status"], &gap["data"]["reason"]), (&json!(410), &json!("epoch")));
    assert_eq!(gap["data"]["resume"], resume);
    let resume: EventId = resume.as_str().unwrap().parse().unwrap();
    follow(&mut socket, Some(resume)).await;
    assert_eq!(values(&mut socket, 1).await, [1]);

    // Beyond the end of the log, where the other reader waits.
    let ahead = format!("{}.{}", resume.epoch(), u64::MAX).parse().unwrap();
    let mut socket = open(&service).await;
    follow(&mut socket, Some(ahead)).await;
    let (gap, _) = error(&mut socket).await;
    assert_eq!((&gap["code"], &gap["data"]["reason"]), (&json!("EVENT_GAP"), &json!("ahead")));
}

#[tokio::test]
async fn over_http_an_upgrade_is_required() {
    let events = Publisher::memory();
    let service = Rpc::new(api::router()).http(Arc::new(App { events: events.clone() }));
    assert_eq!(send(service, post("/follow", "{}")).await.status, 426);
    assert_eq!(events.channels(), 0);
}

#[tokio::test]
async fn a_socket_that_does_not_read_gets_everything_later_and_delays_no_other() {
    const EVENTS: u64 = 400;
    const READERS: usize = 20;
    let (events, service) = serve();
    let service = service.unsent_limit(4 * 1024);
    let mut stalled = Raw::open(websocket::channel(&service, 1024), "/").await;
    follow(&mut stalled, None).await;
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let mut socket = open(&service).await;
        follow(&mut socket, None).await;
        readers.push(socket);
    }
    // Many times what may wait for a socket that does not read.
    for n in 0..EVENTS {
        publish(&events, json!({ "n": n, "pad": "x".repeat(100) })).await;
        for socket in &mut readers {
            assert_eq!(value(&socket.message().await)["n"], n);
        }
    }
    for n in 0..EVENTS {
        assert_eq!(value(&stalled.message().await)["n"], n);
    }
    // It has no task any more and is sent events with the others.
    publish(&events, "live").await;
    for socket in readers.iter_mut().chain([&mut stalled]) {
        assert_eq!(values(socket, 1).await, ["live"]);
    }
}

#[tokio::test]
async fn a_socket_that_does_not_read_for_too_long_is_told_of_the_gap() {
    let events = Publisher::builder().max_events(64).memory();
    let service = serve_with(&events).unsent_limit(4 * 1024);
    let mut socket = Raw::open(websocket::channel(&service, 1024), "/").await;
    follow(&mut socket, None).await;
    for n in 0..500 {
        publish(&events, json!({ "n": n, "pad": "x".repeat(100) })).await;
        tokio::task::yield_now().await;
    }
    let mut next = 0;
    let gap = loop {
        let frame = socket.message().await;
        if frame.json()["p"]["e"] == "error" {
            break frame.json();
        }
        assert_eq!(value(&frame)["n"], next, "no hole before the gap");
        next += 1;
    };
    assert_eq!(gap["p"]["d"]["json"]["data"]["reason"], "slow");
    let resume = gap["p"]["m"]["id"].as_str().unwrap().parse().unwrap();
    follow(&mut socket, Some(resume)).await;
    let mut n = value(&socket.message().await)["n"].as_u64().unwrap();
    while n < 499 {
        n += 1;
        assert_eq!(value(&socket.message().await)["n"], n);
    }
}

#[tokio::test]
async fn a_publisher_that_is_closed_or_dropped_ends_its_iterators() {
    for is_dropped in [false, true] {
        let events = Publisher::memory();
        // The service does not keep the publisher open.
        let kept = events.clone();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let service = Rpc::new(late::router()).websocket(Arc::new(Late {
            events: std::sync::Mutex::new(Some(events)),
            gone: std::sync::Mutex::new(Some(sender)),
        }));
        let mut socket = Raw::open(websocket::channel(&service, 1 << 16), "/").await;
        begin(&mut socket, "1", "/follow", None, Value::Null).await;
        receiver.await.unwrap();
        publish(&kept, 1).await;
        assert_eq!(values(&mut socket, 1).await, [1]);
        if is_dropped {
            drop(kept);
        } else {
            kept.close().await;
        }
        assert_eq!(error(&mut socket).await.0["code"], "SERVICE_UNAVAILABLE");
    }
}

/// Context that gives its publisher away.
pub struct Late {
    events: std::sync::Mutex<Option<Publisher<Value>>>,
    gone: std::sync::Mutex<Option<tokio::sync::oneshot::Sender<()>>>,
}

#[router(context = Late)]
pub mod late {
    use super::*;

    #[procedure]
    pub async fn follow(
        app: &Late,
    ) -> Result<HibernatingIterator<Value, (), ReadError>, SubscribeError> {
        let events = app.events.lock().unwrap().take().unwrap();
        let iterator = events.subscribe("room", Start::Latest)?.hibernate();
        drop(events);
        app.gone.lock().unwrap().take().unwrap().send(()).unwrap();
        Ok(iterator)
    }
}

/// Ends of an iterator whose reader waits for room.
#[derive(Debug, Clone, Copy)]
enum End {
    /// The client stops the iterator, as `return()` does.
    Stopped,
    /// The client begins to close the socket.
    ClosedByClient,
    /// A call closes the socket.
    ClosedByServer,
    /// The connection is lost.
    Lost,
    ShutDown,
}

#[tokio::test]
async fn a_reader_ends_with_its_iterator_and_not_when_there_is_room() {
    let ends = [End::Stopped, End::ClosedByClient, End::ClosedByServer, End::Lost, End::ShutDown];
    for end in ends {
        let events = Publisher::memory();
        let rpc = Rpc::new(api::router());
        let service = rpc.websocket(Arc::new(App { events: events.clone() })).unsent_limit(1024);
        let first = publish(&events, "first").await;
        for _ in 0..100 {
            publish(&events, "x".repeat(100)).await;
        }
        let empty = tasks_that_stay().await;
        let mut socket = Raw::open(websocket::channel(&service, 256), "/").await;
        // The task of the channel and its timer stay.
        follow(&mut socket, None).await;
        socket.send(TEXT, br#"{"i":"1","t":4}"#).await;
        assert_nothing_waits(&mut socket).await;
        let before = tasks_that_stay().await;

        // Nothing but the head is read, so the task of the reader waits for room.
        begin(&mut socket, "2", "/follow", Some(first), Value::Null).await;
        assert_eq!(tasks_that_stay().await, before + 1, "{end:?}");
        let mut expected = before;
        match end {
            End::Stopped => socket.send(TEXT, br#"{"i":"2","t":4}"#).await,
            End::ClosedByClient => {
                socket.send(CLOSE, &websocket::close_payload(1000, "")).await;
            }
            End::ClosedByServer => socket.call("3", "/close", &Value::Null).await,
            End::Lost => {
                let (mut stream, _) = tokio::io::duplex(1);
                std::mem::swap(&mut stream, &mut socket.stream);
                drop(stream);
                // The connection's own tasks end as well.
                expected = empty + 2;
            }
            End::ShutDown => rpc.shutdown(),
        }
        within(async {
            until(|| tasks() == expected).await;
        })
        .await;
    }
}
