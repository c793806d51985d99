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
use crate::core::{Error, ErrorDeclaration, EventError as _};
use crate::entries::{EntryOf, RouterModule as _};
use crate::procedure::{Call, IoSchema, Member, PreparedOutput};
use crate::publish::ReadError;
use crate::socket::AttachmentError;
use crate::wire::DURABLE_ITERATOR;

/// Maximum length of an attachment's JSON text, in bytes.
const MAX_ATTACHMENT: usize = 2048;

/// Error of [`DurableIterator::try_methods`]: no method has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the durable object has no method `{name}`")]
pub struct UnknownMethod {
    name: String,
}

impl UnknownMethod {
    /// Returns the unknown name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

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
///     type Methods = ();
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

    /// Lets the client call a method: `methods::say`, a procedure of
    /// [`DurableObject::Methods`], or `methods::tools::router` for all procedures of a
    /// router that is nested there. None by default.
    ///
    /// ```
    /// # use orpc_runtime::durable::{Durable, DurableIterator, DurableObject};
    /// # use orpc_runtime::prelude::*;
    /// # pub struct Room;
    /// # impl DurableObject for Room {
    /// #     type Event = String;
    /// #     type Context = ();
    /// #     type Methods = methods::router;
    /// # }
    /// #[router]
    /// pub mod methods {
    ///     use super::*;
    ///
    ///     #[procedure]
    ///     pub async fn say(text: String) {}
    ///
    ///     #[router]
    ///     pub mod tools {
    ///         use super::*;
    ///
    ///         #[procedure]
    ///         pub async fn ping() {}
    ///     }
    /// }
    ///
    /// # fn open(rooms: &Durable<Room>) -> DurableIterator<Room> {
    /// rooms.iterator("lobby").method::<methods::say>().method::<methods::tools::router>()
    /// # }
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn method<M: EntryOf<O::Methods>>(mut self) -> Self {
        self.add_method(M::name());
        self
    }

    /// Lets the client call methods whose names are data: each is the first name, on the
    /// wire, of a procedure or of a nested router.
    ///
    /// # Errors
    /// If there is no method of such a name.
    pub fn try_methods(
        mut self,
        names: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, UnknownMethod> {
        for name in names {
            let name = name.as_ref();
            if !self.issuer.methods.iter().any(|known| known == name) {
                return Err(UnknownMethod { name: name.to_owned() });
            }
            self.add_method(name);
        }
        Ok(self)
    }

    fn add_method(&mut self, name: &str) {
        let methods = self.grant.methods.get_or_insert_default();
        if !methods.iter().any(|known| known == name) {
            methods.push(name.to_owned());
        }
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
    /// An internal error, if the token is too long.
    pub fn token(&self) -> Result<String, Error> {
        match self.token.get() {
            Some(token) => Ok(token.clone()),
            None => self.issuer.issue(&self.grant, None),
        }
    }
}

impl<O: DurableObject> PreparedOutput for DurableIterator<O> {
    fn prepare(&self, call: &Call) -> Result<(), Error> {
        let token = self.issuer.issue(&self.grant, Some(call))?;
        // One that was prepared before keeps its token.
        _ = self.token.set(token);
        call.response().insert_header(DURABLE_ITERATOR, "1").map_err(Error::internal)?;
        Ok(())
    }

    fn io_schema() -> IoSchema {
        IoSchema::object::<O::Event>(methods::<O>)
    }

    /// Those of the iterator of the token, which its events end with.
    fn declarations() -> Vec<ErrorDeclaration> {
        ReadError::declarations()
    }
}

fn methods<O: DurableObject>() -> Vec<Member> {
    let router = O::Methods::router();
    let mut methods = Vec::new();
    router.visit(&[], &mut |path, mounted| {
        methods.push(Member {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_a_token_is_in_place_and_has_its_name() {
        let root = schemars::schema_for!(DurableIterator<()>).to_value();
        assert_eq!((&root["title"], &root["type"]), (&"DurableIterator".into(), &"string".into()));
        let list = schemars::schema_for!(Vec<DurableIterator<()>>).to_value();
        assert_eq!(list["items"], serde_json::json!({ "type": "string" }));
    }
}
