//! Reading of forms with files, within limits.

use std::io::{self, Write as _};
use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use super::arriving::Arriving;
use super::memory::no_memory;
use crate::budget::{Budget, Exhausted, Reservation};
use crate::core::{Code, Error, malformed_request};
use crate::schema::DecodeError;
use crate::task::{HAS_FILES, block};
use crate::value::{Disk, Envelope, File, Files, Malformed, Space};
use crate::wire;
use crate::wire::{
    FormReader, MAX_FORM_HEAD, MalformedForm, Part, PartHead, PartName, Piece, Protocol,
};

/// Number of bytes of a file that are written to disk at a time.
const BLOCK: usize = 256 * 1024;

/// Maximum number of temporary files at a time.
const SPOOLED: usize = 512;

/// Memory of a file without its bytes.
const FILE: usize = 256;

/// Limits of a form.
#[derive(Debug, Clone)]
pub(crate) struct FormLimits {
    /// Maximum bytes of the part with the envelope.
    pub(super) envelope: u64,
    /// Maximum bytes of one file.
    pub(super) file: u64,
    /// Maximum number of files.
    pub(super) files: usize,
    /// Maximum bytes of the form.
    pub(super) form: u64,
    /// Maximum bytes of a file that is kept in memory.
    pub(super) memory: u64,
    /// Space of the other ones.
    pub(super) spool: Spool,
}

/// Space of the temporary files of all forms.
#[derive(Debug, Clone)]
pub(crate) struct Spool {
    bytes: Arc<Budget>,
    /// Each one has a file descriptor.
    files: Arc<Budget>,
}

impl Spool {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { bytes: Budget::new(bytes), files: Budget::new(SPOOLED) }
    }

    /// Reserves space for one more file, which is empty.
    fn open(&self) -> Result<Space, FormError> {
        let one = self.files.reserve(1).map_err(|_| FormError::NoSpace)?;
        Ok([self.bytes.nothing(), one])
    }
}

impl FormLimits {
    /// Limits of a form that is completely in memory already.
    pub(crate) fn of_message(files: usize) -> Self {
        let spool = Spool::new(0);
        Self { envelope: u64::MAX, file: u64::MAX, files, form: u64::MAX, memory: u64::MAX, spool }
    }
}

/// Serialises a form, if its files have at most `limit` bytes. They count towards
/// `held`; fails with `QuotaExceeded` if that is exhausted.
pub(super) async fn form_bytes(
    form: wire::Form,
    limit: usize,
    held: &mut Reservation,
) -> io::Result<Vec<u8>> {
    let full = |_| io::Error::from(io::ErrorKind::QuotaExceeded);
    let (mut all, mut left) = (Vec::new(), limit);
    for part in form.into_parts() {
        match part {
            Part::Text(text) => all.extend_from_slice(&text),
            Part::File(file) => {
                // Checked before reading, if the length is known.
                let known = file.size().map_or(0, |size| usize::try_from(size).unwrap_or(limit));
                held.grow(known.min(left)).map_err(full)?;
                let bytes = file.bytes_within(left).await?;
                held.grow(bytes.len().saturating_sub(known)).map_err(full)?;
                left -= bytes.len();
                all.reserve_exact(bytes.len());
                all.extend_from_slice(&bytes);
            }
        }
    }
    Ok(all)
}

/// A form that has been read.
#[derive(Debug)]
pub(crate) struct Form {
    envelope: Bytes,
    files: Files,
}

impl Form {
    pub(crate) fn envelope(&self) -> Result<Envelope<'_>, Malformed> {
        Envelope::parse_form(&self.envelope, &self.files)
    }

    /// Returns the text of the envelope.
    pub(super) fn text(&self) -> &[u8] {
        &self.envelope
    }
}

/// Error of reading a form.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    #[error("the form is larger than the limit")]
    TooLarge,
    #[error("the form is malformed or cut off")]
    Malformed,
    #[cfg(feature = "http")]
    #[error("the form did not arrive in time")]
    Late,
    #[error("the memory for the form is exhausted")]
    NoMemory(Exhausted),
    #[error("the space for temporary files is exhausted")]
    NoSpace,
    #[error("a file cannot be kept")]
    Disk(#[from] io::Error),
}

impl FormError {
    /// Converts it to the error for the client.
    pub(super) fn answer(self) -> Error {
        match self {
            Self::TooLarge => Error::new(Code::PayloadTooLarge),
            Self::Malformed => malformed_request(DecodeError::Malformed),
            #[cfg(feature = "http")]
            Self::Late => Error::new(Code::Timeout),
            Self::NoMemory(exhausted) => no_memory(exhausted),
            Self::NoSpace => no_memory(Exhausted::Parent),
            Self::Disk(error) => {
                // No procedure has the call yet, which would log it.
                let error = Error::internal(error);
                error.log("the files of a form");
                error
            }
        }
    }
}

/// Reads a form whose bytes are counted by the caller.
pub(crate) async fn read_form<S>(
    protocol: Protocol,
    content_type: &[u8],
    chunks: S,
    limits: &FormLimits,
) -> Result<Form, FormError>
where
    S: Stream<Item = Result<Bytes, FormError>> + Send,
{
    read_form_within(protocol, content_type, chunks, limits, &mut Reservation::unbounded()).await
}

/// Reads a form of that content type. Of parts with the same name the first one is
/// used. Bytes kept in memory count towards `held`.
pub(super) async fn read_form_within<S>(
    protocol: Protocol,
    content_type: &[u8],
    chunks: S,
    limits: &FormLimits,
    held: &mut Reservation,
) -> Result<Form, FormError>
where
    S: Stream<Item = Result<Bytes, FormError>> + Send,
{
    let reader = FormReader::new(content_type)?;
    held.grow(MAX_FORM_HEAD).map_err(FormError::NoMemory)?;
    let mut parts = Parts { chunks: pin!(chunks), reader, limits, length: 0, held };
    let (mut envelope, mut files) = (None, Files::new());
    for count in 0.. {
        let Some(part) = parts.next().await? else { break };
        if count > limits.files {
            return Err(FormError::TooLarge);
        }
        match (protocol.decode_part_name(&part.name), part.file_name) {
            (PartName::Envelope, None) if envelope.is_none() => {
                envelope = Some(parts.read(limits.envelope).await?);
            }
            (PartName::File(number), Some(file_name)) if !files.contains_key(&number) => {
                files.insert(number, parts.read_file(file_name, &part.content_type).await?);
            }
            // A file in place of the envelope is not an envelope. A text in place of a file takes the name, but no
            // value refers to it.
            (PartName::Envelope, _) if envelope.is_none() => return Err(FormError::Malformed),
            (PartName::File(number), None) if !files.contains_key(&number) => {
                return Err(FormError::Malformed);
            }
            // Ignored, as in JavaScript.
            _ => parts.skip().await?,
        }
    }
    Ok(Form { envelope: envelope.ok_or(FormError::Malformed)?, files })
}

impl From<MalformedForm> for FormError {
    fn from(_: MalformedForm) -> Self {
        Self::Malformed
    }
}

/// The parts of a form, in order.
struct Parts<'a, S> {
    chunks: Pin<&'a mut S>,
    reader: FormReader,
    limits: &'a FormLimits,
    /// Number of bytes read so far.
    length: u64,
    held: &'a mut Reservation,
}

impl<S: Stream<Item = Result<Bytes, FormError>>> Parts<'_, S> {
    /// Returns the next piece; `None` at the end of the form.
    async fn piece(&mut self) -> Result<Option<Piece>, FormError> {
        loop {
            if let Some(piece) = self.reader.next()? {
                return Ok(Some(piece));
            }
            if self.reader.is_complete() {
                return Ok(None);
            }
            let chunk = self.chunks.next().await.ok_or(FormError::Malformed)??;
            self.length += chunk.len() as u64;
            if self.length > self.limits.form {
                return Err(FormError::TooLarge);
            }
            self.reader.push(chunk);
        }
    }

    /// Returns the header of the next part. The content of the previous one must have
    /// been read.
    async fn next(&mut self) -> Result<Option<PartHead>, FormError> {
        match self.piece().await? {
            Some(Piece::Head(head)) => Ok(Some(PartHead::read(&head)?)),
            Some(Piece::Content(_) | Piece::End) => Err(FormError::Malformed),
            None => Ok(None),
        }
    }

    /// Returns the next bytes of a part, of which `length` of at most `limit` bytes
    /// have been read.
    async fn content(&mut self, length: &mut u64, limit: u64) -> Result<Option<Bytes>, FormError> {
        let Some(Piece::Content(chunk)) = self.piece().await? else { return Ok(None) };
        *length += chunk.len() as u64;
        if *length > limit { Err(FormError::TooLarge) } else { Ok(Some(chunk)) }
    }

    async fn skip(&mut self) -> Result<(), FormError> {
        let mut length = 0;
        while self.content(&mut length, u64::MAX).await?.is_some() {}
        Ok(())
    }

    async fn read(&mut self, limit: u64) -> Result<Bytes, FormError> {
        let (mut length, mut all) = (0, Arriving::default());
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        while let Some(chunk) = self.content(&mut length, limit).await? {
            all.push(&chunk, most, self.held).map_err(FormError::NoMemory)?;
        }
        Ok(all.into_bytes())
    }

    async fn read_file(&mut self, name: String, content_type: &str) -> Result<File, FormError> {
        let texts = FILE + name.len() + content_type.len();
        self.held.grow(texts).map_err(FormError::NoMemory)?;
        let (mut length, mut unwritten) = (0, Arriving::default());
        let mut disk: Option<Spooled> = None;
        let FormLimits { file: limit, memory, .. } = *self.limits;
        let most = usize::try_from(limit.min(memory)).unwrap_or(usize::MAX);
        while let Some(chunk) = self.content(&mut length, limit).await? {
            unwritten.push(&chunk, most, self.held).map_err(FormError::NoMemory)?;
            if HAS_FILES && length > memory && (disk.is_none() || unwritten.len() >= BLOCK) {
                disk = Some(self.write(disk, &mut unwritten).await?);
            }
        }
        Ok(match disk {
            Some(disk) => {
                let Spooled { file, space } = self.write(Some(disk), &mut unwritten).await?;
                File::on_disk(name, content_type, Disk::new(file, length, space))
            }
            None => File::new(name, content_type, unwritten.into_bytes()),
        })
    }

    /// Appends to a temporary file, a new one if there is none.
    async fn write(
        &mut self,
        disk: Option<Spooled>,
        bytes: &mut Arriving,
    ) -> Result<Spooled, FormError> {
        let (file, mut space) = match disk {
            Some(Spooled { file, space }) => (Some(file), space),
            None => (None, self.limits.spool.open()?),
        };
        let length = bytes.len();
        space[0].grow(length).map_err(|_| FormError::NoSpace)?;
        let (bytes, held) = bytes.take();
        let write = move || {
            let mut file = file.map_or_else(tempfile::tempfile, Ok)?;
            file.write_all(&bytes)?;
            Ok::<_, io::Error>(file)
        };
        let file = block(write)?.await.map_err(io::Error::other)??;
        self.held.shrink(held);
        Ok(Spooled { file, space })
    }
}

/// A temporary file, and its part of the spool.
struct Spooled {
    file: std::fs::File,
    space: Space,
}
