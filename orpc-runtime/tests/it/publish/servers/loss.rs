//! Servers that end.

use orpc_runtime::publish::{Durability, EventId, Start};

use super::super::schedules::{Dice, env};
use super::super::world::{Line, number};
use super::{Server, for_each_server, node, subscribe, until};

for_each_server! {
    a_server_loses_no_acknowledged_event_by_kill_9,
}

/// `SERVER_KILLS` sets the number of kills.
async fn a_server_loses_no_acknowledged_event_by_kill_9(server: Server) {
    let mut server = server.with_files().await;
    let (a, b) = (node(&server).await, node(&server).await);
    assert_ne!(a.durability(), Durability::Memory);
    let mut reader = subscribe(&b, Start::Earliest).await;
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let publishing = tokio::spawn(async move {
        let mut ids = Vec::new();
        for n in 1.. {
            // The outcome is unknown while the server is away.
            let key = n.to_string();
            loop {
                match a.publish("room", &Line { n }).idempotency_key(&key).await {
                    Ok(id) => break ids.push(id),
                    Err(_) => tokio::task::yield_now().await,
                }
            }
            if *stopped.borrow_and_update() {
                break;
            }
        }
        ids
    });
    let reading = tokio::spawn(async move {
        let mut seen: Vec<EventId> = Vec::new();
        loop {
            let event = super::next(&mut reader).await.expect("a gap though nothing was lost");
            seen.push(event.id().unwrap());
            if number(event) == u64::MAX {
                break;
            }
        }
        seen
    });
    let mut dice = Dice(env("SERVER_SEED", 1));
    for _ in 0..env("SERVER_KILLS", 4) {
        let enough = server.events("room").await + dice.roll(60);
        until(async || server.events("room").await >= enough).await;
        server.kill();
        server.run().await;
    }
    stop.send(true).unwrap();
    let mut acknowledged = publishing.await.unwrap();
    acknowledged.push(b.publish("room", &Line { n: u64::MAX }).await.unwrap());
    let seen = reading.await.unwrap();
    assert_eq!(seen, acknowledged, "one event for each key, in one order");
    assert!(seen.iter().zip(1..).all(|(id, n)| id.sequence() == n));
}
