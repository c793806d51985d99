//! Frames that pass to the codec, and messages that do not.

use super::*;

const TEXT: u8 = 1;
const LAST: u8 = 0x80;

/// Returns a masked frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length @ 126..65536 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    let mask = [1, 2, 3, 0x84];
    bytes.extend(mask);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
    bytes
}

fn call(length: usize) -> Vec<u8> {
    let mut text = br#"{"i":"1","p":{"u":"/echo","b":""#.to_vec();
    text.resize(length, b'x');
    text
}

/// Feeds an intake in pieces of `step` bytes; returns the bytes for the codec, and
/// the messages that are too long.
fn fed(intake: &mut Intake, bytes: &[u8], step: usize) -> (Vec<u8>, Vec<TooLong>) {
    let (mut out, mut too_long) = (BytesMut::new(), Vec::new());
    for piece in bytes.chunks(step) {
        let mut at = 0;
        while at < piece.len() {
            if intake.is_in_payload() {
                let length = intake.pass(&piece[at..]);
                out.extend_from_slice(&piece[at..at + length]);
                at += length;
            } else {
                at += intake.take(&piece[at..], &mut out);
            }
            too_long.extend(intake.take_too_long());
        }
    }
    (out.to_vec(), too_long)
}

const STEPS: [usize; 6] = [1, 2, 3, 7, 1000, 1 << 20];

#[test]
fn messages_within_the_limit_pass_as_they_come() {
    let messages = [
        frame(LAST | TEXT, b""),
        frame(LAST | TEXT, &call(125)),
        frame(LAST | TEXT, &call(126)),
        frame(LAST | 2, &call(65536)),
        frame(LAST | TEXT, &call(70_000)),
        // A message in parts with a ping between them.
        [
            frame(TEXT, b"abc"),
            frame(0x89, b"hi"),
            frame(0, &call(60_000)),
            frame(LAST, &call(9_997)),
        ]
        .concat(),
    ];
    for step in STEPS {
        let mut intake = Intake::new(Protocol::default(), 70_000);
        for message in &messages {
            for (index, part) in message.chunks(step).enumerate() {
                assert_eq!(
                    fed(&mut intake, part, step),
                    (part_passed(message, index, step), vec![])
                );
            }
            assert!(intake.is_at_boundary());
        }
    }
}

/// Returns the bytes of a message that the codec gets with a piece of it: headers are
/// passed whole.
fn part_passed(message: &[u8], index: usize, step: usize) -> Vec<u8> {
    let passed = |length: usize| {
        let mut at = 0;
        loop {
            let Some(second) = message.get(at + 1) else { return at.min(length) };
            let (size, payload) = match second & 0x7f {
                126 => (8, number(&message[at + 2..at + 4])),
                127 => (14, number(&message[at + 2..at + 10])),
                payload => (6, payload.into()),
            };
            if length < at + size {
                return at.min(length);
            }
            let end = at + size + payload as usize;
            if length < end {
                return length;
            }
            at = end;
        }
    };
    let until = ((index + 1) * step).min(message.len());
    message[passed(index * step)..passed(until)].to_vec()
}

#[test]
fn the_call_of_a_message_that_is_too_long_is_found_and_the_rest_discarded() {
    let after = frame(LAST | TEXT, b"after");
    let whole = frame(LAST | TEXT, &call(1001));
    let begun = frame(TEXT, &call(600));
    let parts = [&*begun, &frame(0, &[b'x'; 400]), &frame(0, b"x"), &frame(LAST, b"")].concat();
    let pinged = [&*begun, &frame(0, &[b'x'; 900]), &frame(0x89, b"hi"), &frame(LAST, b"x")];
    let most = [&*begun, &frame(0, &[b'x'; 15_399]), &frame(LAST, b"x")].concat();
    let empty = [frame(2, b""), frame(LAST, &call(16_000))].concat();
    let split = [frame(2, b"{\"i\":"), frame(LAST, &call(1500)[5..])].concat();
    for (bytes, passed, length, is_begun) in [
        (&whole, vec![], 1001, false),
        (&frame(LAST | 2, &call(16_000)), vec![], 16_000, false),
        (&parts, [&*begun, &frame(0, &[b'x'; 400])].concat(), 1001, true),
        (&pinged.concat(), [&*begun, &frame(0x89, b"hi")].concat(), 1500, true),
        (&most, begun.clone(), 15_999, true),
        (&empty, frame(2, b""), 16_000, true),
        (&split, frame(2, b"{\"i\":"), 1500, true),
    ] {
        for step in STEPS {
            let mut intake = Intake::new(Protocol::default(), 1000);
            let (out, too_long) = fed(&mut intake, &[&**bytes, &*after].concat(), step);
            assert_eq!(out, [&*passed, &*after].concat(), "{length} in {step}");
            let id = too_long[0].beginning.id.as_str();
            let told = (id, too_long[0].length, too_long[0].is_begun, too_long.len());
            assert_eq!(told, ("\"1\"", length, is_begun, 1));
            assert!(intake.is_at_boundary());
        }
    }
}

#[test]
fn a_message_that_is_whole_is_taken_at_once() {
    for length in [0, 1, 15, 16, 17, 125, 126, 255, 256, 999, 1000] {
        let payload: Vec<u8> = (0..length).map(|at| b'a' + (at % 26) as u8).collect();
        for first in [LAST | TEXT, LAST | 2] {
            let bytes = frame(first, &payload);
            let mut intake = Intake::new(Protocol::default(), 1000);
            for end in 0..bytes.len() {
                let mut part = BytesMut::from(&bytes[..end]);
                assert_eq!(intake.take_message(&mut part), None, "{length} {end}");
                assert_eq!(part, bytes[..end]);
            }
            for behind in [&b"\x81"[..], b""] {
                let mut more = BytesMut::from(&*[&*bytes, behind].concat());
                let message = intake.take_message(&mut more).unwrap();
                assert_eq!((message.is_text(), &*more), (first == LAST | TEXT, behind));
                assert_eq!(message.as_bytes(), payload);
                assert!(intake.is_at_boundary());
            }
        }
    }
}

#[test]
fn other_frames_are_not_taken_at_once() {
    let mut unmasked = vec![LAST | TEXT, 1];
    unmasked.push(b'x');
    unmasked.extend([0; 8]);
    let mut reserved = frame(LAST | TEXT, b"x");
    reserved[0] |= 0x40;
    for bytes in [
        vec![],
        frame(TEXT, b"x"),
        frame(LAST, b"x"),
        frame(0x89, b"x"),
        frame(0x88, b""),
        frame(0x8a, b""),
        frame(LAST | TEXT, &call(1001)),
        // Text that is not UTF-8.
        frame(LAST | TEXT, b"\xff"),
        frame(LAST | TEXT, "\u{e9}".as_bytes().split_at(1).0),
        // A length of 1 in two bytes.
        vec![LAST | TEXT, 0xfe, 0, 1, 0, 0, 0, 0, b'x'],
        unmasked,
        reserved,
    ] {
        let mut intake = Intake::new(Protocol::default(), 1000);
        let mut left = BytesMut::from(&*bytes);
        assert_eq!(intake.take_message(&mut left), None, "{bytes:?}");
        assert_eq!(left, bytes, "the codec gets it as it was");
    }
    // Neither within a message in parts nor within a frame.
    for begun in [frame(TEXT, b"x"), frame(LAST | TEXT, b"xyz")[..8].to_vec()] {
        let mut intake = Intake::new(Protocol::default(), 1000);
        fed(&mut intake, &begun, 1);
        let mut next = BytesMut::from(&*frame(LAST | TEXT, b"x"));
        assert_eq!(intake.take_message(&mut next), None);
    }
}

#[test]
fn other_messages_and_protocol_errors_are_left_to_the_codec() {
    let unmasked = [&[0x81, 126, 4, 0][..], &call(1024)].concat();
    let mut reserved = frame(LAST | TEXT, &call(1001));
    reserved[0] |= 0x40;
    for bytes in [
        frame(LAST | TEXT, &[b'x'; 1001]),
        frame(LAST | TEXT, &call(16_001)),
        frame(LAST, &call(1001)),
        [frame(TEXT, b"x"), frame(LAST | TEXT, &call(1001))].concat(),
        [frame(TEXT, &[b'x'; 600]), frame(LAST, &[b'x'; 600])].concat(),
        [frame(TEXT, &call(600)), frame(LAST, &call(15_401))].concat(),
        frame(LAST | 3, &call(1001)),
        // A length alone, and a header without a mask.
        vec![0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0],
        unmasked,
        reserved,
    ] {
        for step in STEPS {
            let mut intake = Intake::new(Protocol::default(), 1000);
            assert_eq!(fed(&mut intake, &bytes, step), (bytes.clone(), vec![]), "{step}");
        }
    }
    let mut closing = Intake::new(Protocol::default(), 1000);
    closing.close();
    let bytes = frame(LAST | TEXT, &call(1001));
    assert_eq!(fed(&mut closing, &bytes, 7), (bytes.clone(), vec![]));
}

#[test]
fn frames_behind_a_discarded_message_follow_the_protocol() {
    let begun = [frame(TEXT, &call(600)), frame(0, &[b'x'; 600])].concat();
    let passed = frame(TEXT, &call(600));
    let mut reserved = frame(0, b"x");
    reserved[0] |= 0x20;
    for (next, told) in [
        // Longer than the limit of discarding: too long after all.
        (frame(0, &[b'x'; 15_000]), TOO_LONG.to_vec()),
        (vec![0x80, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], TOO_LONG.to_vec()),
        // A message within a message, which the codec refuses as a continuation
        // without a start.
        (frame(LAST | TEXT, b"x"), frame(LAST, b"x")),
        (reserved.clone(), reserved),
    ] {
        for step in STEPS {
            let mut intake = Intake::new(Protocol::default(), 1000);
            let (out, too_long) = fed(&mut intake, &[&*begun, &*next].concat(), step);
            assert_eq!(too_long.len(), 1);
            let out = out.strip_prefix(&*passed).unwrap();
            assert!(out.starts_with(&told), "{step}: {out:?}");
        }
    }
}

#[test]
fn only_the_beginning_of_a_long_message_is_held() {
    let mut intake = Intake::new(Protocol::default(), 1 << 20);
    let mut long = br#"{"x":""#.to_vec();
    long.resize(2 << 20, b'x');
    let bytes = frame(LAST | TEXT, &long);
    let (mut out, mut at) = (BytesMut::new(), 0);
    while out.is_empty() {
        at += intake.take(&bytes[at..at + 100], &mut out);
        assert!(at < 3000, "{at}");
    }
    assert_eq!(out, bytes[..at], "it is for the codec");
}
