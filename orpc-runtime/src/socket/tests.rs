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
