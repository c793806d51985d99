//! What a procedure returns.

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

/// The longest attachment, as text of JSON.
const MAX_ATTACHMENT: usize = 2048;

/// Lets the client of a call read a channel, and call methods on it: what a
/// procedure returns, made by [`Durable::iterator`](super::Durable::iterator).
///
/// To the client it is an async iterator that outlives its socket, with the
/// methods as members. On the wire it is a signed token. The client reads all that
/// it says.
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
/// The signature says `DurableIterator`: an alias by another name fails when it is
/// sent, as nothing would mark the response.
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

    /// Sets the tags of the client, by which events can be [meant for
    /// it](crate::publish::Publish::tags).
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.grant.tags = Some(tags.into_iter().map(Into::into).collect());
        self
    }

    /// Leaves a value for the methods: [`DurableClient::attachment`](super::DurableClient::attachment).
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

    /// Sets the methods that the client may call, by their first names: a router's
    /// name is for all that is in it. None unless set.
    ///
    /// A name that is no method's makes the call fail with an internal error.
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

    /// Sets how long the token is good, in whole seconds, instead of
    /// [`Durable::ttl`](super::Durable::ttl).
    #[must_use]
    pub fn ttl(mut self, time: Duration) -> Self {
        self.grant.options.ttl = time;
        self
    }

    /// The token, for a way of your own to a client.
    ///
    /// # Errors
    /// An internal error, if there is no such method, or the token is too long.
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
    // Attachments and tokens are nobody else's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableIterator")
            .field("channel", &self.grant.channel)
            .field("tags", &self.grant.tags)
            .field("methods", &self.grant.methods)
            .finish_non_exhaustive()
    }
}
