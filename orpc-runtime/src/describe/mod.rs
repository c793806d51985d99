//! Description of a router: its procedures with their schemas, errors, middlewares and
//! comments, as plain data.
//!
//! [`Router::describe`] returns it. [`typescript`](crate::typescript) is written from it
//! alone, and so can be documents of other formats, pages and tests. Serialized to JSON,
//! it is one document: each `$ref` of a schema is a pointer from the document's root.
//!
//! ```
//! use orpc_runtime::prelude::*;
//!
//! #[router]
//! pub mod planets {
//!     use super::*;
//!
//!     #[derive(Serialize, JsonSchema)]
//!     pub struct Planet {
//!         name: String,
//!     }
//!
//!     /// Finds a planet.
//!     #[procedure(method = GET, meta(tag = "planets"))]
//!     pub async fn find(id: u32) -> Planet {
//!         Planet { name: format!("Planet {id}") }
//!     }
//! }
//!
//! # fn main() {
//! let router: Router<()> = planets::router();
//! let description = serde_json::to_value(router.describe()).unwrap();
//! assert_eq!(
//!     description,
//!     serde_json::json!({
//!         "procedures": [{
//!             "path": ["find"],
//!             "urlPath": "find",
//!             "kind": "unary",
//!             "method": "GET",
//!             "title": "Finds a planet.",
//!             "description": "Finds a planet.",
//!             "meta": { "tag": "planets" },
//!             "input": {
//!                 "type": "value",
//!                 "schema": { "type": "integer", "format": "uint32", "minimum": 0 },
//!             },
//!             "output": { "type": "value", "schema": { "$ref": "#/$defs/Planet" } },
//!             "errors": [],
//!             "middlewares": [],
//!         }],
//!         "$defs": {
//!             "Planet": {
//!                 "type": "object",
//!                 "properties": { "name": { "type": "string" } },
//!                 "required": ["name"],
//!             },
//!         },
//!     })
//! );
//! # }
//! ```
//!
//! # Schemas
//!
//! Schemas follow JSON Schema 2020-12, with the refinements of the derive
//! [`JsonSchema`](derive@crate::JsonSchema). Those of inputs describe the values that
//! serde reads, those of outputs, events and errors the values that it writes. They
//! describe values of JavaScript, which have types that JSON lacks:
//!
//! | schema | value in JavaScript |
//! |---|---|
//! | `"x-native-type": "date"`, `"bigint"`, `"url"`, `"regexp"`, `"set"`, `"map"`, `"file"`, `"undefined"` | a value of that type; the other keywords describe its items or its text |
//! | `"x-native-type": "number"` | a number, for an integer of any size |
//! | `"x-native-type": "custom"` | a value that the client's own serializer creates, of the type in `"x-native-code"` |
//! | `"type": "integer"` with a format of 64 or 128 bits, such as `"uint64"` | a bigint |
//!
//! The formats `int8` to `int128` and `uint8` to `uint128`, `float` and `double` stand
//! for the ranges of those types, whose bounds need not be repeated.

mod generate;
mod ids;
mod names;

use std::collections::BTreeMap;

use http::Method;
use schemars::Schema;
use serde::{Serialize, Serializer};

use crate::procedure::{Deprecation, MetaValue, ProcedureKind};
use crate::router::{Router, RouterError};
#[cfg(feature = "typescript")]
pub(crate) use names::{is_identifier, names};

/// Description of a router.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RouterDescription {
    /// The procedures, in the order of the router.
    pub procedures: Vec<ProcedureDescription>,
    /// The named types, by the names with which schemas refer to them: `Planet` for
    /// `{"$ref": "#/$defs/Planet"}`.
    ///
    /// Names are identifiers of JavaScript. Types of the same name are told apart by
    /// their modules. A type that is read and written in different forms is two types,
    /// `PlanetInput` and `PlanetOutput`.
    #[serde(rename = "$defs")]
    pub types: BTreeMap<String, TypeDescription>,
}

/// Description of a named type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct TypeDescription {
    /// The schema. It is the only member that is serialized.
    pub schema: Schema,
    /// Path of the Rust type with its arguments: `my_app::Page<my_app::User>`; the
    /// [`schema_id`](schemars::JsonSchema::schema_id).
    #[serde(skip)]
    pub rust_type: String,
    /// Direction of the values.
    #[serde(skip)]
    pub direction: Direction,
}

/// Direction of the values of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// In inputs and outputs, with the same schema.
    Both,
    /// In inputs.
    Input,
    /// In outputs, events and errors.
    Output,
}

/// Description of a procedure.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProcedureDescription {
    /// The segments of its path. Never empty.
    pub path: Vec<String>,
    /// Its path in URLs, below the prefix of the service: the segments in percent-encoding,
    /// joined with `/`.
    pub url_path: String,
    /// One result or an event iterator.
    pub kind: ProcedureKind,
    /// GET if it may be called with GET as well, otherwise POST.
    #[serde(serialize_with = "method")]
    pub method: Method,
    /// The first paragraph of its doc comment, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its whole doc comment, as Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Set by `#[deprecated]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecation>,
    /// The pairs of `meta(key = value)`.
    pub meta: BTreeMap<String, MetaValue>,
    /// The input.
    pub input: IoDescription,
    /// The output.
    pub output: IoDescription,
    /// The errors that it declares, and then those of its middlewares from the innermost
    /// on. A code may occur several times, with different data.
    pub errors: Vec<ErrorDescription>,
    /// The middlewares in front of it, outermost first.
    pub middlewares: Vec<MiddlewareDescription>,
}

/// Description of an input or output.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum IoDescription {
    /// `()`, which is `undefined` in JavaScript: no input, or a result without a value.
    Undefined,
    /// One value.
    #[non_exhaustive]
    Value {
        /// Schema of the value.
        schema: Schema,
    },
    /// An event iterator.
    #[non_exhaustive]
    Events {
        /// Schema of an event; `None` is `undefined`.
        event: Option<Schema>,
        /// Schema of the return value; `None` is `undefined`.
        returns: Option<Schema>,
    },
    /// An event iterator with procedures as its members, as a durable iterator is.
    #[non_exhaustive]
    Object {
        /// Schema of an event; `None` is `undefined`.
        event: Option<Schema>,
        /// The procedures, with paths below the iterator.
        methods: Vec<ProcedureDescription>,
    },
}

/// Description of an error that a procedure declares.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ErrorDescription {
    /// The code, such as `RATE_LIMITED`.
    pub code: String,
    /// The HTTP status, 400 to 599.
    pub status: u16,
    /// The message, unless a call sets another one.
    pub message: String,
    /// Schema of the data; `None` is `undefined`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Schema>,
}

/// Description of a middleware.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MiddlewareDescription {
    /// The name of its function.
    pub name: String,
    /// The first paragraph of its doc comment, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its whole doc comment, as Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The errors that it declares. They are among those of the procedures behind it.
    pub errors: Vec<ErrorDescription>,
}

impl<C: Send + Sync + 'static> Router<C> {
    /// Describes the router: its procedures with their schemas, errors, middlewares and
    /// comments. The description of a router is always the same; it is generated by each
    /// call.
    ///
    /// # Panics
    /// If the router cannot be served, with all reasons; see
    /// [`try_describe`](Router::try_describe).
    #[track_caller]
    pub fn describe(&self) -> RouterDescription {
        match self.try_describe() {
            Ok(description) => description,
            Err(error) => panic!("{error}"),
        }
    }

    /// Describes the router, as [`describe`](Router::describe) does.
    ///
    /// # Errors
    /// All the reasons why the router cannot be served.
    pub fn try_describe(&self) -> Result<RouterDescription, RouterError> {
        self.check()?;
        Ok(generate::description(self))
    }
}

impl RouterDescription {
    /// Returns the procedure of a path, its segments joined with `/`: `chat/send`.
    pub fn procedure(&self, path: &str) -> Option<&ProcedureDescription> {
        self.procedures.iter().find(|procedure| procedure.path.join("/") == path)
    }

    /// Returns a schema of the description with the types that it refers to, in its
    /// `$defs`: a schema that stands alone, for validators and documents of other formats.
    pub fn standalone(&self, schema: &Schema) -> Schema {
        generate::standalone(self, schema)
    }

    /// Replaces the references of all schemas to the types, for documents of other
    /// formats: `reference` returns the one to the type of a name.
    ///
    /// ```
    /// # let router = orpc_runtime::Router::<()>::new();
    /// let description =
    ///     router.describe().map_references(|name| format!("#/components/schemas/{name}"));
    /// ```
    #[must_use]
    pub fn map_references(mut self, reference: impl Fn(&str) -> String) -> Self {
        generate::map_references(&mut self, &reference);
        self
    }
}

fn method<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}
