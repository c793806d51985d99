//! Events in the frames of a wire protocol.

use http::HeaderMap;

use super::event::{EventMeta, InvalidMeta};
use crate::schema::OutputError;

/// Kind of an event: a message, an error or the end of the iterator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Message,
    Error,
    Done,
}

/// Framing of events around their envelopes, one implementation per wire protocol.
pub(crate) trait EventWriter: Send + Sync + 'static {
    /// Writes the frame that tells the client that an iterator follows, with headers of the response.
    fn open(&self, headers: HeaderMap, out: &mut Vec<u8>);

    /// Writes the part of the frame before the data.
    fn begin(&self, kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>);

    /// Writes the part of the frame behind the data.
    fn end(&self, meta: &EventMeta, out: &mut Vec<u8>);
}

/// Reason why an event was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Meta(#[from] InvalidMeta),
    #[error(transparent)]
    Value(#[from] OutputError),
}

/// Writes one event in a wire's frame, with the envelope that the closure writes.
pub(crate) fn write_event(
    writer: &dyn EventWriter,
    kind: EventKind,
    meta: &EventMeta,
    envelope: impl FnOnce(&mut Vec<u8>) -> Result<(), OutputError>,
    out: &mut Vec<u8>,
) -> Result<(), WriteError> {
    meta.check()?;
    writer.begin(kind, meta, out);
    envelope(out)?;
    writer.end(meta, out);
    Ok(())
}
