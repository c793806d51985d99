//! Events in the frames of a wire.

use super::event::{EventMeta, InvalidMeta};
use crate::schema::OutputError;

/// What an event says about the iterator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Message,
    Error,
    Done,
}

/// How a wire frames an event around its envelope.
pub(crate) trait EventWriter: Send + Sync + 'static {
    /// Writes what tells the client that it gets an iterator.
    fn open(&self, out: &mut Vec<u8>);

    /// Writes what stands before the data.
    fn begin(&self, kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>);

    /// Writes what stands behind the data.
    fn end(&self, meta: &EventMeta, out: &mut Vec<u8>);
}

/// Why an event was not written.
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
