//! Channels in the hands of a host that keeps their sockets and their storage, as a Durable Object does: failing
//! storages, sockets that are restored, alarms.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use orpc_runtime::durable::{
    Channel, ChannelCommand, DurableChannel, DurableObject, DurableTokens, SigningKeys,
};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{EventId, PublishError};
use orpc_runtime::stateful::{
    AlarmSlot, HostedRoom, ListOptions, MemoryStorage, RoomHandle, StatefulRoom, Storage,
    StorageBackend, StorageError, StorageFuture, Write, Written,
};
use orpc_runtime::{
    Frame, KeepError, KeptSocket, Peer, Rooms, RouterModule as _, SocketConfig, SocketKeeper,
};
use serde_json::{Value, json};

use crate::support::durable::{KEY, claims, now, own_path, path, sign};
use crate::support::websocket::within;
use crate::support::{tasks, tasks_that_stay};

/// Retention in seconds.
const RETENTION: u64 = 1600;

struct Hall;

impl DurableObject for Hall {
    type Event = Value;
    type Context = Channel<Hall>;
    type Methods = methods::router;
}

impl DurableChannel for Hall {
    const KEYS: &'static [&'static str] = &["ITERATOR_KEY"];
    const RETENTION: Duration = Duration::from_secs(RETENTION);
    const MAX_EVENTS: u64 = 40;
    const SOCKETS_PER_CHANNEL: usize = 3;
}

#[router(context = Channel<Hall>)]
mod methods {
    use super::*;

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

/// Operations of a storage that fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Events are not written.
    NotWritten,
    /// Events are written, which is reported as a failure.
    Written,
    /// Several events cannot be read.
    Pages,
    /// No entry can be read.
    Reads,
    /// The alarm cannot be read.
    Alarm,
}

/// A storage in memory that fails.
#[derive(Clone, Default)]
struct Disk {
    memory: MemoryStorage,
    faults: Arc<Mutex<Vec<Fault>>>,
}

impl Disk {
    fn set(&self, faults: &[Fault]) {
        *self.faults.lock().unwrap() = faults.to_vec();
    }

    fn check(&self, fault: Fault) -> Result<(), StorageError> {
        let fails = self.faults.lock().unwrap().contains(&fault);
        if fails { Err(StorageError::failed("the disk fails")) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn get(&self, key: &str) -> StorageFuture<Option<Bytes>> {
        let (checked, found) = (self.check(Fault::Reads), self.memory.get(key));
        async move { checked.and(found.await) }.boxed()
    }

    fn list(&self, prefix: &str, options: &ListOptions) -> StorageFuture<Vec<(String, Bytes)>> {
        let pages = if options.limit > 1 { self.check(Fault::Pages) } else { Ok(()) };
        let (checked, found) =
            (pages.and(self.check(Fault::Reads)), self.memory.list(prefix, options));
        async move { checked.and(found.await) }.boxed()
    }

    fn write(&self, writes: Vec<Write>) -> StorageFuture<Written> {
        let is_event =
            |write: &Write| matches!(write, Write::Put { key, .. } if key.starts_with("orpc/e/"));
        if !writes.iter().any(is_event) {
            return self.memory.write(writes);
        }
        if let Err(error) = self.check(Fault::NotWritten) {
            return async move { Err(error) }.boxed();
        }
        let (written, checked) = (self.memory.write(writes), self.check(Fault::Written));
        async move { written.await.and_then(|written| checked.map(|()| written)) }.boxed()
    }

    fn alarm(&self, slot: AlarmSlot) -> StorageFuture<Option<u64>> {
        let (checked, found) = (self.check(Fault::Alarm), self.memory.alarm(slot));
        async move { checked.and(found.await) }.boxed()
    }
}

/// The state of a socket that survives an eviction.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Option<KeptSocket>>>);

impl Shelf {
    fn kept(&self) -> KeptSocket {
        self.0.lock().unwrap().clone().unwrap()
    }

    /// The state of the member.
    fn own(&self) -> Value {
        serde_json::to_value(self.kept()).unwrap()["o"].take()
    }
}

impl SocketKeeper for Shelf {
    fn keep(&self, state: &KeptSocket) -> Result<(), KeepError> {
        *self.0.lock().unwrap() = Some(state.clone());
        Ok(())
    }
}

/// A socket in memory.
struct Client {
    peer: Peer<Channel<Hall>>,
    shelf: Shelf,
}

impl Client {
    fn frames(&mut self) -> Vec<Value> {
        let frames = std::iter::from_fn(|| self.peer.next().now_or_never().flatten());
        frames.map(|frame| json_of(&frame)).collect()
    }

    /// The values of the events that are there.
    fn values(&mut self) -> Vec<Value> {
        self.frames().into_iter().map(value).collect()
    }

    /// The next frame.
    async fn next(&mut self) -> Value {
        json_of(&within(self.peer.next()).await.expect("the socket is open"))
    }

    async fn subscribe(&mut self, id: &str, last: Option<EventId>) {
        self.ask(id, last);
        assert_eq!(self.next().await["i"], id);
    }

    fn ask(&mut self, id: &str, last: Option<EventId>) {
        let mut request = json!({ "i": id, "p": { "u": "/subscribe", "b": {} } });
        if let Some(last) = last {
            request["p"]["h"] = json!({ "last-event-id": last.to_string() });
        }
        self.peer.receive(request.to_string());
    }

    fn is_closed(&self) -> bool {
        self.peer.closing().is_some()
    }

    fn closing(&self) -> (u16, String) {
        let frame = self.peer.closing().expect("the socket is closed");
        (frame.code.into(), frame.reason.to_string())
    }
}

fn json_of(frame: &Frame) -> Value {
    serde_json::from_slice(frame.as_bytes()).unwrap()
}

fn value(mut frame: Value) -> Value {
    assert_eq!(frame["p"]["e"], "message", "{frame}");
    frame["p"]["d"]["json"].take()
}

/// A room in memory, until it is evicted.
struct Host {
    rpc: Rpc<Channel<Hall>>,
    room: HostedRoom<Channel<Hall>>,
    disk: Disk,
}

impl Host {
    fn new(disk: &Disk) -> Self {
        let handle =
            RoomHandle::new(Rooms::new().get_or_create("hall"), Storage::new(disk.clone()));
        let handle = handle.with_secrets(|name| (name == "ITERATOR_KEY").then(|| KEY.to_owned()));
        let rpc = Rpc::new(<Channel<Hall> as StatefulRoom>::Procedures::router());
        Self { rpc, room: HostedRoom::new(handle), disk: disk.clone() }
    }

    async fn accept(&self, path: &str) -> Result<(Client, Socket), Error> {
        let request = http::Request::get(path).body(()).unwrap().into_parts().0;
        let shelf = Shelf::default();
        let config = self.room.accept(&request).await?.kept_by(shelf.clone());
        let peer = self.room.peer(&self.rpc, request, config);
        let socket = peer.socket().clone();
        Ok((Client { peer, shelf }, socket))
    }

    async fn open(&self, path: &str) -> Client {
        let (client, socket) = self.accept(path).await.unwrap();
        self.room.joined(socket).await;
        client
    }

    /// A client that reads.
    async fn reader(&self) -> Client {
        let mut client = self.open(&own_path(&token())).await;
        client.subscribe("1", None).await;
        client
    }

    /// Continues a socket after an eviction.
    fn restore(&self, shelf: &Shelf) -> Client {
        let kept = shelf.kept();
        let config = self.room.configure(SocketConfig::new().kept(&kept).kept_by(shelf.clone()));
        let peer = self.room.peer(&self.rpc, kept.request(), config);
        Client { peer, shelf: shelf.clone() }
    }

    async fn publish(&self, value: impl Into<Value>) -> Result<EventId, PublishError> {
        self.room.room().publish(&value.into()).await
    }

    /// Rings the alarm now.
    async fn ring(&self) {
        Storage::new(self.disk.memory.clone()).set_alarm(UNIX_EPOCH).await.unwrap();
        self.room.ring(SystemTime::now()).await.unwrap();
    }

    async fn alarm(&self) -> Option<Duration> {
        let alarm = Storage::new(self.disk.memory.clone()).alarm().await.unwrap();
        alarm.map(|at| at.duration_since(UNIX_EPOCH).unwrap())
    }
}

fn token() -> String {
    DurableTokens::<Hall>::new(SigningKeys::new([KEY]).unwrap()).iterator("hall").token().unwrap()
}

/// A token of the official format, which names no id.
fn official(exp: u64) -> String {
    sign(&json!({ "chn": "hall", "iat": now(), "exp": exp }))
}

/// A token of that client.
fn token_of(id: &str, exp: u64) -> String {
    sign(&json!({ "chn": "hall", "iat": now(), "exp": exp, "cid": id }))
}

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test]
async fn an_event_that_a_failed_write_has_stored_is_sent_once() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    assert_eq!(format!("{:?}", host.room.room()), r#"Channel { name: "hall", .. }"#);
    let (mut ada, mut bob) = (host.reader().await, host.reader().await);
    host.publish(1).await.unwrap();
    disk.set(&[Fault::Written]);
    let error = host.publish(2).await.unwrap_err();
    assert!(matches!(error, PublishError::OutcomeUnknown(Some(_))), "{error}");
    disk.set(&[]);
    assert_eq!(host.publish(3).await.unwrap().sequence(), 3);
    disk.set(&[Fault::NotWritten]);
    assert!(matches!(host.publish(4).await.unwrap_err(), PublishError::OutcomeUnknown(_)));
    disk.set(&[]);
    // A reader that is new has nothing to catch up with.
    let mut eve = host.reader().await;
    assert_eq!(host.publish(5).await.unwrap().sequence(), 4);
    for (client, expected) in
        [(&mut ada, &[1, 2, 3, 5][..]), (&mut bob, &[1, 2, 3, 5]), (&mut eve, &[5])]
    {
        for n in expected {
            assert_eq!(value(client.next().await), *n);
        }
        assert!(client.frames().is_empty());
        assert_eq!(client.shelf.own()["p"], Value::Null);
    }
}

#[tokio::test]
async fn a_reader_returns_if_events_cannot_be_read_after_a_failed_write() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let mut ada = host.reader().await;
    let first = host.publish(1).await.unwrap();
    disk.set(&[Fault::Written, Fault::Pages]);
    host.publish(2).await.unwrap_err();
    assert_eq!(value(ada.next().await), 1);
    assert_eq!(ada.next().await["p"]["d"]["json"]["code"], "INTERNAL_SERVER_ERROR");
    // Events are published nevertheless.
    disk.set(&[Fault::Pages]);
    assert_eq!(host.publish(3).await.unwrap().sequence(), 3);
    disk.set(&[]);
    ada.subscribe("2", Some(first)).await;
    host.publish(4).await.unwrap();
    for n in 2..=4 {
        assert_eq!(value(ada.next().await), n);
    }
    assert!(ada.frames().is_empty());
}

#[tokio::test]
async fn a_reader_that_catches_up_is_told_of_events_that_were_removed_meanwhile() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let first = host.publish(0).await.unwrap();
    for n in 1..=35 {
        host.publish(large(n)).await.unwrap();
    }
    let mut client = host.open(&own_path(&token())).await;
    client.subscribe("1", Some(first)).await;
    for n in 36..=80 {
        host.publish(n).await.unwrap();
    }
    let mut last = first.to_string();
    let error = loop {
        let frame = client.next().await;
        let part = &frame["p"];
        if part["e"] == "error" {
            break part.clone();
        }
        last = part["m"]["id"].as_str().unwrap().to_owned();
    };
    let data = &error["d"]["json"];
    assert_eq!((&data["code"], &data["data"]["reason"]), (&json!("EVENT_GAP"), &json!("slow")));
    assert_eq!(data["data"]["last"], last);
    let resume = error["m"]["id"].as_str().unwrap().parse().unwrap();
    client.subscribe("2", Some(resume)).await;
    for n in 41..=80 {
        assert_eq!(value(client.next().await), n);
    }
}

#[tokio::test]
async fn sockets_are_closed_if_the_log_cannot_be_opened_after_a_failed_write() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let mut ada = host.reader().await;
    host.publish(1).await.unwrap();
    disk.set(&[Fault::Written, Fault::Reads]);
    host.publish(2).await.unwrap_err();
    assert_eq!(ada.values(), [1]);
    assert_eq!(ada.closing(), (1011, "The channel starts again".to_owned()));
    disk.set(&[]);
    assert_eq!(host.publish(3).await.unwrap().sequence(), 3);
}

#[tokio::test]
async fn nothing_is_published_while_the_storage_cannot_be_read() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    for fault in [Fault::Reads, Fault::Alarm] {
        disk.set(&[fault]);
        let error = host.publish(1).await.unwrap_err();
        assert!(matches!(error, PublishError::Failed(_)), "{error}");
    }
    disk.set(&[]);
    assert_eq!(host.publish(1).await.unwrap().sequence(), 1);
}

#[tokio::test]
async fn a_reader_whose_events_cannot_be_read_ends_with_an_error() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let first = host.publish(0).await.unwrap();
    host.publish(1).await.unwrap();
    let mut ada = host.open(&own_path(&token())).await;
    disk.set(&[Fault::Pages]);
    ada.subscribe("1", Some(first)).await;
    assert_eq!(ada.next().await["p"]["d"]["json"]["code"], "INTERNAL_SERVER_ERROR");
    disk.set(&[]);
    host.publish(2).await.unwrap();
    assert!(ada.frames().is_empty());
    assert_eq!(ada.shelf.own()["r"], Value::Null);
}

#[tokio::test]
async fn a_socket_whose_client_cannot_be_noted_is_closed() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let (client, socket) = host.accept(&own_path(&token())).await.unwrap();
    disk.set(&[Fault::Reads]);
    host.room.joined(socket).await;
    assert_eq!(client.closing(), (1011, "The channel cannot be used".to_owned()));
}

#[tokio::test]
async fn a_socket_that_another_one_has_overtaken_is_closed_when_it_joins() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    // Both may be opened, and one of them binds the id.
    let (first, second) = (
        official(now() + 60),
        sign(&json!({ "chn": "hall", "att": 1, "iat": 0, "exp": now() + 60 })),
    );
    let (ada, ada_socket) = host.accept(&path("x", &first)).await.unwrap();
    let (bob, bob_socket) = host.accept(&path("x", &second)).await.unwrap();
    host.room.joined(bob_socket).await;
    host.room.joined(ada_socket).await;
    assert!(!bob.is_closed());
    assert_eq!(ada.closing(), (1008, "Invalid Token".to_owned()));
    drop((ada, bob));
    // It was revoked meanwhile.
    let own = token_of("c.x", now() + 60);
    let (client, socket) = host.accept(&own_path(&own)).await.unwrap();
    host.room.room().revoke("c.x", Duration::from_secs(60)).await.unwrap();
    drop(client);
    let (client, late) = host.accept(&own_path(&token())).await.unwrap();
    host.room.room().revoke(late.tags().next().unwrap(), Duration::ZERO).await.unwrap();
    assert_eq!(client.closing(), (1008, "Token revoked".to_owned()));
    drop(socket);
}

#[tokio::test]
async fn sockets_that_are_opened_at_the_same_time_stay_within_the_limit_of_the_channel() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let two = [host.open(&own_path(&token())).await, host.open(&own_path(&token())).await];
    let (third, third_socket) = host.accept(&own_path(&token())).await.unwrap();
    host.room.joined(third_socket).await;
    assert!(!third.is_closed());
    drop(third);
    // Both may be opened since none of them has joined.
    let mut opened = Vec::new();
    for _ in 0..2 {
        let request = http::Request::get(own_path(&token())).body(()).unwrap().into_parts().0;
        let config = host.room.accept(&request).await.unwrap();
        opened.push((request, config));
    }
    let opened: Vec<_> = opened
        .into_iter()
        .map(|(request, config)| host.room.peer(&host.rpc, request, config))
        .collect();
    assert_eq!(host.room.room().clients().len(), 4);
    host.room.joined(opened[0].socket().clone()).await;
    assert_eq!(
        opened[0].closing().map(|frame| (frame.code.into(), frame.reason.to_string())),
        Some((1013, "Too many sockets".to_owned()))
    );
    assert!(two.iter().all(|client| !client.is_closed()) && opened[1].closing().is_none());
}

#[tokio::test]
async fn a_restored_socket_reads_on_with_its_client() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let own = sign(
        &json!({ "chn": "hall", "tags": ["a"], "rpc": ["ping"], "att": 7, "iat": now(), "exp": now() + 60, "cid": "c.x" }),
    );
    let official = official(now() + 60);
    let mut clients =
        vec![host.open(&own_path(&own)).await, host.open(&path("chosen", &official)).await];
    for client in &mut clients {
        client.subscribe("1", None).await;
    }
    host.publish("before").await.unwrap();
    let shelves: Vec<_> = clients.iter().map(|client| client.shelf.clone()).collect();
    // The id of a client is kept where its token does not name it.
    assert_eq!(shelves[0].own(), json!({ "t": claims(&own), "r": "\"1\"" }));
    assert_eq!(shelves[1].own(), json!({ "i": "chosen", "t": claims(&official), "r": "\"1\"" }));
    drop((clients, host));

    let host = Host::new(&disk);
    let mut clients: Vec<_> = shelves.iter().map(|shelf| host.restore(shelf)).collect();
    let found = host.room.room().clients();
    let found: Vec<_> = found
        .iter()
        .map(|client| (client.id(), client.tags(), client.attachment().unwrap()))
        .collect();
    assert_eq!(found, [("c.x", vec!["a".to_owned()], Some(7)), ("chosen", vec![], None)]);
    host.publish("everyone").await.unwrap();
    host.room.room().publish(&json!("tag")).tags(["a"]).await.unwrap();
    host.room.room().publish(&json!("target")).targets(["chosen"]).await.unwrap();
    assert_eq!(clients[0].values(), ["everyone", "tag"]);
    assert_eq!(clients[1].values(), ["everyone", "target"]);
    // Its methods are those of the token.
    for (client, status) in clients.iter_mut().zip([None, Some(403)]) {
        client.peer.receive(
            json!({ "i": "2", "p": { "u": "/call", "b": { "json": { "path": ["ping"] } } } })
                .to_string(),
        );
        let answer = client.next().await;
        assert_eq!(answer["p"]["s"].as_u64(), status, "{answer}");
    }
}

#[tokio::test]
async fn a_renewed_token_and_the_end_of_an_iterator_are_kept() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let exp = now() + 60;
    let mut client = host.open(&own_path(&token_of("c.x", exp))).await;
    assert_eq!(host.alarm().await, Some(Duration::from_secs(exp) + MILLISECOND));
    client.subscribe("1", None).await;
    // A token that is valid for longer leaves the alarm, which sets the next one.
    for (exp, alarm) in [(exp + 60, exp), (exp - 30, exp - 30)] {
        let new = json!({ "chn": "hall", "iat": now(), "exp": exp, "cid": "c.x", "rpc": ["ping"] });
        let update = json!({ "i": exp.to_string(), "p": { "u": "/updateToken", "b": { "json": { "token": sign(&new) } } } });
        client.peer.receive(update.to_string());
        assert_eq!(client.next().await["p"]["s"], Value::Null);
        assert_eq!(client.shelf.own(), json!({ "t": new, "r": "\"1\"" }));
        assert_eq!(host.alarm().await, Some(Duration::from_secs(alarm) + MILLISECOND));
    }
    // Of an iterator that is stopped nothing is sent, and the next one is kept instead.
    client.peer.receive(r#"{"i":"1","t":4}"#);
    client.frames();
    host.publish(1).await.unwrap();
    assert!(client.frames().is_empty());
    client.subscribe("2", None).await;
    assert_eq!(client.shelf.own()["r"], "\"2\"");
    client.subscribe("3", None).await;
    assert_eq!(
        (client.shelf.own()["r"].clone(), client.shelf.kept().hibernating()),
        (json!("\"3\""), 1)
    );
    host.publish(2).await.unwrap();
    assert_eq!(client.frames().len(), 1);
}

/// An event that fills much of what a socket may have unsent.
fn large(n: u32) -> Value {
    format!("{n} {}", "x".repeat(100_000)).into()
}

#[tokio::test]
async fn a_reader_that_catches_up_continues_at_its_position_after_an_eviction() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let first = host.publish(0).await.unwrap();
    for n in 1..=35 {
        host.publish(large(n)).await.unwrap();
    }
    let mut client = host.open(&own_path(&token())).await;
    client.ask("1", Some(first));
    // The head, and as many events as there is room for.
    assert_eq!(client.next().await["i"], "1");
    host.publish(large(36)).await.unwrap();
    let shelf = client.shelf.clone();
    let behind: EventId = serde_json::from_value(shelf.own()["p"].clone()).unwrap();
    let sent = u32::try_from(behind.sequence()).unwrap() - 1;
    assert!((1..35).contains(&sent), "{sent} events");
    // No task runs meanwhile.
    let frames: Vec<_> =
        (0..sent).map(|_| json_of(&client.peer.next().now_or_never().flatten().unwrap())).collect();
    let mut values: Vec<_> = frames.into_iter().map(value).collect();
    let kept = shelf.kept();
    drop((client, host));

    let host = Host::new(&disk);
    let shelf = Shelf(Arc::new(Mutex::new(Some(kept))));
    let mut client = host.restore(&shelf);
    // A live event is not sent before those that are missing. The alarm goes on with them.
    host.publish(large(37)).await.unwrap();
    host.ring().await;
    while values.len() < 37 {
        values.push(value(client.next().await));
    }
    assert_eq!(values, (1..=37).map(large).collect::<Vec<_>>());
    // It has caught up, which is kept.
    let caught_up = async {
        while !shelf.own()["p"].is_null() {
            tokio::task::yield_now().await;
        }
    };
    within(caught_up).await;
    host.publish(38).await.unwrap();
    assert_eq!(client.values(), [38]);
}

#[tokio::test]
async fn a_reader_that_is_stopped_while_it_catches_up_is_kept_as_stopped() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let first = host.publish(0).await.unwrap();
    for n in 1..=35 {
        host.publish(large(n)).await.unwrap();
    }
    let mut client = host.open(&own_path(&token())).await;
    client.subscribe("1", Some(first)).await;
    client.peer.receive(r#"{"i":"1","t":4}"#);
    let stopped = async {
        while !client.shelf.own()["r"].is_null() {
            client.frames();
            tokio::task::yield_now().await;
        }
    };
    within(stopped).await;
    assert_eq!(client.shelf.own()["p"], Value::Null);
    // One that begins while another catches up takes its place.
    client.frames();
    client.subscribe("2", Some(first)).await;
    client.ask("3", Some(first));
    let mut values = Vec::new();
    while values.len() < 35 {
        let frame = client.next().await;
        if frame["i"] == "3" && frame["t"] == 3 {
            values.push(value(frame));
        }
    }
    assert_eq!(values, (1..=35).map(large).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_alarm_is_set_for_the_first_of_tokens_and_events() {
    let disk = Disk::default();
    let storage = Storage::new(disk.memory.clone());
    let later = SystemTime::now() + Duration::from_secs(7200);
    storage.set_alarm(later).await.unwrap();
    let host = Host::new(&disk);
    // A later alarm is replaced, an earlier one stays.
    let exp = now() + 3600;
    let client = host.open(&own_path(&token_of("c.x", exp))).await;
    assert_eq!(host.alarm().await, Some(Duration::from_secs(exp) + MILLISECOND));
    drop(host);
    let early = Duration::from_secs(now() + 5);
    storage.set_alarm(UNIX_EPOCH + early).await.unwrap();
    let host = Host::new(&disk);
    drop(host.open(&own_path(&token_of("c.y", exp))).await);
    assert_eq!(host.alarm().await, Some(early));
    // Clients that are revoked, in the same way.
    host.room.room().revoke("c.y", Duration::from_secs(2)).await.unwrap();
    let at = host.alarm().await.unwrap();
    assert!(at < early, "{at:?}");
    drop((host, client));

    // An event, by the retention.
    let disk = Disk::default();
    let host = Host::new(&disk);
    let before = Duration::from_secs(now());
    host.publish(1).await.unwrap();
    let at = host.alarm().await.unwrap();
    let range = |first: Duration, time| {
        first + Duration::from_secs(time)..=Duration::from_secs(now() + 1 + time) + MILLISECOND
    };
    assert!(range(before, RETENTION).contains(&at), "{at:?}");
}

#[tokio::test]
async fn a_ringing_alarm_sets_the_next_one() {
    // By the token that expires first.
    let disk = Disk::default();
    let host = Host::new(&disk);
    let exp = now() + 60;
    let _ada = host.open(&own_path(&token_of("c.a", exp))).await;
    let _bob = host.open(&own_path(&token_of("c.b", exp + 60))).await;
    host.ring().await;
    assert_eq!(host.alarm().await, Some(Duration::from_secs(exp) + MILLISECOND));
    // By a chosen id, once it may be forgotten.
    let disk = Disk::default();
    let host = Host::new(&disk);
    drop(host.open(&path("x", &official(exp))).await);
    host.ring().await;
    assert_eq!(host.alarm().await, Some(Duration::from_secs(exp) + MILLISECOND));
    // By an event, not before a sixteenth of the retention has passed, which is 100 seconds.
    for (age, next) in
        [(0, RETENTION), (1000, 600), (RETENTION - 10, RETENTION / 16), (RETENTION + 10, 0)]
    {
        let disk = Disk::default();
        let host = Host::new(&disk);
        let before = now();
        host.publish(1).await.unwrap();
        drop(host);
        let storage = Storage::new(disk.memory.clone());
        let key = Write::numbered("orpc/e/", 1);
        let mut event: Value = storage.get(&key).await.unwrap().unwrap();
        event["w"] = (event["w"].as_u64().unwrap() - age * 1000).into();
        storage.put(&key, &event).await.unwrap();
        let host = Host::new(&disk);
        host.ring().await;
        let alarm = host.alarm().await;
        if next == 0 {
            assert_eq!(alarm, None);
            continue;
        }
        let range = Duration::from_secs(before + next - 1)..=Duration::from_secs(now() + next + 1);
        assert!(alarm.is_some_and(|at| range.contains(&at)), "{age}: {alarm:?}");
    }
}

#[tokio::test]
async fn commands_report_their_outcomes() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let publish = async |event: Value| {
        let command = json!({ "publish": event }).to_string();
        let answer = host.room.request(http::Request::new(command.into())).await.unwrap();
        ChannelCommand::published(answer.body())
    };
    let event = |value: Value| json!({ "channel": "hall", "event": { "json": value } });
    assert_eq!(publish(event(json!(1))).await.unwrap().sequence(), 1);
    let error = publish(event("x".repeat(1 << 20).into())).await.unwrap_err();
    assert!(
        matches!(error, PublishError::TooLarge { length, limit } if length > limit && limit == 1 << 20),
        "{error}"
    );
    let mut keyed = event(json!(1));
    keyed["key"] = "x".repeat(2000).into();
    let error = publish(keyed).await.unwrap_err();
    assert!(matches!(error, PublishError::InvalidIdempotencyKey), "{error}");
    disk.set(&[Fault::NotWritten]);
    let error = publish(event(json!(2))).await.unwrap_err();
    assert!(matches!(&error, PublishError::OutcomeUnknown(Some(_))), "{error}");
    disk.set(&[Fault::Reads]);
    let mut keyed = event(json!(3));
    keyed["key"] = "key".into();
    let error = publish(keyed).await.unwrap_err();
    let PublishError::Failed(reason) = &error else { panic!("{error}") };
    assert!(reason.to_string().contains("the storage of the channel cannot be used"), "{reason}");
    disk.set(&[]);
    assert_eq!(publish(event(json!(4))).await.unwrap().sequence(), 2);
    for other in ["", "{}", r#"{"closed":1}"#] {
        let error = ChannelCommand::published(other.as_bytes()).unwrap_err();
        assert!(matches!(error, PublishError::OutcomeUnknown(Some(_))), "{other}");
    }
    assert_eq!(host.room.request(http::Request::new("{}".into())).await.unwrap_err().status(), 400);
}

#[tokio::test]
async fn a_reader_catches_up_by_one_task_which_ends() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let first = host.publish(0).await.unwrap();
    for n in 1..=35 {
        host.publish(large(n)).await.unwrap();
    }
    let mut client = host.open(&own_path(&token())).await;
    let before = tasks_that_stay().await;
    client.subscribe("1", Some(first)).await;
    // It waits for room, and goes on although there are further reasons to begin.
    assert_eq!(tasks_that_stay().await, before + 1);
    for _ in 0..3 {
        host.ring().await;
    }
    assert_eq!(tasks_that_stay().await, before + 1);
    for n in 1..=35 {
        assert_eq!(value(client.next().await), large(n));
    }
    let ends = async {
        while tasks() > before {
            tokio::task::yield_now().await;
        }
    };
    within(ends).await;
}

#[tokio::test]
async fn a_restored_socket_whose_token_has_expired_is_closed_by_whatever_comes_first() {
    for event in ["call", "publish", "alarm"] {
        let disk = Disk::default();
        let host = Host::new(&disk);
        let client = host.reader().await;
        let mut kept = serde_json::to_value(client.shelf.kept()).unwrap();
        drop((client, host));
        kept["o"]["t"]["exp"] = 1.into();
        let shelf = Shelf(Arc::new(Mutex::new(Some(serde_json::from_value(kept).unwrap()))));
        let host = Host::new(&disk);
        let mut client = host.restore(&shelf);
        match event {
            "call" => client.ask("2", None),
            "publish" => _ = host.publish(1).await.unwrap(),
            _ => host.ring().await,
        }
        assert!(client.frames().is_empty(), "{event}");
        assert_eq!(client.closing(), (1008, "Token expired".to_owned()), "{event}");
    }
}

#[tokio::test]
async fn a_reader_that_catches_up_during_a_failed_write_misses_nothing() {
    let disk = Disk::default();
    let host = Host::new(&disk);
    let first = host.publish(0).await.unwrap();
    for n in 1..=35 {
        host.publish(large(n)).await.unwrap();
    }
    let mut client = host.open(&own_path(&token())).await;
    client.subscribe("1", Some(first)).await;
    disk.set(&[Fault::Written]);
    host.publish(36).await.unwrap_err();
    disk.set(&[]);
    host.publish(37).await.unwrap();
    for n in 1..=35 {
        assert_eq!(value(client.next().await), large(n));
    }
    for n in 36..=37 {
        assert_eq!(value(client.next().await), n);
    }
}

/// Beyond the maximum of chosen ids one without a socket is forgotten.
#[tokio::test]
async fn the_chosen_ids_of_open_sockets_are_not_forgotten() {
    let disk = Disk::default();
    let (host, storage) = (Host::new(&disk), Storage::new(disk.memory.clone()));
    let exp = now() + 60;
    let owner = json!({ "grant": "", "tokens": [], "until": (exp + 60) * 1000 });
    let mut batch = storage.batch();
    for n in 0..10_000 {
        batch = batch.put(&format!("orpc/i/a{n:05}"), &owner).unwrap();
    }
    batch.write().await.unwrap();
    let token = |name: &str| sign(&json!({ "chn": "hall", "att": name, "iat": 0, "exp": exp }));
    let is_known = async |id: &str| {
        let found = storage.get::<Value>(&format!("orpc/i/{id}")).await;
        found.unwrap().is_some()
    };
    // One is looked for behind the new id, and then from the first on.
    let mut last = host.open(&path("m", &token("m"))).await;
    assert_eq!((is_known("m").await, is_known("a00000").await), (true, false));
    let _other = host.open(&path("l", &token("l"))).await;
    assert!(is_known("l").await && is_known("m").await);
    // By a renewed token, if the id was forgotten.
    storage.delete("orpc/i/m").await.unwrap();
    let new = json!({ "token": token("new") });
    let update = json!({ "i": "1", "p": { "u": "/updateToken", "b": { "json": new } } });
    last.peer.receive(update.to_string());
    assert_eq!(last.next().await["p"]["s"], Value::Null);
    assert_eq!((is_known("m").await, is_known("a00001").await), (true, false));
}
