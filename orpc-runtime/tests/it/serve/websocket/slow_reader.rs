//! One client that does not read, among a thousand that do: the memory kept for it is
//! bounded, it gets what the policy promises, and the others are not affected.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::websocket::{SocketError, SocketHooks, WebSocketService};
use orpc_runtime::{
    CloseCode, CloseFrame, Delivery, EncodedEvent, HibernatingIterator, HibernationId, Room, Rooms,
};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::support::websocket::{self, CLOSE, Raw, close_payload, until, within};

/// The number of clients that read.
const READERS: usize = 999;

/// Total number of events.
const EVENTS: usize = 40;

/// Number of events that the live channel keeps for late readers.
const KEPT: usize = 16;

/// The text of an event, and the bytes around it.
const TEXT: usize = 1000;
const FRAME: usize = TEXT + 100;

/// The text for those that read.
const SHORT: usize = 10;

/// Maximum number of bytes that may wait to be sent to a client.
const UNSENT: usize = 4 * 1024;

/// Capacity of the connection to a client, in each direction.
const CHANNEL: usize = 1024;

/// Capacity of the codec beside that, and one frame more.
const CODEC: usize = 8 * 1024 + 2 * FRAME;

/// Maximum number of events pending for a client that does not read.
const MOST: usize = (UNSENT + CHANNEL + CODEC) / TEXT + 1;

/// A subscriber.
#[derive(Deserialize, JsonSchema)]
pub struct Subscriber {
    name: String,
    /// Length of the events it requests: long ones take time to write.
    length: usize,
}

/// Attachment of a socket.
#[derive(Serialize, Deserialize)]
pub struct Reader {
    events: HibernationId<String>,
}

#[derive(Clone)]
pub struct App {
    live: broadcast::Sender<usize>,
    /// Number of events of the log.
    next: watch::Sender<usize>,
    rooms: Rooms,
    /// Number of times that each subscriber's stream was polled, and of the events that
    /// it returned.
    polled: Arc<Mutex<HashMap<String, usize>>>,
    errors: Arc<Mutex<Vec<String>>>,
    closed: Arc<Mutex<Vec<CloseFrame>>>,
    open: Arc<AtomicUsize>,
}

impl App {
    fn new() -> Self {
        Self {
            live: broadcast::Sender::new(KEPT),
            next: watch::Sender::new(0),
            rooms: Rooms::new(),
            polled: Arc::default(),
            errors: Arc::default(),
            closed: Arc::default(),
            open: Arc::default(),
        }
    }

    fn count(&self, name: &str) {
        *self.polled.lock().unwrap().entry(name.to_owned()).or_default() += 1;
    }

    fn polled(&self, name: &str) -> usize {
        self.polled.lock().unwrap().get(name).copied().unwrap_or(0)
    }

    fn room(&self) -> Room {
        self.rooms.get_or_create("room")
    }
}

#[router(context = App)]
pub mod api {
    use super::*;

    /// Streams events published from now on. A reader that is too slow gets an error.
    #[procedure]
    pub fn live(app: &App, input: Subscriber) -> impl Stream<Item = Result<String, Error>> {
        let events = app.live.subscribe();
        futures::stream::unfold((events, app, input), |(mut events, app, input)| async move {
            let event = match events.recv().await {
                Ok(event) => Ok(text(event, input.length)),
                Err(RecvError::Lagged(missed)) => {
                    Err(Error::custom("LAGGED").with_data(&json!({ "missed": missed })))
                }
                Err(RecvError::Closed) => return None,
            };
            app.count(&input.name);
            Some((event, (events, app, input)))
        })
    }

    /// All published events, in order.
    #[procedure]
    pub fn log(app: &App, input: Subscriber) -> impl Stream<Item = String> {
        let next = app.next.subscribe();
        futures::stream::unfold((next, 0, app, input), |(mut next, at, app, input)| async move {
            next.wait_for(|next| *next > at).await.ok()?;
            app.count(&input.name);
            Some((text(at, input.length), (next, at + 1, app, input)))
        })
    }

    #[procedure]
    pub fn hibernating(app: &App, socket: &Socket) -> HibernatingIterator<String> {
        let (room, socket) = (app.room(), socket.clone());
        HibernatingIterator::new(move |events| {
            socket.attach(&Reader { events })?;
            room.join(&socket);
            Ok(())
        })
    }

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

impl SocketHooks for App {
    fn open(&self, _: &Socket) {
        self.open.fetch_add(1, Ordering::SeqCst);
    }

    fn error(&self, _: &Socket, error: &SocketError) {
        self.errors.lock().unwrap().push(format!("{error:?}"));
    }

    fn close(&self, _: &Socket, close: &CloseFrame) {
        self.closed.lock().unwrap().push(close.clone());
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

fn served() -> (Rpc<App>, WebSocketService<App>, App) {
    let (rpc, app) = (Rpc::new(api::router()), App::new());
    let service = rpc.websocket(app.clone()).hooks(app.clone()).unsent_limit(UNSENT);
    // On slow machines as well, and although the clients here send no pongs.
    let long = Duration::from_secs(3600);
    let service = service.ping_interval(None).idle_timeout(long).write_timeout(long);
    (rpc, service, app)
}

/// An event as a text of some length.
fn text(n: usize, length: usize) -> String {
    format!("{n:0length$}")
}

/// Subscribes, and reads the head.
async fn subscribe(
    service: &WebSocketService<App>,
    path: &str,
    name: &str,
    length: usize,
) -> Raw<DuplexStream> {
    let mut client = Raw::open(websocket::channel(service, CHANNEL), "/").await;
    client.call("s", path, &json!({ "name": name, "length": length })).await;
    let head = client.message().await.json();
    assert_eq!(head["p"]["h"]["content-type"], json!("text/event-stream"));
    client
}

/// The number in a message event.
fn number(event: &Value) -> usize {
    assert_eq!(event["p"]["e"], json!("message"), "{event}");
    let text = event["p"]["d"]["json"].as_str().unwrap();
    assert_eq!(text.len(), TEXT);
    text.parse().unwrap()
}

/// The clients that read, and the number of events read.
struct Readers {
    read: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<Raw<DuplexStream>>>,
}

impl Readers {
    /// Subscribes them, and reads all events in tasks of their own.
    async fn subscribe(service: &WebSocketService<App>, path: &str, length: usize) -> Self {
        let expected = |n| {
            let text = text(n, length);
            format!(r#"{{"i":"s","t":3,"p":{{"e":"message","d":{{"json":"{text}"}}}}}}"#)
        };
        let expected: Arc<[String]> = (0..EVENTS).map(expected).collect();
        let read = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::with_capacity(READERS);
        for name in 0..READERS {
            let mut client = subscribe(service, path, &name.to_string(), length).await;
            let (read, expected) = (Arc::clone(&read), Arc::clone(&expected));
            tasks.push(tokio::spawn(async move {
                for expected in &*expected {
                    assert_eq!(client.message().await.text(), expected);
                    read.fetch_add(1, Ordering::SeqCst);
                }
                client
            }));
        }
        Self { read, tasks }
    }

    /// Waits until all of them have read so many events.
    async fn have_read(&self, events: usize) {
        until(|| self.read.load(Ordering::SeqCst) == events * READERS).await;
    }

    /// Asserts that all of them are connected and have got everything.
    async fn are_well(self) -> Vec<Raw<DuplexStream>> {
        let mut clients = Vec::with_capacity(READERS);
        for task in self.tasks {
            let mut client = within(task).await.unwrap();
            client.call("p", "/ping", &Value::Null).await;
            assert_eq!(client.message().await.text(), r#"{"i":"p","p":{"b":{"json":"pong"}}}"#);
            clients.push(client);
        }
        clients
    }
}

#[tokio::test]
async fn a_live_stream_is_not_polled_for_a_stalled_client_and_reports_the_gap() {
    let (rpc, service, app) = served();
    let mut stalled = subscribe(&service, "/live", "stalled", TEXT).await;
    let readers = Readers::subscribe(&service, "/live", SHORT).await;
    assert_eq!(rpc.live_streams(), READERS + 1);
    for n in 0..EVENTS {
        app.live.send(n).unwrap();
        // As fast as the readers read.
        readers.have_read(n + 1).await;
    }
    let polled = app.polled("stalled");
    assert!(0 < polled && polled <= MOST, "{polled} events were taken for it, {MOST} are bearable");
    assert!((0..READERS).all(|n| app.polled(&n.to_string()) == EVENTS));

    // It reads again: all pending events, in order, and then the gap.
    let mut got = 0;
    let error = loop {
        let event = stalled.message().await.json();
        if event["p"]["e"] == json!("error") {
            break event["p"]["d"]["json"].clone();
        }
        assert_eq!(number(&event), got);
        got += 1;
    };
    assert!(polled <= got && got <= MOST, "{got} of {polled}");
    assert_eq!(error["code"], json!("LAGGED"));
    assert_eq!(error["data"]["missed"], json!(EVENTS - KEPT - got));
    // The stream is over and the socket is not.
    stalled.call("p", "/ping", &Value::Null).await;
    assert_eq!(stalled.message().await.text(), r#"{"i":"p","p":{"b":{"json":"pong"}}}"#);
    assert_eq!(rpc.live_streams(), READERS);
    let _readers = readers.are_well().await;
    assert_eq!(*app.errors.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_stream_of_a_log_continues_when_its_client_reads_again() {
    let (rpc, service, app) = served();
    let mut stalled = subscribe(&service, "/log", "stalled", TEXT).await;
    let readers = Readers::subscribe(&service, "/log", SHORT).await;
    for n in 0..EVENTS {
        app.next.send_replace(n + 1);
        readers.have_read(n + 1).await;
    }
    let polled = app.polled("stalled");
    assert!(0 < polled && polled <= MOST, "{polled} events were taken for it, {MOST} are bearable");
    // It reads one and stops again: only as much as it has read is polled.
    for n in 0..10 {
        assert_eq!(number(&stalled.message().await.json()), n);
    }
    until(|| app.polled("stalled") > polled).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    let more = app.polled("stalled");
    assert!(more <= MOST + 10, "{more} events were taken for it, {MOST} are bearable");
    // It loses nothing.
    for n in 10..EVENTS {
        assert_eq!(number(&stalled.message().await.json()), n);
    }
    assert_eq!(rpc.live_streams(), READERS + 1);
    let _readers = readers.are_well().await;
    assert_eq!(*app.closed.lock().unwrap(), []);
}

#[tokio::test]
async fn a_room_drops_a_stalled_client_and_the_others_get_everything() {
    let (rpc, service, app) = served();
    let mut stalled = subscribe(&service, "/hibernating", "", TEXT).await;
    let readers = Readers::subscribe(&service, "/hibernating", TEXT).await;
    let room = app.room();
    assert_eq!((room.len(), rpc.live_streams()), (READERS + 1, 0));
    let mut first_loss = None;
    let mut to_stalled = 0;
    for n in 0..EVENTS {
        let event = EncodedEvent::message(&text(n, TEXT)).unwrap();
        let delivery = room.everyone().send_event(&event, |reader: &Reader| Some(&reader.events));
        let Delivery { sent, overloaded, skipped } = delivery;
        assert_eq!(sent + overloaded + skipped, READERS + 1);
        match first_loss {
            None if overloaded == 1 => first_loss = Some(n),
            None => {
                assert_eq!(delivery, Delivery { sent: READERS + 1, ..Delivery::default() });
                to_stalled += 1;
            }
            // Nothing more is pending for it.
            Some(_) => assert_eq!(sent, READERS, "{delivery:?}"),
        }
        readers.have_read(n + 1).await;
    }
    let first_loss = first_loss.expect("the cap is reached");
    assert_eq!(first_loss, to_stalled);
    assert!(to_stalled <= MOST, "{to_stalled} events are held for it, {MOST} are bearable");
    assert!(to_stalled >= UNSENT / FRAME, "{to_stalled}");
    assert_eq!(app.open.load(Ordering::SeqCst), READERS + 1);

    // It reads again: the earlier events, without a gap, and the reason of the end.
    let mut got = 0;
    let close = loop {
        let frame = stalled.message().await;
        if frame.opcode == CLOSE {
            break frame;
        }
        assert_eq!(number(&frame.json()), got);
        got += 1;
    };
    assert_eq!(close.close(), (1013, "the client does not read"));
    assert_eq!(got, to_stalled);
    stalled.send(CLOSE, &close_payload(1013, "")).await;
    until(|| app.open.load(Ordering::SeqCst) == READERS).await;
    let closed = app.closed.lock().unwrap().clone();
    assert_eq!(closed.len(), 1);
    assert_eq!((closed[0].code, closed[0].clean), (CloseCode::OVERLOAD, true));
    assert_eq!(room.len(), READERS);
    let _readers = readers.are_well().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_again_is_dropped_by_the_write_timeout() {
    let (rpc, service, app) = served();
    let service = service.write_timeout(Duration::from_secs(5));
    let stalled = subscribe(&service, "/hibernating", "", TEXT).await;
    let mut other = subscribe(&service, "/hibernating", "", TEXT).await;
    let room = app.room();
    let mut overloaded = 0;
    for n in 0..EVENTS {
        let event = EncodedEvent::message(&text(n, TEXT)).unwrap();
        let delivery = room.everyone().send_event(&event, |reader: &Reader| Some(&reader.events));
        overloaded += delivery.overloaded;
        assert_eq!(number(&other.message().await.json()), n);
    }
    assert!(overloaded > 0);
    assert_eq!(room.len(), 2);
    let before = tokio::time::Instant::now();
    // The paused clock advances when all tasks are idle.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(before.elapsed(), Duration::from_secs(6));
    assert_eq!((room.len(), rpc.live_sockets()), (1, 1));
    assert_eq!(*app.errors.lock().unwrap(), ["Stalled"]);
    assert_eq!(app.closed.lock().unwrap().len(), 1);
    drop(stalled);
}

#[tokio::test(start_paused = true)]
async fn results_wait_for_a_stalled_client_whose_messages_are_not_read() {
    let (_, service, app) = served();
    let mut client = Raw::open(websocket::channel(&service, CHANNEL), "/").await;
    // It may send any number of calls; at some point the server stops reading.
    let call = websocket::frame(websocket::TEXT, br#"{"i":"1","p":{"u":"/ping"}}"#);
    let mut sent = 0;
    loop {
        use tokio::io::AsyncWriteExt as _;
        let write = client.stream.write_all(&call);
        if tokio::time::timeout(Duration::from_millis(200), write).await.is_err() {
            break;
        }
        sent += 1;
        assert!(sent < 10_000, "it is heard whatever it does");
    }
    assert_eq!(app.closed.lock().unwrap().len(), 0);
    // Queued answers arrive, and further ones once it reads.
    for _ in 0..sent {
        assert_eq!(client.message().await.text(), r#"{"i":"1","p":{"b":{"json":"pong"}}}"#);
    }
}
