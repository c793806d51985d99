//! Events in a file, by redb.

mod beside;
mod database;
mod disk;
mod error;
#[cfg(test)]
pub(crate) mod faults;
mod file;
mod load;
mod open;
mod overlay;
mod place;
mod queue;
mod record;
#[cfg(test)]
mod recorder;
mod writer;

use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::watch;

use self::beside::Beside;
use self::error::at;
use self::load::read_events;
use self::queue::Queue;
use self::writer::Writer;
// For the storage of rooms as well.
pub(crate) use self::database::Current;
#[cfg(all(test, feature = "websocket"))]
pub(crate) use self::database::Opened;
#[cfg(feature = "websocket")]
pub(crate) use self::database::{failure, guarded};
pub(crate) use self::disk::{Disk, SystemDisk};
#[cfg(feature = "websocket")]
pub(crate) use self::error::may_pass;
pub(crate) use self::file::Layout;
pub(crate) use self::place::find_or_make;
use super::channels::Channels;
use super::replays::{Fetch, Pool, ReplayReader};
use super::{NewEvent, Opening, Start, Store};
use crate::publish::clock::Timeline;
use crate::publish::durability::Durability;
use crate::publish::error::{PublishError, ReadError, StoreError};
use crate::publish::id::EventId;
use crate::publish::log::Limits;

/// Stores events in a file.
struct FileStore {
    channels: Arc<Channels>,
    queue: Arc<Queue>,
    /// Threads that read events that are only in the file.
    pool: Pool,
    /// Closed when the writer has ended, together with its sender.
    ended: watch::Receiver<()>,
    /// `true` if an event is published once it is on the disk.
    syncs: bool,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl FileStore {
    /// Opens a file. With `syncs` an event is published once it is on the disk,
    /// otherwise once it is written to the operating system.
    fn open(
        disk: Box<dyn Disk>,
        syncs: bool,
        timeline: Timeline,
        limits: Limits,
        max_channels: usize,
        patience: Duration,
        replay_budget: u64,
    ) -> Result<Self, StoreError> {
        let channels = Channels::new(timeline, limits, max_channels);
        let path = disk.path().to_owned();
        let open = || {
            let file = find_or_make(&*disk, patience, &Layout::EVENTS)?;
            let mut beside = Beside::open(&*disk, Arc::clone(&file));
            let current = Current::open(disk, syncs, file, &Layout::EVENTS)?;
            beside.make(current.disk());
            let writer = Writer::open(Arc::clone(&channels), current.clone(), beside)?;
            Ok((current, writer))
        };
        let (current, writer) = open().map_err(|error: StoreError| at(&error, &path))?;
        let pool = Pool::start(replay_budget, reads(current))?;
        let queue = Arc::new(Queue::default());
        let (sender, ended) = watch::channel(());
        let (requests, readers) = (Arc::clone(&queue), Arc::clone(&channels));
        let thread = std::thread::Builder::new().name("orpc-events".to_owned());
        let thread = thread.spawn(move || {
            let ending = Ending { queue: requests, channels: readers, _sender: sender };
            writer.run(&ending.queue);
        })?;
        Ok(Self { channels, queue, pool, ended, syncs, writer: Mutex::new(Some(thread)) })
    }
}

/// Returns the function that reads events of that file.
fn reads(current: Current) -> Arc<Fetch> {
    Arc::new(move |wanted, bytes| {
        let read = current.read(|opened| read_events(&opened.database, wanted, bytes));
        read.map_err(
            |error| {
                if current.is_closed() { ReadError::Closed } else { ReadError::Store(error) }
            },
        )
    })
}

/// Closes the channels when the writer ends, even by a panic.
struct Ending {
    queue: Arc<Queue>,
    channels: Arc<Channels>,
    _sender: watch::Sender<()>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.queue.abandon();
        self.channels.close();
    }
}

impl Store for FileStore {
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        let queue = Arc::clone(&self.queue);
        async move { queue.publish(event).await }.boxed()
    }

    fn subscribe(&self, channel: &str, start: Start) -> Opening {
        let reader = self.channels.register(channel, start);
        let replays = Arc::clone(self.pool.replays());
        ready(reader.map(|reader| Box::new(ReplayReader::new(reader, replays)) as _)).boxed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.queue.close();
        let mut ended = self.ended.clone();
        // Nothing is ever sent: it ends with its sender.
        async move { while ended.changed().await.is_ok() {} }.boxed()
    }

    fn durability(&self) -> Durability {
        if self.syncs { Durability::Commit } else { Durability::Process }
    }

    fn channels(&self) -> usize {
        self.channels.len()
    }
}

impl Drop for FileStore {
    /// Waits for the writer: afterwards the file is closed, and can be opened again.
    fn drop(&mut self) {
        self.queue.close();
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the thread that writes events panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::clock::SystemClock;
    use crate::publish::store::OpenError;

    #[tokio::test]
    async fn a_writer_that_panics_ends_its_publishers_and_readers() {
        let timeline = Timeline::new(Arc::new(SystemClock::default()));
        let limits = Limits::in_memory(Duration::from_secs(60), 100, 1 << 20);
        let channels = Channels::new(timeline, limits, 10);
        let queue = Arc::new(Queue::default());
        let (sender, mut ended) = watch::channel(());
        let ending =
            Ending { queue: Arc::clone(&queue), channels: Arc::clone(&channels), _sender: sender };
        let event = || NewEvent {
            channel: "room".into(),
            envelope: "{}".into(),
            audience: None,
            key: None,
        };
        let waiting = queue.publish(event());
        let mut waiting = std::pin::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(ending);
        assert!(ended.changed().await.is_err());
        waiting.now_or_never().expect("it is told").unwrap_err();
        assert!(matches!(queue.publish(event()).await, Err(PublishError::Closed)));
        assert!(matches!(channels.register("room", Start::Latest), Err(OpenError::Closed)));
    }
}
