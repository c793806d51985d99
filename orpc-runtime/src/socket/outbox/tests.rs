//! Room, memory and order of the frames of an outbox.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Context;

use futures::FutureExt as _;

use super::*;
use crate::socket::frame::Frame;

/// Number of times that a task was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl std::task::Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes that a frame without any takes.
const END: usize = size_of::<FrameEnd>();

/// Bytes of a budget that are left when it is exhausted, and some more.
const WHOLE: usize = 1 << 20;

fn append(outbox: &Outbox, length: usize) {
    outbox.append(|out| out.extend(std::iter::repeat_n(b'x', length)));
}

fn push(outbox: &Outbox, length: usize) -> Result<(), Refused> {
    outbox.push(true, |out| out.extend(std::iter::repeat_n(b'x', length)))
}

/// Takes the next frame, passes it to the codec and writes it.
fn send(outbox: &Outbox, frames: &mut Frames) -> Option<Frame> {
    let frame = frames.peek(outbox, &mut Context::from_waker(Waker::noop()));
    frames.sent(outbox);
    outbox.written();
    frame
}

/// Takes the next frame without sending it.
fn take(outbox: &Outbox, frames: &mut Frames) {
    assert!(frames.peek(outbox, &mut Context::from_waker(Waker::noop())).is_some());
}

#[tokio::test]
async fn tasks_that_no_longer_wait_for_room_leave_nothing_behind() {
    let outbox = Outbox::new(1);
    outbox.append(|out| out.push(b'x'));
    for _ in 0..100 {
        assert_eq!(outbox.ready().now_or_never(), None);
        assert_eq!(outbox.room().now_or_never(), None);
    }
    assert_eq!(outbox.waiting(), 0);
    let first = tokio::spawn({
        let outbox = Arc::clone(&outbox);
        async move { outbox.ready().await }
    });
    while outbox.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(outbox.waiting(), 0);
}

#[test]
fn the_high_water_mark_is_reached_at_its_byte() {
    let outbox = Outbox::new(100);
    append(&outbox, 99);
    assert!(!outbox.is_full());
    assert_eq!(outbox.ready().now_or_never(), Some(()));
    push(&outbox, 1).unwrap();
    assert!(outbox.is_full());
    assert_eq!(outbox.ready().now_or_never(), None);
    assert_eq!(push(&outbox, 1), Err(Refused::Full));
    outbox.close();
    assert_eq!(outbox.ready().now_or_never(), Some(()), "nothing is waited for at the end");
}

#[test]
fn an_outbox_overflows_at_twice_its_high_water_mark() {
    let outbox = Outbox::new(100);
    append(&outbox, 199);
    assert!(!outbox.overflows());
    append(&outbox, 1);
    assert!(outbox.overflows());
}

#[test]
fn frames_without_bytes_take_memory_for_their_ends() {
    let budget = Budget::new(WHOLE);
    let outbox = Outbox::counted(3 * END, budget.nothing());
    append(&outbox, 0);
    append(&outbox, 0);
    assert!(!outbox.is_full());
    append(&outbox, 0);
    assert!(outbox.is_full());
    assert!(!budget.has_room(WHOLE));
    let mut frames = Frames::default();
    take(&outbox, &mut frames);
    assert!(outbox.is_full(), "frames count until they are sent");
    append(&outbox, 0);
    assert!(send(&outbox, &mut frames).is_some());
    assert!(outbox.is_full(), "two are taken, one is not");
    assert!(send(&outbox, &mut frames).is_some());
    assert!(!outbox.is_full());
}

#[test]
fn frames_are_sent_in_order_with_their_types() {
    let outbox = Outbox::new(100);
    outbox.append(|out| out.extend_from_slice(b"one"));
    outbox.append_binary(|out| out.extend_from_slice(b"two"));
    let mut frames = Frames::default();
    take(&outbox, &mut frames);
    outbox.append(|out| out.extend_from_slice(b"three"));
    let text = |text: &'static str| Some(Frame::from(text));
    assert_eq!(send(&outbox, &mut frames), text("one"));
    assert_eq!(send(&outbox, &mut frames), Some(Frame::Binary(Bytes::from_static(b"two"))));
    assert_eq!(send(&outbox, &mut frames), text("three"));
    assert_eq!(send(&outbox, &mut frames), None);
}

#[test]
fn bytes_count_towards_the_budget_until_they_are_sent_or_dropped() {
    let budget = Budget::new(WHOLE);
    let outbox = Outbox::counted(100, budget.nothing());
    let whole = |is_free| assert_eq!(budget.has_room(WHOLE), is_free);
    // More than the units in which memory is counted.
    append(&outbox, 100_000);
    assert!(!budget.has_room(WHOLE - 100_000));
    assert!(budget.has_room(WHOLE - 110_000));
    let mut frames = Frames::default();
    take(&outbox, &mut frames);
    assert!(!budget.has_room(WHOLE - 100_000), "they are not sent yet");
    append(&outbox, 100_000);
    assert!(!budget.has_room(WHOLE - 200_000));
    assert!(send(&outbox, &mut frames).is_some());
    assert!(budget.has_room(WHOLE - 110_000), "the first frame is sent");
    assert!(send(&outbox, &mut frames).is_some());
    whole(true);

    append(&outbox, 10);
    append(&outbox, 20);
    take(&outbox, &mut frames);
    frames.clear(&outbox);
    whole(true);
    assert_eq!(send(&outbox, &mut frames), None, "dropped frames are not sent");

    append(&outbox, 10);
    append(&outbox, 20);
    assert!(send(&outbox, &mut frames).is_some());
    frames.clear(&outbox);
    whole(true);

    append(&outbox, 10);
    assert_eq!(outbox.take(), Some(Bytes::from_static(&[b'x'; 10])));
    assert_eq!(outbox.take(), None);
    whole(true);

    append(&outbox, 10);
    whole(false);
    outbox.close();
    whole(true);
}

#[test]
fn few_bytes_are_unsent_while_the_memory_is_exhausted() {
    let budget = Budget::new(WHOLE);
    let outbox = Outbox::within(WHOLE, Some(Arc::clone(&budget)));
    let few = Outbox::within(WHOLE, Some(Arc::clone(&budget)));
    append(&outbox, 16 * 1024);
    append(&outbox, 1);
    append(&few, 16 * 1024);
    assert!(!outbox.is_over_memory(), "there is memory");
    let all = budget.reserve(WHOLE).unwrap();
    assert!(outbox.is_over_memory());
    assert!(!few.is_over_memory());
    assert_eq!(outbox.room().now_or_never(), Some(()), "it has a turn");
    assert!(!outbox.is_over_memory());
    outbox.end_turn();
    assert!(outbox.is_over_memory());
    let mut frames = Frames::default();
    assert!(send(&outbox, &mut frames).is_some());
    assert!(!outbox.is_over_memory(), "one byte is unsent");
    drop(all);
}

#[test]
fn sixteen_outboxes_have_an_event_unsent_while_the_memory_is_exhausted() {
    let budget = Budget::new(WHOLE);
    let outboxes: Vec<_> =
        (0..17).map(|_| Outbox::within(WHOLE, Some(Arc::clone(&budget)))).collect();
    let all = budget.reserve(WHOLE).unwrap();
    let (last, first) = outboxes.split_last().unwrap();
    for outbox in first {
        assert_eq!(outbox.room().now_or_never(), Some(()));
        append(outbox, 1);
        assert_eq!(outbox.room().now_or_never(), Some(()), "the turn lasts");
    }
    assert_eq!(last.room().now_or_never(), None);
    // An event that was sent ends its turn.
    assert!(send(&first[0], &mut Frames::default()).is_some());
    assert_eq!(last.room().now_or_never(), Some(()));
    assert_eq!(first[0].room().now_or_never(), None);
    // So does the end of a connection, which waits for nothing any more.
    first[1].close();
    assert_eq!(first[0].room().now_or_never(), Some(()));
    assert_eq!(first[1].room().now_or_never(), Some(()));
    drop(all);
    assert_eq!(Outbox::within(1, Some(budget)).room().now_or_never(), Some(()));
}

#[test]
fn an_event_has_its_turn_until_the_codec_has_written_it() {
    let budget = Budget::new(WHOLE);
    let all = budget.reserve(WHOLE).unwrap();
    let turns = || (0..17).map_while(|_| budget.turn().now_or_never()?).collect::<Vec<_>>();
    for end in [Outbox::written, Outbox::end] {
        let outbox = Outbox::counted(10, budget.nothing());
        assert_eq!(outbox.room().now_or_never(), Some(()));
        append(&outbox, 10);
        let mut frames = Frames::default();
        take(&outbox, &mut frames);
        frames.sent(&outbox);
        assert!(!outbox.is_full(), "another result may be written");
        assert_eq!(outbox.room().now_or_never(), None, "another event waits");
        // A close frame that nobody reads ends no turn either.
        frames.clear(&outbox);
        outbox.close();
        assert_eq!(turns().len(), 15);
        end(&outbox);
        assert_eq!(turns().len(), 16);
    }
    drop(all);
}

#[test]
fn bytes_in_the_codec_leave_no_room_for_another_event() {
    let budget = Budget::new(WHOLE);
    let outbox = Outbox::counted(100_000, budget.nothing());
    append(&outbox, 60_000);
    append(&outbox, 40_000);
    let mut frames = Frames::default();
    for _ in 0..2 {
        take(&outbox, &mut frames);
        frames.sent(&outbox);
    }
    assert!(!outbox.is_full());
    assert_eq!(outbox.room().now_or_never(), None);
    append(&outbox, 1);
    assert!(!budget.has_room(WHOLE - 100_000), "they take memory as well");
    outbox.written();
    assert_eq!(outbox.room().now_or_never(), Some(()));
    assert!(budget.has_room(WHOLE - 10_000));
}

#[test]
fn a_closed_outbox_keeps_no_turn() {
    let budget = Budget::new(WHOLE);
    let all = budget.reserve(WHOLE).unwrap();
    let closed = Outbox::within(1, Some(Arc::clone(&budget)));
    closed.close();
    for _ in 0..20 {
        let turn = budget.turn().now_or_never().flatten().expect("a turn is free");
        closed.state().keep(turn);
    }
    drop(all);
}

#[test]
fn a_frame_from_elsewhere_wakes_a_connection_that_waits() {
    let outbox = Outbox::new(100);
    let wakes = Arc::new(Wakes::default());
    let waker = Arc::clone(&wakes).into();
    let mut cx = Context::from_waker(&waker);
    let mut frames = Frames::default();
    assert_eq!(frames.peek(&outbox, &mut cx), None);
    push(&outbox, 1).unwrap();
    assert_eq!(wakes.count(), 1);
    push(&outbox, 1).unwrap();
    assert_eq!(wakes.count(), 1, "it runs already");

    // Woken while it runs, a connection runs once more.
    outbox.wake();
    assert_eq!(wakes.count(), 1);
    for _ in 0..2 {
        assert!(frames.peek(&outbox, &mut cx).is_some());
        frames.sent(&outbox);
    }
    for _ in 0..2 {
        assert_eq!(frames.peek(&outbox, &mut cx), None);
        assert_eq!(wakes.count(), 2);
    }

    outbox.refuse();
    assert_eq!(wakes.count(), 3);
    assert_eq!(push(&outbox, 1), Err(Refused::Closed));
    append(&outbox, 1);
    assert!(send(&outbox, &mut frames).is_some(), "its own calls still write");
}

#[test]
fn a_frame_that_cannot_be_serialised_is_discarded() {
    let outbox = Outbox::new(100);
    let failed = outbox.write(|out| {
        out.extend_from_slice(b"half of a fr");
        Err("no")
    });
    assert_eq!(failed, Err("no"));
    let written: Result<bool, ()> = outbox.write(|out| {
        out.extend_from_slice(b"a frame");
        Ok(())
    });
    assert_eq!(written, Ok(true));
    let mut frames = Frames::default();
    assert_eq!(send(&outbox, &mut frames), Some(Frame::from("a frame")));
    assert_eq!(send(&outbox, &mut frames), None);
}

#[test]
fn a_buffer_has_room_for_most_frames_and_is_given_away_with_them() {
    let outbox = Outbox::new(1000);
    let capacity = || outbox.state().bytes.capacity();
    assert_eq!(capacity(), 0);
    append(&outbox, 1);
    assert!(capacity() >= FIRST);
    take(&outbox, &mut Frames::default());
    assert_eq!(capacity(), 0);
}

#[test]
fn tasks_that_wait_are_woken_together_and_each_keeps_its_place() {
    let outbox = Outbox::new(10);
    append(&outbox, 10);
    let wakes: [Arc<Wakes>; 3] = std::array::from_fn(|_| Arc::default());
    let wakers = wakes.each_ref().map(|wakes| Waker::from(Arc::clone(wakes)));
    let mut ready: Vec<_> = wakes.iter().map(|_| Box::pin(outbox.ready())).collect();
    for (ready, waker) in ready.iter_mut().zip(&wakers) {
        assert!(ready.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    assert_eq!(outbox.waiting(), 3);
    // Another task goes on with the waiting of the last one.
    let moved = ready[2].as_mut().poll(&mut Context::from_waker(&wakers[0]));
    assert!(moved.is_pending());
    drop(ready.remove(1));
    assert_eq!(outbox.waiting(), 2);
    assert!(send(&outbox, &mut Frames::default()).is_some());
    assert_eq!(wakes.map(|wakes| wakes.count()), [2, 0, 0]);
}

#[test]
fn a_thread_keeps_no_large_draft() {
    let outbox = Outbox::new(100);
    let write = |length| {
        let written: Result<bool, ()> = outbox.write(|out| {
            out.extend(std::iter::repeat_n(b'x', length));
            Ok(())
        });
        assert_eq!(written, Ok(outbox.has_room()));
        let draft = DRAFT.take();
        assert_eq!(draft.len(), 0);
        let capacity = draft.capacity();
        DRAFT.set(draft);
        capacity
    };
    assert!(write(1000) >= 1000, "a small one is used again");
    assert_eq!(write(2 * MAX_DRAFT), 0);
}

#[test]
fn sent_frames_wake_those_that_wait_for_room() {
    let outbox = Outbox::new(100);
    append(&outbox, 100);
    append(&outbox, 100);
    let wakes = Arc::new(Wakes::default());
    let waker = Arc::clone(&wakes).into();
    let mut cx = Context::from_waker(&waker);
    let mut ready = std::pin::pin!(outbox.ready());
    assert!(ready.as_mut().poll(&mut cx).is_pending());
    assert!(ready.as_mut().poll(&mut cx).is_pending());
    assert_eq!(outbox.waiting(), 1, "one task waits once");
    let mut frames = Frames::default();
    assert!(send(&outbox, &mut frames).is_some());
    assert_eq!(wakes.count(), 0, "there is no room yet");
    assert!(send(&outbox, &mut frames).is_some());
    assert_eq!(wakes.count(), 1);
    assert!(ready.poll(&mut cx).is_ready());
}
