//! Messages of a socket, and the memory that it keeps.

use std::task::{Context, Waker};

use futures::FutureExt as _;

use super::*;

const WHOLE: usize = 1 << 20;

fn socket(memory: &Arc<Budget>, config: SocketConfig) -> Socket {
    let request = http::Request::new(()).into_parts().0;
    Socket::new(request, config, 100, Arc::clone(memory), Reservation::unbounded())
}

fn sent(socket: &Socket) -> Vec<Frame> {
    let mut frames = Frames::default();
    let outbox = socket.outbox();
    std::iter::from_fn(|| {
        let frame = frames.peek(outbox, &mut Context::from_waker(Waker::noop()));
        frames.sent(outbox);
        outbox.written();
        frame
    })
    .collect()
}

#[test]
fn a_notice_is_sent_beside_calls() {
    let socket = socket(&Budget::new(WHOLE), SocketConfig::new());
    socket.send(&Notice::new("hello").unwrap()).unwrap();
    socket.send_raw("text").unwrap();
    socket.send_raw(Frame::Binary(bytes::Bytes::from_static(b"bytes"))).unwrap();
    let [notice, text, bytes] = sent(&socket).try_into().unwrap();
    assert_eq!(notice, r#"{"p":{"notice":"hello"}}"#);
    assert_eq!(text, Frame::from("text"));
    assert_eq!(bytes, Frame::Binary(bytes::Bytes::from_static(b"bytes")));
    socket.end();
    assert_eq!(socket.send(&Notice::new("late").unwrap()), Err(SendError::Closed));
}

#[test]
fn a_sender_waits_until_the_client_reads_and_a_socket_of_one_that_does_not_closes() {
    let socket = socket(&Budget::new(WHOLE), SocketConfig::new());
    assert_eq!(socket.ready().now_or_never(), Some(()));
    socket.send_raw("x".repeat(100)).unwrap();
    assert_eq!(socket.ready().now_or_never(), None);
    assert_eq!(sent(&socket).len(), 1);
    assert_eq!(socket.ready().now_or_never(), Some(()));
    socket.send_raw("x".repeat(100)).unwrap();
    assert_eq!(socket.send_raw("x"), Err(SendError::Full));
    assert_eq!(socket.closing().map(|frame| frame.code), Some(CloseCode::OVERLOAD));
    assert_eq!(socket.send_raw("x"), Err(SendError::Closed));
}

/// Memory is counted in units of 4 KiB.
#[test]
fn tags_attachments_and_ids_count_beyond_512_bytes() {
    let memory = Budget::new(WHOLE);
    let is_counted = || !memory.has_room(WHOLE);
    let socket = socket(&memory, SocketConfig::new());
    socket.attach(&"x".repeat(510)).unwrap();
    assert!(!is_counted());
    socket.attach(&"x".repeat(511)).unwrap();
    assert!(is_counted());
    assert!(memory.has_room(WHOLE - 4096));
    socket.attach("").unwrap();
    assert!(!is_counted());
    // An id takes its text and its place.
    socket.hibernate(&"x".repeat(600)).unwrap();
    assert!(is_counted());
    assert!(socket.release(&"x".repeat(600)));
    assert!(!is_counted());
    socket.hibernate(&"x".repeat(400)).unwrap();
    assert!(!is_counted());
    socket.hibernate(&"y".repeat(400)).unwrap();
    assert!(is_counted() && memory.has_room(WHOLE - 4096));
    assert_eq!(socket.release_all().len(), 2);
    assert!(!is_counted());
}

#[test]
fn tags_of_the_configuration_count() {
    let memory = Budget::new(WHOLE);
    let config = SocketConfig::new().tag("ü".repeat(256)).unwrap();
    let _socket = socket(&memory, config);
    assert!(!memory.has_room(WHOLE));
}

#[test]
fn a_socket_without_a_connection_takes_messages_of_one_mebibyte() {
    let socket = Socket::detached();
    socket.send_raw("x".repeat(1024 * 1024 - 1)).unwrap();
    socket.send_raw("x").unwrap();
    assert_eq!(socket.send_raw("x"), Err(SendError::Full));
}

#[test]
fn two_sockets_differ_and_debug_output_has_no_attachment() {
    let memory = Budget::new(WHOLE);
    let config = || SocketConfig::new().id(7).tag("a").unwrap().attach("secret").unwrap();
    let one = socket(&memory, config());
    assert_eq!(format!("{one:?}"), r#"Socket { id: 7, tags: ["a"], .. }"#);
    assert!(one == one.clone() && one == socket(&memory, config()));
    assert!(one != socket(&memory, config().id(8)));
    assert!(one.has_tag("a") && !one.has_tag("b"));
    assert!(socket(&memory, SocketConfig::new()) != socket(&memory, SocketConfig::new()));
}

#[cfg(feature = "durable")]
#[test]
fn the_attachment_of_the_framework_is_kept_beside_that_of_the_application() {
    let memory = Budget::new(WHOLE);
    let config = SocketConfig::new().attach("application").unwrap();
    let socket = socket(&memory, config.attach_own(&"first").unwrap());
    let kept = || SocketConfig::new().kept(&socket.kept());
    assert_eq!(kept().own::<String>().unwrap().as_deref(), Some("first"));
    socket.attach_own(&"second").unwrap();
    assert_eq!(kept().own::<String>().unwrap().as_deref(), Some("second"));
    assert_eq!(socket.attachment::<String>().unwrap().as_deref(), Some("application"));
    // It counts as well.
    assert!(memory.has_room(WHOLE));
    socket.attach_own(&"x".repeat(600)).unwrap();
    assert!(!memory.has_room(WHOLE));
}

#[test]
fn a_guard_is_dropped_with_its_iterator_or_with_the_calls() {
    let socket = socket(&Budget::new(WHOLE), SocketConfig::new());
    let held = Arc::new(());
    let guards = || Arc::strong_count(&held) - 1;
    let guard = |id| socket.guard(id, Box::new(Arc::clone(&held)));
    socket.hibernate("1").unwrap();
    socket.hibernate("2").unwrap();
    guard("2");
    assert_eq!((socket.hibernating(), guards()), (2, 1));
    guard("3");
    assert_eq!(guards(), 1, "there is no such iterator");
    assert!(socket.release("1") && !socket.release("1"));
    assert_eq!((socket.hibernating(), guards()), (1, 1));
    assert!(socket.release("2"));
    assert_eq!((socket.hibernating(), guards()), (0, 0));
    socket.hibernate("4").unwrap();
    guard("4");
    socket.drop_guards();
    assert_eq!(guards(), 0);
    assert!(socket.is_hibernating("4") && !socket.is_hibernating("5"));
    guard("4");
    socket.end();
    assert_eq!(guards(), 0);
}

#[test]
fn events_go_to_iterators_that_hibernate() {
    let socket = socket(&Budget::new(WHOLE), SocketConfig::new());
    let event = |out: &mut Vec<u8>| out.extend_from_slice(b"event");
    socket.hibernate("1").unwrap();
    assert_eq!(socket.send_event("1", false, event), Ok(()));
    assert_eq!(socket.try_send_event("1", event), Ok(()));
    assert_eq!(socket.send_event("2", false, event), Err(SendError::Released));
    assert_eq!(socket.try_send_event("2", event), Err(SendError::Released));
    assert_eq!(socket.send_event("1", true, event), Ok(()));
    assert_eq!(socket.send_event("1", false, event), Err(SendError::Released));
    assert_eq!(sent(&socket), [Frame::from("event"), "event".into(), "event".into()]);
    socket.hibernate("3").unwrap();
    socket.send_raw("x".repeat(100)).unwrap();
    assert_eq!(socket.try_send_event("3", event), Err(SendError::Full));
    assert_eq!(socket.closing(), None, "the sender keeps the event");
    socket.end();
    assert_eq!(socket.send_event("3", false, event), Err(SendError::Closed));
    assert_eq!(socket.try_send_event("3", event), Err(SendError::Closed));
}

/// A group that counts its sockets.
struct Counting(AtomicU64);

impl Group for Counting {
    fn take(self: Arc<Self>, socket: &Socket) {
        if socket.enter(Arc::clone(&self) as Arc<dyn Group>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn forget(&self, _: &Socket) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn a_socket_is_in_a_group_once_until_it_leaves_or_ends() {
    let (first, second) = (Arc::new(Counting(0.into())), Arc::new(Counting(0.into())));
    let counts = || [&first, &second].map(|group| group.0.load(Ordering::Relaxed));
    let config = SocketConfig::new().group(Arc::clone(&first) as Arc<dyn Group>);
    let socket = socket(&Budget::new(WHOLE), config);
    assert_eq!((socket.groups().len(), counts()), (1, [1, 0]));
    Arc::clone(&second).take(&socket);
    assert!(socket.enter(Arc::clone(&second) as Arc<dyn Group>));
    assert_eq!((socket.groups().len(), counts()), (2, [1, 1]));
    socket.leave(&(Arc::clone(&first) as Arc<dyn Group>));
    assert_eq!(socket.groups().len(), 1);
    socket.end();
    assert!(!socket.enter(Arc::clone(&first) as Arc<dyn Group>));
    socket.leave_groups();
    assert_eq!((socket.groups().len(), counts()), (0, [1, 0]));
}
