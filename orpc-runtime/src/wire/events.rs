//! Events in the frames of a protocol.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderMap;

use super::{Body, CallId, Protocol, Response};
use crate::core::{EventKind, EventMeta, EventWriter, WriteError};
use crate::schema::OutputError;

/// Frames events for a `text/event-stream` body.
pub(crate) struct HttpEvents(pub(crate) Protocol);

impl EventWriter for HttpEvents {
    // The head of the response already announces the iterator.
    fn open(&self, _headers: HeaderMap, _out: &mut Vec<u8>) {}

    fn begin(&self, kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>) {
        self.0.begin_http_event(kind, meta, out);
    }

    fn end(&self, _meta: &EventMeta, out: &mut Vec<u8>) {
        self.0.end_http_event(out);
    }
}

/// Frames the events of one call of a channel.
pub(crate) struct PeerEvents {
    pub(crate) protocol: Protocol,
    pub(crate) id: CallId,
    /// Status of the response before the events.
    pub(crate) status: u16,
}

impl EventWriter for PeerEvents {
    fn open(&self, headers: HeaderMap, out: &mut Vec<u8>) {
        let body = Body::Events::<&[u8]>;
        let response = Response { status: self.status, headers, body };
        self.protocol.encode_response(&self.id, &response, out);
    }

    fn begin(&self, kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>) {
        self.protocol.begin_event(self.id.as_str(), kind, meta, out);
    }

    fn end(&self, meta: &EventMeta, out: &mut Vec<u8>) {
        self.protocol.end_event(meta, out);
    }
}

/// An event for any number of iterators, encoded once for each protocol of their sockets.
#[derive(Clone)]
pub(crate) struct SharedEvent(Arc<Parts>);

struct Parts {
    kind: EventKind,
    meta: EventMeta,
    envelope: Bytes,
    /// The message without the id of its call, by protocol.
    tails: [OnceLock<Bytes>; Protocol::COUNT],
}

impl SharedEvent {
    /// Creates an event with the envelope that the closure writes.
    pub(crate) fn write(
        kind: EventKind,
        meta: &EventMeta,
        envelope: impl FnOnce(&mut Vec<u8>) -> Result<(), OutputError>,
    ) -> Result<Self, WriteError> {
        meta.check()?;
        let mut text = Vec::with_capacity(128);
        envelope(&mut text)?;
        Ok(Self::new(kind, meta.clone(), text.into()))
    }

    /// Creates an event with an envelope that was serialised before.
    pub(crate) fn new(kind: EventKind, meta: EventMeta, envelope: Bytes) -> Self {
        Self(Arc::new(Parts { kind, meta, envelope, tails: Default::default() }))
    }

    /// Returns `true` if the event ends its iterator.
    pub(crate) fn is_last(&self) -> bool {
        self.0.kind != EventKind::Message
    }

    /// Encodes the event for the iterator of that id, which is JSON text.
    pub(crate) fn encode(&self, protocol: Protocol, id: &str, out: &mut Vec<u8>) {
        protocol.begin_message(id, out);
        out.extend_from_slice(self.tail(protocol));
    }

    fn tail(&self, protocol: Protocol) -> &Bytes {
        let Parts { kind, meta, envelope, tails } = &*self.0;
        tails[protocol as usize].get_or_init(|| {
            let mut tail = Vec::new();
            protocol.begin_tail(*kind, meta, &mut tail);
            tail.extend_from_slice(envelope);
            protocol.end_event(meta, &mut tail);
            // Without spare capacity: it is kept as long as the event.
            tail.into_boxed_slice().into()
        })
    }
}
