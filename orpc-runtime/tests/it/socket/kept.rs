//! Sockets that outlive the memory of their process: their state, its keeper, and sockets that continue it.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::{FutureExt as _, Stream, StreamExt as _};
use orpc_runtime::prelude::*;
use orpc_runtime::{
    AttachmentError, EncodedEvent, HibernatingIterator, HibernationId, KeepError, KeptSocket, Peer,
    Room, Rooms, SendError, SocketConfig, SocketKeeper, SocketSource, Turns,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// Context of the procedures.
#[derive(Default)]
pub struct App {
    opened: Mutex<Option<HibernationId<String>>>,
    running: Mutex<Vec<&'static str>>,
    go: Notify,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub fn listen(socket: &Socket, text: String) -> HibernatingIterator<String> {
        let socket = socket.clone();
        HibernatingIterator::new(move |id: HibernationId<String>| Ok(socket.attach(&(text, id))?))
    }

    #[procedure]
    pub fn listen_only(app: &App) -> HibernatingIterator<String> {
        let opened = app.opened.lock().unwrap().take();
        assert!(opened.is_none());
        HibernatingIterator::new(|_| Ok(()))
    }

    #[procedure]
    pub async fn attach(socket: &Socket, text: String) -> Result<(), Error> {
        Ok(socket.attach(&text)?)
    }

    #[procedure]
    pub async fn slow(app: &App) {
        app.running.lock().unwrap().push("slow begins");
        app.go.notified().await;
        app.running.lock().unwrap().push("slow ends");
    }

    #[procedure]
    pub async fn quick(app: &App) {
        app.running.lock().unwrap().push("quick");
    }

    #[procedure(meta(concurrent = true))]
    pub async fn beside(app: &App) {
        app.running.lock().unwrap().push("beside");
    }

    #[procedure]
    pub async fn listens(app: &App, mut words: EventIterator<String>) {
        app.running.lock().unwrap().push("listens");
        words.next().await;
    }

    #[procedure]
    pub fn never() -> impl Stream<Item = u8> {
        futures::stream::pending()
    }
}

fn rpc() -> Rpc<App> {
    Rpc::new(api::router())
}

/// A keeper with room for some bytes.
#[derive(Clone)]
struct Shelf {
    limit: usize,
    kept: Arc<Mutex<Vec<String>>>,
}

impl Shelf {
    fn new(limit: usize) -> Self {
        Self { limit, kept: Arc::default() }
    }

    fn last(&self) -> Value {
        serde_json::from_str(self.kept.lock().unwrap().last().unwrap()).unwrap()
    }

    fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }
}

impl SocketKeeper for Shelf {
    fn keep(&self, state: &KeptSocket) -> Result<(), KeepError> {
        let text = serde_json::to_string(state).unwrap();
        if text.len() > self.limit {
            return Err(KeepError::TooLong { length: text.len(), limit: self.limit });
        }
        self.kept.lock().unwrap().push(text);
        Ok(())
    }
}

/// Polls a peer until nothing more is to come.
fn frames<C: Send + Sync + 'static>(peer: &mut Peer<C>) -> Vec<Value> {
    let frames = std::iter::from_fn(|| peer.next().now_or_never().flatten());
    frames.map(|frame| serde_json::from_slice(frame.as_ref()).unwrap()).collect()
}

fn call(id: u32, path: &str, input: &Value) -> String {
    json!({ "i": id.to_string(), "p": { "u": path, "b": { "json": input } } }).to_string()
}

fn request() -> http::request::Parts {
    http::Request::get("/ws?user=ada").header("cookie", "secret").body(()).unwrap().into_parts().0
}

#[test]
fn a_socket_continues_with_its_id_attachment_and_iterators() {
    let shelf = Shelf::new(2048);
    let config = SocketConfig::new().id(7).kept_by(shelf.clone());
    let mut peer = rpc().peer_with(App::default(), request(), config);
    peer.receive(call(1, "/listen", &json!("Ada")));
    assert_eq!(frames(&mut peer).len(), 1);
    assert!(peer.is_idle());
    let state = shelf.last();
    assert_eq!(
        state,
        json!({ "i": 7, "u": "/ws?user=ada", "a": ["Ada", "\"1\""], "h": ["\"1\""] })
    );
    drop(peer);
    // The end of the old object is not the end of the connection.
    assert_eq!(shelf.last(), state);

    let kept: KeptSocket = serde_json::from_value(state).unwrap();
    assert_eq!((kept.id(), kept.hibernating()), (7, 1));
    // Without the URI and the attachment, which may hold credentials.
    assert_eq!(format!("{kept:?}"), "KeptSocket { id: 7, hibernating: 1, .. }");
    let config = SocketConfig::new().kept(&kept).kept_by(shelf.clone());
    let mut peer = rpc().peer_with(App::default(), kept.request(), config);
    let socket = peer.socket().clone();
    assert_eq!(socket.id(), 7);
    assert_eq!(socket.uri(), "/ws?user=ada");
    let (name, id): (String, HibernationId<String>) = socket.attachment().unwrap().unwrap();
    assert_eq!(name, "Ada");
    assert!(id.is_live_on(&socket));
    EncodedEvent::message(&"hello".to_owned()).unwrap().send(&socket, &id).unwrap();
    let event = json!({ "i": "1", "t": 3, "p": { "e": "message", "d": { "json": "hello" } } });
    assert_eq!(frames(&mut peer), [event]);
    // A second call of that id is ignored, as on the socket that it continues.
    peer.receive(call(1, "/quick", &Value::Null));
    assert!(frames(&mut peer).is_empty());
    // The client stops the iterator.
    peer.receive(r#"{"i":"1","t":4}"#);
    frames(&mut peer);
    assert!(shelf.last().get("h").is_none());
    let event = EncodedEvent::message(&"late".to_owned()).unwrap();
    assert_eq!(event.send(&socket, &id), Err(SendError::Released));
}

#[test]
fn the_last_event_of_an_iterator_is_kept_as_its_end() {
    let shelf = Shelf::new(2048);
    let config = SocketConfig::new().kept_by(shelf.clone());
    let mut peer = rpc().peer_with(App::default(), request(), config);
    peer.receive(call(1, "/listen", &json!("Ada")));
    frames(&mut peer);
    let (_, id): (String, HibernationId<String>) = peer.socket().attachment().unwrap().unwrap();
    EncodedEvent::done(&()).unwrap().send(peer.socket(), &id).unwrap();
    assert!(shelf.last().get("h").is_none());
}

#[test]
fn an_attachment_for_which_the_keeper_has_no_room_is_refused_and_changes_nothing() {
    let shelf = Shelf::new(100);
    let config = SocketConfig::new().id(1).kept_by(shelf.clone());
    let mut peer = rpc().peer_with(App::default(), request(), config);
    let socket = peer.socket().clone();
    socket.attach("short").unwrap();
    let before = (shelf.last(), shelf.count());
    let error = socket.attach(&"x".repeat(100)).unwrap_err();
    assert!(matches!(
        error,
        AttachmentError::NotKept(KeepError::TooLong { length: 133, limit: 100 })
    ));
    assert!(error.to_string().contains("attach less, or stop iterators"), "{error}");
    assert_eq!(socket.attachment::<String>().unwrap().unwrap(), "short");
    assert_eq!((shelf.last(), shelf.count()), before);
    // In a procedure it is an internal error, and the calls go on.
    peer.receive(call(1, "/attach", &json!("x".repeat(100))));
    assert_eq!(frames(&mut peer)[0]["p"]["s"], 500);
}

#[test]
fn an_iterator_for_which_the_keeper_has_no_room_fails_and_the_others_go_on() {
    let shelf = Shelf::new(60);
    let config = SocketConfig::new().id(1).kept_by(shelf.clone());
    let mut peer = rpc().peer_with(App::default(), request(), config);
    let mut hibernating = 0;
    let refused = (1..20).find(|id| {
        peer.receive(call(*id, "/listenOnly", &Value::Null));
        let frame = &frames(&mut peer)[0];
        hibernating += usize::from(frame["p"]["s"].is_null());
        frame["p"]["s"] == 429
    });
    let refused = refused.expect("there is no room for twenty");
    assert!(hibernating > 0 && peer.is_idle());
    assert_eq!(shelf.last()["h"].as_array().unwrap().len(), hibernating);
    // The refused id can be used again.
    peer.receive(call(refused, "/quick", &Value::Null));
    assert_eq!(frames(&mut peer).len(), 1);
}

#[test]
fn a_peer_is_idle_between_calls_and_not_during_one() {
    let mut peer = rpc().peer_with(App::default(), request(), SocketConfig::new());
    assert!(peer.is_idle());
    peer.receive(call(1, "/slow", &Value::Null));
    assert!(frames(&mut peer).is_empty() && !peer.is_idle());
    peer.receive(r#"{"i":"1","t":4}"#);
    assert!(frames(&mut peer).is_empty() && peer.is_idle());
    // A stream is open until it ends; an iterator that hibernates is not.
    peer.receive(call(2, "/never", &Value::Null));
    frames(&mut peer);
    assert!(!peer.is_idle());
    peer.receive(r#"{"i":"2","t":4}"#);
    peer.receive(call(3, "/listen", &json!("")));
    frames(&mut peer);
    assert!(peer.is_idle());
}

#[test]
fn the_silence_of_a_kept_socket_counts() {
    let config = SocketConfig::new().silent_for(Duration::from_secs(5));
    let mut peer = rpc().peer_with(App::default(), request(), config);
    assert!(peer.socket().idle_time() >= Duration::from_secs(5));
    peer.receive(call(1, "/quick", &Value::Null));
    assert!(peer.socket().idle_time() < Duration::from_secs(5));
}

#[test]
fn calls_of_the_same_turns_run_one_at_a_time() {
    let (rpc, app, turns) = (rpc(), Arc::new(App::default()), Turns::new());
    let peer = || {
        let config = SocketConfig::new().in_turn(&turns);
        rpc.peer_with(Arc::clone(&app), request(), config)
    };
    let (mut ada, mut bob) = (peer(), peer());
    let running = || app.running.lock().unwrap().clone();
    ada.receive(call(1, "/slow", &Value::Null));
    assert!(frames(&mut ada).is_empty());
    bob.receive(call(1, "/quick", &Value::Null));
    bob.receive(call(2, "/beside", &Value::Null));
    assert_eq!(frames(&mut bob).len(), 1);
    assert_eq!(running(), ["slow begins", "beside"]);
    // Streams run beside the others.
    bob.receive(call(3, "/never", &Value::Null));
    assert_eq!(frames(&mut bob).len(), 1);
    app.go.notify_one();
    assert_eq!(frames(&mut ada).len(), 1);
    assert_eq!(frames(&mut bob).len(), 1);
    assert_eq!(running(), ["slow begins", "beside", "slow ends", "quick"]);
    // An aborted call gives its turn away, running or waiting.
    ada.receive(call(2, "/slow", &Value::Null));
    frames(&mut ada);
    bob.receive(call(4, "/quick", &Value::Null));
    frames(&mut bob);
    ada.receive(r#"{"i":"2","t":4}"#);
    frames(&mut ada);
    assert_eq!(frames(&mut bob).len(), 1);
    // Turns are given in the order in which they are asked for.
    let mut first = Box::pin(turns.turn());
    let mut second = Box::pin(turns.turn());
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(turn) = first.as_mut().poll(&mut cx) else { panic!("nobody has the turn") };
    assert!(second.as_mut().poll(&mut cx).is_pending());
    drop(turn);
    assert!(second.as_mut().poll(&mut cx).is_ready());
}

#[test]
fn calls_of_a_batch_wait_for_their_turns() {
    let (rpc, app, turns) = (rpc(), Arc::new(App::default()), Turns::new());
    let peer = || {
        let config = SocketConfig::new().in_turn(&turns);
        rpc.peer_with(Arc::clone(&app), request(), config)
    };
    let (mut ada, mut bob) = (peer(), peer());
    let item = |path: &str| json!({ "url": format!("http://orpc{path}") });
    let batch = json!({
        "u": "/slow/__batch__",
        "b": [item("/slow"), item("/quick"), item("/beside")],
        "h": { "x-orpc-batch": "buffered" },
    });
    ada.receive(json!({ "i": "1", "p": batch }).to_string());
    assert!(frames(&mut ada).is_empty());
    bob.receive(call(1, "/quick", &Value::Null));
    assert!(frames(&mut bob).is_empty());
    assert_eq!(*app.running.lock().unwrap(), ["slow begins", "beside"]);
    app.go.notify_one();
    assert_eq!(frames(&mut ada).len(), 1);
    assert_eq!(frames(&mut bob).len(), 1);
    let running = app.running.lock().unwrap();
    assert_eq!(*running, ["slow begins", "beside", "slow ends", "quick", "quick"]);
}

#[test]
fn a_call_that_reads_events_leaves_the_turn_to_others() {
    let (rpc, app, turns) = (rpc(), Arc::new(App::default()), Turns::new());
    let config = SocketConfig::new().in_turn(&turns);
    let mut peer = rpc.peer_with(Arc::clone(&app), request(), config);
    let events = json!({ "content-type": "text/event-stream" });
    peer.receive(json!({ "i": "1", "p": { "u": "/listens", "h": events } }).to_string());
    peer.receive(call(2, "/quick", &Value::Null));
    assert_eq!(frames(&mut peer).len(), 1);
    assert_eq!(*app.running.lock().unwrap(), ["listens", "quick"]);
    // A client does not get around the turns by events that the procedure does not take.
    let turn = turns.turn().now_or_never().unwrap();
    peer.receive(json!({ "i": "3", "p": { "u": "/quick", "h": events } }).to_string());
    assert!(frames(&mut peer).is_empty());
    drop(turn);
    assert!(!frames(&mut peer).is_empty());
}

/// Restores sockets into a room when it is read.
struct Archive {
    rpc: Rpc<App>,
    asked: Arc<Mutex<Vec<Option<String>>>>,
    peers: Mutex<Vec<Peer<App>>>,
}

impl SocketSource for Archive {
    fn restore(&self, room: &Room, tag: Option<&str>) {
        self.asked.lock().unwrap().push(tag.map(str::to_owned));
        let mut peers = self.peers.lock().unwrap();
        let id = 1 + peers.len() as u64;
        if id <= 2 {
            let config = SocketConfig::new().id(id).tag("staff").unwrap().room(room);
            peers.push(self.rpc.peer_with(App::default(), request(), config));
        }
    }
}

#[test]
fn a_room_is_read_after_its_sockets_are_restored() {
    let asked = Arc::<Mutex<Vec<_>>>::default();
    let room = Rooms::new().get_or_create("lobby");
    room.restored_by(Archive { rpc: rpc(), asked: Arc::clone(&asked), peers: Mutex::default() });
    assert_eq!(room.tagged("staff").len(), 1);
    assert_eq!(room.everyone().len(), 2);
    assert_eq!(room.len(), 2);
    assert!(room.socket(2).is_some_and(|socket| room.contains(&socket)));
    let asked = asked.lock().unwrap();
    assert_eq!(asked[..2], [Some("staff".to_owned()), None]);
}
