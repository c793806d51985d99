//! Socket hooks: arguments, order, and rates of calls.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::SinkExt as _;
use orpc_runtime::prelude::*;
use orpc_runtime::websocket::{Rate, SocketError, SocketHooks, WebSocketService};
use orpc_runtime::{CloseCode, CloseFrame, Frame, Rooms, SendError, SocketConfig};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use tokio_websockets::Message;
use tower::ServiceExt as _;

use crate::support::websocket::{
    self, BINARY, CLOSE, PING, PONG, Raw, TEXT, call, close_payload, frame, until, within,
};

/// Calls of the hooks, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    Upgrade(String),
    Open(u64),
    Message(u64, Frame),
    Error(u64, String),
    Close(u64, CloseFrame),
}

impl Seen {
    fn socket(&self) -> u64 {
        match *self {
            Self::Upgrade(_) => panic!("{self:?}"),
            Self::Open(id) | Self::Message(id, _) | Self::Error(id, _) | Self::Close(id, _) => id,
        }
    }

    fn hook(&self) -> &'static str {
        match self {
            Self::Upgrade(_) => "upgrade",
            Self::Open(_) => "open",
            Self::Message(..) => "message",
            Self::Error(..) => "error",
            Self::Close(..) => "close",
        }
    }
}

#[derive(Clone)]
pub struct App {
    rooms: Rooms,
    seen: UnboundedSender<Seen>,
    sockets: Arc<Mutex<Vec<Socket>>>,
    /// The hook that panics.
    panics: &'static str,
    calls: Arc<AtomicUsize>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn echo(app: &App, input: Value) -> Value {
        app.calls.fetch_add(1, Ordering::SeqCst);
        input
    }

    #[procedure]
    pub async fn me(app: &App, socket: &Socket) -> Result<Value, Error> {
        about(app, socket)
    }

    /// The code of the error that ends an iterator.
    #[procedure]
    pub async fn end(mut events: EventIterator<Value>) -> Value {
        loop {
            match events.next().await {
                Some(Ok(event)) if matches!(event.payload(), EventPayload::Message(_)) => {}
                Some(Ok(_)) => return json!("done"),
                Some(Err(error)) => return json!(error.code()),
                None => return json!("nothing"),
            }
        }
    }

    #[procedure]
    pub async fn forever() {
        std::future::pending().await
    }

    #[procedure]
    pub fn silent() -> impl Stream<Item = u8> {
        futures::stream::pending()
    }
}

/// Returns the attachment set by the upgrade hook.
fn about(app: &App, socket: &Socket) -> Result<Value, Error> {
    let rooms: Vec<_> = app.rooms.of(socket).map(|room| room.name().to_owned()).collect();
    Ok(json!({
        "tags": socket.tags().collect::<Vec<_>>(),
        "attachment": socket.attachment::<Value>()?,
        "rooms": rooms,
        "path": socket.uri().path(),
        "there": app.rooms.get("lobby").map(|room| room.socket(socket.id()).is_some()),
    }))
}

impl App {
    fn see(&self, seen: Seen) {
        let hook = seen.hook();
        _ = self.seen.send(seen);
        assert_ne!(hook, self.panics, "secret");
    }
}

impl SocketHooks for App {
    async fn upgrade(&self, request: &http::request::Parts) -> Result<SocketConfig, Error> {
        let query = request.uri.query().unwrap_or_default();
        self.see(Seen::Upgrade(query.to_owned()));
        match query.split_once('=') {
            Some(("refuse", why)) => {
                Err(Error::new(Code::Forbidden).with_message("Not you").with_data(&why))
            }
            Some(("after", seconds)) => {
                tokio::time::sleep(Duration::from_secs(seconds.parse()?)).await;
                Ok(SocketConfig::new())
            }
            Some(("name", name)) => {
                let lobby = self.rooms.get_or_create("lobby");
                let accept = SocketConfig::new().tag(name)?.tag("guest")?.room(&lobby);
                Ok(accept.attach(&json!({ "name": name }))?)
            }
            _ => Ok(SocketConfig::new()),
        }
    }

    fn open(&self, socket: &Socket) {
        self.sockets.lock().unwrap().push(socket.clone());
        match socket.uri().path() {
            "/about" => socket.send_raw(about(self, socket).unwrap().to_string()).unwrap(),
            "/kick" => socket.close(CloseCode::POLICY, "go away"),
            _ => {}
        }
        self.see(Seen::Open(socket.id()));
    }

    fn message(&self, socket: &Socket, frame: &Frame) -> ControlFlow<()> {
        let is_panic = frame == "panic";
        if !is_panic || self.panics != "message" {
            _ = self.seen.send(Seen::Message(socket.id(), frame.clone()));
        } else {
            self.see(Seen::Message(socket.id(), frame.clone()));
        }
        if frame.as_bytes().starts_with(b"hook:") {
            socket.send_raw(frame.clone()).unwrap();
            return ControlFlow::Break(());
        }
        if frame == "kick me" {
            socket.close(CloseCode::POLICY, "as you like");
        }
        ControlFlow::Continue(())
    }

    fn error(&self, socket: &Socket, error: &SocketError) {
        self.see(Seen::Error(socket.id(), format!("{error:?}")));
    }

    fn close(&self, socket: &Socket, close: &CloseFrame) {
        assert!(socket.is_closed());
        assert_eq!(socket.send_raw("too late"), Err(SendError::Closed));
        // A socket that leaves is still in its rooms.
        for room in self.rooms.of(socket) {
            assert!(room.contains(socket));
        }
        let lobby = self.rooms.get_or_create("lobby");
        lobby.everyone().send_raw("somebody leaves");
        self.see(Seen::Close(socket.id(), close.clone()));
    }
}

struct World {
    rpc: Rpc<App>,
    service: WebSocketService<App>,
    app: App,
    seen: UnboundedReceiver<Seen>,
}

fn world() -> World {
    world_of("", |service| service)
}

fn world_of(
    panics: &'static str,
    options: impl FnOnce(WebSocketService<App>) -> WebSocketService<App>,
) -> World {
    let (sender, seen) = unbounded_channel();
    let app = App {
        rooms: Rooms::new(),
        seen: sender,
        sockets: Arc::default(),
        panics,
        calls: Arc::default(),
    };
    let rpc = Rpc::new(api::router());
    let service = options(rpc.websocket(app.clone())).hooks(app.clone());
    World { rpc, service, app, seen }
}

impl World {
    fn channel(&self) -> DuplexStream {
        websocket::channel(&self.service, 64 * 1024)
    }

    /// Opens a socket, and waits for its hooks.
    async fn open(&mut self, path: &str) -> (Raw<DuplexStream>, Socket) {
        let raw = Raw::open(self.channel(), path).await;
        let query = path.split_once('?').map_or("", |(_, query)| query);
        assert_eq!(self.next().await, Seen::Upgrade(query.to_owned()));
        let socket = self.opened().await;
        (raw, socket)
    }

    async fn opened(&mut self) -> Socket {
        let seen = self.next().await;
        let socket = self.app.sockets.lock().unwrap().last().cloned().unwrap();
        assert_eq!(seen, Seen::Open(socket.id()));
        socket
    }

    async fn next(&mut self) -> Seen {
        within(self.seen.recv()).await.unwrap()
    }

    /// Returns the calls of the hooks until all sockets have closed.
    async fn rest(&mut self) -> Vec<Seen> {
        until(|| self.rpc.live_sockets() == 0).await;
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }

    /// Asserts that the next and last event of the socket is its close.
    async fn closes(&mut self, socket: &Socket, code: u16, reason: &str, clean: bool) {
        let Seen::Close(id, close) = self.next().await else { panic!("no close") };
        assert_eq!(id, socket.id());
        assert_eq!(
            (u16::from(close.code), close.reason.as_str(), close.clean),
            (code, reason, clean)
        );
        assert_eq!(self.rest().await, []);
    }
}

async fn echoes(client: &mut Raw<DuplexStream>) {
    client.call("echo", "/echo", &json!("hello")).await;
    assert_eq!(client.message().await.text(), r#"{"i":"echo","p":{"b":{"json":"hello"}}}"#);
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_may_be_refused_with_its_status_and_the_body_of_an_error() {
    let mut world = world();
    let (mut client, head) = Raw::ask(world.channel(), "/ws?refuse=late").await;
    assert_eq!(head.status, 403);
    assert!(head.text.to_lowercase().contains("content-type: application/json"), "{head:?}");
    assert!(!head.text.to_lowercase().contains("sec-websocket-accept"));
    let body: Value = serde_json::from_str(&client.body(&head).await).unwrap();
    let error = json!({
        "defined": false,
        "code": "FORBIDDEN",
        "status": 403,
        "message": "Not you",
        "data": "late",
    });
    assert_eq!(body, json!({ "json": error }));
    assert_eq!(world.rest().await, [Seen::Upgrade("refuse=late".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_upgrade_is_a_500_that_says_nothing() {
    for (panics, query) in
        [("upgrade", "x"), ("", "after=never"), ("", &format!("name={:0257}", 0))]
    {
        let mut world = world_of(panics, |service| service);
        let (mut client, head) = Raw::ask(world.channel(), &format!("/ws?{query}")).await;
        assert_eq!(head.status, 500);
        let body: Value = serde_json::from_str(&client.body(&head).await).unwrap();
        assert_eq!(body["json"]["code"], json!("INTERNAL_SERVER_ERROR"));
        assert_eq!(body["json"]["message"], json!("Internal server error"));
        drop(client);
        assert_eq!(world.rest().await, [Seen::Upgrade(query.to_owned())]);
        assert!(world.app.rooms.is_empty());
    }
}

#[tokio::test]
async fn only_a_valid_handshake_reaches_the_upgrade_hook() {
    let mut world = world();
    let request = || {
        http::Request::get("http://test/ws")
            .header("host", "test")
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    };
    for (header, value, status) in [
        ("origin", "https://evil.test", 403),
        ("sec-websocket-version", "8", 426),
        // Valid, but there is no HTTP server to upgrade the connection.
        ("origin", "http://test", 426),
    ] {
        let mut request = request().header(header, value);
        if header != "sec-websocket-version" {
            request = request.header("sec-websocket-version", "13");
        }
        let Ok(answer) = world.service.clone().oneshot(request.body(()).unwrap()).await;
        assert_eq!(answer.status(), status, "{header}: {value}");
    }
    assert!(world.seen.try_recv().is_err());
    // Nor during the shutdown of the server.
    world.rpc.shutdown();
    let (_, head) = Raw::ask(world.channel(), "/ws").await;
    assert_eq!(head.status, 503);
    assert!(world.seen.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn the_configuration_from_upgrade_is_visible_in_open_and_in_calls() {
    let mut world = world();
    let (mut client, socket) = world.open("/about?name=Ada").await;
    let expected = json!({
        "tags": ["Ada", "guest"],
        "attachment": { "name": "Ada" },
        "rooms": ["lobby"],
        "path": "/about",
        "there": true,
    });
    assert_eq!(client.message().await.json(), expected);
    client.call(1, "/me", &Value::Null).await;
    assert_eq!(client.message().await.json()["p"]["b"]["json"], expected);
    assert!(matches!(world.next().await, Seen::Message(..)));
    assert_eq!(world.app.rooms.get("lobby").unwrap().tagged("Ada").len(), 1);
    drop(client);
    world.closes(&socket, 1006, "", false).await;
    assert!(world.app.rooms.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pending_upgrade_delays_no_other_and_may_be_cancelled() {
    let mut world = world();
    let slow = world.channel();
    let slow = tokio::spawn(async move { Raw::open(slow, "/ws?after=5").await });
    let gone = world.channel();
    let gone = tokio::spawn(async move { Raw::ask(gone, "/ws?after=5").await });
    for _ in 0..2 {
        assert_eq!(world.next().await, Seen::Upgrade("after=5".to_owned()));
    }
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let (mut client, _) = world.open("/ws").await;
    echoes(&mut client).await;
    assert_eq!(world.rpc.live_sockets(), 1);
    let before = Instant::now();
    let slow = within(slow).await.unwrap();
    assert_eq!(before.elapsed(), Duration::from_secs(5));
    assert!(matches!(world.next().await, Seen::Message(..)));
    world.opened().await;
    drop((client, slow));
    let hooks: Vec<_> = world.rest().await.iter().map(Seen::hook).collect();
    assert_eq!(hooks, ["close", "close"], "who left was never a socket");
}

#[tokio::test(start_paused = true)]
async fn a_message_consumed_by_a_hook_does_not_reach_the_calls() {
    let mut world = world();
    let (mut client, socket) = world.open("/ws").await;
    // It would be a call with another beginning.
    client.send(TEXT, b"hook: text").await;
    client.send(BINARY, b"hook:\xff").await;
    client.send(PING, b"ping").await;
    client.send(PONG, b"pong").await;
    client.send(TEXT, b"no call").await;
    client.send(BINARY, call(1, "/echo", &json!(1)).as_bytes()).await;
    let sent = [
        Frame::from("hook: text"),
        Frame::Binary(bytes::Bytes::from_static(b"hook:\xff")),
        Frame::from("no call"),
        Frame::Binary(call(1, "/echo", &json!(1)).into()),
    ];
    for frame in sent {
        assert_eq!(world.next().await, Seen::Message(socket.id(), frame));
    }
    let mut answers = Vec::new();
    for _ in 0..4 {
        let answer = client.next().await.unwrap();
        answers.push((answer.opcode, answer.payload));
    }
    for expected in [
        (TEXT, b"hook: text".to_vec()),
        (BINARY, b"hook:\xff".to_vec()),
        (PONG, b"ping".to_vec()),
        (TEXT, br#"{"i":"1","p":{"b":{"json":1}}}"#.to_vec()),
    ] {
        assert!(answers.contains(&expected), "{answers:?}");
    }
    assert_eq!(world.app.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn each_socket_opens_before_its_messages_and_closes_after_them() {
    const SOCKETS: usize = 40;

    let mut world = world();
    let mut clients = Vec::new();
    for n in 0..SOCKETS {
        let (mut stream, messages) = (world.channel(), 3 + n % 5);
        clients.push(tokio::spawn(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

            // The messages and the close frame arrive together with the handshake.
            let mut all = b"GET /ws?n HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\n\
                upgrade: websocket\r\nsec-websocket-version: 13\r\n\
                sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                .to_vec();
            for n in 0..messages {
                all.extend(frame(TEXT, n.to_string().as_bytes()));
            }
            all.extend(frame(CLOSE, &close_payload(1000, "")));
            stream.write_all(&all).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            assert!(answer.ends_with(&[0x88, 2, 0x03, 0xe8]), "{answer:?}");
        }));
    }
    for client in clients {
        within(client).await.unwrap();
    }
    let mut by_socket: BTreeMap<u64, Vec<Seen>> = BTreeMap::new();
    for seen in world.rest().await {
        if seen != Seen::Upgrade("n".to_owned()) {
            by_socket.entry(seen.socket()).or_default().push(seen);
        }
    }
    assert_eq!(by_socket.len(), SOCKETS);
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for (id, seen) in by_socket {
        assert_eq!(seen[0], Seen::Open(id));
        let (close, messages) = seen[1..].split_last().unwrap();
        assert!(matches!(close, Seen::Close(_, close) if close.clean), "{close:?}");
        for (n, message) in messages.iter().enumerate() {
            assert_eq!(*message, Seen::Message(id, Frame::from(n.to_string())));
        }
        *lengths.entry(messages.len()).or_default() += 1;
    }
    assert_eq!(lengths, BTreeMap::from([(3, 8), (4, 8), (5, 8), (6, 8), (7, 8)]));
}

#[tokio::test(start_paused = true)]
async fn the_close_of_a_client_is_reported_with_its_code_and_reason() {
    for (payload, code, reason) in [
        (close_payload(1000, ""), 1000, ""),
        (close_payload(1001, "page left"), 1001, "page left"),
        (close_payload(4321, "ü 🦀"), 4321, "ü 🦀"),
        (close_payload(3000, &"x".repeat(123)), 3000, &"x".repeat(123)),
        // A close frame without a code.
        (Vec::new(), 1005, ""),
    ] {
        let mut world = world();
        let (mut client, socket) = world.open("/ws").await;
        client.send(CLOSE, &payload).await;
        let answer = client.next().await.unwrap();
        assert_eq!(answer.opcode, CLOSE);
        assert_eq!(answer.payload.get(..2), payload.get(..2));
        assert_eq!(client.next().await, None);
        world.closes(&socket, code, reason, true).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_of_tokio_websockets_closes_cleanly() {
    let mut world = world();
    let mut client = websocket::client(world.channel(), "/ws?name=Ada").await;
    assert_eq!(world.next().await, Seen::Upgrade("name=Ada".to_owned()));
    let socket = world.opened().await;
    client.send(Message::text(call(1, "/me", &Value::Null))).await.unwrap();
    let answer = within(client.next()).await.unwrap().unwrap();
    assert!(answer.as_text().unwrap().contains(r#""rooms":["lobby"]"#), "{answer:?}");
    assert!(matches!(world.next().await, Seen::Message(..)));
    client.close().await.unwrap();
    assert!(within(client.next()).await.is_none_or(|last| last.is_ok_and(|last| last.is_close())));
    world.closes(&socket, 1000, "", true).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_is_1006_and_not_clean() {
    let mut world = world();
    let (client, socket) = world.open("/ws").await;
    drop(client);
    world.closes(&socket, 1006, "", false).await;

    // In the middle of a message, and while calls run.
    let mut world = self::world();
    let (mut client, socket) = world.open("/ws").await;
    client.call(1, "/forever", &Value::Null).await;
    client.call(2, "/silent", &Value::Null).await;
    client.message().await;
    assert_eq!(world.rpc.live_streams(), 1);
    let half = frame(TEXT, b"never whole");
    client.write(&half[..half.len() - 3]).await;
    drop(client);
    for _ in 0..2 {
        assert_eq!(world.next().await.hook(), "message");
    }
    let seen = world.next().await;
    assert!(matches!(&seen, Seen::Error(_, error) if error.starts_with("Connection")), "{seen:?}");
    world.closes(&socket, 1006, "", false).await;
    assert_eq!(world.rpc.live_streams(), 0);
}

#[tokio::test]
async fn a_connection_that_is_reset_is_an_error_and_then_1006() {
    let mut world = world();
    let address = websocket::listen(world.service.clone()).await;
    let client = Raw::open(websocket::connect(address).await, "/ws").await;
    assert_eq!(world.next().await.hook(), "upgrade");
    let socket = world.opened().await;
    client.stream.set_zero_linger().unwrap();
    drop(client);
    let seen = world.next().await;
    assert!(matches!(&seen, Seen::Error(_, error) if error.starts_with("Connection")), "{seen:?}");
    world.closes(&socket, 1006, "", false).await;
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_the_server_closes_is_clean_if_the_client_answers() {
    for answers in [true, false] {
        let mut world = world();
        let (mut client, socket) = world.open("/ws").await;
        socket.send_raw("before").unwrap();
        socket.close(CloseCode::new(4000).unwrap(), "x");
        socket.close(CloseCode::NORMAL, "not the first word");
        assert_eq!(client.message().await.text(), "before");
        assert_eq!(client.message().await.close(), (4000, "x"));
        if answers {
            // Nor if both close at the same time.
            client.send(CLOSE, &close_payload(1000, "fine")).await;
        }
        let before = Instant::now();
        world.closes(&socket, 4000, "x", answers).await;
        let waited = if answers { Duration::ZERO } else { Duration::from_secs(1) };
        assert_eq!(before.elapsed(), waited);
        assert_eq!(client.rest().await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_is_idle_is_closed_with_1000() {
    for answers in [true, false] {
        let mut world = world_of("", |service| {
            service.idle_timeout(Duration::from_secs(10)).ping_interval(None)
        });
        let (mut client, socket) = world.open("/ws").await;
        let before = Instant::now();
        assert_eq!(client.next().await.unwrap().close(), (1000, "Idle timeout"));
        assert_eq!(before.elapsed(), Duration::from_secs(10));
        if answers {
            client.send(CLOSE, &close_payload(1000, "")).await;
        }
        world.closes(&socket, 1000, "Idle timeout", answers).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_whose_server_shuts_down_is_closed_with_1001() {
    for answers in [true, false] {
        let mut world = world();
        let (mut client, socket) = world.open("/ws").await;
        world.rpc.shutdown();
        assert_eq!(client.next().await.unwrap().close(), (1001, "the server shuts down"));
        if answers {
            client.send(CLOSE, &close_payload(1001, "")).await;
        }
        world.closes(&socket, 1001, "the server shuts down", answers).await;
        within(world.rpc.closed()).await;
    }
}

/// Each violation with the error of the hook and the close code.
#[tokio::test(start_paused = true)]
async fn a_protocol_violation_is_reported_before_the_close_code() {
    let unfinished = |payload: &[u8]| {
        let mut frame = frame(TEXT, payload);
        frame[0] &= 0x7f;
        frame
    };
    let continued = |payload: &[u8]| frame(0, payload);
    let half = "x".repeat(600);
    let unmasked = b"\x81\x01x".to_vec();
    for (name, bytes, error, code) in [
        ("too big", frame(TEXT, &[b'x'; 1001]), "MessageTooBig { limit: 1000 }", 1009),
        (
            "too big in parts",
            [unfinished(half.as_bytes()), continued(half.as_bytes())].concat(),
            "MessageTooBig { limit: 1000 }",
            1009,
        ),
        ("too big by its word", vec![0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], "MessageTooBig", 1009),
        ("no UTF-8", frame(TEXT, b"a\xff"), "Protocol", 1007),
        ("half a character", [unfinished(b"\xc3"), continued(b"x")].concat(), "Protocol", 1007),
        ("not masked", unmasked, "Protocol", 1002),
        ("an opcode of the future", frame(3, b""), "Protocol", 1002),
        ("a ping in parts", vec![0x09, 0x80, 0, 0, 0, 0], "Protocol", 1002),
        ("a part of nothing", continued(b"x"), "Protocol", 1002),
    ] {
        let mut world = world_of("", |service| service.message_limit(1000));
        let (mut client, socket) = world.open("/ws").await;
        echoes(&mut client).await;
        assert_eq!(world.next().await.hook(), "message");
        client.write(&bytes).await;
        let seen = world.next().await;
        let told =
            matches!(&seen, Seen::Error(id, text) if *id == socket.id() && text.starts_with(error));
        assert!(told, "{name}: {seen:?}");
        let frame = client.next().await.unwrap();
        assert_eq!(frame.close().0, code, "{name}");
        let Seen::Close(id, close) = world.next().await else { panic!("{name}") };
        let sent = (id, u16::from(close.code), close.clean);
        assert_eq!(sent, (socket.id(), code, false), "{name}");
        drop(client);
        assert_eq!(world.rest().await, [], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_of_exactly_the_limit_is_accepted() {
    let mut world = world_of("", |service| service.message_limit(1000));
    let (mut client, socket) = world.open("/ws").await;
    client.send(TEXT, format!("hook:{}", "x".repeat(995)).as_bytes()).await;
    assert_eq!(client.message().await.payload.len(), 1000);
    assert!(!socket.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_handshake_with_an_unlisted_host_reaches_no_hook() {
    let mut world = world_of("", |service| service.allow_host("app.test").allow_host("[::1]:80"));
    let (mut client, head) = Raw::ask(world.channel(), "/ws").await;
    assert_eq!((head.status, &*client.body(&head).await), (403, "This host is not allowed"));
    drop(client);
    assert_eq!(world.rest().await, []);
    let mut world = world_of("", |service| service.allow_host("app.test").allow_host("TEST"));
    let (mut client, _) = world.open("/ws").await;
    echoes(&mut client).await;
}

/// A frame of a message in parts.
fn unfinished(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = frame(opcode, payload);
    frame[0] &= 0x7f;
    frame
}

/// A message of that length, whose call is of version 2 if the id is `2`.
fn long(id: &str, length: usize) -> Vec<u8> {
    let mut text = match id {
        "2" => r#"{"id":"2","kind":"request","json":{"x":""#.to_owned(),
        _ => format!(r#"{{"i":"{id}","p":{{"u":"/echo","b":{{"json":""#),
    };
    let end = if id == "2" { "\"}}" } else { "\"}}}" };
    text.push_str(&"é".repeat((length - text.len() - end.len()) / 2));
    text.push_str(&"x".repeat(length - text.len() - end.len()));
    (text + end).into_bytes()
}

#[tokio::test(start_paused = true)]
async fn the_call_of_a_message_that_is_too_long_fails_alone() {
    let too_large = r#"{"i":"1","p":{"s":413,"b":{"json":{"defined":false,"code":"PAYLOAD_TOO_LARGE","status":413,"message":"Payload Too Large"}}}}"#;
    let mut world = world_of("", |service| service.message_limit(1000));
    let (mut client, socket) = world.open("/ws").await;
    client.call("open", "/silent", &Value::Null).await;
    assert_eq!(client.message().await.json()["i"], "open");
    for (name, bytes) in [
        ("one byte more", frame(TEXT, &long("1", 1001))),
        ("bytes", frame(BINARY, &long("1", 5000))),
        ("as long as is discarded", frame(TEXT, &long("1", 16_000))),
        (
            "within a character",
            [unfinished(TEXT, &long("1", 999)[..500]), frame(0, &long("1", 999)[1..])].concat(),
        ),
        ("begun with nothing", [unfinished(TEXT, b""), frame(0, &long("1", 1001))].concat()),
        (
            "the id in two parts",
            [unfinished(TEXT, b"{\"i\""), frame(0, &long("1", 3000)[4..])].concat(),
        ),
        (
            "many parts",
            long("1", 8000)
                .chunks(100)
                .enumerate()
                .flat_map(|(at, part)| match at {
                    0 => unfinished(TEXT, part),
                    79 => frame(0, part),
                    _ => unfinished(0, part),
                })
                .collect(),
        ),
        (
            "with a file",
            frame(BINARY, &[br#"{"i":"1","p":{"u":"/echo","h":{}}}"#, &[0xff; 4000][..]].concat()),
        ),
    ] {
        for step in [bytes.len(), 37] {
            for piece in bytes.chunks(step) {
                client.write(piece).await;
            }
            assert_eq!(client.message().await.text(), too_large, "{name}");
            echoes(&mut client).await;
            assert_eq!(world.next().await.hook(), "message", "{name}");
        }
    }
    // A ping amid the discarded bytes is answered.
    client.write(&unfinished(TEXT, &long("1", 900))).await;
    client.write(&unfinished(0, &[b'x'; 900])).await;
    assert_eq!(client.message().await.text(), too_large);
    client.send(PING, b"there?").await;
    let pong = client.message().await;
    assert_eq!((pong.opcode, &*pong.payload), (PONG, &b"there?"[..]));
    client.send(0, b"x").await;
    echoes(&mut client).await;
    assert_eq!(world.next().await.hook(), "message");
    client.send(TEXT, &long("2", 1001)).await;
    let answer = client.message().await.json();
    assert_eq!((&answer["id"], &answer["json"]["status"]), (&json!("2"), &json!(501)));
    // The id of an open call stays in use.
    client.send(TEXT, &long("open", 1001)).await;
    client.send(TEXT, br#"{"i":"open","t":4}"#).await;
    echoes(&mut client).await;
    assert!(!socket.is_closed());
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_message_that_is_too_long_ends_its_iterator() {
    let mut world = world_of("", |service| service.message_limit(1000));
    let (mut client, _) = world.open("/ws").await;
    let head = json!({ "u": "/end", "h": { "content-type": "text/event-stream" } });
    client.send(TEXT, json!({ "i": "1", "p": head }).to_string().as_bytes()).await;
    let event =
        format!(r#"{{"i":"1","t":3,"p":{{"e":"message","d":{{"json":"{}"}}}}}}"#, "x".repeat(1000));
    client.send(TEXT, event.as_bytes()).await;
    assert_eq!(client.message().await.text(), r#"{"i":"1","t":4}"#);
    assert_eq!(client.message().await.json()["p"]["b"]["json"], "PAYLOAD_TOO_LARGE");
    // An event of an unknown call is ignored.
    client.send(TEXT, event.as_bytes()).await;
    echoes(&mut client).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_beyond_the_discard_limit_closes_its_socket() {
    for parts in [[frame(TEXT, &long("1", 16_001)), Vec::new()], {
        let first = unfinished(TEXT, &long("1", 1001));
        [first, frame(0, &[b'x'; 15_000])]
    }] {
        let mut world = world_of("", |service| service.message_limit(1000));
        let (mut client, socket) = world.open("/ws").await;
        client.write(&parts.concat()).await;
        if !parts[1].is_empty() {
            assert_eq!(client.message().await.json()["p"]["s"], 413);
        }
        let told = Seen::Error(socket.id(), "MessageTooBig { limit: 1000 }".to_owned());
        assert_eq!(world.next().await, told);
        assert_eq!(client.next().await.unwrap().close().0, 1009);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_an_error_and_then_1006() {
    let mut world = world_of("", |service| service.write_timeout(Duration::from_secs(5)));
    let mut client = Raw::open(websocket::channel(&world.service, 512), "/ws").await;
    world.next().await;
    let socket = world.opened().await;
    let before = Instant::now();
    socket.send_raw("x".repeat(100_000)).unwrap();
    assert_eq!(world.next().await, Seen::Error(socket.id(), "Stalled".to_owned()));
    assert_eq!(before.elapsed(), Duration::from_secs(5));
    world.closes(&socket, 1006, "", false).await;
    assert!(client.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_socket_can_be_closed_as_soon_as_it_opens() {
    let mut world = world();
    let (mut client, socket) = world.open("/kick").await;
    assert_eq!(client.next().await.unwrap().close(), (1008, "go away"));
    client.send(CLOSE, &close_payload(1008, "")).await;
    world.closes(&socket, 1008, "go away", true).await;
}

#[tokio::test(start_paused = true)]
async fn a_hook_can_tell_a_room_that_a_socket_leaves() {
    let mut world = world();
    let (mut ada, _) = world.open("/ws?name=Ada").await;
    let (mut grace, _) = world.open("/ws?name=Grace").await;
    grace.send(CLOSE, &close_payload(1000, "")).await;
    assert_eq!(ada.message().await.text(), "somebody leaves");
    assert_eq!(grace.next().await.unwrap().opcode, CLOSE);
    assert_eq!(grace.next().await, None, "who left hears nothing");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_hook_harms_nothing_else() {
    for panics in ["open", "message", "error", "close"] {
        let mut world = world_of(panics, |service| service.message_limit(1000));
        let (mut other, _) = world.open("/ws?name=Ada").await;
        let (mut client, socket) = world.open("/ws?name=Grace").await;
        echoes(&mut client).await;
        client.send(TEXT, b"panic").await;
        echoes(&mut client).await;
        // Its end by a violation, so that each hook is called.
        client.write(&frame(TEXT, &[b'x'; 1001])).await;
        assert_eq!(client.next().await.unwrap().close().0, 1009, "{panics}");
        drop(client);
        let expected = ["message", "message", "message", "error", "close"];
        for hook in expected {
            let seen = world.next().await;
            assert_eq!((seen.hook(), seen.socket()), (hook, socket.id()), "{panics}");
        }
        assert_eq!(world.app.rooms.get("lobby").unwrap().len(), 1, "{panics}");
        let left = other.message().await;
        assert_eq!(left.text(), "somebody leaves", "{panics}");
        echoes(&mut other).await;
        assert_eq!(world.rpc.live_sockets(), 1, "{panics}");
        // New sockets are accepted.
        let (mut third, _) = {
            world.next().await;
            world.open("/ws").await
        };
        echoes(&mut third).await;
        drop((other, third));
        until(|| world.rpc.live_sockets() == 0).await;
        assert!(world.app.rooms.is_empty());
    }
}

#[test]
fn close_is_called_once_also_when_the_runtime_drops_the_socket() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    for panics in ["", "close"] {
        let (first, mut world) = (runtime(), world_of(panics, |service| service));
        let clients = first.block_on(async {
            let (mut idle, _) = world.open("/ws?name=Ada").await;
            echoes(&mut idle).await;
            world.next().await;
            // A socket with a running call and a stream.
            let (mut busy, _) = world.open("/ws?name=Grace").await;
            busy.call(1, "/forever", &Value::Null).await;
            busy.call(2, "/silent", &Value::Null).await;
            busy.message().await;
            for _ in 0..2 {
                assert_eq!(world.next().await.hook(), "message");
            }
            // A socket whose close frame is pending.
            let (mut closing, socket) = world.open("/ws?name=Joan").await;
            socket.close(CloseCode::new(4000).unwrap(), "bye");
            assert_eq!(closing.next().await.unwrap().close(), (4000, "bye"));
            // A connection that is not a socket yet.
            let waits = world.channel();
            tokio::spawn(async move { Raw::ask(waits, "/ws?after=1000").await });
            assert_eq!(world.next().await.hook(), "upgrade");
            (idle, busy, closing)
        });
        assert_eq!(world.rpc.live_streams(), 1);
        drop(first);
        let mut codes = BTreeMap::new();
        while let Ok(seen) = world.seen.try_recv() {
            let Seen::Close(id, close) = seen else { panic!("{seen:?}") };
            let before = codes.insert(id, (u16::from(close.code), close.clean));
            assert_eq!(before, None, "once");
        }
        let codes: Vec<_> = codes.into_values().collect();
        assert_eq!(codes, [(1006, false), (1006, false), (4000, false)]);
        assert_eq!((world.rpc.live_streams(), world.rpc.live_sockets()), (0, 0));
        assert!(world.app.rooms.is_empty());
        drop(clients);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_frame_of_a_client_counts_including_pongs() {
    let mut world = world_of("", |service| {
        service.ping_interval(Some(Duration::from_secs(30))).idle_timeout(Duration::from_secs(75))
    });
    let (mut client, socket) = world.open("/ws").await;
    let opened = Instant::now();
    assert_eq!(socket.idle_time(), Duration::ZERO);
    for turn in 1..=10 {
        assert_eq!(client.next().await.unwrap().opcode, PING);
        assert_eq!(opened.elapsed(), Duration::from_secs(30 * turn));
        assert_eq!(socket.idle_time(), Duration::from_secs(30));
        client.send(PONG, b"").await;
        until(|| socket.idle_time() == Duration::ZERO).await;
    }
    // Messages of the server do not count as activity of the client.
    tokio::time::advance(Duration::from_secs(1)).await;
    socket.send_raw("hello").unwrap();
    assert_eq!(client.message().await.text(), "hello");
    assert_eq!(socket.idle_time(), Duration::from_secs(1));
    // A client that stops gets two pings, and then the close.
    let frames = client.rest().await;
    let kinds: Vec<_> = frames.iter().map(|frame| frame.opcode).collect();
    assert_eq!(kinds, [PING, PING, CLOSE]);
    assert_eq!(opened.elapsed(), Duration::from_secs(300 + 75 + 1), "a second for the answer");
    world.closes(&socket, 1000, "Idle timeout", false).await;
}

/// The answer to a call: its status, and the seconds of `retry-after`.
async fn answer(client: &mut Raw<DuplexStream>, path: &str) -> (u64, Option<u64>) {
    client.call("r", path, &json!(1)).await;
    let answer = client.message().await.json();
    assert_eq!(answer["i"], json!("r"));
    let payload = &answer["p"];
    let status = payload["s"].as_u64().unwrap_or(200);
    if status == 429 {
        assert_eq!(payload["b"]["json"]["code"], json!("TOO_MANY_REQUESTS"));
        assert_eq!(payload["b"]["json"]["defined"], json!(false));
        assert_eq!(payload["b"]["json"]["message"], json!("Too Many Requests"));
    }
    let after = payload["h"]["retry-after"].as_str().map(|text| text.parse().unwrap());
    assert!(status == 429 || after.is_none());
    (status, after)
}

/// Advances the paused clock.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

const OK: (u64, Option<u64>) = (200, None);

#[tokio::test(start_paused = true)]
async fn a_socket_calls_no_more_often_than_its_rate() {
    let mut world =
        world_of("", |service| service.rate_limit(Rate::new(4, Duration::from_secs(10))));
    let (mut client, _) = world.open("/ws").await;
    let (mut other, _) = world.open("/ws").await;
    for path in ["/echo", "/me", "/echo", "/nowhere"] {
        let expected = if path == "/nowhere" { (404, None) } else { OK };
        assert_eq!(answer(&mut client, path).await, expected, "one that is not there counts");
    }
    // A token takes 2.5 seconds; whole seconds are rounded up.
    assert_eq!(answer(&mut client, "/echo").await, (429, Some(3)));
    assert_eq!(answer(&mut client, "/me").await, (429, Some(3)));
    assert_eq!(answer(&mut other, "/echo").await, OK, "each socket for itself");
    pass(Duration::from_millis(1000)).await;
    assert_eq!(answer(&mut client, "/echo").await, (429, Some(2)), "refusals cost nothing");
    pass(Duration::from_millis(1500)).await;
    assert_eq!(answer(&mut client, "/echo").await, OK);
    assert_eq!(answer(&mut client, "/echo").await, (429, Some(3)));
    // A client that waits as long as requested is served.
    pass(Duration::from_secs(3)).await;
    assert_eq!(answer(&mut client, "/echo").await, OK);
    // The bucket holds no more than its size after any time.
    pass(Duration::from_secs(60)).await;
    for _ in 0..4 {
        assert_eq!(answer(&mut client, "/echo").await, OK);
    }
    assert_eq!(answer(&mut client, "/echo").await, (429, Some(3)));
}

#[tokio::test(start_paused = true)]
async fn a_refused_stream_is_a_response_and_running_ones_continue() {
    let mut world =
        world_of("", |service| service.rate_limit(Rate::new(2, Duration::from_secs(10))));
    let (mut client, _) = world.open("/ws").await;
    client.call("s", "/silent", &Value::Null).await;
    assert_eq!(client.message().await.json()["p"]["h"]["content-type"], json!("text/event-stream"));
    assert_eq!(answer(&mut client, "/echo").await, OK);
    assert_eq!(answer(&mut client, "/silent").await, (429, Some(5)));
    assert_eq!(world.rpc.live_streams(), 1);
    // An abort is not a call.
    client.send(TEXT, br#"{"i":"s","t":4}"#).await;
    until(|| world.rpc.live_streams() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_procedure_is_called_no_more_often_than_its_rate_and_others_are() {
    let mut world = world_of("", |service| {
        let service = service.procedure_rate_limit("echo", Rate::new(2, Duration::from_secs(10)));
        let service = service.procedure_rate_limit("me", Rate::new(1, Duration::from_secs(60)));
        // The client here answers no pings.
        service.idle_timeout(Duration::from_secs(3600)).ping_interval(None)
    });
    let (mut client, _) = world.open("/ws").await;
    assert_eq!(answer(&mut client, "/echo").await, OK);
    // In every spelling of its path.
    assert_eq!(answer(&mut client, "http://orpc/echo/?x=1").await, OK);
    assert_eq!(answer(&mut client, "/echo").await, (429, Some(5)));
    assert_eq!(answer(&mut client, "/echo/").await, (429, Some(5)));
    assert_eq!(answer(&mut client, "/me").await, OK);
    assert_eq!(answer(&mut client, "/me").await, (429, Some(60)));
    assert_eq!(answer(&mut client, "/nowhere").await, (404, None));
    pass(Duration::from_secs(5)).await;
    assert_eq!(answer(&mut client, "/echo").await, OK);
    assert_eq!(answer(&mut client, "/me").await, (429, Some(55)));
    pass(Duration::from_secs(55)).await;
    assert_eq!(answer(&mut client, "/me").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_for_another_reason_costs_no_token() {
    let mut world = world_of("", |service| {
        let service = service.procedure_rate_limit("silent", Rate::new(2, Duration::from_secs(10)));
        service.stream_limit(1)
    });
    let (mut client, _) = world.open("/ws").await;
    client.call("s", "/silent", &Value::Null).await;
    client.message().await;
    assert_eq!(answer(&mut client, "/silent").await, (429, None), "one stream too many");
    client.send(TEXT, br#"{"i":"s","t":4}"#).await;
    client.call("s", "/silent", &Value::Null).await;
    assert_eq!(client.message().await.json()["p"]["h"]["content-type"], json!("text/event-stream"));
    client.send(TEXT, br#"{"i":"s","t":4}"#).await;
    assert_eq!(answer(&mut client, "/silent").await, (429, Some(5)));
}

#[tokio::test(start_paused = true)]
async fn a_call_of_a_batch_beyond_the_rate_is_refused_alone() {
    let mut world = world_of("", |service| {
        service.procedure_rate_limit("echo", Rate::new(2, Duration::from_secs(10)))
    });
    let (mut client, _) = world.open("/ws").await;
    let item = |path: &str| json!({ "url": format!("http://orpc/{path}"), "body": { "json": 1 } });
    let mut unreadable = item("echo");
    unreadable["headers"] = json!({ "x": "a\r\nb" });
    let items = [unreadable, item("echo"), item("echo"), item("echo"), item("me")];
    let headers = json!({ "x-orpc-batch": "buffered" });
    let batch = json!({ "i": "b", "p": { "u": "/__batch__", "h": headers, "b": items } });
    client.send(TEXT, batch.to_string().as_bytes()).await;
    let mut answers = client.message().await.json()["p"]["b"].as_array().unwrap().clone();
    answers.sort_by_key(|answer| answer["index"].as_u64());
    let status = |answer: &Value| answer["status"].as_u64().unwrap_or(200);
    assert_eq!(answers.iter().map(status).collect::<Vec<_>>(), [400, 200, 200, 429, 200]);
    assert_eq!(answers[3]["headers"]["retry-after"], json!("5"));
    assert_eq!(answers[3]["body"]["json"]["code"], json!("TOO_MANY_REQUESTS"));
}

#[tokio::test(start_paused = true)]
async fn a_socket_beyond_its_byte_rate_waits_until_it_has_refilled() {
    let mut world =
        world_of("", |service| service.byte_rate_limit(Rate::new(1000, Duration::from_secs(10))));
    let (mut client, _) = world.open("/ws").await;
    assert_eq!(answer(&mut client, "/echo").await, OK);
    pass(Duration::from_secs(60)).await;
    // Every message counts, even one that is not a call. A byte takes 10 ms.
    client.send(TEXT, &[b'x'; 3000]).await;
    let (status, after) = answer(&mut client, "/echo").await;
    // 2,000 bytes over the rate, and those of the call itself.
    assert_eq!(status, 429);
    let after = after.unwrap();
    assert!((20..=22).contains(&after), "{after}");
    pass(Duration::from_secs(after - 5)).await;
    assert_eq!(answer(&mut client, "/echo").await.0, 429);
    // Plus a second for the bytes of the calls themselves.
    pass(Duration::from_secs(5 + 1)).await;
    assert_eq!(answer(&mut client, "/echo").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_message_consumed_by_a_hook_counts_for_no_rate() {
    let mut world = world_of("", |service| {
        let service = service.rate_limit(Rate::new(1, Duration::from_secs(10)));
        service.byte_rate_limit(Rate::new(1000, Duration::from_secs(10)))
    });
    let (mut client, _) = world.open("/ws").await;
    for _ in 0..10 {
        client.send(TEXT, format!("hook:{}", "x".repeat(1000)).as_bytes()).await;
        client.message().await;
    }
    assert_eq!(answer(&mut client, "/echo").await, OK);
    assert_eq!(answer(&mut client, "/echo").await, (429, Some(10)));
}

#[test]
#[should_panic(
    expected = "the router has no procedure `chat/send`: give its path, such as `chat/send`"
)]
fn a_rate_for_an_unknown_procedure_is_refused() {
    let rate = Rate::new(1, Duration::from_secs(1));
    let (seen, _) = unbounded_channel();
    let app = App {
        rooms: Rooms::new(),
        seen,
        sockets: Arc::default(),
        panics: "",
        calls: Arc::default(),
    };
    let _service = Rpc::new(api::router()).websocket(app).procedure_rate_limit("chat/send", rate);
}

#[test]
fn a_rate_of_zero_is_refused() {
    for (count, within) in [(0, Duration::from_secs(1)), (1, Duration::ZERO)] {
        let refused = Rate::try_new(count, within).unwrap_err().to_string();
        assert_eq!(refused, "the count and the time of a rate must not be zero");
        let panic = std::panic::catch_unwind(|| Rate::new(count, within)).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>(), Some(&refused));
    }
}
