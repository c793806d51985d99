//! Several publishers on one server.

use orpc_runtime::publish::Start;

use super::super::world::{event, number, publish, ready, retained};
use super::{Server, for_each_server, node, subscribe, until};

for_each_server! {
    ;
    an_event_reaches_the_readers_of_every_node,
    a_reader_resumes_on_the_other_node,
    nodes_that_publish_at_once_see_one_order,
    events_reach_the_other_node_when_they_are_published,
    a_subscription_that_nobody_polls_holds_nobody_up,
}

async fn an_event_reaches_the_readers_of_every_node(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let mut readers = [subscribe(&a, Start::Latest).await, subscribe(&b, Start::Latest).await];
    let mut ids = publish(&a, 1..3).await;
    ids.extend(publish(&b, 3..5).await);
    for reader in &mut readers {
        for (n, id) in (1..).zip(&ids) {
            let next = event(reader).await;
            assert_eq!((next.id(), number(next)), (Some(*id), n));
        }
    }
}

async fn a_reader_resumes_on_the_other_node(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let ids = publish(&a, 1..400).await;
    for k in [0, 1, 100, 397, 398] {
        let mut reader = b.subscribe("room", ids[k]).unwrap();
        assert_eq!(ready(&mut reader).await, (k as u64 + 2..400).collect::<Vec<_>>());
    }
    // The node has not heard of the event yet by which its reader resumes.
    let mut reader = subscribe(&b, Start::Latest).await;
    for n in 400..500 {
        let last = publish(&a, n..n + 1).await[0];
        let mut resumed = b.subscribe("room", last).unwrap();
        assert_eq!(ready(&mut resumed).await, Vec::<u64>::new());
        assert_eq!(number(event(&mut reader).await), n);
    }
}

async fn nodes_that_publish_at_once_see_one_order(server: Server) {
    let nodes = [node(&server).await, node(&server).await, node(&server).await];
    let mut live = Vec::new();
    for lines in &nodes {
        let mut reader = subscribe(lines, Start::Latest).await;
        live.push(tokio::spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..300 {
                let next = event(&mut reader).await;
                seen.push((next.id().unwrap(), number(next)));
            }
            seen
        }));
    }
    let publishing = (0..3).map(|node| {
        let lines = nodes[node as usize].clone();
        tokio::spawn(async move { publish(&lines, node * 1000..node * 1000 + 100).await })
    });
    for publishing in publishing.collect::<Vec<_>>() {
        publishing.await.unwrap();
    }
    let mut orders = Vec::new();
    for live in live {
        orders.push(live.await.unwrap());
    }
    assert!(orders.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(orders[0].iter().zip(1..).all(|((id, _), number)| id.sequence() == number));
    let numbers: Vec<_> = orders[0].iter().map(|(_, number)| *number).collect();
    for lines in &nodes {
        assert_eq!(retained(lines).await, numbers, "live equals replay");
    }
}

/// Events are announced: comparing with the server once a second would take minutes for these.
async fn events_reach_the_other_node_when_they_are_published(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let mut reader = subscribe(&b, Start::Latest).await;
    let all = async {
        for n in 0..200 {
            publish(&a, n..n + 1).await;
            assert_eq!(number(event(&mut reader).await), n);
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), all).await.unwrap();
}

/// A client that does not read, for example.
async fn a_subscription_that_nobody_polls_holds_nobody_up(server: Server) {
    let lines = node(&server).await;
    let waiting = lines.subscribe("room", Start::Latest).unwrap();
    for n in 0..3 {
        let channel = format!("other-{n}");
        drop(super::super::world::subscribe(&lines, &channel, Start::Latest).await);
        // The announcements of channels without readers are ended once a second.
        until(async || lines.channels() == 1 && server.subscriptions(&channel).await == 0).await;
    }
    let mut reader = subscribe(&lines, Start::Latest).await;
    publish(&lines, 1..2).await;
    assert_eq!(number(event(&mut reader).await), 1);
    drop(waiting);
}
