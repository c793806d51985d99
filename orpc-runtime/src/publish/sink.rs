//! Events on their way to where they are stored.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::audience::Audience;
use super::error::PublishError;
use super::id::EventId;

/// Destination of published events: a [`Publisher`](super::Publisher), or one of your own that
/// passes them on to another machine. [`Publish::to`](super::Publish::to) publishes to it.
pub trait PublishSink: Send + Sync + 'static {
    /// Publishes an event, which is complete, and returns its id. Once the future was polled, the
    /// outcome is unknown until it is ready.
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>>;

    /// Returns the maximum length of a serialised event in bytes; 1 MiB by default.
    fn max_event_bytes(&self) -> usize {
        1 << 20
    }
}

/// An event to publish: its channel, its value as the envelope of the RPC protocol, its audience,
/// its idempotency key. With serde it is a small map, to pass it on.
#[derive(Clone)]
pub struct NewEvent {
    pub(crate) channel: Arc<str>,
    pub(crate) envelope: Bytes,
    pub(crate) audience: Option<Arc<Audience>>,
    pub(crate) key: Option<Arc<str>>,
}

impl NewEvent {
    /// Returns the channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// Returns the serialised value: the envelope `{"json": …, "meta": […]}`.
    pub fn envelope(&self) -> &Bytes {
        &self.envelope
    }

    /// Returns the audience; `None` for everyone.
    pub fn audience(&self) -> Option<&Audience> {
        self.audience.as_deref()
    }

    /// Returns the [idempotency key](super::Publish::idempotency_key).
    pub fn idempotency_key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Debug for NewEvent {
    // Omits the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEvent")
            .field("channel", &self.channel)
            .field("bytes", &self.envelope.len())
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// The serialised form of an event.
#[derive(Serialize, Deserialize)]
struct Passed<C, V, A, K> {
    channel: C,
    event: V,
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    audience: Option<A>,
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    key: Option<K>,
}

impl Serialize for NewEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event: &RawValue =
            serde_json::from_slice(&self.envelope).map_err(serde::ser::Error::custom)?;
        let audience = self.audience.as_deref();
        let passed = Passed { channel: &*self.channel, event, audience, key: self.key.as_deref() };
        passed.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NewEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let passed = Passed::<String, Box<RawValue>, Audience, String>::deserialize(deserializer)?;
        let envelope = String::from(Box::<str>::from(passed.event)).into();
        Ok(Self {
            channel: passed.channel.into(),
            envelope,
            audience: passed.audience.map(Arc::new),
            key: passed.key.map(Into::into),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_shown_without_its_value() {
        let text = r#"{"channel":"room","event":{"json":"secret"},"key":"k"}"#;
        let event: NewEvent = serde_json::from_str(text).unwrap();
        assert_eq!((event.channel(), event.idempotency_key()), ("room", Some("k")));
        let shown = r#"NewEvent { channel: "room", bytes: 17, audience: None, .. }"#;
        assert_eq!(format!("{event:?}"), shown);
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
    }
}
