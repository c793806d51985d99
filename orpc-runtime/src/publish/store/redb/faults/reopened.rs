//! Files that are opened again while their publisher runs, unchanged, shorter or with another
//! history.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use futures::StreamExt as _;

use super::platter::{Fault, Platter};
use super::rows::{publish, read};
use super::{builder, open, publish_all};
use crate::publish::gap::GapReason;
use crate::publish::{Publisher, ReadError, Start};

/// A waker that notes its call.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// A publisher whose room `history` has more than is held in memory.
async fn open_with_history(platter: &Platter) -> Publisher<String> {
    let texts: Publisher<String> = builder().open_disk(platter.mount(), true).unwrap();
    for _ in 0..60 {
        texts.publish("history", &"x".repeat(10_000)).await.unwrap();
    }
    texts
}

/// Fails one read of the history, upon which the file is opened again.
async fn reopen(platter: &Platter, texts: &Publisher<String>) {
    platter.fail(Fault::Read { after: 0 });
    let mut reader = texts.subscribe("history", Start::Earliest).unwrap();
    for _ in 0..60 {
        reader.next_ready().await.unwrap().unwrap();
    }
    assert_eq!(platter.content().fault, Fault::None, "the file was read");
}

#[tokio::test]
async fn a_file_that_is_opened_again_unchanged_continues_in_its_epoch() {
    let platter = Platter::default();
    let texts = open_with_history(&platter).await;
    let text = "text".to_owned();
    let first = texts.publish("room", &text).await.unwrap();
    let mut reader = texts.subscribe("room", first).unwrap();
    let mut idle = texts.subscribe("idle", Start::Latest).unwrap();
    reopen(&platter, &texts).await;
    let second = texts.publish("room", &text).await.unwrap();
    assert_eq!((second.epoch(), second.sequence()), (first.epoch(), 2));
    assert_eq!(reader.next_ready().await.unwrap().unwrap().id(), Some(second));
    let first = texts.publish("idle", &text).await.unwrap();
    assert_eq!(idle.next_ready().await.unwrap().unwrap().id(), Some(first));
}

#[tokio::test]
async fn readers_of_events_that_a_file_lost_while_it_was_open_get_a_gap() {
    let platter = Platter::default();
    let texts = open_with_history(&platter).await;
    let text = "text".to_owned();
    let kept = texts.publish("room", &text).await.unwrap();
    let older = platter.events();
    let lost = texts.publish("room", &text).await.unwrap();
    let gone = texts.publish("gone", &text).await.unwrap();
    let mut of_kept = texts.subscribe("room", kept).unwrap();
    let mut of_lost = texts.subscribe("room", lost).unwrap();
    let mut of_gone = texts.subscribe("gone", gone).unwrap();
    let mut idle = texts.subscribe("idle", Start::Latest).unwrap();
    assert!(idle.next_ready().await.is_none());
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    assert!(of_gone.poll_next_unpin(&mut Context::from_waker(&waker)).is_pending());
    platter.overwrite_events(&older);
    reopen(&platter, &texts).await;

    let next = texts.publish("room", &text).await.unwrap();
    assert_eq!(next.sequence(), 2);
    assert_ne!(next.epoch(), lost.epoch());
    // Its reader is woken without a new event.
    assert!(woken.0.load(Ordering::Acquire));
    let Some(Err(ReadError::Gap(gap))) = of_gone.next_ready().await else { panic!("no gap") };
    assert_eq!(gap.reason(), GapReason::Epoch);
    let Some(Err(ReadError::Gap(gap))) = of_lost.next_ready().await else { panic!("no gap") };
    assert_eq!((gap.reason(), gap.resume()), (GapReason::Epoch, kept));
    assert_eq!(of_lost.next_ready().await.unwrap().unwrap().id(), Some(next));
    assert_eq!(of_kept.next_ready().await.unwrap().unwrap().id(), Some(next));
    let again = texts.publish("gone", &text).await.unwrap();
    assert_eq!(again.sequence(), 2, "a number is given again");
    assert_ne!(again.epoch(), gone.epoch());
    assert_eq!(of_gone.next_ready().await.unwrap().unwrap().id(), Some(again));
    // A channel without events has lost none.
    let first = texts.publish("idle", &text).await.unwrap();
    assert_eq!(idle.next_ready().await.unwrap().unwrap().id(), Some(first));
    drop((texts, of_kept, of_lost, of_gone, idle));

    // The same later: an id that was given before is not in the file.
    let texts = open_with_history(&platter).await;
    let later = texts.publish("room", &text).await.unwrap();
    assert_eq!(later.sequence(), 3);
    let mut reader = texts.subscribe("room", next).unwrap();
    assert_eq!(reader.next_ready().await.unwrap().unwrap().id(), Some(later));
    for (room, id) in [("room", lost), ("gone", gone)] {
        let mut reader = texts.subscribe(room, id).unwrap();
        assert!(matches!(reader.next_ready().await, Some(Err(ReadError::Gap(_)))), "{room}");
    }
}

/// A snapshot of the disk is continued elsewhere, and put back while the publisher runs.
#[tokio::test]
async fn ids_that_a_longer_file_of_another_history_lacks_are_not_given_again() {
    let platter = Platter::default();
    let texts = open_with_history(&platter).await;
    let text = "text".to_owned();
    let kept = texts.publish("room", &text).await.unwrap();
    let copy = platter.snapshot();
    {
        let texts: Publisher<String> = builder().open_disk(copy.mount(), true).unwrap();
        for _ in 0..5 {
            texts.publish("other", &text).await.unwrap();
        }
    }
    let lost = texts.publish("room", &text).await.unwrap();
    platter.overwrite_events(&copy.events());
    reopen(&platter, &texts).await;
    let next = texts.publish("room", &text).await.unwrap();
    assert_eq!((lost.epoch(), next.sequence()), (kept.epoch(), lost.sequence()));
    assert_ne!(next, lost);
}

#[tokio::test]
async fn channels_that_appear_in_the_file_are_those_of_the_publisher() {
    let platter = Platter::default();
    let texts = open_with_history(&platter).await;
    let text = "text".to_owned();
    let copy = Platter::with_file(platter.events());
    let found = {
        let texts: Publisher<String> = builder().open_disk(copy.mount(), true).unwrap();
        texts.publish("found", &text).await.unwrap()
    };
    platter.overwrite_events(&copy.events());
    reopen(&platter, &texts).await;
    texts.publish("room", &text).await.unwrap();
    let mut reader = texts.subscribe("found", Start::Earliest).unwrap();
    assert_eq!(reader.next_ready().await.unwrap().unwrap().id(), Some(found));
    let next = texts.publish("found", &text).await.unwrap();
    assert_eq!((next.epoch(), next.sequence()), (found.epoch(), 2));
}

/// Of a file that cannot be written its events are delivered; those that are published later
/// continue it.
#[tokio::test]
async fn a_file_that_was_opened_on_a_full_disk_is_continued_once_there_is_room() {
    for is_known in [true, false] {
        let platter = Platter::default();
        let last = publish_all(&open(&platter).unwrap(), 0..5).await;
        // A copy of it is not known to be whole.
        let platter = if is_known { platter } else { Platter::with_file(platter.events()) };
        let operations = platter.content().operations;
        platter.fail(Fault::FullAt { at: operations });
        let numbers = open(&platter).unwrap();
        assert_eq!(read(&numbers, "room", Start::Earliest).await, (None, vec![1, 2, 3, 4, 5]));
        let mut waiting = numbers.subscribe("room", Start::Latest).unwrap();
        let mut idle = numbers.subscribe("idle", Start::Latest).unwrap();
        assert!(waiting.next_ready().await.is_none() && idle.next_ready().await.is_none());
        assert!(numbers.publish("room", &5).await.is_err());
        platter.fail(Fault::None);
        let next = publish(&numbers, "room").await;
        assert_eq!(next.sequence(), 6);
        assert_eq!(next.epoch() == last.epoch(), is_known);
        assert_eq!(waiting.next_ready().await.unwrap().unwrap().id(), Some(next));
        let first = publish(&numbers, "idle").await;
        assert_eq!(idle.next_ready().await.unwrap().unwrap().id(), Some(first));
        drop((numbers, waiting, idle));
        let numbers = open(&platter).unwrap();
        let later = publish(&numbers, "room").await;
        // Without a mark, for which there was no room, nothing proves that it is whole.
        assert_eq!(later.epoch() == next.epoch(), is_known);
        assert_eq!(later.sequence(), 7);
    }
}
