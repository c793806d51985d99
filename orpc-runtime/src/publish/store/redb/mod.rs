//! Events in a file, by redb.

mod database;
mod disk;
mod file;
mod load;
mod queue;
mod record;
mod writer;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::watch;

use self::database::{Current, guarded};
pub(crate) use self::disk::{Disk, SystemDisk};
use self::load::read_events;
use self::queue::Queue;
use self::writer::Writer;
use super::channels::Channels;
use super::follower::{Elsewhere, Follower};
use super::{Follow, NewEvent, Record, Start, Store};
use crate::publish::clock::Timeline;
use crate::publish::error::{PublishError, ReadError, StoreError, SubscribeError};
use crate::publish::id::EventId;
use crate::publish::log::Limits;

/// Keeps events in a file.
pub(crate) struct FileStore {
    channels: Arc<Channels>,
    current: Current,
    queue: Arc<Queue>,
    /// Says when the writer has ended, by its sender's end.
    ended: watch::Receiver<()>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl FileStore {
    /// Opens a file. `syncs` is whether an event has to be on the disk, or with the
    /// operating system, before it counts as published.
    pub(crate) fn open(
        disk: Box<dyn Disk>,
        syncs: bool,
        timeline: Timeline,
        limits: Limits,
        max_channels: usize,
    ) -> Result<Self, StoreError> {
        let channels = Channels::new(timeline, limits, max_channels);
        let (current, queue) = (Current::default(), Arc::new(Queue::default()));
        let writer = Writer::open(disk, syncs, Arc::clone(&channels), current.clone())?;
        let (ending, ended) = watch::channel(());
        let requests = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name("orpc-events".to_owned());
        let thread = thread.spawn(move || {
            let _ending = ending;
            writer.run(&requests);
        })?;
        Ok(Self { channels, current, queue, ended, writer: Mutex::new(Some(thread)) })
    }
}

impl Store for FileStore {
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        let queue = Arc::clone(&self.queue);
        async move { queue.publish(event).await }.boxed()
    }

    fn subscribe(&self, channel: &str, start: Start) -> Result<Box<dyn Follow>, SubscribeError> {
        let reader = self.channels.reader(channel, start)?;
        let elsewhere = Arc::new(InFile(self.current.clone()));
        Ok(Box::new(Follower::new(reader, Some(elsewhere))))
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.queue.close();
        let mut ended = self.ended.clone();
        // Nothing is ever sent: it ends with its sender.
        async move { while ended.changed().await.is_ok() {} }.boxed()
    }

    fn channels(&self) -> usize {
        self.channels.len()
    }
}

impl Drop for FileStore {
    /// Waits for the writer: then the file is closed, and can be opened again.
    fn drop(&mut self) {
        self.queue.close();
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the thread that writes events panicked");
        }
    }
}

/// Events that are in the file alone.
struct InFile(Current);

impl Elsewhere for InFile {
    fn read(
        &self,
        channel: u64,
        first: u64,
        last: u64,
        bytes: u64,
    ) -> BoxFuture<'static, Result<Vec<Record>, ReadError>> {
        let current = self.0.clone();
        let read = move || {
            let read = current.with(|opened| {
                guarded(|| read_events(&opened.database, channel, first, last, bytes))
            });
            read.unwrap_or_else(|| Err(unusable())).map_err(ReadError::Store)
        };
        async move {
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) => {
                    let read = runtime.spawn_blocking(read).await;
                    read.unwrap_or_else(|error| {
                        Err(ReadError::Store(io::Error::other(error).into()))
                    })
                }
                // Without tokio there is no other thread to read on.
                Err(_) => read(),
            }
        }
        .boxed()
    }
}

/// What is said while a file cannot be used.
fn unusable() -> StoreError {
    io::Error::other("the file of events is closed").into()
}
