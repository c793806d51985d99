//! Readers of durable iterators: each gets its events, in order and once, or a gap.

use std::time::Duration;

use orpc_runtime::durable::Durable;
use orpc_runtime::publish::{EventId, Publisher};
use serde_json::{Value, json};
use tokio::io::DuplexStream;

use crate::support::durable::*;
use crate::support::websocket::{self, CLOSE, Raw, TEXT, within};

pub(super) fn token(rooms: &Durable<Room>, tags: &[&str]) -> String {
    let iterator = rooms.iterator("room").tags(tags.iter().copied());
    iterator.try_methods(["say", "tools"]).unwrap().token().unwrap()
}

fn id_of(token: &str) -> String {
    claims(token)["cid"].as_str().unwrap().to_owned()
}

pub(super) async fn publish(rooms: &Durable<Room>, value: impl Into<Value>) -> EventId {
    rooms.publish("room", &value.into()).await.unwrap()
}

/// The values of the next events.
pub(super) async fn values(socket: &mut Raw<DuplexStream>, count: usize) -> Vec<Value> {
    let mut values = Vec::new();
    while values.len() < count {
        values.push(event(&socket.message().await).0);
    }
    values
}

/// Asserts that nothing else is pending: a message sent now is the next one.
async fn assert_nothing_waits(socket: &mut Raw<DuplexStream>) {
    call_method(socket, "nothing", &["tools", "echo"], json!("nothing")).await;
    assert_eq!(response(&socket.message().await), (200, json!("nothing")));
}

/// Ends a socket and waits until the server knows.
async fn leave(rooms: &Durable<Room>, socket: Raw<DuplexStream>) {
    let left = rooms.live_sockets() - 1;
    drop(socket);
    websocket::until(|| rooms.live_sockets() <= left).await;
}

#[tokio::test]
async fn a_reader_gets_missed_and_then_live_events_once_each() {
    let rooms = rooms();
    let (service, token) = (endpoint(&rooms), token(&rooms, &[]));
    let first = publish(&rooms, 1).await;
    for n in 2..=5 {
        publish(&rooms, n).await;
    }
    let mut socket = open(&service, &token).await;
    subscribe(&mut socket, Some(&first.to_string())).await;
    publish(&rooms, 6).await;
    assert_eq!(values(&mut socket, 5).await, [2, 3, 4, 5, 6].map(Value::from));
    assert_nothing_waits(&mut socket).await;
}

#[tokio::test]
async fn without_an_id_a_reader_gets_only_later_events() {
    let rooms = rooms();
    publish(&rooms, "before").await;
    let mut socket = open(&endpoint(&rooms), &token(&rooms, &[])).await;
    subscribe(&mut socket, None).await;
    publish(&rooms, "after").await;
    assert_eq!(values(&mut socket, 1).await, [json!("after")]);
}

#[tokio::test]
async fn a_client_can_request_its_start_position() {
    let rooms = rooms();
    let top = publish(&rooms, "before").await;
    let mut socket = open(&endpoint(&rooms), &token(&rooms, &[])).await;
    let request = json!({ "i": "1", "p": {
        "u": "/subscribe", "b": {}, "h": { "x-orpc-durable-iterator-position": "1" },
    } });
    socket.send(TEXT, request.to_string().as_bytes()).await;
    let head = socket.message().await.json();
    assert_eq!(head["p"]["h"]["x-orpc-durable-iterator-position"], top.to_string());
    assert_eq!(head["p"]["h"]["content-type"], "text/event-stream");
}

#[tokio::test]
async fn tags_targets_and_exclusions_apply_to_live_and_replayed_events() {
    let rooms = rooms();
    let service = endpoint(&rooms);
    let start = publish(&rooms, "start").await.to_string();
    let tokens = [token(&rooms, &["a"]), token(&rooms, &["a", "b"]), token(&rooms, &[])];
    let ids: Vec<_> = tokens.iter().map(|token| id_of(token)).collect();
    let mut live = Vec::new();
    for token in &tokens {
        let mut socket = open(&service, token).await;
        subscribe(&mut socket, None).await;
        live.push(socket);
    }
    let send = |text: &'static str| (text, json!(text));
    let (name, value) = send("everyone");
    assert_eq!(name, value);
    rooms.publish("room", &value).await.unwrap();
    rooms.publish("room", &json!("a")).tags(["a"]).await.unwrap();
    rooms.publish("room", &json!("b or c")).tags(["b", "c"]).await.unwrap();
    rooms.publish("room", &json!("second")).targets([&ids[1]]).await.unwrap();
    rooms.publish("room", &json!("nobody")).targets(Vec::<String>::new()).await.unwrap();
    rooms.publish("room", &json!("not the second")).exclude([&ids[1]]).await.unwrap();
    let b_of = [&ids[0], &ids[1]];
    rooms.publish("room", &json!("b of two")).tags(["b"]).targets(b_of).await.unwrap();
    rooms.publish("room", &json!("end")).await.unwrap();
    let expected = [
        vec!["everyone", "a", "not the second", "end"],
        vec!["everyone", "a", "b or c", "second", "b of two", "end"],
        vec!["everyone", "not the second", "end"],
    ];
    for ((expected, mut socket), token) in expected.into_iter().zip(live).zip(&tokens) {
        assert_eq!(values(&mut socket, expected.len()).await, expected, "live");
        assert_nothing_waits(&mut socket).await;
        leave(&rooms, socket).await;
        let mut socket = open(&service, token).await;
        subscribe(&mut socket, Some(&start)).await;
        assert_eq!(values(&mut socket, expected.len()).await, expected, "replayed");
        assert_nothing_waits(&mut socket).await;
    }
}

#[tokio::test]
async fn a_malformed_id_is_an_error_of_the_client() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms, &[])).await;
    for (id, last) in ["7", "$", "+1", "-1", "0x1", "", "0.1", &"9".repeat(99)].iter().enumerate() {
        subscribe_as(&mut socket, &id.to_string(), Some(last)).await;
        let (status, error) = response(&socket.message().await);
        assert_eq!((status, &error["message"]), (400, &json!("Malformed last event id")), "{last}");
    }
}

/// Returns the reason of the gap that an iterator ends with, and the position to
/// continue from.
async fn gap(socket: &mut Raw<DuplexStream>) -> (String, String) {
    let (error, id) = error_event(&socket.message().await);
    assert_eq!(
        (&error["code"], &error["status"], &error["defined"]),
        (&json!("EVENT_GAP"), &json!(410), &json!(true))
    );
    let resume = error["data"]["resume"].as_str().unwrap().to_owned();
    // The position from which retries of the official client continue.
    assert_eq!(id, json!(resume));
    (error["data"]["reason"].as_str().unwrap().to_owned(), resume)
}

#[tokio::test]
async fn an_id_of_another_epoch_or_beyond_the_end_is_a_gap_before_any_event() {
    let rooms = rooms();
    let service = endpoint(&rooms);
    let top = publish(&rooms, 1).await.to_string();
    let other = format!("{}.1", "0".repeat(32));
    let ahead = format!("{}9", top);
    for (last, reason) in [(&other, "epoch"), (&ahead, "ahead")] {
        let mut socket = open(&service, &token(&rooms, &[])).await;
        subscribe(&mut socket, Some(last)).await;
        let (told, resume) = gap(&mut socket).await;
        assert_eq!(told, reason);
        // From there it continues, with the retained events.
        subscribe(&mut socket, Some(&resume)).await;
        publish(&rooms, reason).await;
        let mut last = event(&socket.message().await);
        while last.0 != reason {
            last = event(&socket.message().await);
        }
        assert_nothing_waits(&mut socket).await;
    }
}

#[tokio::test]
async fn events_that_are_trimmed_are_a_gap_and_the_oldest_one_left_is_not() {
    let rooms = rooms_with(Publisher::builder().max_events(10).memory());
    let service = endpoint(&rooms);
    let first = publish(&rooms, 1).await;
    for n in 2..=30 {
        publish(&rooms, n).await;
    }
    let mut socket = open(&service, &token(&rooms, &[])).await;
    subscribe(&mut socket, Some(&first.to_string())).await;
    let (reason, resume) = gap(&mut socket).await;
    assert_eq!(reason, "trimmed");
    subscribe(&mut socket, Some(&resume)).await;
    let (oldest, _) = event(&socket.message().await);
    let rest = values(&mut socket, 30 - usize::try_from(oldest.as_u64().unwrap()).unwrap()).await;
    let expected: Vec<_> = (oldest.as_u64().unwrap() + 1..=30).map(Value::from).collect();
    assert_eq!(rest, expected);
    assert_nothing_waits(&mut socket).await;
}

#[tokio::test]
async fn only_the_last_subscription_of_a_socket_counts() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms, &[])).await;
    subscribe(&mut socket, None).await;
    subscribe_as(&mut socket, "2", None).await;
    assert_eq!(socket.message().await.json()["i"], "2");
    publish(&rooms, "x").await;
    let frame = socket.message().await;
    assert_eq!((frame.json()["i"].clone(), event(&frame).0), (json!("2"), json!("x")));
    assert_nothing_waits(&mut socket).await;
}

#[tokio::test]
async fn a_stopped_iterator_gets_nothing_and_a_new_one_continues() {
    let rooms = rooms();
    let mut socket = open(&endpoint(&rooms), &token(&rooms, &[])).await;
    subscribe(&mut socket, None).await;
    let last = publish(&rooms, 1).await;
    assert_eq!(values(&mut socket, 1).await, [json!(1)]);
    socket.send(TEXT, br#"{"i":"1","t":4}"#).await;
    assert_nothing_waits(&mut socket).await;
    publish(&rooms, 2).await;
    publish(&rooms, 3).await;
    assert_nothing_waits(&mut socket).await;
    subscribe(&mut socket, Some(&last.to_string())).await;
    assert_eq!(values(&mut socket, 2).await, [2, 3].map(Value::from));
}

#[tokio::test]
async fn nothing_is_left_of_readers_that_leave_while_they_catch_up() {
    let publisher = Publisher::memory();
    let rooms = rooms_with(publisher.clone());
    let service = endpoint(&rooms).unsent_limit(1024);
    let first = publish(&rooms, "x".repeat(100)).await.to_string();
    for _ in 0..500 {
        publish(&rooms, "x".repeat(100)).await;
    }
    for _ in 0..20 {
        let token = token(&rooms, &[]);
        let stream = websocket::channel(&service, 1024);
        let mut socket = Raw::open(stream, &own_path(&token)).await;
        subscribe_as(&mut socket, "1", Some(&first)).await;
        // Only its head.
        socket.message().await;
        drop(socket);
    }
    websocket::until(|| rooms.live_sockets() == 0).await;
    assert!(rooms.clients("room").is_empty());
    // Aborted tasks end when they are next polled.
    let tasks = tokio::runtime::Handle::current().metrics();
    websocket::until(|| tasks.num_alive_tasks() <= 3).await;
}

#[tokio::test]
async fn a_reader_that_stops_gets_everything_later_and_delays_no_other() {
    const EVENTS: u64 = 4000;
    let rooms = rooms_with(Publisher::builder().max_events(100_000).memory());
    let service = endpoint(&rooms).unsent_limit(16 * 1024);
    let (slow_token, quick_token) = (token(&rooms, &[]), token(&rooms, &[]));
    let mut slow = Raw::open(websocket::channel(&service, 4096), &own_path(&slow_token)).await;
    subscribe(&mut slow, None).await;
    let mut quick = open(&service, &quick_token).await;
    subscribe(&mut quick, None).await;
    // Ten times the limit of unsent bytes.
    for n in 0..EVENTS {
        rooms.publish("room", &json!({ "n": n, "pad": "x".repeat(40) })).await.unwrap();
        let (value, _) = event(&quick.message().await);
        assert_eq!(value["n"], n);
    }
    for n in 0..EVENTS {
        let (value, _) = event(&slow.message().await);
        assert_eq!(value["n"], n, "in order, each once");
    }
    // It has caught up with the others.
    publish(&rooms, "live").await;
    assert_eq!(values(&mut slow, 1).await, [json!("live")]);
    assert_eq!(values(&mut quick, 1).await, [json!("live")]);
}

#[tokio::test]
async fn a_reader_that_stops_for_too_long_gets_a_gap() {
    let rooms = rooms_with(Publisher::builder().max_events(64).memory());
    let service = endpoint(&rooms).unsent_limit(4096);
    let mut slow =
        Raw::open(websocket::channel(&service, 1024), &own_path(&token(&rooms, &[]))).await;
    subscribe(&mut slow, None).await;
    for n in 0..2000 {
        rooms.publish("room", &json!({ "n": n, "pad": "x".repeat(100) })).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut next = 0;
    let frame = loop {
        let frame = slow.message().await;
        if frame.json()["p"]["e"] == "error" {
            break frame;
        }
        assert_eq!(event(&frame).0["n"], next, "no hole before the gap");
        next += 1;
    };
    let (error, id) = error_event(&frame);
    assert_eq!((&error["code"], &error["data"]["reason"]), (&json!("EVENT_GAP"), &json!("slow")));
    subscribe(&mut slow, id.as_str()).await;
    let mut value = event(&slow.message().await).0;
    assert!(value["n"].as_u64().unwrap() > next, "{value} after {next}");
    while value["n"] != 1999 {
        let after = event(&slow.message().await).0;
        assert_eq!(after["n"], value["n"].as_u64().unwrap() + 1);
        value = after;
    }
}

#[tokio::test]
async fn an_expired_token_gets_no_event_and_no_answer_any_more() {
    let rooms = rooms();
    let mut brief = claims(&token(&rooms, &[]));
    brief["exp"] = json!(now() + 1);
    let mut socket = open(&endpoint(&rooms), &sign(&brief)).await;
    subscribe(&mut socket, None).await;
    let ends = brief["exp"].as_u64().unwrap();
    let mut count = 0;
    let close = loop {
        publish(&rooms, count).await;
        count += 1;
        let frame = socket.message().await;
        if frame.opcode == CLOSE {
            break frame;
        }
        // Sent while the token was valid; the clock may have advanced since.
        assert!(now() <= ends + 1, "an event after the end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(close.close(), (1008, "Token expired"));
    assert!(count > 1);
}

/// Blocks the thread, and with it all timers, until the clock has passed a time.
fn block_past(seconds: u64) {
    while now() <= seconds {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn an_expired_token_is_seen_before_each_message_and_each_event_not_only_by_the_timer() {
    let rooms = rooms();
    let service = endpoint(&rooms);
    let mut brief = claims(&token(&rooms, &[]));
    let ends = now() + 1;
    brief["exp"] = json!(ends);
    let mut caller = open(&service, &sign(&brief)).await;
    let mut reader = open(&service, &sign(&brief)).await;
    subscribe(&mut reader, None).await;
    block_past(ends);
    // The tasks that these wake run before the timer does.
    call_method(&mut caller, "1", &["tools", "echo"], json!(1)).await;
    publish(&rooms, "too late").await;
    for socket in [&mut caller, &mut reader] {
        let frame = socket.message().await;
        assert_eq!(frame.opcode, CLOSE, "{frame:?}");
        assert_eq!(frame.close(), (1008, "Token expired"));
    }
}

#[tokio::test]
async fn a_client_that_comes_back_keeps_its_position_its_token_and_its_tags() {
    let rooms = rooms();
    let (service, token) = (endpoint(&rooms), token(&rooms, &["a"]));
    let mut socket = open(&service, &token).await;
    subscribe(&mut socket, None).await;
    publish(&rooms, 1).await;
    let (_, last) = event(&socket.message().await);
    let id = rooms.clients("room")[0].id().to_owned();
    leave(&rooms, socket).await;
    rooms.publish("room", &json!("for a")).tags(["a"]).await.unwrap();
    rooms.publish("room", &json!("for b")).tags(["b"]).await.unwrap();
    rooms.publish("room", &json!("for it")).targets([&id]).await.unwrap();
    let mut socket = open(&service, &token).await;
    subscribe(&mut socket, Some(&last)).await;
    assert_eq!(values(&mut socket, 2).await, [json!("for a"), json!("for it")]);
    let client = &rooms.clients("room")[0];
    assert_eq!((client.id(), client.tags()), (&*id, vec!["a".to_owned()]));
    assert_nothing_waits(&mut socket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_without_an_id_gets_the_event_behind_where_it_begins() {
    let rooms = rooms_with(Publisher::builder().max_events(1_000_000).memory());
    let service = endpoint(&rooms);
    // Makes the server read the channel.
    let mut first = open(&service, &token(&rooms, &[])).await;
    subscribe(&mut first, None).await;
    let publishing = tokio::spawn({
        let rooms = rooms.clone();
        async move {
            loop {
                publish(&rooms, "x").await;
                tokio::task::yield_now().await;
            }
        }
    });
    for _ in 0..300 {
        let mut socket = open(&service, &token(&rooms, &[])).await;
        let request = json!({ "i": "1", "p": {
            "u": "/subscribe", "b": {}, "h": { "x-orpc-durable-iterator-position": "1" },
        } });
        socket.send(TEXT, request.to_string().as_bytes()).await;
        let head = socket.message().await.json();
        let begins = &head["p"]["h"]["x-orpc-durable-iterator-position"];
        let begins: EventId = begins.as_str().unwrap().parse().unwrap();
        let (_, id) = event(&socket.message().await);
        assert_eq!(id.parse::<EventId>().unwrap().sequence(), begins.sequence() + 1);
    }
    publishing.abort();
}

#[tokio::test]
async fn the_end_of_the_publisher_reaches_a_reader_that_catches_up() {
    let rooms = rooms_with(Publisher::builder().max_events(1_000_000).memory());
    let service = endpoint(&rooms).unsent_limit(512);
    let start = publish(&rooms, "start").await;
    let token = token(&rooms, &[]);
    let mut socket = Raw::open(websocket::channel(&service, 256), &own_path(&token)).await;
    subscribe(&mut socket, Some(&start.to_string())).await;
    for n in 0..200 {
        publish(&rooms, n).await;
        // The task of the channel delivers it, to a socket that soon has no room.
        tokio::task::yield_now().await;
    }
    rooms.publisher().close().await;
    assert_eq!(values(&mut socket, 200).await, (0..200).map(Value::from).collect::<Vec<_>>());
    let end = socket.message().await.json();
    assert_eq!(end["p"]["e"], "error", "{end}");
}

/// Pseudorandom numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// One schedule: a reader connects and disconnects, reads or pauses, and stops its
/// iterator, while events for all, for its tag and for others are published.
async fn schedule(seed: u64, steps: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let rooms = rooms_with(Publisher::builder().max_events(1_000_000).memory());
    let service = endpoint(&rooms).unsent_limit(512);
    let token = token(&rooms, &["mine"]);
    let start = publish(&rooms, "start").await.to_string();
    let writer = {
        let (rooms, mut random) = (rooms.clone(), Random(random.0));
        tokio::spawn(async move {
            let mut mine = Vec::new();
            for n in 0..steps {
                let value = json!({ "n": n, "pad": "x".repeat(30) });
                let publish = rooms.publish("room", &value);
                let id = match random.below(4) {
                    0 => publish.tags(["others"]).await.unwrap(),
                    1 => publish.tags(["mine"]).await.unwrap(),
                    _ => publish.await.unwrap(),
                };
                if random.below(2) == 0 {
                    tokio::task::yield_now().await;
                }
                mine.push((n, id));
            }
            // The last event is for everyone.
            rooms.publish("room", &json!({ "n": "end" })).await.unwrap();
            mine
        })
    };
    let mut got = Vec::new();
    let mut last = start.clone();
    'connections: loop {
        let buffer = [256, 1024, 16 * 1024][usize::try_from(random.below(3)).unwrap()];
        let mut socket = Raw::open(websocket::channel(&service, buffer), &own_path(&token)).await;
        for call in 0..=random.below(3) {
            // Reused ids would be taken for the previous iterator.
            subscribe_as(&mut socket, &format!("s{call}"), Some(&last)).await;
            let stop_after = random.below(40);
            let mut read = 0;
            while read < stop_after {
                let frame = socket.message().await;
                let json = frame.json();
                // The head, or pending frames of the previous iterator.
                if json["t"] != 3 || json["i"] != format!("s{call}") {
                    continue;
                }
                let (value, id) = event(&frame);
                if value["n"] == "end" {
                    break 'connections;
                }
                got.push((value["n"].as_u64().unwrap(), id.clone()));
                last = id;
                read += 1;
                if random.below(8) == 0 {
                    tokio::task::yield_now().await;
                }
            }
            let abort = json!({ "i": format!("s{call}"), "t": 4 });
            socket.send(TEXT, abort.to_string().as_bytes()).await;
        }
        drop(socket);
    }
    let published = within(writer).await.unwrap();
    // The oracle: the store itself, read once from the start, with the tags of the reader.
    let mut oracle = Vec::new();
    let from: EventId = start.parse().unwrap();
    let recipient = orpc_runtime::publish::Subscriber::new(id_of(&token)).tags(["mine"]);
    let mut all = rooms.publisher().subscribe("room", from).unwrap().subscriber(recipient);
    while let Some(next) = all.next_ready().await {
        let next = next.unwrap();
        let value: Value = next.value().unwrap();
        if let Some(n) = value["n"].as_u64() {
            oracle.push((n, next.id().unwrap().to_string()));
        }
    }
    assert!(oracle.len() < published.len(), "some are for others");
    assert_eq!(got, oracle, "seed {seed}");
}

#[tokio::test]
async fn a_client_that_reconnects_at_any_time_gets_each_event_once_and_in_order() {
    let schedules = std::env::var("SCHEDULES").map_or(60, |text| text.parse().unwrap());
    for seed in 1..=schedules {
        within(schedule(seed, 300)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_that_reconnect_on_several_threads_get_each_event_once_and_in_order() {
    let schedules = std::env::var("SCHEDULES").map_or(40, |text| text.parse().unwrap());
    for seed in 1..=schedules {
        within(schedule(seed, 300)).await;
    }
}
