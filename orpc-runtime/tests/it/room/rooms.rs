//! Rooms: their sockets, the recipients of messages, and cleanup.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};

use futures::FutureExt as _;
use orpc_runtime::prelude::*;
use orpc_runtime::{
    AttachmentError, CloseCode, Delivery, Frame, Peer, Room, Rooms, SendError, SocketConfig,
    TagError,
};
use serde_json::{Value, json};

use crate::support::websocket::{call, within};

/// Attachment of a socket.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    name: String,
}

#[router(context = Rooms)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn enter(rooms: &Rooms, socket: &Socket, input: String) -> bool {
        rooms.get_or_create(&input).join(socket)
    }

    #[procedure]
    pub async fn exit(rooms: &Rooms, socket: &Socket, input: String) -> bool {
        rooms.get(&input).is_some_and(|room| room.leave(socket))
    }

    #[procedure]
    pub async fn say(rooms: &Rooms, socket: &Socket, input: String) -> usize {
        rooms
            .of(socket)
            .map(|room| room.everyone().except(socket).send_raw(input.clone()).sent)
            .sum()
    }

    #[procedure]
    pub async fn rename(socket: &Socket, name: String) -> Result<(), Error> {
        socket.attach(&User { name })?;
        Ok(())
    }

    #[procedure]
    pub async fn name(socket: &Socket) -> Result<Option<String>, Error> {
        Ok(socket.attachment::<User>()?.map(|user| user.name))
    }
}

fn rpc() -> Rpc<Rooms> {
    Rpc::new(api::router())
}

fn peer_of(rpc: &Rpc<Rooms>, rooms: &Rooms, accept: SocketConfig) -> Peer<Rooms> {
    rpc.peer_with(rooms.clone(), http::Request::new(()).into_parts().0, accept)
}

fn peers<const N: usize>(rooms: &Rooms) -> [Peer<Rooms>; N] {
    let rpc = rpc();
    std::array::from_fn(|_| rpc.peer(rooms.clone()))
}

/// The frames that are available without waiting.
fn ready(peer: &mut Peer<Rooms>) -> Vec<String> {
    let frames = std::iter::from_fn(|| peer.next().now_or_never().flatten());
    frames.map(|frame| String::from_utf8(frame.as_bytes().to_vec()).unwrap()).collect()
}

async fn result(peer: &mut Peer<Rooms>, path: &str, input: &Value) -> Value {
    peer.receive(call("x", path, input));
    let answer = within(peer.next()).await.unwrap();
    let mut answer: Value = serde_json::from_slice(answer.as_bytes()).unwrap();
    answer["p"]["b"]["json"].take()
}

fn names(rooms: impl Iterator<Item = Room>) -> Vec<String> {
    rooms.map(|room| room.name().to_owned()).collect()
}

const NONE: Delivery = Delivery { sent: 0, overloaded: 0, skipped: 0 };

#[test]
fn a_room_exists_while_it_is_held_or_a_socket_is_in_it() {
    let rooms = Rooms::new();
    assert!(rooms.is_empty());
    assert!(rooms.get("a").is_none());
    assert_eq!(rooms.len(), 0, "asking makes none");
    let room = rooms.get_or_create("a");
    assert_eq!((room.name(), room.len(), room.is_empty()), ("a", 0, true));
    let (clone, got) = (room.clone(), rooms.get("a").unwrap());
    drop(room);
    drop(got);
    assert!(rooms.get("a").is_some());
    drop(clone);
    assert!(rooms.get("a").is_none());
    assert_eq!(rooms.len(), 0);

    let [first, second] = peers(&rooms);
    assert!(rooms.get_or_create("a").join(first.socket()));
    assert!(rooms.get_or_create("a").join(second.socket()));
    assert_eq!((rooms.len(), rooms.get("a").unwrap().len()), (1, 2));
    drop(first);
    assert_eq!(rooms.get("a").unwrap().len(), 1);
    assert!(rooms.get("a").unwrap().leave(second.socket()));
    assert!(rooms.is_empty());
}

#[test]
fn clones_share_one_registry() {
    let (rooms, others) = (Rooms::new(), Rooms::new());
    let [peer] = peers(&rooms);
    let a = rooms.clone().get_or_create("a");
    a.join(peer.socket());
    assert_eq!(rooms.get("a").unwrap().len(), 1);
    assert!(others.get("a").is_none());
    assert_eq!(others.get_or_create("a").len(), 0);
    // Names are not trimmed, case-folded or parsed as paths.
    let held: Vec<Room> = ["", " a", "A", "a/b", "ü", "u\u{308}"]
        .into_iter()
        .map(|name| rooms.get_or_create(name))
        .collect();
    assert_eq!(rooms.len(), 1 + held.len());
    drop(held);
    assert_eq!(rooms.len(), 1);
}

#[test]
fn a_room_outlives_its_registry_while_it_is_held() {
    let rooms = Rooms::new();
    let [mut peer] = peers(&rooms);
    let other = Rooms::new();
    let room = other.get_or_create("a");
    drop(other);
    assert!(room.join(peer.socket()));
    assert_eq!(room.everyone().send_raw("still here").sent, 1);
    assert_eq!(ready(&mut peer), ["still here"]);
}

#[test]
fn joining_and_leaving_return_whether_anything_changed() {
    let rooms = Rooms::new();
    let [peer, stranger] = peers(&rooms);
    let room = rooms.get_or_create("a");
    assert!(!room.leave(peer.socket()));
    assert!(room.join(peer.socket()));
    assert!(!room.join(peer.socket()));
    assert_eq!(room.len(), 1);
    assert!(!room.leave(stranger.socket()));
    assert!(room.leave(peer.socket()));
    assert!(!room.leave(peer.socket()));
    assert!(room.is_empty());
    assert!(room.join(peer.socket()), "who left may come back");
    assert_eq!(room.len(), 1);
    assert_eq!(names(rooms.of(peer.socket())), ["a"]);
}

#[test]
fn an_ended_socket_is_in_no_room_and_cannot_join_one() {
    let rooms = Rooms::new();
    let [peer, other] = peers(&rooms);
    let (a, b) = (rooms.get_or_create("a"), rooms.get_or_create("b"));
    let socket = peer.socket().clone();
    for room in [&a, &b] {
        room.join(&socket);
        room.join(other.socket());
    }
    assert!(!socket.is_closed());
    drop(peer);
    assert!(socket.is_closed());
    assert_eq!((a.len(), b.len()), (1, 1));
    assert!(a.socket(socket.id()).is_none());
    assert_eq!(names(rooms.of(&socket)), [""; 0]);
    assert!(!a.join(&socket));
    assert!(!a.join(&socket), "still not");
    assert!(!a.leave(&socket));
    assert_eq!(a.len(), 1);
    assert_eq!(names(rooms.of(&socket)), [""; 0]);
    assert_eq!(socket.send_raw("x"), Err(SendError::Closed));
}

#[test]
fn the_rooms_of_a_socket_are_those_of_the_registry_in_their_order() {
    let (rooms, others) = (Rooms::new(), Rooms::new());
    let [peer] = peers(&rooms);
    let held: Vec<Room> =
        ["c", "a", "b"].into_iter().map(|name| rooms.get_or_create(name)).collect();
    others.get_or_create("a").join(peer.socket());
    for room in &held {
        room.join(peer.socket());
    }
    others.get_or_create("z").join(peer.socket());
    assert_eq!(names(rooms.of(peer.socket())), ["c", "a", "b"]);
    assert_eq!(names(others.of(peer.socket())), ["a", "z"]);
    assert_eq!(names(Rooms::new().of(peer.socket())), [""; 0]);
    held[0].leave(peer.socket());
    held[0].join(peer.socket());
    assert_eq!(names(rooms.of(peer.socket())), ["a", "b", "c"]);
    // A snapshot, even if the sockets change during the iteration.
    for room in rooms.of(peer.socket()) {
        assert!(room.leave(peer.socket()));
    }
    assert_eq!(names(rooms.of(peer.socket())), [""; 0]);
    assert_eq!(others.len(), 2);
}

#[test]
fn everyone_gets_what_is_sent_to_all_in_its_order_and_kind() {
    let rooms = Rooms::new();
    let mut all: [Peer<Rooms>; 5] = peers(&rooms);
    let [mut stranger] = peers(&rooms);
    let room = rooms.get_or_create("a");
    for peer in &all {
        room.join(peer.socket());
    }
    let everyone = room.everyone();
    assert_eq!((everyone.len(), everyone.is_empty()), (5, false));
    let ids: Vec<u64> = everyone.iter().map(Socket::id).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids, (&everyone).into_iter().map(Socket::id).collect::<Vec<_>>());
    assert_eq!(everyone.send_raw("one"), Delivery { sent: 5, ..NONE });
    assert_eq!(everyone.send_raw(String::from("two")), Delivery { sent: 5, ..NONE });
    let bytes = Frame::Binary(bytes::Bytes::from_static(b"\xff\x00"));
    assert_eq!(everyone.send_raw(bytes.clone()), Delivery { sent: 5, ..NONE });
    for peer in &mut all {
        let frames: Vec<Frame> =
            std::iter::from_fn(|| peer.next().now_or_never().flatten()).collect();
        assert_eq!(frames, [Frame::from("one"), Frame::from("two"), bytes.clone()]);
    }
    assert_eq!(ready(&mut stranger), [""; 0]);
    assert_eq!(rooms.get_or_create("empty").everyone().send_raw("x"), NONE);
    assert_eq!(everyone.into_iter().count(), 5);
}

#[test]
fn the_sender_or_anybody_else_can_be_left_out() {
    let rooms = Rooms::new();
    let [mut first, mut second, mut third] = peers(&rooms);
    let room = rooms.get_or_create("a");
    room.join(first.socket());
    room.join(second.socket());
    let but = |peer: &Peer<Rooms>| room.everyone().except(peer.socket());
    assert_eq!(but(&first).send_raw("x"), Delivery { sent: 1, ..NONE });
    assert_eq!(but(&third).send_raw("y"), Delivery { sent: 2, ..NONE }, "who is not in it");
    assert_eq!(but(&first).except(second.socket()).send_raw("z"), NONE);
    assert_eq!(ready(&mut first), ["y"]);
    assert_eq!(ready(&mut second), ["x", "y"]);
    assert_eq!(ready(&mut third), [""; 0]);
}

#[test]
fn one_socket_is_reached_by_its_id() {
    let rooms = Rooms::new();
    let [mut first, mut second] = peers(&rooms);
    let room = rooms.get_or_create("a");
    room.join(first.socket());
    room.join(second.socket());
    let found = room.socket(second.socket().id()).unwrap();
    assert_eq!(&found, second.socket());
    assert_ne!(&found, first.socket());
    found.send_raw("for you").unwrap();
    assert_eq!((ready(&mut first), ready(&mut second)), (vec![], vec!["for you".to_owned()]));
    room.leave(second.socket());
    assert!(room.socket(second.socket().id()).is_none());
    assert!(room.socket(u64::MAX).is_none());
}

#[test]
fn sockets_with_a_tag_get_its_messages() {
    let rooms = Rooms::new();
    let rpc = rpc();
    let room = rooms.get_or_create("a");
    let accept = |tags: &[&str]| {
        let accept = SocketConfig::new().room(&room);
        tags.iter().fold(accept, |accept, tag| accept.tag(*tag).unwrap())
    };
    let mut all = [&["red", "big"][..], &["red", "red"], &["blue"], &[]]
        .map(|tags| peer_of(&rpc, &rooms, accept(tags)));
    // The same tag, in another room.
    let mut elsewhere = peer_of(&rpc, &rooms, SocketConfig::new().tag("red").unwrap());
    rooms.get_or_create("b").join(elsewhere.socket());

    assert_eq!(room.tagged("red").send_raw("red"), Delivery { sent: 2, ..NONE });
    assert_eq!(room.tagged("red").except(all[0].socket()).send_raw("red but one").sent, 1);
    assert_eq!(room.tagged("big").send_raw("big").sent, 1);
    assert_eq!(room.tagged("Red").send_raw("none"), NONE);
    assert_eq!(room.tagged("").send_raw("none"), NONE);
    assert_eq!(ready(&mut all[0]), ["red", "big"]);
    assert_eq!(ready(&mut all[1]), ["red", "red but one"], "a tag that is given twice is one");
    assert_eq!(ready(&mut all[2]), [""; 0]);
    assert_eq!(ready(&mut all[3]), [""; 0]);
    assert_eq!(ready(&mut elsewhere), [""; 0]);

    let [first, second, third, _] = all;
    room.leave(first.socket());
    assert_eq!(room.tagged("red").len(), 1);
    drop(second);
    assert!(room.tagged("red").is_empty());
    assert!(room.tagged("big").is_empty());
    assert_eq!(room.tagged("blue").iter().collect::<Vec<_>>(), [third.socket()]);
    room.join(first.socket());
    assert_eq!(room.tagged("red").len(), 1);
    assert_eq!(room.tagged("big").len(), 1);
}

#[test]
fn a_selection_skips_ended_sockets_and_lacks_later_ones() {
    let rooms = Rooms::new();
    let [mut first, second, mut late] = peers(&rooms);
    let room = rooms.get_or_create("a");
    room.join(first.socket());
    room.join(second.socket());
    let then = room.everyone();
    drop(second);
    room.join(late.socket());
    assert_eq!(then.len(), 2);
    assert_eq!(then.send_raw("x"), Delivery { sent: 1, skipped: 1, ..NONE });
    assert_eq!(ready(&mut first), ["x"]);
    assert_eq!(ready(&mut late), [""; 0]);
}

#[test]
fn a_dead_or_stalled_socket_does_not_affect_the_others() {
    let rooms = Rooms::new();
    let [mut before, stalled, mut between, dead, mut after] = peers(&rooms);
    let room = rooms.get_or_create("a");
    for peer in [&before, &stalled, &between, &dead, &after] {
        room.join(peer.socket());
    }
    // Its outbox is full.
    stalled.socket().send_raw("x".repeat(1024 * 1024)).unwrap();
    assert_eq!(stalled.closing(), None);
    let everyone = room.everyone();
    drop(dead);
    let delivery = everyone.send_raw("to all");
    assert_eq!(delivery, Delivery { sent: 3, overloaded: 1, skipped: 1 });
    for peer in [&mut before, &mut between, &mut after] {
        assert_eq!(ready(peer), ["to all"]);
        assert_eq!(peer.closing(), None);
    }
    let close = stalled.closing().unwrap();
    assert_eq!((close.code, close.clean), (CloseCode::OVERLOAD, false));
    assert_eq!(room.len(), 4, "it is in the room until it ends");
    drop(stalled);
    assert_eq!(room.len(), 3);
    assert_eq!(room.everyone().send_raw("again"), Delivery { sent: 3, ..NONE });
}

#[test]
fn one_byte_below_its_limit_a_socket_still_takes_a_message() {
    let rooms = Rooms::new();
    let [mut peer] = peers(&rooms);
    let socket = peer.socket().clone();
    socket.send_raw("x".repeat(1024 * 1024 - 1)).unwrap();
    socket.send_raw("y").unwrap();
    assert_eq!(socket.send_raw("z"), Err(SendError::Full));
    // Messages queued before the close are sent first.
    assert_eq!(ready(&mut peer).iter().map(String::len).collect::<Vec<_>>(), [1024 * 1024 - 1, 1]);
    assert_eq!(peer.next().now_or_never(), Some(None));
}

#[test]
fn tags_have_exact_limits() {
    let mut accept = SocketConfig::new();
    for number in 0..10 {
        accept = accept.tag(format!("{number}")).unwrap();
    }
    accept = accept.tag("9").unwrap();
    let rooms = Rooms::new();
    let peer = peer_of(&rpc(), &rooms, accept);
    assert!(peer.socket().tags().eq(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]));
    assert!(peer.socket().has_tag("9") && !peer.socket().has_tag("10"));

    let full = (0..10).fold(SocketConfig::new(), |accept, n| accept.tag(n.to_string()).unwrap());
    assert_eq!(full.tag("10").unwrap_err(), TagError::TooMany);
    // Characters, not bytes.
    for char in ["x", "ü", "漢", "🦀"] {
        let longest = char.repeat(256);
        let peer = peer_of(&rpc(), &rooms, SocketConfig::new().tag(&longest).unwrap());
        assert!(peer.socket().has_tag(&longest));
        assert_eq!(SocketConfig::new().tag(char.repeat(257)).unwrap_err(), TagError::TooLong);
    }
    assert!(SocketConfig::new().tag("").is_ok());
    assert_eq!(TagError::TooLong.to_string(), "a tag has at most 256 characters");
    assert_eq!(TagError::TooMany.to_string(), "a socket has at most 10 tags");
}

#[test]
fn attachments_have_an_exact_limit() {
    let rooms = Rooms::new();
    let [peer] = peers(&rooms);
    let socket = peer.socket();
    assert_eq!(socket.attachment::<Value>().unwrap(), None);
    // Two quotes belong to the text.
    let longest = "x".repeat(2046);
    socket.attach(&longest).unwrap();
    assert_eq!(socket.attachment::<String>().unwrap(), Some(longest.clone()));
    // Bytes, not characters; escapes count in their written form.
    for (text, length) in
        [("x".repeat(2047), 2049), ("ü".repeat(1024), 2050), ("\n".repeat(1024), 2050)]
    {
        for error in [socket.attach(&text), SocketConfig::new().attach(&text).map(drop)] {
            let error = error.unwrap_err();
            assert!(matches!(error, AttachmentError::TooLong { length: is } if is == length));
            assert!(error.to_string().contains(&length.to_string()), "{error}");
        }
    }
    socket.attach("").unwrap();
    socket.attach(&longest).unwrap();
    socket.attach(&"x".repeat(2047)).unwrap_err();
    assert_eq!(socket.attachment::<String>().unwrap(), Some(longest), "the one before is kept");
}

#[tokio::test]
async fn attachments_exist_from_the_start_and_can_be_replaced() {
    let rooms = Rooms::new();
    let ada = User { name: "Ada".to_owned() };
    let mut peer = peer_of(&rpc(), &rooms, SocketConfig::new().attach(&ada).unwrap());
    assert_eq!(peer.socket().attachment::<User>().unwrap(), Some(ada));
    assert_eq!(result(&mut peer, "/name", &Value::Null).await, json!("Ada"));
    result(&mut peer, "/rename", &json!("Grace")).await;
    assert_eq!(result(&mut peer, "/name", &Value::Null).await, json!("Grace"));
    let socket = peer.socket().clone();
    let other_type = socket.attachment::<Vec<u8>>().unwrap_err();
    assert!(matches!(other_type, AttachmentError::Read(_)));
    // A value that cannot be serialised leaves the previous attachment.
    let unwritable = BTreeMap::from([((1, 2), 3)]);
    assert!(matches!(socket.attach(&unwritable), Err(AttachmentError::Write(_))));
    assert_eq!(socket.attachment::<User>().unwrap().unwrap().name, "Grace");
    socket.attach(&()).unwrap();
    assert_eq!(socket.attachment::<()>().unwrap(), Some(()));
    drop(peer);
    socket.attach("after the end").unwrap();
    assert_eq!(socket.attachment::<String>().unwrap().unwrap(), "after the end");
}

#[test]
fn attachments_are_not_in_debug_output() {
    let rooms = Rooms::new();
    let room = rooms.get_or_create("a");
    let accept = SocketConfig::new().tag("tag").unwrap().attach("secret").unwrap().room(&room);
    let before = format!("{accept:?}");
    let peer = peer_of(&rpc(), &rooms, accept);
    for text in [before, format!("{:?} {room:?} {rooms:?} {peer:?}", peer.socket())] {
        assert!(!text.contains("secret"), "{text}");
    }
    assert!(format!("{:?}", peer.socket()).contains("tag"));
}

#[test]
fn a_socket_is_accepted_into_rooms() {
    let rooms = Rooms::new();
    let (a, b) = (rooms.get_or_create("a"), rooms.get_or_create("b"));
    let accept = SocketConfig::new().room(&b).room(&a).room(&b);
    assert!(b.is_empty(), "nobody is there yet");
    let mut peer = peer_of(&rpc(), &rooms, accept);
    drop(a);
    assert_eq!(names(rooms.of(peer.socket())), ["b", "a"]);
    assert_eq!(b.everyone().send_raw("x"), Delivery { sent: 1, ..NONE });
    assert_eq!(ready(&mut peer), ["x"]);
    drop((peer, b));
    assert!(rooms.is_empty());
    // A configuration that never became a socket is in no room.
    let unused = SocketConfig::new().room(&rooms.get_or_create("c"));
    assert_eq!(rooms.len(), 1);
    drop(unused);
    assert!(rooms.is_empty());
}

#[test]
fn closing_everyone_closes_those_and_no_others() {
    let rooms = Rooms::new();
    let [mut first, mut second, mut guest] = peers(&rooms);
    let room = rooms.get_or_create("a");
    for peer in [&first, &second, &guest] {
        room.join(peer.socket());
    }
    first.socket().send_raw("waits").unwrap();
    first.socket().close(CloseCode::new(4000).unwrap(), "first");
    let code = CloseCode::new(4001).unwrap();
    // A reason has at most 123 bytes, cut before the last character.
    let reason = format!("{}ü", "x".repeat(122));
    room.everyone().except(guest.socket()).close(code, &reason);
    assert_eq!(ready(&mut first), ["waits"]);
    assert_eq!(first.next().now_or_never(), Some(None));
    assert_eq!(second.next().now_or_never(), Some(None));
    assert_eq!(guest.next().now_or_never(), None);
    let close =
        |peer: &Peer<Rooms>| peer.closing().map(|close| (u16::from(close.code), close.reason));
    assert_eq!(close(&first), Some((4000, "first".to_owned())), "the first word counts");
    assert_eq!(close(&second), Some((4001, "x".repeat(122))));
    assert_eq!(close(&guest), None);
}

#[test]
fn only_valid_close_codes_can_be_created() {
    let may: Vec<u16> = (0..=u16::MAX).filter(|&code| CloseCode::new(code).is_some()).collect();
    let expected = (1000..=1003).chain(1007..=1014).chain(3000..=4999);
    assert_eq!(may, expected.collect::<Vec<u16>>());
}

#[tokio::test]
async fn procedures_move_their_sockets_between_rooms() {
    let rooms = Rooms::new();
    let [mut ada, mut grace] = peers(&rooms);
    assert_eq!(result(&mut ada, "/enter", &json!("lobby")).await, json!(true));
    assert_eq!(result(&mut ada, "/enter", &json!("lobby")).await, json!(false));
    assert_eq!(result(&mut grace, "/enter", &json!("lobby")).await, json!(true));
    assert_eq!(result(&mut ada, "/say", &json!("hello")).await, json!(1));
    assert_eq!(ready(&mut grace), ["hello"]);
    assert_eq!(result(&mut grace, "/exit", &json!("lobby")).await, json!(true));
    assert_eq!(result(&mut grace, "/exit", &json!("lobby")).await, json!(false));
    assert_eq!(result(&mut ada, "/say", &json!("anyone?")).await, json!(0));
    assert_eq!(rooms.len(), 1);
    drop(ada);
    assert!(rooms.is_empty());
}

/// A peer whose socket shows its release: the token then has one owner.
fn tracked(rpc: &Rpc<Rooms>, rooms: &Rooms, token: &Arc<()>, accept: SocketConfig) -> Peer<Rooms> {
    let mut request = http::Request::new(()).into_parts().0;
    request.extensions.insert(Arc::clone(token));
    rpc.peer_with(rooms.clone(), request, accept)
}

#[test]
fn threads_that_join_leave_and_end_leave_no_socket_behind() {
    const THREADS: usize = 8;
    const ROUNDS: usize = 150;
    const NAMES: [&str; 3] = ["a", "b", "c"];

    let (rooms, rpc, token) = (Rooms::new(), rpc(), Arc::new(()));
    let held = rooms.get_or_create("held");
    for _ in 0..ROUNDS {
        let peers: Vec<_> = (0..THREADS)
            .map(|n| {
                let accept = SocketConfig::new().tag(format!("{}", n % 2)).unwrap().room(&held);
                tracked(&rpc, &rooms, &token, accept)
            })
            .collect();
        let sockets: Vec<Socket> = peers.iter().map(|peer| peer.socket().clone()).collect();
        let start = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for (n, peer) in peers.into_iter().enumerate() {
                let (start, rooms, sockets, held) = (&start, &rooms, &sockets, &held);
                scope.spawn(move || {
                    start.wait();
                    // Each thread moves all sockets, and ends one of them meanwhile.
                    let mut own = Some(peer);
                    for (step, socket) in sockets.iter().cycle().skip(n).take(24).enumerate() {
                        let room = rooms.get_or_create(NAMES[(n + step) % NAMES.len()]);
                        match (step + n) % 4 {
                            0 | 1 => drop(room.join(socket)),
                            2 => drop(room.leave(socket)),
                            _ => drop(room.tagged("0").send_raw("x")),
                        }
                        held.join(socket);
                        if step == 12 {
                            own = None;
                        }
                    }
                    drop(own);
                });
            }
        });
        assert!(sockets.iter().all(Socket::is_closed));
        for socket in &sockets {
            assert!(!held.join(socket));
            assert_eq!(rooms.of(socket).count(), 0);
        }
        assert_eq!((held.len(), held.tagged("0").len(), held.tagged("1").len()), (0, 0, 0));
        assert_eq!(rooms.len(), 1, "{rooms:?}");
    }
    drop(held);
    assert!(rooms.is_empty());
    assert_eq!(Arc::strong_count(&token), 1, "a socket is not freed");
}

#[test]
fn a_room_that_vanishes_and_comes_back_is_one_room_for_all() {
    let rooms = Rooms::new();
    let over = AtomicBool::new(false);
    let mut seen = 0;
    let [peer] = peers(&rooms);
    let socket = peer.socket();
    std::thread::scope(|scope| {
        // Creates and drops rooms of that name continuously.
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                drop(rooms.get_or_create("a"));
            }
        });
        for _ in 0..20_000 {
            let room = rooms.get_or_create("a");
            room.join(socket);
            let same = rooms.get("a");
            seen += usize::from(same.is_some_and(|room| room.socket(socket.id()).is_some()));
            room.leave(socket);
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(seen, 20_000);
    assert!(rooms.is_empty());
}

#[test]
fn messages_of_one_thread_keep_their_order_while_others_send() {
    const EACH: usize = 500;

    let rooms = Rooms::new();
    let mut all: [Peer<Rooms>; 3] = peers(&rooms);
    let room = rooms.get_or_create("a");
    for peer in &all {
        room.join(peer.socket());
    }
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let room = &room;
            scope.spawn(move || {
                for n in 0..EACH {
                    assert_eq!(room.everyone().send_raw(format!("{thread} {n}")).sent, 3);
                }
            });
        }
    });
    for peer in &mut all {
        let mut next = [0; 4];
        for message in ready(peer) {
            let (thread, n) = message.split_once(' ').unwrap();
            let next = &mut next[thread.parse::<usize>().unwrap()];
            assert_eq!(n.parse(), Ok(*next));
            *next += 1;
        }
        assert_eq!(next, [EACH; 4]);
    }
}
