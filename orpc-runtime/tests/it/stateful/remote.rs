//! Publishers whose channels are objects somewhere else, with connections in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use orpc_runtime::publish::{
    EventId, GapReason, NewEvent, PublishError, PublishSink, Published, Publisher,
    PublisherBuilder, ReadError, RemoteChannels, RemoteConnection, Start, StoreError,
    StoreErrorKind, SubscribeError, Subscription,
};
use orpc_runtime::stateful::{
    AlarmSlot, ListOptions, MemoryStorage, PublisherChannel, ReaderSocket, Storage, StorageBackend,
    StorageError, StorageFuture, Write, Written,
};
use tokio::time::Instant;

/// Number of events that an object sends beyond what its reader has read.
const WINDOW: u64 = 128;

/// The object of the one channel.
struct Object {
    storage: Failing,
    settings: PublisherBuilder,
    channel: Mutex<Arc<PublisherChannel>>,
    sockets: Mutex<Vec<Arc<Socket>>>,
    /// Errors of the next connections.
    refusals: Mutex<Vec<StoreErrorKind>>,
    connections: Mutex<u32>,
    /// Connections end at once.
    ends: Mutex<bool>,
}

/// A socket: what it keeps outlives the object.
#[derive(Default)]
struct Socket(Mutex<SocketState>);

#[derive(Default)]
struct SocketState {
    kept: Option<Bytes>,
    messages: VecDeque<String>,
    most: usize,
    is_closed: bool,
    waker: Option<Waker>,
}

#[derive(Clone)]
struct Half(Arc<Socket>);

impl Half {
    fn change(&self, change: impl FnOnce(&mut SocketState)) {
        let mut state = self.0.0.lock().unwrap();
        change(&mut state);
        state.most = state.most.max(state.messages.len());
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }
}

impl ReaderSocket for Half {
    fn kept(&self) -> Option<Bytes> {
        self.0.0.lock().unwrap().kept.clone()
    }

    fn keep(&self, state: Bytes) {
        assert!(state.len() <= 200, "{state:?}");
        self.0.0.lock().unwrap().kept = Some(state);
    }

    fn send(&self, message: &str) {
        self.change(|state| state.messages.push_back(message.to_owned()));
    }

    fn close(&self) {
        self.change(|state| state.is_closed = true);
    }
}

#[derive(Clone)]
struct Objects(Arc<Object>);

impl Objects {
    fn new(settings: PublisherBuilder) -> Self {
        let storage = Failing::default();
        let channel = PublisherChannel::new(Storage::new(storage.clone()), &settings);
        Self(Arc::new(Object {
            storage,
            settings,
            channel: Mutex::new(Arc::new(channel)),
            sockets: Mutex::default(),
            refusals: Mutex::default(),
            connections: Mutex::default(),
            ends: Mutex::default(),
        }))
    }

    fn publisher(&self) -> Publisher<String> {
        Publisher::builder().store(self.clone())
    }

    fn channel(&self) -> Arc<PublisherChannel> {
        Arc::clone(&self.0.channel.lock().unwrap())
    }

    /// Those that are open.
    fn sockets(&self) -> Vec<Half> {
        self.0.sockets.lock().unwrap().iter().cloned().map(Half).collect()
    }

    /// Creates the object again; its sockets stay open.
    fn evict(&self) {
        let storage = Storage::new(self.0.storage.clone());
        *self.0.channel.lock().unwrap() =
            Arc::new(PublisherChannel::new(storage, &self.0.settings));
    }

    /// Ends all connections.
    fn cut(&self) {
        for socket in self.sockets() {
            socket.close();
        }
        self.0.sockets.lock().unwrap().clear();
    }

    /// The most messages that were on their way to one reader.
    fn most(&self) -> usize {
        self.sockets().iter().map(|it| it.0.0.lock().unwrap().most).max().unwrap_or(0)
    }

    fn connections(&self) -> u32 {
        *self.0.connections.lock().unwrap()
    }
}

impl PublishSink for Objects {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        let objects = self.clone();
        async move {
            let body = serde_json::to_vec(&event).unwrap();
            let response = objects.channel().publish(&body, || objects.sockets()).await.unwrap();
            PublisherChannel::published(&response)
        }
        .boxed()
    }
}

impl RemoteChannels for Objects {
    fn connect(
        &self,
        channel: &str,
        request: String,
    ) -> BoxFuture<'static, Result<Box<dyn RemoteConnection>, StoreError>> {
        assert_eq!(channel, "news");
        assert!(request.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'));
        let objects = self.clone();
        async move {
            *objects.0.connections.lock().unwrap() += 1;
            if let Some(kind) = objects.0.refusals.lock().unwrap().pop() {
                return Err(StoreError::new(kind, "refused"));
            }
            let socket = Arc::<Socket>::default();
            objects.0.sockets.lock().unwrap().push(Arc::clone(&socket));
            let half = Half(Arc::clone(&socket));
            objects.channel().open(&request, &half).await.unwrap();
            if *objects.0.ends.lock().unwrap() {
                half.close();
            }
            Ok(Box::new(Connection { objects, half }) as Box<dyn RemoteConnection>)
        }
        .boxed()
    }
}

struct Connection {
    objects: Objects,
    half: Half,
}

impl RemoteConnection for Connection {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>> {
        let mut state = self.half.0.0.lock().unwrap();
        match state.messages.pop_front() {
            Some(message) => Poll::Ready(Some(message)),
            None if state.is_closed => Poll::Ready(None),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn send(&mut self, message: String) {
        let channel = self.objects.channel();
        let received = channel.receive(message.as_bytes(), &self.half).now_or_never();
        received.expect("nothing is waited for").unwrap();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut sockets = self.objects.0.sockets.lock().unwrap();
        sockets.retain(|socket| !Arc::ptr_eq(socket, &self.half.0));
    }
}

/// A storage whose next write fails, although it takes effect.
#[derive(Clone, Default)]
struct Failing {
    storage: MemoryStorage,
    fails: Arc<Mutex<bool>>,
}

impl StorageBackend for Failing {
    fn get(&self, key: &str) -> StorageFuture<Option<Bytes>> {
        self.storage.get(key)
    }

    fn list(&self, prefix: &str, options: &ListOptions) -> StorageFuture<Vec<(String, Bytes)>> {
        self.storage.list(prefix, options)
    }

    fn write(&self, writes: Vec<Write>) -> StorageFuture<Written> {
        let is_event =
            |write: &Write| matches!(write, Write::Put { key, .. } if key.starts_with("orpc/p/e/"));
        let fails = writes.iter().any(is_event) && std::mem::take(&mut *self.fails.lock().unwrap());
        let written = self.storage.write(writes);
        match fails {
            true => async { Err(StorageError::failed("a write that is to fail")) }.boxed(),
            false => written,
        }
    }

    fn alarm(&self, slot: AlarmSlot) -> StorageFuture<Option<u64>> {
        self.storage.alarm(slot)
    }
}

fn settings() -> PublisherBuilder {
    Publisher::builder()
}

async fn publish(
    publisher: &Publisher<String>,
    numbers: impl IntoIterator<Item = u64>,
) -> Vec<EventId> {
    let mut ids = Vec::new();
    for number in numbers {
        ids.push(publisher.publish("news", &number.to_string()).await.unwrap());
    }
    ids
}

fn number(event: Option<Result<Published<String>, ReadError>>) -> u64 {
    event.expect("an event").unwrap().value().unwrap().parse().unwrap()
}

async fn opened(publisher: &Publisher<String>, start: Start) -> Subscription<String> {
    let mut events = publisher.subscribe("news", start).unwrap();
    events.opened().await.unwrap();
    events
}

/// Returns the next item, which arrives within the time of a test.
async fn next(events: &mut Subscription<String>) -> Option<Result<Published<String>, ReadError>> {
    let next = tokio::time::timeout(Duration::from_secs(60), events.next()).await;
    next.expect("an item arrives")
}

/// Reads that many events.
async fn read(events: &mut Subscription<String>, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        numbers.push(number(next(events).await));
    }
    numbers
}

async fn gap(events: &mut Subscription<String>) -> (GapReason, u64, u64) {
    match next(events).await {
        Some(Err(ReadError::Gap(gap))) => {
            (gap.reason(), gap.last().sequence(), gap.resume().sequence())
        }
        other => panic!("no gap: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn readers_go_on_behind_their_last_event_when_connections_end() {
    let objects = Objects::new(settings());
    let publisher = objects.publisher();
    let mut events = opened(&publisher, Start::Latest).await;
    let mut sent = 0;
    for round in 0..20 {
        publish(&publisher, sent..sent + round).await;
        match round % 3 {
            0 => objects.evict(),
            1 => objects.cut(),
            _ => {
                objects.evict();
                objects.cut();
            }
        }
        publish(&publisher, sent + round..sent + round + 2).await;
        let count = usize::try_from(round).unwrap() + 2;
        let expected: Vec<u64> = (sent..sent + round + 2).collect();
        assert_eq!(read(&mut events, count).await, expected, "in round {round}");
        sent += round + 2;
    }
    // A subscription outlives its publisher.
    drop(publisher);
    publish(&objects.publisher(), [sent]).await;
    assert_eq!(read(&mut events, 1).await, [sent]);
    drop(events);
    assert!(objects.sockets().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_is_sent_a_window_and_reads_the_rest_from_the_log() {
    let objects = Objects::new(settings());
    let publisher = objects.publisher();
    let mut slow = opened(&publisher, Start::Latest).await;
    publish(&publisher, 0..100).await;
    objects.evict();
    publish(&publisher, 100..1000).await;
    assert_eq!(objects.most() as u64, WINDOW);
    assert_eq!(read(&mut slow, 1000).await, (0..1000).collect::<Vec<_>>());
    assert_eq!(objects.most() as u64, WINDOW);
    publish(&publisher, [1000]).await;
    assert_eq!(read(&mut slow, 1).await, [1000]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_misses_events_is_told_of_them_once() {
    let objects = Objects::new(settings().max_events(200));
    let publisher = objects.publisher();
    let mut slow = opened(&publisher, Start::Latest).await;
    let ids = publish(&publisher, 0..1000).await;
    assert_eq!(read(&mut slow, 128).await, (0..128).collect::<Vec<_>>());
    assert_eq!(gap(&mut slow).await, (GapReason::Lagged, 128, 800));
    assert_eq!(read(&mut slow, 200).await, (800..1000).collect::<Vec<_>>());
    // While its connection is lost.
    objects.cut();
    publish(&publisher, 1000..1300).await;
    assert_eq!(gap(&mut slow).await, (GapReason::Lagged, 1000, 1100));
    assert_eq!(slow.position().unwrap().sequence(), 1100);
    assert_eq!(read(&mut slow, 200).await, (1100..1300).collect::<Vec<_>>());
    // One that comes back.
    let mut later = publisher.subscribe("news", ids[5]).unwrap();
    assert_eq!(later.opened().await.unwrap(), ids[5]);
    assert_eq!(gap(&mut later).await, (GapReason::Trimmed, 6, 1100));
    assert_eq!(read(&mut later, 1).await, [1100]);
}

#[tokio::test(start_paused = true)]
async fn audiences_are_those_of_a_publisher() {
    let publisher = Objects::new(settings()).publisher();
    let staff = orpc_runtime::publish::Subscriber::new("ada").tags(["staff"]);
    let mut events = opened(&publisher, Start::Latest).await.subscriber(staff);
    let text = |text: &str| text.to_owned();
    publisher.publish("news", &text("1")).tags(["staff"]).await.unwrap();
    publisher.publish("news", &text("2")).tags(["guests"]).await.unwrap();
    publisher.publish("news", &text("3")).targets(["bob"]).await.unwrap();
    publisher.publish("news", &text("4")).exclude(["bob"]).await.unwrap();
    assert_eq!(read(&mut events, 2).await, [1, 4]);
}

/// Returns the error of a reader that is not opened again.
async fn unavailable(events: &mut Subscription<String>) -> String {
    let error = next(events).await;
    let Some(Err(ReadError::Store(error))) = error else { panic!("no error: {error:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(next(events).await.is_none());
    error.to_string()
}

/// Checks that the pauses between attempts add up to that time, and returns the present one.
#[track_caller]
fn paused(since: Instant, pauses: u64) -> Instant {
    let (passed, pauses) = (since.elapsed(), Duration::from_millis(pauses));
    assert!((pauses..pauses + Duration::from_millis(20)).contains(&passed), "{passed:?}");
    Instant::now()
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_reached_is_asked_again_for_some_seconds() {
    let objects = Objects::new(settings());
    let publisher = objects.publisher();
    let refuse = |kinds: &[StoreErrorKind]| *objects.0.refusals.lock().unwrap() = kinds.to_vec();
    let began = Instant::now();
    refuse(&[StoreErrorKind::Unavailable; 4]);
    let mut events = opened(&publisher, Start::Latest).await;
    assert_eq!(objects.connections(), 5);
    let began = paused(began, 50 + 250 + 1000 + 3000);
    // A connection that ended at once counts as an attempt.
    objects.cut();
    refuse(&[StoreErrorKind::Unavailable; 3]);
    publish(&publisher, [7]).await;
    assert_eq!(read(&mut events, 1).await, [7]);
    assert_eq!(objects.connections(), 9);
    let began = paused(began, 50 + 250 + 1000 + 3000);
    objects.cut();
    refuse(&[StoreErrorKind::Unavailable; 9]);
    assert_eq!(unavailable(&mut events).await, "refused");
    assert_eq!(objects.connections(), 13);
    paused(began, 50 + 250 + 1000 + 3000);
    // One that is full is not asked again.
    refuse(&[StoreErrorKind::Unavailable, StoreErrorKind::Full]);
    let full = publisher.subscribe("news", Start::Latest);
    let Err(SubscribeError::Store(error)) = full else { panic!("no error") };
    assert_eq!(error.kind(), StoreErrorKind::Full);
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_a_second_is_opened_again_without_a_pause() {
    for (lasted, attempts, pauses) in [(999, 4, 50 + 250 + 1000), (1000, 5, 50 + 250 + 1000)] {
        let objects = Objects::new(settings());
        let publisher = objects.publisher();
        let mut events = opened(&publisher, Start::Latest).await;
        tokio::time::advance(Duration::from_millis(lasted)).await;
        objects.cut();
        *objects.0.refusals.lock().unwrap() = vec![StoreErrorKind::Unavailable; 9];
        let began = Instant::now();
        unavailable(&mut events).await;
        assert_eq!(objects.connections(), 1 + attempts, "after {lasted} ms");
        paused(began, pauses + 3000);
    }
}

#[tokio::test(start_paused = true)]
async fn connections_that_end_at_once_are_opened_for_some_seconds_unless_events_arrive() {
    let objects = Objects::new(settings());
    let publisher = objects.publisher();
    let mut events = opened(&publisher, Start::Latest).await;
    *objects.0.ends.lock().unwrap() = true;
    objects.cut();
    for n in 0..10 {
        publish(&publisher, [n]).await;
        assert_eq!(read(&mut events, 1).await, [n]);
    }
    let (began, before) = (Instant::now(), objects.connections());
    let error = unavailable(&mut events).await;
    assert_eq!(error, "the object of a channel ends its connections");
    assert_eq!(objects.connections(), before + 4);
    paused(began, 50 + 250 + 1000 + 3000);
}

#[tokio::test(start_paused = true)]
async fn a_reader_waits_for_an_event_or_tells_that_there_is_none() {
    let objects = Objects::new(settings());
    let publisher = objects.publisher();
    let mut events = opened(&publisher, Start::Latest).await;
    for n in 0..3 {
        let (read, _) = tokio::join!(read(&mut events, 1), publish(&publisher, [n]));
        assert_eq!(read, [n]);
    }
    let mut ready = async || {
        let ready = tokio::time::timeout(Duration::from_secs(60), events.next_ready()).await;
        ready.expect("it does not wait")
    };
    assert!(ready().await.is_none());
    publish(&publisher, 3..5).await;
    for n in 3..5 {
        assert_eq!(number(ready().await), n);
    }
    assert!(ready().await.is_none());
    assert_eq!((publisher.channels(), objects.connections()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_write_with_an_unknown_outcome_loses_no_event_of_a_reader() {
    let objects = Objects::new(settings());
    let publisher = objects.publisher();
    let mut events = opened(&publisher, Start::Latest).await;
    publish(&publisher, [1]).await;
    *objects.0.storage.fails.lock().unwrap() = true;
    let text = "2".to_owned();
    let failed = publisher.publish("news", &text).idempotency_key("two").await;
    assert!(matches!(failed, Err(PublishError::OutcomeUnknown(_))), "{failed:?}");
    let id = publisher.publish("news", &text).idempotency_key("two").await.unwrap();
    assert_eq!(id.sequence(), 2);
    // Without another event behind it.
    assert_eq!(read(&mut events, 2).await, [1, 2]);
    publish(&publisher, [3]).await;
    assert_eq!(read(&mut events, 1).await, [3]);
}

#[tokio::test(start_paused = true)]
async fn messages_out_of_order_open_another_connection() {
    let objects = Objects::new(settings());
    let publisher = objects.publisher();
    let mut events = opened(&publisher, Start::Latest).await;
    publish(&publisher, [1]).await;
    let socket = &objects.sockets()[0];
    let first = socket.0.0.lock().unwrap().messages[0].clone();
    for strange in [&*first, "nonsense", "{}"] {
        socket.send(strange);
    }
    publish(&publisher, [2]).await;
    assert_eq!(read(&mut events, 2).await, [1, 2]);
    assert_eq!(objects.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_closed_publisher_ends_its_readers() {
    let objects = Objects::new(settings());
    let publisher = objects.publisher();
    let mut events = opened(&publisher, Start::Latest).await;
    let (ended, ()) = tokio::join!(next(&mut events), publisher.close());
    assert!(matches!(ended, Some(Err(ReadError::Closed))), "{ended:?}");
    let published = publisher.publish("news", &String::new()).await;
    assert!(matches!(published, Err(PublishError::Closed)));
    assert!(objects.publisher().subscribe("news", Start::Latest).is_ok());
}

#[tokio::test]
async fn old_events_are_removed_by_the_alarm() {
    let objects = Objects::new(settings().retention(Duration::from_millis(50)));
    let publisher = objects.publisher();
    let storage = Storage::new(objects.0.storage.clone());
    let ids = publish(&publisher, 0..20).await;
    assert!(storage.alarm().await.unwrap().is_some());
    let entries = async || storage.list::<serde_json::Value>("orpc/p/e/").await.unwrap().len();
    assert_eq!(entries().await, 20);
    loop {
        objects.channel().alarm().await.unwrap();
        if entries().await == 0 {
            break;
        }
        assert!(storage.alarm().await.unwrap().is_some());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(storage.alarm().await.unwrap().is_none());
    let mut events = publisher.subscribe("news", ids[0]).unwrap();
    assert_eq!(gap(&mut events).await, (GapReason::Trimmed, 1, 20));
}
