//! Rooms whose sockets are in several processes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use orpc_runtime::prelude::*;
use orpc_runtime::publish::Publisher;
use orpc_runtime::{CloseCode, Frame, Notice, Peer, SharedRooms, SharedSocketId};
use serde_json::json;

use super::nodes::{App, Backend, Events, Node, env, for_each_backend};
#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
use crate::publish::servers::Server;
use crate::support::websocket::{Raw, until, until_soon, within};

/// Longer than the tests.
const NEVER: Duration = Duration::from_secs(3600);

for_each_backend! {
    messages_arrive_after_the_network_has_failed,
    messages_arrive_although_the_room_could_not_be_read_for_a_while,
    lost_messages_are_told_of,
    ;
    messages_reach_the_selected_sockets_of_every_node,
    all_sockets_get_all_messages_in_one_order_and_those_of_a_killed_node_are_gone,
}

/// Returns the frames before the text `end`.
async fn until_end(peer: &mut Peer<App>) -> Vec<Frame> {
    let mut frames = Vec::new();
    loop {
        let frame = within(peer.next()).await.expect("the socket has ended");
        if frame == "end" {
            return frames;
        }
        frames.push(frame);
    }
}

async fn messages_reach_the_selected_sockets_of_every_node(backend: Backend) {
    let mut apps = Vec::new();
    let mut peers = Vec::new();
    for _ in 0..3 {
        let app = App::new(&backend.publisher().await, NEVER);
        for tag in ["staff", "guest"] {
            peers.push(app.peer(tag).await);
        }
        apps.push(app);
    }
    let ids: Vec<_> =
        peers.iter().zip(0..).map(|(peer, n)| apps[n / 2].rooms.id(peer.socket())).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 6, "ids are those of one socket");
    let rooms: Vec<_> = apps.iter().map(|app| app.rooms.room("lobby")).collect();
    // With the number of a socket of another node.
    let nobody = format!("{}-{}", &ids[4].to_string()[..16], peers[0].socket().id());
    let nobody: SharedSocketId = nobody.parse().unwrap();
    let bytes = || Frame::Binary(bytes::Bytes::from_static(b"\x00\xff"));

    rooms[0].everyone().send(&Notice::new(&json!({ "all": 1 })).unwrap()).await.unwrap();
    rooms[1].everyone().send_raw(bytes()).await.unwrap();
    rooms[2].tagged("staff").send_raw("staff").await.unwrap();
    rooms[0].socket(ids[4]).send_raw("to 4").await.unwrap();
    rooms[0].socket(ids[4]).except_id(ids[4]).send_raw("to nobody").await.unwrap();
    rooms[0].socket(nobody).send_raw("to nobody").await.unwrap();
    // The sender, and somebody elsewhere.
    let but = rooms[0].everyone().except(peers[0].socket()).except_id(ids[3]);
    but.send_raw("but 0 and 3").await.unwrap();
    apps[0].rooms.room("another").everyone().send_raw("elsewhere").await.unwrap();
    rooms[0].everyone().except_id(nobody).send_raw("to all").await.unwrap();
    rooms[1].tagged("nobody").send_raw("to nobody").await.unwrap();
    rooms[1].everyone().send_raw("end").await.unwrap();

    let notice = || Frame::from(r#"{"p":{"notice":{"all":1}}}"#);
    for (peer, own) in peers.iter_mut().zip([
        &["staff"][..],
        &["but 0 and 3"],
        &["staff", "but 0 and 3"],
        &[],
        &["staff", "to 4", "but 0 and 3"],
        &["but 0 and 3"],
    ]) {
        let own = own.iter().chain(&["to all"]).map(|text| Frame::from(*text));
        let expected: Vec<_> = [notice(), bytes()].into_iter().chain(own).collect();
        assert_eq!(until_end(peer).await, expected);
    }

    rooms[2].tagged("guest").close(CloseCode::POLICY, "closed").await.unwrap();
    rooms[0].everyone().send_raw("end").await.unwrap();
    for (n, peer) in peers.iter_mut().enumerate() {
        if n % 2 == 0 {
            assert_eq!(until_end(peer).await, [""; 0]);
            assert_eq!(peer.closing(), None);
        } else {
            assert_eq!(within(peer.next()).await, None);
            let close = peer.closing().unwrap();
            assert_eq!((close.code, &*close.reason), (CloseCode::POLICY, "closed"));
        }
    }
    // A socket that has left gets nothing.
    assert!(rooms[0].leave(peers[0].socket()));
    assert!(!rooms[0].leave(peers[0].socket()) && !rooms[1].leave(peers[0].socket()));
    // Another one of its node tells that the message has come to the node.
    let mut other = apps[0].peer("staff").await;
    rooms[2].everyone().send_raw("end").await.unwrap();
    assert_eq!(until_end(&mut other).await, [""; 0]);
    apps[0].rooms.local().get_or_create("lobby").join(peers[0].socket());
    rooms[2].everyone().send_raw("end").await.unwrap();
    assert_eq!(until_end(&mut peers[0]).await, [""; 0]);
    assert!(futures::FutureExt::now_or_never(peers[0].next()).is_none(), "one message");
}

/// `ROOM_SOCKETS` sets the number of sockets of each node, `ROOM_MESSAGES` that of the messages of each,
/// `ROOM_BEAT` the milliseconds between two beats.
async fn all_sockets_get_all_messages_in_one_order_and_those_of_a_killed_node_are_gone(
    backend: Backend,
) {
    let sockets = env("ROOM_SOCKETS", 10);
    let messages = env("ROOM_MESSAGES", 50);
    let interval = Duration::from_millis(env("ROOM_BEAT", 500));
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(&backend, interval).await);
    }
    let mut readers = Vec::new();
    let mut expected = Vec::new();
    for (node, own) in nodes.iter().zip(0..) {
        for socket in 0..sockets {
            let name = format!("{own}-{socket:04}");
            let mut socket = node.enter(&name).await;
            expected.push(name);
            readers.push(tokio::spawn(async move {
                let mut seen = Vec::new();
                for _ in 0..3 * messages {
                    seen.push(socket.message().await.text().to_owned());
                }
                (seen, socket)
            }));
        }
    }
    expected.sort();
    for node in &nodes {
        until_soon(|| node.app.presence.len() == expected.len()).await;
        assert_eq!(node.app.presence.members(), expected);
    }
    let began = Instant::now();
    let sending: Vec<_> = nodes
        .iter()
        .zip(0..)
        .map(|(node, own)| {
            let room = node.app.rooms.room("lobby");
            tokio::spawn(async move {
                for n in 0..messages {
                    room.everyone().send_raw(format!("{own}-{n}")).await.unwrap();
                }
            })
        })
        .collect();
    for sending in sending {
        sending.await.unwrap();
    }
    let mut order = None;
    let mut open = Vec::new();
    for reader in readers {
        let (seen, socket) = within(reader).await.unwrap();
        assert_eq!(seen, *order.get_or_insert_with(|| seen.clone()));
        open.push(socket);
    }
    let took = began.elapsed();
    let order = order.unwrap();
    assert_eq!(order.len() as u64, 3 * messages);
    for own in 0..3 {
        // Complete, and those of one node in the order in which it sent them.
        let prefix = format!("{own}-");
        let of_node = order.iter().filter(|text| text.starts_with(&prefix)).cloned();
        assert!(of_node.eq((0..messages).map(|n| format!("{own}-{n}"))));
    }

    nodes[2].kill();
    let killed = Instant::now();
    expected.retain(|name| !name.starts_with("2-"));
    for node in &nodes[..2] {
        until_soon(|| node.app.presence.len() == expected.len()).await;
        assert_eq!(node.app.presence.members(), expected);
    }
    eprintln!(
        "3 nodes of {sockets} sockets: {} messages to all in {took:?}; the people of a killed node \
         are gone after {:?}, beats every {interval:?}",
        3 * messages,
        killed.elapsed(),
    );
    drop::<Vec<Raw<_>>>(open);
}

#[tokio::test]
async fn a_room_is_read_while_a_socket_is_in_it() {
    let publisher: Events = Publisher::memory();
    let app = App::new(&publisher, NEVER);
    until(|| publisher.channels() == 1).await;
    let room = app.rooms.room("lobby");
    room.everyone().send_raw("nobody").await.unwrap();
    let held = room.open().await.unwrap();
    assert_eq!((held.name(), room.name(), app.rooms.local().len()), ("lobby", "lobby", 1));
    drop(held);
    assert!(app.rooms.local().is_empty());
    // Without an event, the channel is forgotten with its last reader.
    let other = app.rooms.room("other");
    let other = other.open().await.unwrap();
    assert_eq!(publisher.channels(), 3);
    drop(other);
    until(|| publisher.channels() == 2).await;
    let [peer, second] = [app.peer("a").await, app.peer("b").await];
    drop(peer);
    assert_eq!(app.rooms.local().len(), 1);
    drop(second);
    assert!(app.rooms.local().is_empty());
}

#[tokio::test]
async fn a_socket_that_does_not_read_is_closed_and_others_are_not() {
    let app = App::new(&Publisher::memory(), NEVER);
    let (mut reading, stalled) = (app.peer("a").await, app.peer("b").await);
    let room = app.rooms.room("lobby");
    for _ in 0..3 {
        room.everyone().send_raw("x".repeat(600 * 1024)).await.unwrap();
        assert_eq!(within(reading.next()).await.unwrap().as_bytes().len(), 600 * 1024);
    }
    assert_eq!(stalled.closing().unwrap().code, CloseCode::OVERLOAD);
    assert_eq!(reading.closing(), None);
}

#[tokio::test]
async fn rooms_that_cannot_be_read_or_written_are_errors() {
    let publisher: Events = Publisher::builder().max_event_bytes(1000).memory();
    let rooms = SharedRooms::new(&publisher).unwrap();
    let long = "x".repeat(1000);
    let code = rooms.room(&long).open().await.unwrap_err().code().to_owned();
    assert_eq!(code, "BAD_REQUEST");
    rooms.room(&long).everyone().send_raw("x").await.unwrap_err();
    rooms.room("a").everyone().send_raw(long.clone()).await.unwrap_err();
    let not_text = Frame::Text(bytes::Bytes::from_static(b"\xff"));
    rooms.room("a").everyone().send_raw(not_text).await.unwrap_err();
    publisher.close().await;
    let code = rooms.room("a").open().await.unwrap_err().code().to_owned();
    assert_eq!(code, "SERVICE_UNAVAILABLE");
    rooms.room("a").everyone().send_raw("x").await.unwrap_err();
    assert!(rooms.local().is_empty());
}

#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
async fn messages_arrive_after_the_network_has_failed(server: Server) {
    use crate::support::proxy::{Network, Proxy};

    let proxy = Proxy::to(server.port()).await;
    let url = proxy.url(server.scheme());
    let far = super::nodes::open(Publisher::builder(), server.scheme(), &url).await;
    let far = App::new(&far, NEVER);
    let backend = Backend::Server(server);
    let near = App::new(&backend.publisher().await, NEVER);
    let mut peers = [far.peer("a").await, near.peer("a").await];
    let room = near.rooms.room("lobby");
    for network in [Network::Cut, Network::Silent] {
        room.everyone().send_raw("before").await.unwrap();
        proxy.set(network);
        for n in 0..20 {
            room.everyone().send_raw(n.to_string()).await.unwrap();
        }
        proxy.set(Network::Up);
        room.everyone().send_raw("end").await.unwrap();
        let numbers = (0..20).map(|n| n.to_string());
        let expected: Vec<_> = std::iter::once("before".to_owned()).chain(numbers).collect();
        for peer in &mut peers {
            let got = until_end(peer).await;
            assert_eq!(got, expected.iter().cloned().map(Frame::from).collect::<Vec<_>>());
        }
    }
}

#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
async fn lost_messages_are_told_of(server: Server) {
    let backend = Backend::Server(server);
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let app = App::with_gaps(&backend.publisher().await, NEVER, move |room, gap| {
        room.everyone().send_raw("missed");
        telling.lock().unwrap().push((room.name().to_owned(), gap.last()));
    });
    let mut peer = app.peer("a").await;
    let room = app.rooms.room("lobby");
    let last = room.everyone().send_raw("end").await.unwrap();
    assert_eq!(until_end(&mut peer).await, [""; 0]);
    let Backend::Server(server) = &backend else { unreachable!() };
    server.wipe().await;
    assert_eq!(within(peer.next()).await.unwrap(), "missed");
    assert_eq!(*told.lock().unwrap(), [("lobby".to_owned(), last)]);
    room.everyone().send_raw("end").await.unwrap();
    assert_eq!(until_end(&mut peer).await, [""; 0]);
}

/// The subscription of the room ends, and another one goes on.
#[cfg(all(feature = "redb", any(feature = "nats", feature = "redis")))]
async fn messages_arrive_although_the_room_could_not_be_read_for_a_while(server: Server) {
    use orpc_runtime::publish::Start;

    use crate::support::proxy::{Network, Proxy};

    let proxy = Proxy::to(server.port()).await;
    let url = proxy.url(server.scheme());
    let impatient = Publisher::builder().max_staleness(Duration::from_millis(100));
    let far_events = super::nodes::open(impatient, server.scheme(), &url).await;
    let far = App::new(&far_events, NEVER);
    let backend = Backend::Server(server);
    let near = App::new(&backend.publisher().await, NEVER);
    let mut peer = far.peer("a").await;
    let room = near.rooms.room("lobby");
    room.everyone().send_raw("before").await.unwrap();
    assert_eq!(within(peer.next()).await.unwrap(), "before");
    let mut another = far_events.subscribe("another", Start::Latest).unwrap();
    within(another.opened()).await.unwrap();
    proxy.set(Network::Cut);
    assert!(within(another.next()).await.unwrap().is_err(), "the server is away for too long");
    room.everyone().send_raw("meanwhile").await.unwrap();
    let refused = within(far.rooms.room("new").open()).await.unwrap_err();
    assert_eq!(refused.status(), 500);
    // Once it was open a room can be joined: nothing is missed.
    assert_eq!(within(far.rooms.room("lobby").open()).await.unwrap().len(), 1);
    proxy.set(Network::Up);
    room.everyone().send_raw("end").await.unwrap();
    assert_eq!(until_end(&mut peer).await, ["meanwhile"]);
    within(far.rooms.room("new").open()).await.unwrap();
}
