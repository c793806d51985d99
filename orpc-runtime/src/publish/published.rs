//! Events that are serialised once for all their readers.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use super::audience::Audience;
use super::id::EventId;
use crate::core::{Error, Event, EventItem, EventMeta, present};
use crate::schema::{OutputEncoder, read_envelope};
use crate::value::{Envelope, Value};

/// An event of a [`Publisher`](super::Publisher): a `T` that was serialised once, when
/// it was published, and is sent unchanged to every reader.
///
/// A stream procedure yields it like a `T`: clients get a `T`, with the publisher's id
/// as the event's id.
pub struct Published<T> {
    value: Encoded<T>,
    meta: EventMeta,
    id: Option<EventId>,
    audience: Option<Arc<Audience>>,
}

impl<T> Published<T>
where
    T: Serialize + JsonSchema + 'static,
{
    /// Creates an event of your own between those of a publisher, for one reader alone.
    /// It has no id unless one is set.
    ///
    /// # Errors
    /// If the value cannot be serialised. It is an internal error.
    pub fn new(value: &T) -> Result<Self, Error> {
        let value = Encoded::of(value)?;
        Ok(Self { value, meta: EventMeta::default(), id: None, audience: None })
    }
}

impl<T> Published<T> {
    /// Creates an event from its stored form.
    pub(crate) fn stored(id: EventId, envelope: Bytes, audience: Option<Arc<Audience>>) -> Self {
        let meta = EventMeta { id: Some(id.text()), ..EventMeta::default() };
        let value = Encoded { envelope, types: PhantomData };
        Self { value, meta, id: Some(id), audience }
    }

    /// Sets the position from which a client continues if this is the last event it
    /// received.
    #[must_use]
    pub fn with_id(mut self, id: EventId) -> Self {
        self.meta.id = Some(id.text());
        self.id = Some(id);
        self
    }

    /// Removes the id, so that clients get none: one that comes back begins with the next event.
    #[must_use]
    pub fn without_id(mut self) -> Self {
        self.meta.id = None;
        self.id = None;
        self
    }

    /// Returns the position of the event.
    pub fn id(&self) -> Option<EventId> {
        self.id
    }

    /// Returns its audience; `None` if the event is for everyone.
    pub fn audience(&self) -> Option<&Audience> {
        self.audience.as_deref()
    }

    /// Returns the serialised value: the envelope `{"json": …, "meta": […]}` of the
    /// protocol.
    pub fn envelope(&self) -> &Bytes {
        &self.value.envelope
    }
}

impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> Published<T> {
    /// Reads the value.
    ///
    /// # Errors
    /// If the event is not a valid `T`, such as one that another version of the program
    /// stored in a file. It is an internal error.
    pub fn value(&self) -> Result<T, Error> {
        Ok(read_envelope(&self.value.envelope)?)
    }
}

impl<T> Clone for Published<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            meta: self.meta.clone(),
            id: self.id,
            audience: self.audience.clone(),
        }
    }
}

impl<T> fmt::Debug for Published<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<T> EventItem for Published<T>
where
    T: JsonSchema + Send + 'static,
{
    type Value = Encoded<T>;
    type Return = ();

    fn into_event(self) -> Event<Encoded<T>> {
        Event::from_parts(self.value, self.meta)
    }

    fn encoded(value: &Encoded<T>) -> Option<&[u8]> {
        Some(&value.envelope)
    }
}

/// A `T` as its serialised envelope. Its schema is that of `T`.
pub struct Encoded<T> {
    envelope: Bytes,
    types: PhantomData<fn() -> T>,
}

impl<T: Serialize + JsonSchema + 'static> Encoded<T> {
    pub(crate) fn of(value: &T) -> Result<Self, Error> {
        let encoder = OutputEncoder::shared::<T>()?;
        let mut envelope = Vec::with_capacity(128);
        encoder.write(present(value), &mut envelope)?;
        Ok(Self { envelope: envelope.into(), types: PhantomData })
    }

    pub(crate) fn into_envelope(self) -> Bytes {
        self.envelope
    }
}

impl<T> Clone for Encoded<T> {
    fn clone(&self) -> Self {
        Self { envelope: self.envelope.clone(), types: PhantomData }
    }
}

impl<T> fmt::Debug for Encoded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded").field("bytes", &self.envelope.len()).finish_non_exhaustive()
    }
}

impl<T> Serialize for Encoded<T> {
    /// For serialisers that do not accept the envelope: the value, parsed and
    /// serialised again.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let envelope = Envelope::parse(&self.envelope).map_err(serde::ser::Error::custom)?;
        let (value, _) = envelope.value(&[]).map_err(serde::ser::Error::custom)?;
        Value::serialize(&value, serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Encoded<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    struct Line {
        text: String,
    }

    #[test]
    fn an_encoded_value_has_the_schema_of_its_type() {
        fn schema<T: JsonSchema>() -> (bool, Cow<'static, str>, Cow<'static, str>, Schema) {
            let schema = T::json_schema(&mut SchemaGenerator::default());
            (T::inline_schema(), T::schema_name(), T::schema_id(), schema)
        }
        assert_eq!(schema::<Encoded<Line>>(), schema::<Line>());
        assert_eq!(schema::<Encoded<u8>>(), schema::<u8>());
    }

    #[test]
    fn an_encoded_value_shows_its_length_and_not_its_content() {
        let envelope = bytes::Bytes::from_static(b"{\"json\":1}");
        let encoded = Encoded::<u8> { envelope, types: PhantomData };
        assert_eq!(format!("{encoded:?}"), "Encoded { bytes: 10, .. }");
    }
}
