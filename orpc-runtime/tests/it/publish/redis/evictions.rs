//! Servers that remove keys while their memory is full.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use orpc_runtime::publish::{EventId, PublishError, ReadError, Start, StoreErrorKind};
use tracing::field::{Field, Visit};

use super::super::world::{Line, number};
use super::server::RedisServer;
use super::{next, node, until};
use crate::process;

const ROOMS: usize = 12;

/// By policies that choose among all keys, and among those with a time.
#[tokio::test]
async fn evicted_keys_are_gaps_for_all_who_miss_an_event() {
    for policy in ["allkeys-lru", "allkeys-random", "volatile-ttl"] {
        let settings = format!("--save '' --maxmemory-policy {policy} --maxmemory-samples 1");
        let server = RedisServer::start_with(&settings).await;
        let (a, b) = (node(&server).await, node(&server).await);
        let names: Vec<_> = (0..ROOMS).map(|room| format!("room-{room}")).collect();
        let (mut readers, mut seen) = (Vec::new(), Vec::new());
        for name in &names {
            let mut reader = b.subscribe(name, Start::Latest).unwrap();
            seen.push(reader.opened().await.unwrap());
            readers.push(reader);
        }
        let starts = seen.clone();
        let memory: String = server.command("INFO memory").await;
        let used = memory.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
        let limit = used.parse::<u64>().unwrap() + (400 << 10);
        server.command::<()>(&format!("CONFIG SET maxmemory {limit}")).await;

        let mut published: Vec<HashMap<EventId, u64>> = vec![HashMap::new(); ROOMS];
        let mut gaps = 0;
        let judge = |room: usize, last: &mut EventId, facts: &HashMap<EventId, u64>, got| {
            match got {
                Ok(event) => {
                    let event: orpc_runtime::publish::Published<Line> = event;
                    let id = event.id().unwrap();
                    assert_eq!(id.sequence(), last.sequence() + 1, "{policy}, {}", names[room]);
                    assert_eq!(facts.get(&id), Some(&number(event)), "{policy}");
                    *last = id;
                }
                Err(ReadError::Gap(gap)) => {
                    assert_eq!(gap.last(), *last);
                    *last = gap.resume();
                    return 1;
                }
                Err(other) => panic!("{policy}: {other:?}"),
            }
            0
        };
        let filler = "x".repeat(10_000);
        let mut round = 0;
        while gaps < 3 {
            round += 1;
            assert!(round < 2000, "{policy} evicts no channel");
            server.command::<()>(&format!("SET filler-{round} {filler} EX 1000")).await;
            for (name, facts) in names.iter().zip(&mut published) {
                match a.publish(name, &Line { n: round }).await {
                    Ok(id) => assert_eq!(facts.insert(id, round), None, "{id} twice"),
                    Err(PublishError::Failed(error)) => {
                        assert_eq!(error.kind(), StoreErrorKind::Full);
                    }
                    Err(other) => panic!("{policy}: {other:?}"),
                }
            }
            for (room, reader) in readers.iter_mut().enumerate() {
                while let Some(got) = reader.next_ready().await {
                    gaps += judge(room, &mut seen[room], &published[room], got);
                }
            }
        }
        server.command::<()>("CONFIG SET maxmemory 0").await;
        for (room, reader) in readers.iter_mut().enumerate() {
            let end = b.publish(&names[room], &Line { n: 0 }).await.unwrap();
            assert_eq!(published[room].insert(end, 0), None, "{end} twice");
            while seen[room] != end {
                judge(room, &mut seen[room], &published[room], next(reader).await);
            }
            // One that was away meanwhile.
            let mut last = starts[room];
            let mut late = a.subscribe(&names[room], last).unwrap();
            while last != end {
                judge(room, &mut last, &published[room], next(&mut late).await);
            }
        }
    }
}

/// Records warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!("{field}={value:?};");
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_server_that_may_evict_is_warned_of_once() {
    process::alone(async || {
        let warnings = Warnings::default();
        let _set = tracing::subscriber::set_default(warnings.clone());
        for (policy, warns) in
            [("noeviction", false), ("allkeys-lfu", true), ("volatile-ttl", true)]
        {
            warnings.0.lock().unwrap().clear();
            let settings = format!("--save '' --maxmemory-policy {policy}");
            let mut server = RedisServer::start_with(&settings).await;
            let lines = node(&server).await;
            let own = || {
                let said = warnings.0.lock().unwrap();
                said.iter().filter(|text| text.contains("evict")).cloned().collect::<Vec<_>>()
            };
            let said = own();
            assert_eq!(said.len(), usize::from(warns), "{policy}: {said:?}");
            for text in &said {
                assert!(text.contains("set maxmemory-policy to noeviction"), "{text}");
                assert!(text.contains(policy) && text.contains(&server.port.to_string()), "{text}");
            }
            // The next connection is to the same server.
            server.kill();
            server.run().await;
            until(async || lines.publish("room", &Line { n: 1 }).await.is_ok()).await;
            assert_eq!(own(), said);
        }
    })
    .await;
}
