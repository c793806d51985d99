//! Delivery of events to many readers: each channel is read once and each event is
//! encoded once, for all readers of a publisher.
//!
//! A reader with all events costs an entry in a table. One that resumes at an older
//! position, or whose socket has no room, has a task of its own until it has caught up.

mod channel;
mod lingering;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use self::channel::Channel;
use self::lingering::Lingering;
use super::audience::Subscriber;
use super::error::SubscribeError;
use super::reader::ChannelReader;
use super::store::{Start, Store};
use crate::core::Error;
use crate::socket::{SendError, Socket};
use crate::task::Handle;
use crate::wire::SharedEvent;

pub(crate) use channel::Registration;

/// Destination of one reader's events.
pub(crate) trait Receiver: Send + Sync + 'static {
    /// Returns the socket that has to have room for an event.
    fn socket(&self) -> &Socket;

    /// Sends an event if there is room; otherwise it is read again later.
    fn try_send(&self, event: &SharedEvent) -> Result<(), SendError>;

    /// Sends the error event with which the reader ends.
    fn end(&self, event: &SharedEvent);
}

/// The channels of a publisher that have readers.
pub(crate) struct Fanout {
    /// `Weak`, so that readers do not keep the publisher open.
    store: Weak<dyn Store>,
    open: Mutex<HashMap<Arc<str>, Weak<Channel>>>,
    lingering: Lingering,
}

impl Fanout {
    pub(super) fn new(store: Weak<dyn Store>) -> Arc<Self> {
        Arc::new(Self { store, open: Mutex::default(), lingering: Lingering::default() })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Arc<str>, Weak<Channel>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a reader of a channel, behind the position of `reader`. It is removed when
    /// the registration is dropped. `None` if it has ended already, and was told.
    ///
    /// # Errors
    /// If the channel cannot be read, or there is no tokio runtime to read it in.
    pub(crate) fn join(
        self: &Arc<Self>,
        name: &str,
        reader: ChannelReader,
        receiver: Arc<dyn Receiver>,
    ) -> Result<Option<Registration>, Error> {
        let runtime = Handle::try_current().map_err(Error::internal)?;
        Ok(self.channel(name, &runtime)?.join(reader, receiver))
    }

    /// Returns the readers of a channel, which is opened if it is not.
    fn channel(
        self: &Arc<Self>,
        name: &str,
        runtime: &Handle,
    ) -> Result<Arc<Channel>, SubscribeError> {
        // Dropped when the table is no longer locked: it may be the last handle of its
        // channel, which removes itself.
        let known;
        let mut open = self.open();
        known = open.get(name).and_then(Weak::upgrade);
        if let Some(channel) = &known
            && !channel.is_over()
        {
            return Ok(Arc::clone(channel));
        }
        let reader = self.reader(name, Start::Latest, None)?;
        let channel = Channel::open(name.into(), self, reader, runtime);
        open.insert(Arc::clone(channel.name()), Arc::downgrade(&channel));
        Ok(channel)
    }

    /// Reads a channel of the publisher.
    fn reader(
        &self,
        channel: &str,
        start: Start,
        subscriber: Option<Subscriber>,
    ) -> Result<ChannelReader, SubscribeError> {
        let store = self.store.upgrade().ok_or(SubscribeError::Closed)?;
        let mut reader = ChannelReader::new(store.subscribe(channel, start), start)?;
        reader.subscriber = subscriber;
        Ok(reader)
    }

    /// Removes a channel from the table, unless another one of its name was opened.
    fn remove(&self, name: &str) {
        let mut open = self.open();
        if open.get(name).is_some_and(|channel| channel.strong_count() == 0) {
            open.remove(name);
        }
    }

    /// Returns the number of channels that have readers or had some a moment ago.
    #[cfg(test)]
    pub(crate) fn channels(&self) -> usize {
        self.open().len()
    }
}

impl fmt::Debug for Fanout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fanout").field("channels", &self.open().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::publish::store::tests::{distant, publish};
    use crate::publish::{OpenError, Publisher};

    /// Receives nothing.
    struct Deaf(Socket);

    impl Receiver for Deaf {
        fn socket(&self) -> &Socket {
            &self.0
        }

        fn try_send(&self, _: &SharedEvent) -> Result<(), SendError> {
            Ok(())
        }

        fn end(&self, _: &SharedEvent) {}
    }

    fn join(publisher: &Publisher<String>, channel: &str) -> Arc<Fanout> {
        let subscription = publisher.subscribe(channel, Start::Latest).unwrap();
        let (reader, channel, fanout) = subscription.into_parts();
        let registration = fanout.join(&channel, reader, Arc::new(Deaf(Socket::detached())));
        let text = format!("{:?}", registration.unwrap().unwrap());
        assert_eq!(text, format!("Registration {{ channel: {channel:?}, .. }}"));
        fanout
    }

    /// Lets the tasks of channels that were closed end.
    async fn settle() {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_subscription_that_is_not_used_opens_no_channel() {
        let publisher = Publisher::<String>::memory();
        for number in 0..100 {
            drop(publisher.subscribe(&number.to_string(), Start::Latest).unwrap().hibernate());
        }
        let (.., fanout) = publisher.subscribe("0", Start::Latest).unwrap().into_parts();
        assert_eq!(fanout.channels(), 0);
        settle().await;
        assert_eq!(publisher.channels(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn channels_that_were_left_are_kept_for_a_while_and_a_bounded_number_of_them() {
        let publisher = Publisher::<String>::memory();
        let mut fanout = None;
        for number in 0..3000 {
            let known = fanout.insert(join(&publisher, &number.to_string())).channels();
            assert!(known <= 1024, "{known}");
        }
        let fanout = fanout.unwrap();
        // The last ones are still open.
        assert_eq!(fanout.channels(), 1024);
        assert!(fanout.open().contains_key("2999"));
        tokio::time::sleep(Duration::from_secs(61)).await;
        settle().await;
        assert_eq!((fanout.channels(), publisher.channels()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_channel_that_was_read_again_is_kept_for_a_while_as_before() {
        let publisher = Publisher::<String>::memory();
        let fanout = join(&publisher, "room");
        tokio::time::sleep(Duration::from_secs(30)).await;
        let (reader, name, _) = publisher.subscribe("room", Start::Latest).unwrap().into_parts();
        let reading = fanout.join(&name, reader, Arc::new(Deaf(Socket::detached()))).unwrap();
        // Longer than it would have been kept.
        tokio::time::sleep(Duration::from_secs(61)).await;
        settle().await;
        assert_eq!(fanout.channels(), 1);
        drop(reading);
        tokio::time::sleep(Duration::from_secs(59)).await;
        settle().await;
        assert_eq!(fanout.channels(), 1);
        tokio::time::sleep(Duration::from_secs(2)).await;
        settle().await;
        assert_eq!((fanout.channels(), publisher.channels()), (0, 0));
    }

    #[tokio::test]
    async fn a_publisher_that_is_dropped_ends_its_channels() {
        let publisher = Publisher::<String>::memory();
        let fanout = join(&publisher, "room");
        assert_eq!(fanout.channels(), 1);
        assert_eq!(format!("{fanout:?}"), "Fanout { channels: 1, .. }");
        drop(publisher);
        let end = fanout.channel("room", &Handle::current());
        assert!(matches!(end, Ok(channel) if !channel.is_over()), "its task has not run");
        settle().await;
        let end = fanout.channel("room", &Handle::current());
        assert!(matches!(end, Err(SubscribeError::Closed)));
    }

    #[test]
    fn without_a_runtime_a_reader_is_refused() {
        let publisher = Publisher::<String>::memory();
        let (reader, channel, fanout) =
            publisher.subscribe("a", Start::Latest).unwrap().into_parts();
        let refused = fanout.join(&channel, reader, Arc::new(Deaf(Socket::detached())));
        assert_eq!(refused.unwrap_err().code(), "INTERNAL_SERVER_ERROR");
    }

    /// A hibernating reader, which counts its events and its end.
    struct Counter {
        socket: Socket,
        events: AtomicUsize,
        ends: AtomicUsize,
    }

    impl Receiver for Counter {
        fn socket(&self) -> &Socket {
            &self.socket
        }

        fn try_send(&self, _: &SharedEvent) -> Result<(), SendError> {
            self.events.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        fn end(&self, _: &SharedEvent) {
            self.ends.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Counter {
        fn new() -> Arc<Self> {
            let (events, ends) = (AtomicUsize::new(0), AtomicUsize::new(0));
            Arc::new(Self { socket: Socket::detached(), events, ends })
        }

        /// Numbers of events and ends.
        fn counts(&self) -> (usize, usize) {
            (self.events.load(Ordering::Relaxed), self.ends.load(Ordering::Relaxed))
        }
    }

    /// Lets tasks run until a condition holds.
    async fn until(holds: impl Fn() -> bool) {
        for _ in 0..100_000 {
            if holds() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("the condition does not hold");
    }

    #[tokio::test]
    async fn hibernating_readers_begin_when_the_store_answers_and_leave_no_task() {
        let (publisher, network) = distant();
        let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        publish(&publisher, 1..=1).await;
        let (reader, name, fanout) =
            publisher.subscribe("room", Start::Latest).unwrap().into_parts();
        let counter = Counter::new();
        let reading = fanout.join(&name, reader, Arc::clone(&counter) as _).unwrap().unwrap();
        publish(&publisher, 2..=2).await;
        // Of the reader, and of the channel.
        assert!(network.answer(Ok(())) && network.answer(Ok(())));
        // That of the channel stays.
        until(|| tasks() == 1).await;
        assert_eq!(counter.counts(), (0, 0));
        publish(&publisher, 3..=4).await;
        until(|| counter.counts() == (2, 0)).await;
        assert_eq!(tasks(), 1);
        drop(reading);
    }

    /// The channel can be read although the subscription could not.
    #[tokio::test]
    async fn a_reader_that_has_ended_before_it_hibernates_is_opened_again() {
        let (publisher, network) = distant();
        let mut subscription = publisher.subscribe("room", Start::Latest).unwrap();
        assert!(network.answer(Err(OpenError::Closed)));
        subscription.opened().await.unwrap_err();
        let (reader, name, fanout) = subscription.into_parts();
        let counter = Counter::new();
        let reading = fanout.join(&name, reader, Arc::clone(&counter) as _).unwrap().unwrap();
        // The channel, and the reader.
        until(|| network.waiting() == 2).await;
        assert!(network.answer(Ok(())) && network.answer(Ok(())));
        until(|| tokio::runtime::Handle::current().metrics().num_alive_tasks() == 1).await;
        publish(&publisher, 1..=2).await;
        until(|| counter.counts() == (2, 0)).await;
        drop(reading);
    }

    #[tokio::test]
    async fn hibernating_readers_of_a_store_that_refuses_them_end() {
        let refused = || Err(OpenError::Closed);
        for (of_reader, of_channel) in [(refused(), Ok(())), (Ok(()), refused())] {
            let (publisher, network) = distant();
            let (reader, name, fanout) =
                publisher.subscribe("room", Start::Latest).unwrap().into_parts();
            let counter = Counter::new();
            let _reading = fanout.join(&name, reader, Arc::clone(&counter) as _).unwrap().unwrap();
            assert!(network.answer(of_reader) && network.answer(of_channel));
            until(|| counter.counts() == (0, 1)).await;
        }
    }
}
