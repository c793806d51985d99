//! Presence over several processes.

use std::time::Duration;

use futures::FutureExt as _;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::Publisher;
use orpc_runtime::{Presence, PresenceChange, PresenceError};

use super::nodes::{App, Backend, Events, Node, for_each_backend};
#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
use crate::publish::servers::Server;
use crate::support::websocket::{until_soon, within};

/// Longer than the tests: nothing is learnt from beats but the first one.
const NEVER: Duration = Duration::from_secs(3600);

/// Beats of tests that wait for silence.
const BEAT: Duration = Duration::from_millis(400);

for_each_backend! {
    a_node_that_was_cut_off_is_gone_and_comes_back_with_its_members,
    lost_messages_leave_nobody_out,
    ;
    members_of_every_node_are_present_once_and_told_of_once,
    a_node_that_starts_learns_the_members_at_once,
    a_node_that_ends_takes_its_members_with_it_at_once,
    members_of_a_killed_node_leave_once_unless_they_are_elsewhere,
}

type People = Presence<String>;

fn open(publisher: &Events, interval: Duration) -> People {
    Presence::builder().interval(interval).open(publisher, "lobby").unwrap()
}

fn named(name: &str) -> String {
    name.to_owned()
}

async fn present(people: &People, names: &[&str]) {
    let expected: Vec<_> = names.iter().map(|name| named(name)).collect();
    let soon = until_soon(|| people.members() == expected);
    if std::panic::AssertUnwindSafe(soon).catch_unwind().await.is_err() {
        panic!("{:?} are present, not {names:?}", people.members());
    }
}

/// Name of a member who is present for a moment.
const MARKER: &str = "-";

/// Waits until all nodes have read what all of them had to publish: each publishes its messages in their order.
async fn settled(nodes: &[&People]) {
    // Questions of the first round are answered before the end of the second one.
    for node in nodes.iter().chain(nodes) {
        let marker = node.enter(&named(MARKER)).unwrap();
        for other in nodes {
            until_soon(|| other.contains(&named(MARKER))).await;
        }
        drop(marker);
        for other in nodes {
            until_soon(|| !other.contains(&named(MARKER))).await;
        }
    }
}

/// Returns the changes from now on, without those of markers.
fn followed(people: &People) -> impl Stream<Item = PresenceChange<String>> + Unpin + use<> {
    let is_marker =
        |change: &PresenceChange<String>| *change == joined(MARKER) || *change == left(MARKER);
    people.changes().filter(move |change| std::future::ready(!is_marker(change)))
}

fn joined(name: &str) -> PresenceChange<String> {
    PresenceChange::Joined(named(name))
}

fn left(name: &str) -> PresenceChange<String> {
    PresenceChange::Left(named(name))
}

/// Returns the next changes, sorted by name.
async fn changes<S>(stream: &mut S, count: usize) -> Vec<PresenceChange<String>>
where
    S: Stream<Item = PresenceChange<String>> + Unpin,
{
    let changes = stream.take(count).collect::<Vec<_>>();
    let mut changes = within(changes).await;
    changes.sort_by_key(|change| format!("{change:?}"));
    changes
}

fn is_quiet<S: Stream + Unpin>(stream: &mut S) -> bool {
    stream.next().now_or_never().is_none()
}

async fn members_of_every_node_are_present_once_and_told_of_once(backend: Backend) {
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(open(&backend.publisher().await, NEVER));
    }
    let all: Vec<_> = nodes.iter().collect();
    settled(&all).await;
    let mut streams: Vec<_> = nodes.iter().map(followed).collect();
    let ada = [&nodes[0], &nodes[0], &nodes[1]].map(|node| node.enter(&named("Ada")).unwrap());
    assert_eq!(nodes[0].members(), ["Ada"], "at once in its own process");
    assert!(nodes[0].contains(&named("Ada")) && !nodes[0].contains(&named("Tim")));
    let tim = nodes[2].enter(&named("Tim")).unwrap();
    for node in &nodes {
        present(node, &["Ada", "Tim"]).await;
    }
    // Ada is in two processes, as all know, then in one.
    settled(&all).await;
    let [first, second, third] = ada;
    drop((first, second));
    let grace = nodes[0].enter(&named("Grace")).unwrap();
    for node in &nodes {
        present(node, &["Ada", "Grace", "Tim"]).await;
    }
    settled(&all).await;
    drop((third, tim));
    for node in &nodes {
        present(node, &["Grace"]).await;
    }
    drop(grace);
    for (node, stream) in nodes.iter().zip(&mut streams) {
        present(node, &[]).await;
        assert!(node.is_empty());
        let all = changes(stream, 6).await;
        let names = ["Ada", "Grace", "Tim"];
        assert_eq!(all[..3], names.map(joined));
        assert_eq!(all[3..], names.map(left));
        assert!(is_quiet(stream));
    }
}

async fn a_node_that_starts_learns_the_members_at_once(backend: Backend) {
    let nodes = [open(&backend.publisher().await, NEVER), open(&backend.publisher().await, NEVER)];
    // More than one message has room for.
    let names: Vec<_> = (100..200).map(|n| format!("{n}{}", "x".repeat(1000))).collect();
    let many: Vec<_> = names.iter().map(|name| nodes[0].enter(name).unwrap()).collect();
    let ada = nodes[1].enter(&named("Ada")).unwrap();
    for node in &nodes {
        until_soon(|| node.len() == 101).await;
    }
    let third = open(&backend.publisher().await, NEVER);
    let (before, mut stream) = third.watch();
    assert_eq!(before, Vec::<String>::new());
    until_soon(|| third.len() == 101).await;
    assert_eq!(third.members(), nodes[0].members());
    assert_eq!(changes(&mut stream, 101).await.len(), 101);
    drop((many, ada));
    until_soon(|| third.is_empty()).await;
}

async fn a_node_that_ends_takes_its_members_with_it_at_once(backend: Backend) {
    let [closed, dropped, other] = [
        open(&backend.publisher().await, NEVER),
        open(&backend.publisher().await, NEVER),
        open(&backend.publisher().await, NEVER),
    ];
    let ada = closed.enter(&named("Ada")).unwrap();
    let tim = dropped.enter(&named("Tim")).unwrap();
    present(&other, &["Ada", "Tim"]).await;
    within(closed.close()).await;
    present(&other, &["Tim"]).await;
    // Those who are present keep it open.
    drop(dropped);
    assert_eq!(other.members(), ["Tim"]);
    drop(tim);
    present(&other, &[]).await;
    drop(ada);
}

async fn members_of_a_killed_node_leave_once_unless_they_are_elsewhere(backend: Backend) {
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(&backend, BEAT).await);
    }
    let mut sockets = Vec::new();
    for (node, name) in [(0, "Ada"), (1, "Tim"), (2, "Ada"), (2, "Grace"), (2, "Grace")] {
        sockets.push(nodes[node].enter(name).await);
    }
    for node in &nodes {
        present(&node.app.presence, &["Ada", "Grace", "Tim"]).await;
    }
    let all: Vec<_> = nodes.iter().map(|node| &node.app.presence).collect();
    settled(&all).await;
    let mut streams: Vec<_> = nodes[..2].iter().map(|node| followed(&node.app.presence)).collect();
    nodes[2].kill();
    for (node, stream) in nodes[..2].iter().zip(&mut streams) {
        present(&node.app.presence, &["Ada", "Tim"]).await;
        assert_eq!(changes(stream, 1).await, [left("Grace")]);
        assert!(is_quiet(stream));
    }
    // Ada was with the killed node as well.
    drop(sockets.remove(0));
    present(&nodes[1].app.presence, &["Tim"]).await;
}

#[tokio::test]
async fn members_are_present_by_their_sockets() {
    let publisher: Events = Publisher::memory();
    let app = App::new(&publisher, NEVER);
    let (people, other) = (&app.presence, open(&publisher, NEVER));
    let (first, second) = (app.peer("a").await, app.peer("b").await);
    assert!(people.join(first.socket(), &named("Ada")).unwrap());
    assert!(people.join(second.socket(), &named("Ada")).unwrap());
    present(&other, &["Ada"]).await;
    // A socket has one member.
    people.join(second.socket(), &named("Tim")).unwrap();
    present(&other, &["Ada", "Tim"]).await;
    assert!(people.leave(first.socket()) && !people.leave(first.socket()));
    present(&other, &["Tim"]).await;
    let ended = second.socket().clone();
    drop(second);
    assert!(people.is_empty());
    present(&other, &[]).await;
    assert!(!people.join(&ended, &named("Ada")).unwrap());
    assert!(people.is_empty());
}

#[tokio::test]
async fn members_that_are_no_json_too_long_or_too_many_are_refused() {
    let publisher: Events = Publisher::memory();
    let people = Presence::builder().memory_limit(400).open(&publisher, "lobby").unwrap();
    let longest = "x".repeat(2046);
    let too_long = people.enter(&format!("{longest}x"));
    assert!(matches!(too_long, Err(PresenceError::TooLarge { length: 2049 })));
    let too_many = people.enter(&longest);
    assert!(matches!(too_many, Err(PresenceError::Full)));
    let _two = [people.enter(&named("a")).unwrap(), people.enter(&named("b")).unwrap()];
    assert!(matches!(people.enter(&named("c")), Err(PresenceError::Full)));
    let maps = Presence::open(&publisher, "maps").unwrap();
    let map = std::collections::BTreeMap::from([(vec![1_u8], 1_u8)]);
    assert!(matches!(maps.enter(&map), Err(PresenceError::Unserialisable(_))));
}

#[tokio::test]
async fn a_follower_that_is_slow_is_told_how_many_changes_are_missing() {
    let people = open(&Publisher::memory(), NEVER);
    let mut stream = people.changes();
    for _ in 0..600 {
        drop(people.enter(&named("Ada")).unwrap());
    }
    assert_eq!(within(stream.next()).await, Some(PresenceChange::Missed(176)));
    assert_eq!(within(stream.next()).await, Some(joined("Ada")));
}

#[tokio::test]
async fn members_of_another_type_are_left_out() {
    let publisher: Events = Publisher::memory();
    let texts = open(&publisher, NEVER);
    let numbers = Presence::<u32>::open(&publisher, "lobby").unwrap();
    let elsewhere = Presence::<u32>::open(&publisher, "elsewhere").unwrap();
    let _both = (texts.enter(&named("Ada")).unwrap(), numbers.enter(&7).unwrap());
    until_soon(|| numbers.len() == 2 && texts.len() == 2).await;
    assert_eq!((numbers.members(), texts.members()), (vec![7], vec![named("Ada")]));
    assert!(elsewhere.is_empty());
}

#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
async fn a_node_that_was_cut_off_is_gone_and_comes_back_with_its_members(server: Server) {
    use crate::support::proxy::{Network, Proxy};

    let proxy = Proxy::to(server.port()).await;
    let url = proxy.url(server.scheme());
    let far = super::nodes::open(Publisher::builder(), server.scheme(), &url).await;
    let far = open(&far, BEAT);
    let backend = Backend::Server(server);
    let near = open(&backend.publisher().await, BEAT);
    let ada = far.enter(&named("Ada")).unwrap();
    let tim = near.enter(&named("Tim")).unwrap();
    for node in [&far, &near] {
        present(node, &["Ada", "Tim"]).await;
    }
    settled(&[&far, &near]).await;
    let (mut seen_far, mut seen_near) = (followed(&far), followed(&near));
    proxy.set(Network::Cut);
    present(&near, &["Tim"]).await;
    assert_eq!(far.members(), ["Ada", "Tim"], "nobody is taken for gone meanwhile");
    // They change meanwhile.
    let grace = far.enter(&named("Grace")).unwrap();
    drop(ada);
    drop(tim);
    proxy.set(Network::Up);
    for node in [&far, &near] {
        present(node, &["Grace"]).await;
    }
    let near = changes(&mut seen_near, 3).await;
    assert_eq!(near, [joined("Grace"), left("Ada"), left("Tim")]);
    let far = changes(&mut seen_far, 3).await;
    assert_eq!(far, [joined("Grace"), left("Ada"), left("Tim")]);
    drop(grace);
}

#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
async fn lost_messages_leave_nobody_out(server: Server) {
    let backend = Backend::Server(server);
    let nodes = [open(&backend.publisher().await, BEAT), open(&backend.publisher().await, BEAT)];
    let mut guards = Vec::new();
    for n in 0..40 {
        let node = &nodes[n % 2];
        guards.push(node.enter(&format!("{n:02}")).unwrap());
        if n % 10 == 5 {
            let Backend::Server(server) = &backend else { unreachable!() };
            server.wipe().await;
        }
    }
    for node in &nodes {
        until_soon(|| node.len() == 40).await;
    }
    guards.truncate(10);
    for node in &nodes {
        until_soon(|| node.len() == 10).await;
        assert_eq!(node.members(), nodes[0].members());
    }
}
