//! Contents of files.

use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::{
    io::{Read as _, Seek as _, SeekFrom},
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{FutureExt as _, Stream, StreamExt as _, TryStreamExt as _};

use crate::task::{Blocking, block};

use crate::budget::Reservation;

/// Number of bytes of a temporary file that are read at a time.
const BLOCK: u64 = 128 * 1024;

type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// Location of a file's bytes.
pub(super) enum Content {
    Memory(Bytes),
    Disk(Disk),
    /// Taken by the first reader.
    Stream(Mutex<Option<ByteStream>>),
}

/// An unnamed temporary file: its space is freed when the last handle is dropped, even
/// if the process is killed.
#[derive(Clone)]
pub(crate) struct Disk {
    file: Arc<Mutex<std::fs::File>>,
    length: u64,
    _space: Arc<Space>,
}

/// Parts of budgets that a temporary file takes: its bytes, and its descriptor.
pub(crate) type Space = [Reservation; 2];

impl Disk {
    /// Wraps a file of `length` bytes, which takes that space until it is deleted.
    pub(crate) fn new(file: std::fs::File, length: u64, space: Space) -> Self {
        Self { file: Arc::new(Mutex::new(file)), length, _space: Arc::new(space) }
    }

    /// Reads the block at that offset, on a blocking thread.
    fn read(&self, at: u64) -> io::Result<Blocking<io::Result<Bytes>>> {
        let file = Arc::clone(&self.file);
        let length = BLOCK.min(self.length - at);
        block(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(at))?;
            let mut block = Vec::new();
            (&mut *file).take(length).read_to_end(&mut block)?;
            if (block.len() as u64) < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(block.into())
        })
    }
}

impl Content {
    pub(super) fn stream<S, E>(bytes: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        // A panic would end the connection's task.
        let bytes = AssertUnwindSafe(bytes.map_err(io::Error::other)).catch_unwind();
        let bytes = bytes.map(|read| {
            read.unwrap_or_else(|_| Err(io::Error::other("the stream of a file panicked")))
        });
        Self::Stream(Mutex::new(Some(bytes.boxed())))
    }

    /// The number of its bytes that are in memory.
    #[cfg(feature = "http")]
    pub(super) fn in_memory(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::Disk(_) | Self::Stream(_) => 0,
        }
    }

    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Memory(bytes) => Some(bytes.len() as u64),
            Self::Disk(disk) => Some(disk.length),
            Self::Stream(_) => None,
        }
    }

    pub(super) fn reader(&self) -> FileReader {
        FileReader(match self {
            Self::Memory(bytes) => Rest::Memory(bytes.clone()),
            Self::Disk(disk) => Rest::Disk { disk: disk.clone(), at: 0, reading: None },
            Self::Stream(stream) => {
                match stream.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    Some(stream) => Rest::Stream(stream),
                    None => Rest::Taken,
                }
            }
        })
    }
}

/// The bytes of a [`File`](super::File), block by block.
pub struct FileReader(Rest);

enum Rest {
    Memory(Bytes),
    Disk {
        disk: Disk,
        at: u64,
        reading: Option<Blocking<io::Result<Bytes>>>,
    },
    Stream(ByteStream),
    /// The stream has another reader.
    Taken,
    Done,
}

impl FileReader {
    /// Reads the rest, up to `limit` bytes.
    pub(super) async fn read_all(mut self, limit: usize) -> io::Result<Bytes> {
        let Some(first) = self.try_next().await? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut all = BytesMut::new();
        while let Some(block) = self.try_next().await? {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            if block.len() > limit - all.len() {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            all.extend_from_slice(&block);
        }
        Ok(if all.is_empty() { first } else { all.freeze() })
    }

    fn poll_block(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match &mut self.0 {
            Rest::Memory(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)))
            }
            Rest::Disk { disk, at, .. } if *at == disk.length => Poll::Ready(None),
            Rest::Disk { disk, at, reading } => {
                let running = match reading {
                    Some(running) => running,
                    None => reading.insert(disk.read(*at)?),
                };
                let read = ready!(running.poll_unpin(cx)).map_err(io::Error::other);
                *reading = None;
                let block = read.and_then(|block| block)?;
                *at += block.len() as u64;
                Poll::Ready(Some(Ok(block)))
            }
            Rest::Stream(stream) => stream.poll_next_unpin(cx),
            Rest::Taken => {
                Poll::Ready(Some(Err(io::Error::other("the stream of a file was read before"))))
            }
            Rest::Done => Poll::Ready(None),
        }
    }
}

impl Stream for FileReader {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let block = ready!(self.poll_block(cx));
        // No further read after the end or a failure.
        if !matches!(block, Some(Ok(_))) {
            self.0 = Rest::Done;
        }
        Poll::Ready(block)
    }
}

impl std::fmt::Debug for FileReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileReader")
    }
}
