//! Random schedules as clients see them, over server-sent events and WebSocket.
//! `WIRE_SCHEDULES` sets their number for each transport and store.

use std::sync::Arc;

use http_body_util::BodyExt as _;
use orpc_runtime::http::{HttpService, RpcBody};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{
    Durability, EventId, Published, Publisher, ReadError, Start, StoreErrorKind, SubscribeError,
};
use orpc_runtime::websocket::WebSocketService;
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tower::ServiceExt as _;

use super::schedules::{Dice, env};
use super::world::{Line, RETENTION, SLACK, World};
use crate::support::post;
use crate::support::websocket::{Raw, TEXT, channel, within};

const MAX_EVENTS: u64 = 24;

/// Number of schedules on one store, each on a channel of its own.
const PER_STORE: u64 = 100;

#[derive(Clone)]
pub struct App {
    lines: Publisher<Line>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    /// A client that has seen nothing begins with the oldest event.
    #[procedure]
    pub fn follow(
        app: &App,
        channel: String,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Line>, ReadError>>, SubscribeError> {
        match last {
            Some(last) => app.lines.subscribe(&channel, last),
            None => app.lines.subscribe(&channel, Start::Earliest),
        }
    }
}

/// Transports of the clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Sse,
    WebSocket,
}

/// A server that can be restarted.
struct Server {
    lines: Publisher<Line>,
    http: HttpService<App>,
    websocket: WebSocketService<App>,
}

impl Server {
    async fn start(world: &World) -> Self {
        // The file is free once the last socket of the previous server has ended.
        let lines: Publisher<Line> = within(async {
            loop {
                match world.builder().max_events(MAX_EVENTS).open(world.path(), world.durability) {
                    Ok(lines) => return lines,
                    Err(error) if error.kind() == StoreErrorKind::InUse => {
                        tokio::task::yield_now().await;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        })
        .await;
        let rpc = Rpc::new(api::router());
        let app = Arc::new(App { lines: lines.clone() });
        let websocket = rpc.websocket(Arc::clone(&app)).keep_extensions(false);
        Self { lines, http: rpc.http(app), websocket }
    }

    async fn connect(&self, way: Way, room: &str, last: Option<&str>) -> Connection {
        match way {
            Way::Sse => {
                let mut request = post("/follow", json!({ "json": room }).to_string());
                if let Some(last) = last {
                    request.headers_mut().insert("last-event-id", last.parse().unwrap());
                }
                let response = self.http.clone().oneshot(request).await.unwrap();
                assert_eq!(response.status(), 200);
                Connection::Sse { body: response.into_body(), text: String::new() }
            }
            Way::WebSocket => {
                let mut socket = Raw::open(channel(&self.websocket, 1 << 16), "/").await;
                let head = last.map_or(json!({}), |last| json!({ "last-event-id": last }));
                let body = json!({ "json": room });
                let call = json!({ "i": "1", "p": { "u": "/follow", "b": body, "h": head } });
                socket.send(TEXT, call.to_string().as_bytes()).await;
                assert!(within(socket.message()).await.text().contains("text/event-stream"));
                Connection::WebSocket(Box::new(socket))
            }
        }
    }
}

/// A client that reads.
enum Connection {
    Sse { body: RpcBody, text: String },
    WebSocket(Box<Raw<DuplexStream>>),
}

/// An event as sent to a client: its kind, its id, its value.
struct Sent {
    kind: String,
    id: String,
    value: Value,
}

impl Connection {
    /// The next event.
    async fn next(&mut self) -> Sent {
        match self {
            Self::Sse { body, text } => loop {
                if let Some((event, rest)) = text.split_once("\n\n") {
                    let fields: Vec<_> =
                        event.lines().filter_map(|line| line.split_once(": ")).collect();
                    let field = |name: &str| {
                        let found = fields.iter().find(|(field, _)| *field == name);
                        found.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
                    };
                    let sent = field("data");
                    let (kind, id) = (field("event"), field("id"));
                    *text = rest.to_owned();
                    if kind.is_empty() {
                        // A comment.
                        continue;
                    }
                    let value: Value = serde_json::from_str(&sent).unwrap();
                    return Sent { kind, id, value: value["json"].clone() };
                }
                let frame = within(body.frame()).await.expect("the stream goes on").unwrap();
                *text += std::str::from_utf8(&frame.into_data().unwrap()).unwrap();
            },
            Self::WebSocket(socket) => {
                let frame = within(socket.message()).await.json();
                let payload = &frame["p"];
                Sent {
                    kind: payload["e"].as_str().unwrap().to_owned(),
                    id: payload["m"]["id"].as_str().unwrap_or_default().to_owned(),
                    value: payload["d"]["json"].clone(),
                }
            }
        }
    }
}

/// A client: the last event it saw, and its connection, if any.
#[derive(Default)]
struct Client {
    connection: Option<Connection>,
    last: Option<EventId>,
    /// Events that it has received.
    got: Vec<(EventId, u64)>,
}

impl Client {
    /// Returns `true` if an event or a gap is due for it.
    fn is_behind(&self, history: &History) -> bool {
        match self.last {
            Some(last) => history.events.last().is_some_and(|(top, _)| *top != last),
            None => history.expired < history.events.len(),
        }
    }

    /// Reads one event and compares it with the published ones.
    async fn read(&mut self, history: &History) {
        let truth = &history.events;
        let sent = self.connection.as_mut().unwrap().next().await;
        let id: EventId = sent.id.parse().unwrap();
        match sent.kind.as_str() {
            "message" => {
                // A `u64` is a bigint.
                let event = (id, sent.value["n"].as_str().unwrap().parse().unwrap());
                assert!(truth.contains(&event), "an event that was not published: {event:?}");
                if let Some(last) = self.last {
                    assert_eq!(id.epoch(), last.epoch(), "another epoch without a word");
                    assert_eq!(id.sequence(), last.sequence() + 1, "a hole or a repetition");
                }
                self.got.push(event);
                self.last = Some(id);
            }
            "error" => {
                // It ends the iterator; its id is the position from which the client
                // continues.
                assert_eq!(sent.value["code"], "EVENT_GAP", "{}", sent.value);
                let stood: EventId = sent.value["data"]["last"].as_str().unwrap().parse().unwrap();
                // A client that had seen nothing began with the oldest event at that time.
                let last = self.last.unwrap_or(stood);
                assert_eq!(last, stood, "a gap of somebody else");
                let missed = truth.iter().position(|(id, _)| {
                    id.epoch() == last.epoch() && id.sequence() == last.sequence() + 1
                });
                match sent.value["data"]["reason"].as_str().unwrap() {
                    "epoch" => assert_ne!(id.epoch(), last.epoch()),
                    "trimmed" | "slow" => {
                        match missed {
                            Some(missed) => {
                                let newer = truth.len() - missed;
                                let is_gone = newer as u64 > MAX_EVENTS * 15 / 16;
                                assert!(is_gone || missed < history.expired, "{newer} are there");
                            }
                            // A channel that nobody reads is forgotten when its events have
                            // expired, and with it that the client had read all of them.
                            None => {
                                let newest = truth[..history.expired].last().map(|(id, _)| *id);
                                assert_eq!(newest, Some(last), "a gap in nothing: {}", sent.value);
                            }
                        }
                    }
                    other => panic!("a gap of the reason {other}"),
                }
                self.last = Some(id);
                self.connection = None;
            }
            other => panic!("{other}: {}", sent.value),
        }
    }
}

/// Events published in the current epoch of the server.
#[derive(Default)]
struct History {
    events: Vec<(EventId, u64)>,
    /// Number of them that are older than every retained event.
    expired: usize,
    /// The numbers of the lines, including those of earlier epochs.
    lines: u64,
}

impl History {
    async fn publish(&mut self, server: &Server, room: &str) {
        self.lines += 1;
        let id = server.lines.publish(room, &Line { n: self.lines }).await.unwrap();
        assert!(self.events.iter().all(|(other, _)| *other != id), "an id twice: {id}");
        self.events.push((id, self.lines));
    }
}

async fn schedules(durability: Durability, way: Way) {
    let first = env("SCHEDULE_SEED", 1);
    let is_memory = durability == Durability::Memory;
    let count = env("WIRE_SCHEDULES", if is_memory { 300 } else { 60 });
    for store in 0..count.div_ceil(PER_STORE) {
        let world = World::new(durability);
        let mut server = Some(Server::start(&world).await);
        for schedule in store * PER_STORE..count.min((store + 1) * PER_STORE) {
            let seed = first + schedule;
            let run = std::panic::AssertUnwindSafe(run(&world, &mut server, way, seed));
            if let Err(panic) = futures::FutureExt::catch_unwind(run).await {
                eprintln!("schedule {seed} of {way:?}: WIRE_SCHEDULES=1 SCHEDULE_SEED={seed}");
                std::panic::resume_unwind(panic);
            }
        }
    }
}

async fn run(world: &World, running: &mut Option<Server>, way: Way, seed: u64) {
    let room = format!("room-{seed}");
    let mut dice = Dice(seed);
    let mut history = History::default();
    let mut clients: [Client; 2] = Default::default();
    for _ in 0..8 + dice.roll(16) {
        let server = running.as_ref().expect("it is started again at once");
        let client = &mut clients[dice.roll(2) as usize];
        match dice.roll(10) {
            0..=3 => {
                for _ in 0..1 + dice.roll(9) {
                    history.publish(server, &room).await;
                }
            }
            4..=6 => {
                // As many events as were published must arrive.
                for _ in 0..dice.roll(12) {
                    if client.connection.is_some() && client.is_behind(&history) {
                        client.read(&history).await;
                    }
                }
            }
            7 => {
                let last = client.last.map(|last| last.to_string());
                client.connection = Some(server.connect(way, &room, last.as_deref()).await);
            }
            8 => client.connection = None,
            _ => match dice.roll(6) {
                // A restart; a store in memory loses everything.
                0 => {
                    for client in &mut clients {
                        client.connection = None;
                    }
                    server.lines.close().await;
                    *running = None;
                    *running = Some(Server::start(world).await);
                    if !world.is_durable() {
                        history.events.clear();
                        history.expired = 0;
                    }
                }
                // Enough time for all events to expire.
                1 => {
                    world.hands.pass(RETENTION + SLACK * 2);
                    history.expired = history.events.len();
                }
                _ => {}
            },
        }
    }
    // At the end every client has all events since its start, except for reported gaps.
    let server = running.as_ref().expect("it is started again at once");
    history.publish(server, &room).await;
    let top = history.events.last().map(|(id, _)| *id);
    for client in &mut clients {
        while client.last != top {
            if client.connection.is_none() {
                let last = client.last.map(|last| last.to_string());
                client.connection = Some(server.connect(way, &room, last.as_deref()).await);
            }
            client.read(&history).await;
        }
        let places =
            client.got.iter().map(|event| history.events.iter().position(|it| it == event));
        assert!(places.is_sorted(), "events in another order than they were published");
    }
}

#[tokio::test]
async fn random_schedules_over_sse_report_every_gap() {
    schedules(Durability::Memory, Way::Sse).await;
}

#[tokio::test]
async fn random_schedules_over_websocket_report_every_gap() {
    schedules(Durability::Memory, Way::WebSocket).await;
}

#[tokio::test]
async fn random_schedules_over_sse_from_a_file_report_every_gap() {
    schedules(Durability::Process, Way::Sse).await;
}

#[tokio::test]
async fn random_schedules_over_websocket_from_a_file_report_every_gap() {
    schedules(Durability::Process, Way::WebSocket).await;
}
