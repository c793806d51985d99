//! Sweeps of a file: they remove the events that were trimmed.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;

use super::super::beside::Beside;
use super::super::database::Current;
use super::super::file::Layout;
use super::super::place::find_or_make;
use super::super::queue::{Next, Queue};
use super::super::writer::{SWEPT, Writer};
use super::{Fault, Platter};
use crate::publish::clock::{Clock, SystemClock, Timeline};
use crate::publish::log::Limits;
use crate::publish::store::channels::Channels;
use crate::publish::{NewEvent, Start};

const RETENTION: Duration = Duration::from_secs(160);

/// A clock that is set by hand.
#[derive(Clone, Default)]
struct Hands(Arc<Mutex<Duration>>);

impl Clock for Hands {
    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn wall(&self) -> SystemTime {
        SystemClock::default().wall()
    }
}

fn writer(platter: &Platter, clock: &Hands, total: u64) -> Writer {
    let limits = Limits::in_file(RETENTION, 100, 1 << 20).with_total(total);
    let channels = Channels::new(Timeline::new(Arc::new(clock.clone())), limits, 100);
    let disk = platter.mount();
    let file = find_or_make(&*disk, Duration::ZERO, &Layout::EVENTS).unwrap();
    let beside = Beside::open(&*disk, Arc::clone(&file));
    Writer::open(channels, Current::open(disk, true, file, &Layout::EVENTS).unwrap(), beside)
        .unwrap()
}

/// Publishes one event to each of that many channels. Returns the number of those that were published.
fn publish(writer: &mut Writer, channels: usize) -> usize {
    let queue = Queue::default();
    let event = |number: usize| NewEvent {
        channel: format!("room-{number}").into(),
        envelope: "{}".into(),
        audience: None,
        key: None,
    };
    let publishing = (0..channels).map(|number| Box::pin(queue.publish(event(number))));
    let mut publishing: Vec<_> = publishing.collect();
    assert!(publishing.iter_mut().all(|published| published.now_or_never().is_none()));
    let Next::Requests(requests) = queue.take(Duration::ZERO) else { panic!("nothing is queued") };
    writer.write(requests);
    let published = publishing.into_iter().map(|it| it.now_or_never().expect("it is written"));
    published.filter(Result::is_ok).count()
}

fn pass(clock: &Hands, time: Duration) {
    *clock.0.lock().unwrap() += time;
}

/// Numbers of the oldest events in the file, with those of channels without one.
fn earliest(writer: &Writer) -> Vec<Option<u64>> {
    let mut channels = writer.channels.all();
    channels.sort_by_key(|channel| Arc::clone(&channel.name));
    channels.iter().map(|channel| channel.state().place.map(|place| place.earliest)).collect()
}

/// Also while somebody reads the channel, and nothing else is published.
#[test]
fn the_events_of_a_new_channel_leave_the_file_after_their_retention() {
    // The second is found in the file when it is opened again.
    for fault in [Fault::None, Fault::Sync { after: 0 }] {
        let (platter, clock) = (Platter::default(), Hands::default());
        let mut writer = writer(&platter, &clock, u64::MAX);
        let _reader = writer.channels.register("room-0", Start::Latest).unwrap();
        pass(&clock, RETENTION);
        platter.fail(fault);
        assert_eq!(publish(&mut writer, 2), 2);
        pass(&clock, RETENTION);
        writer.sweep();
        assert_eq!(earliest(&writer), [Some(1), Some(1)]);
        pass(&clock, RETENTION / 8);
        writer.sweep();
        assert_eq!(earliest(&writer), [Some(2), Some(2)]);
    }
}

#[test]
fn an_event_that_is_found_later_leaves_the_file_after_its_retention() {
    let (platter, clock) = (Platter::default(), Hands::default());
    let mut writer = writer(&platter, &clock, u64::MAX);
    let _reader = writer.channels.register("room-0", Start::Latest).unwrap();
    platter.fail(Fault::Syncs);
    assert_eq!(publish(&mut writer, 1), 0);
    platter.fail(Fault::None);
    writer.recover().unwrap();
    assert_eq!(earliest(&writer), [Some(1)]);
    pass(&clock, RETENTION + RETENTION / 8);
    writer.sweep();
    assert_eq!(earliest(&writer), [Some(2)]);
}

#[test]
fn the_events_of_new_channels_are_trimmed_while_all_are_too_large() {
    let clock = Hands::default();
    let mut writer = writer(&Platter::default(), &clock, 300);
    assert_eq!(publish(&mut writer, 8), 8);
    assert!(writer.channels.is_over());
    writer.sweep();
    assert!(!writer.channels.is_over());
    assert_eq!(earliest(&writer).last(), Some(&Some(1)), "the newest is there");
}

#[test]
fn a_sweep_that_may_have_left_something_is_followed_by_another() {
    let clock = Hands::default();
    let mut writer = writer(&Platter::default(), &clock, u64::MAX);
    assert_eq!(publish(&mut writer, SWEPT), SWEPT);
    pass(&clock, RETENTION + RETENTION / 8);
    let (before, now) = (writer.swept, writer.channels.timeline.now());
    writer.sweep();
    assert_eq!(writer.swept, before, "it has visited as many as it may");
    writer.sweep();
    assert_eq!(writer.swept, now);
}
