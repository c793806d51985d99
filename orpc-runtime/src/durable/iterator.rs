//! Durable iterators as results of procedures.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::issuer::{Grant, Issuer, TokenOptions};
use super::object::DurableObject;
use crate::core::Error;
use crate::procedure::{Call, DurableMethod, DurableOutput, Shape};
use crate::socket::AttachmentError;
use crate::wire::v1::durable::DURABLE_ITERATOR;

/// Maximum length of an attachment's JSON text, in bytes.
const MAX_ATTACHMENT: usize = 2048;

/// Result of a procedure that opens a durable iterator: the client of the call may read
/// a channel, and call methods on it. Created by
/// [`Durable::iterator`](super::Durable::iterator).
///
/// To the client it is an async iterator that outlives its socket, with the methods as
/// members. On the wire it is a signed token, which the client can read.
///
/// ```
/// use orpc_runtime::durable::{Durable, DurableIterator, DurableObject};
/// use orpc_runtime::prelude::*;
///
/// pub struct Room;
///
/// impl DurableObject for Room {
///     type Event = String;
///     type Context = ();
/// }
///
/// pub struct App { rooms: Durable<Room> }
///
/// #[procedure]
/// pub async fn open(app: &App, room: String) -> Result<DurableIterator<Room>, Error> {
///     Ok(app.rooms.iterator(room).tags(["member"]).attachment(&"Ada")?)
/// }
/// ```
///
/// The signature must say `DurableIterator`: an alias by another name fails when it is
/// sent, because the response would not be marked.
pub struct DurableIterator<O> {
    issuer: Arc<Issuer>,
    grant: Grant,
    token: OnceLock<String>,
    object: PhantomData<fn() -> O>,
}

impl<O: DurableObject> DurableIterator<O> {
    pub(super) fn new(issuer: Arc<Issuer>, channel: String, options: TokenOptions) -> Self {
        let grant = Grant { channel, tags: None, attachment: None, methods: None, options };
        Self { issuer, grant, token: OnceLock::new(), object: PhantomData }
    }

    /// Sets the tags of the client, by which events [select their
    /// recipients](crate::publish::Publish::tags).
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.grant.tags = Some(tags.into_iter().map(Into::into).collect());
        self
    }

    /// Attaches a value for the methods:
    /// [`DurableClient::attachment`](super::DurableClient::attachment).
    ///
    /// # Errors
    /// If the value cannot be serialised, or its JSON text is longer than 2,048 bytes.
    pub fn attachment<T: Serialize + ?Sized>(mut self, value: &T) -> Result<Self, AttachmentError> {
        let text = serde_json::value::to_raw_value(value).map_err(AttachmentError::Write)?;
        if text.get().len() > MAX_ATTACHMENT {
            return Err(AttachmentError::TooLong { length: text.get().len() });
        }
        self.grant.attachment = Some(text);
        Ok(self)
    }

    /// Sets the methods that the client may call, by their first names: the name of a
    /// router stands for all its methods. None by default.
    ///
    /// A name without a method makes the call fail with an internal error.
    #[must_use]
    pub fn methods(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.grant.methods = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Lets the client call all methods.
    #[must_use]
    pub fn all_methods(mut self) -> Self {
        self.grant.methods = Some(self.issuer.methods.clone());
        self
    }

    /// Sets the lifetime of the token, in whole seconds, instead of
    /// [`Durable::ttl`](super::Durable::ttl).
    #[must_use]
    pub fn ttl(mut self, time: Duration) -> Self {
        self.grant.options.ttl = time;
        self
    }

    /// Returns the token, to pass it to a client by other means.
    ///
    /// # Errors
    /// An internal error, if a method does not exist, or the token is too long.
    pub fn token(&self) -> Result<String, Error> {
        match self.token.get() {
            Some(token) => Ok(token.clone()),
            None => self.issuer.issue(&self.grant, None),
        }
    }
}

impl<O: DurableObject> DurableOutput for DurableIterator<O> {
    fn seal(&self, call: &Call) -> Result<(), Error> {
        let token = self.issuer.issue(&self.grant, Some(call))?;
        // One that was sealed before keeps its token.
        _ = self.token.set(token);
        call.response().insert_header(DURABLE_ITERATOR, "1").map_err(Error::internal)?;
        Ok(())
    }

    fn shape() -> Shape {
        Shape::durable::<O::Event>(methods::<O>)
    }
}

fn methods<O: DurableObject>() -> Vec<DurableMethod> {
    let router = O::methods();
    let mut methods = Vec::new();
    router.visit(&[], &mut |path, mounted| {
        methods.push(DurableMethod {
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            definition: mounted.definition.clone(),
            signature: mounted.signature.clone(),
        });
    });
    methods
}

impl<O> Serialize for DurableIterator<O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unmarked = "nothing marks the response: write `DurableIterator` in the signature";
        let token = self.token.get().ok_or_else(|| serde::ser::Error::custom(unmarked))?;
        serializer.serialize_str(token)
    }
}

impl<O> JsonSchema for DurableIterator<O> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DurableIterator".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl<O> fmt::Debug for DurableIterator<O> {
    // Omits the attachment and the token, which are confidential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableIterator")
            .field("channel", &self.grant.channel)
            .field("tags", &self.grant.tags)
            .field("methods", &self.grant.methods)
            .finish_non_exhaustive()
    }
}
