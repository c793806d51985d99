//! Reads forms with files within their limits.

use std::io::{self, Write as _};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use multer::{Field, Multipart};

use crate::procedure::{Code, Error, malformed_request};
use crate::schema::DecodeError;
use crate::value::{Disk, Envelope, File, Files, Malformed};
use crate::wire::v1::form;

/// How much may be read in search of the next part: its headers, in the main.
const MAX_HEAD: u64 = 16 * 1024;

/// How much of a file is written to disk at a time.
const BLOCK: usize = 256 * 1024;

/// What a form may be.
#[derive(Debug, Clone)]
pub(crate) struct FormLimits {
    /// Bytes of the part with the envelope.
    pub(super) envelope: u64,
    /// Bytes of one file.
    pub(super) file: u64,
    /// How many files.
    pub(super) files: usize,
    /// Bytes of all.
    pub(super) form: u64,
    /// Bytes of a file that are kept in memory.
    pub(super) memory: u64,
}

impl FormLimits {
    /// Those of a form that is there as a whole, and small enough.
    #[cfg(feature = "websocket")]
    pub(crate) fn of_message(files: usize) -> Self {
        Self { envelope: u64::MAX, file: u64::MAX, files, form: u64::MAX, memory: u64::MAX }
    }
}

/// All bytes of a form, if those of its files are not more than so many.
#[cfg(feature = "websocket")]
pub(super) async fn form_bytes(form: form::Form, limit: usize) -> io::Result<Vec<u8>> {
    let (mut all, mut left) = (Vec::new(), limit);
    for part in form.into_parts() {
        match part {
            form::Part::Text(text) => all.extend_from_slice(&text),
            form::Part::File(file) => {
                let bytes = file.bytes_within(left).await?;
                left -= bytes.len();
                all.extend_from_slice(&bytes);
            }
        }
    }
    Ok(all)
}

/// A form that was read.
#[derive(Debug)]
pub(crate) struct Form {
    envelope: Bytes,
    files: Files,
}

impl Form {
    pub(crate) fn envelope(&self) -> Result<Envelope<'_>, Malformed> {
        Envelope::parse_form(&self.envelope, &self.files)
    }

    /// The text of the envelope.
    pub(super) fn text(&self) -> &[u8] {
        &self.envelope
    }
}

/// Why a form was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    #[error("the form is larger than it may be")]
    TooLarge,
    #[error("the form is malformed or cut off")]
    Malformed,
    #[error("the form did not arrive in time")]
    Late,
    #[error("a file cannot be kept: {0}")]
    Disk(#[from] io::Error),
}

impl FormError {
    /// The error as the client sees it.
    pub(super) fn answer(self) -> Error {
        match self {
            Self::TooLarge => Error::new(Code::PayloadTooLarge),
            Self::Malformed => malformed_request(DecodeError::Malformed),
            Self::Late => Error::new(Code::Timeout),
            Self::Disk(error) => Error::internal(error),
        }
    }
}

/// Reads a form of that content type. Of parts with the same name the first counts.
pub(crate) async fn read_form<S>(
    content_type: &[u8],
    chunks: S,
    limits: &FormLimits,
) -> Result<Form, FormError>
where
    S: Stream<Item = Result<Bytes, Interrupted>> + Send,
{
    let content_type = std::str::from_utf8(content_type).map_err(|_| FormError::Malformed)?;
    let boundary = multer::parse_boundary(content_type).map_err(|_| FormError::Malformed)?;
    let progress = Progress::default();
    let chunks = pin!(chunks);
    let source = Source { chunks, progress: &progress, limit: limits.form, given: false };
    let mut parts =
        Parts { multipart: Multipart::new(source, boundary), progress: &progress, limits };
    let (mut envelope, mut files) = (None, Files::new());
    for count in 0.. {
        let Some(part) = parts.next().await? else { break };
        if count > limits.files {
            return Err(FormError::TooLarge);
        }
        let (name, file_name) = names(&part).ok_or(FormError::Malformed)?;
        let number = form::number(&name);
        match (file_name, number) {
            (None, _) if name == form::DATA && envelope.is_none() => {
                envelope = Some(parts.read(part, limits.envelope).await?);
            }
            (Some(file_name), Some(number)) if !files.contains_key(&number) => {
                files.insert(number, parts.read_file(part, file_name).await?);
            }
            // No part of the value, as in JavaScript; a file where the envelope
            // should be is no text.
            _ if name == form::DATA && envelope.is_none() => return Err(FormError::Malformed),
            // A text where a file should be takes the name all the same, but no
            // value has a place for it.
            (None, Some(number)) if !files.contains_key(&number) => {
                return Err(FormError::Malformed);
            }
            _ => parts.skip(part).await?,
        }
    }
    Ok(Form { envelope: envelope.ok_or(FormError::Malformed)?, files })
}

/// The name of a part, and that of its file if it is one.
fn names(part: &Field<'_>) -> Option<(String, Option<String>)> {
    let disposition = part.headers().get(CONTENT_DISPOSITION)?;
    form::names(disposition.as_bytes())
        .or_else(|| Some((part.name()?.to_owned(), part.file_name().map(str::to_owned))))
}

/// The parts of a form, one after the other.
struct Parts<'a> {
    multipart: Multipart<'a>,
    progress: &'a Progress,
    limits: &'a FormLimits,
}

impl<'a> Parts<'a> {
    async fn next(&mut self) -> Result<Option<Field<'a>>, FormError> {
        let part = self.multipart.next_field().await;
        self.progress.made();
        part.map_err(|_| self.progress.fault())
    }

    /// The next bytes of a part that has had `length` of at most `limit` bytes so far.
    async fn chunk(
        &self,
        part: &mut Field<'a>,
        length: &mut u64,
        limit: u64,
    ) -> Result<Option<Bytes>, FormError> {
        let chunk = part.chunk().await.map_err(|_| self.progress.fault())?;
        self.progress.made();
        *length += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if *length > limit { Err(FormError::TooLarge) } else { Ok(chunk) }
    }

    async fn skip(&self, mut part: Field<'a>) -> Result<(), FormError> {
        let mut length = 0;
        while self.chunk(&mut part, &mut length, u64::MAX).await?.is_some() {}
        Ok(())
    }

    async fn read(&self, mut part: Field<'a>, limit: u64) -> Result<Bytes, FormError> {
        let (mut length, mut all) = (0, BytesMut::new());
        while let Some(chunk) = self.chunk(&mut part, &mut length, limit).await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    async fn read_file(&self, mut part: Field<'a>, name: String) -> Result<File, FormError> {
        let content_type = part.headers().get(CONTENT_TYPE);
        // What a part without a type is (RFC 7578, section 4.4).
        let content_type = content_type.map_or(b"text/plain".as_slice(), |value| value.as_bytes());
        let content_type = String::from_utf8_lossy(content_type).into_owned();
        let (mut length, mut unwritten) = (0, BytesMut::new());
        let mut disk: Option<std::fs::File> = None;
        while let Some(chunk) = self.chunk(&mut part, &mut length, self.limits.file).await? {
            unwritten.extend_from_slice(&chunk);
            if length > self.limits.memory && (disk.is_none() || unwritten.len() >= BLOCK) {
                disk = Some(write(disk, unwritten.split().freeze()).await?);
            }
        }
        Ok(match disk {
            Some(disk) => {
                let disk = write(Some(disk), unwritten.freeze()).await?;
                File::on_disk(name, &content_type, Disk::new(disk, length))
            }
            None => File::new(name, &content_type, unwritten.freeze()),
        })
    }
}

/// Writes to the end of a temporary file, a new one if there is none.
async fn write(disk: Option<std::fs::File>, bytes: Bytes) -> io::Result<std::fs::File> {
    let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
    let write = move || {
        let mut disk = disk.map_or_else(tempfile::tempfile, Ok)?;
        disk.write_all(&bytes)?;
        Ok(disk)
    };
    runtime.spawn_blocking(write).await.map_err(io::Error::other)?
}

/// A body that ended before its end.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the body was cut off, or is too large")]
pub(crate) struct Interrupted;

/// How far the parser has come with what it was given.
#[derive(Debug, Default)]
struct Progress {
    /// Bytes since it last found something.
    unparsed: AtomicU64,
    /// It found nothing more in what it was given.
    hungry: AtomicBool,
    total: AtomicU64,
    too_large: AtomicBool,
}

impl Progress {
    fn made(&self) {
        self.hungry.store(false, Ordering::Relaxed);
        self.unparsed.store(0, Ordering::Relaxed);
    }

    /// Why the parser failed.
    fn fault(&self) -> FormError {
        if self.too_large.load(Ordering::Relaxed) {
            FormError::TooLarge
        } else {
            FormError::Malformed
        }
    }
}

/// Gives the parser one chunk at a time, and that only when it can do nothing
/// with what it has: left to itself it takes all that there is.
struct Source<'p, S> {
    chunks: Pin<&'p mut S>,
    progress: &'p Progress,
    limit: u64,
    /// A chunk was given in this turn of the parser.
    given: bool,
}

impl<S: Stream<Item = Result<Bytes, Interrupted>>> Stream for Source<'_, S> {
    type Item = Result<Bytes, Interrupted>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let progress = self.progress;
        if std::mem::take(&mut self.given) {
            // It stops there, and then looks at what it was given.
            progress.hungry.store(false, Ordering::Relaxed);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if !progress.hungry.swap(true, Ordering::Relaxed) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if progress.unparsed.load(Ordering::Relaxed) > MAX_HEAD {
            return Poll::Ready(Some(Err(Interrupted)));
        }
        let Some(chunk) = ready!(self.chunks.poll_next_unpin(cx)) else {
            return Poll::Ready(None);
        };
        let length = chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        self.given = true;
        progress.unparsed.fetch_add(length, Ordering::Relaxed);
        let total = progress.total.fetch_add(length, Ordering::Relaxed) + length;
        if total > self.limit {
            progress.too_large.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(Interrupted)));
        }
        Poll::Ready(Some(chunk))
    }
}
