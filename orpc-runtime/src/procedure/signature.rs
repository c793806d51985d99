//! Types of a procedure, as JSON Schemas that are generated on demand.

use std::any::TypeId;

use schemars::JsonSchema;

use super::definition::{Definition, MiddlewareDefinition};
use crate::core::ErrorDeclaration;
use crate::schema::TypeSchema;

/// Type of an input or output of a procedure.
#[derive(Debug, Clone, Copy)]
pub struct IoSchema(pub(crate) IoSchemaKind);

#[derive(Debug, Clone, Copy)]
pub(crate) enum IoSchemaKind {
    /// A value; `None` is `()`, which is undefined in JavaScript.
    Value(Option<TypeSchema>),
    /// An event iterator, of these events and this return value.
    Events(Option<TypeSchema>, Option<TypeSchema>),
    /// An event iterator of these events, with procedures as its members.
    Object(Option<TypeSchema>, fn() -> Vec<Member>),
}

/// A procedure that is called on an event iterator.
#[derive(Debug, Clone)]
pub struct Member {
    pub(crate) path: Vec<String>,
    pub(crate) definition: Definition,
    pub(crate) signature: Signature,
}

impl IoSchema {
    /// Creates the type of a value of type `T`.
    pub fn value<T: JsonSchema + 'static>() -> Self {
        Self(IoSchemaKind::Value(schema_of::<T>()))
    }

    /// Creates the type of an event iterator.
    pub fn events<T: JsonSchema + 'static, R: JsonSchema + 'static>() -> Self {
        Self(IoSchemaKind::Events(schema_of::<T>(), schema_of::<R>()))
    }

    /// Creates the type of an event iterator with procedures as its members.
    pub fn object<T: JsonSchema + 'static>(members: fn() -> Vec<Member>) -> Self {
        Self(IoSchemaKind::Object(schema_of::<T>(), members))
    }
}

fn schema_of<T: JsonSchema + 'static>() -> Option<TypeSchema> {
    (TypeId::of::<T>() != TypeId::of::<()>()).then(TypeSchema::of::<T>)
}

/// The types of one procedure.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub(crate) input: IoSchema,
    pub(crate) output: IoSchema,
    pub(crate) errors: Vec<ErrorDeclaration>,
    /// The middlewares in front of it, outermost first.
    pub(crate) middlewares: Vec<MiddlewareSignature>,
}

/// A middleware in front of a procedure.
#[derive(Debug, Clone)]
pub(crate) struct MiddlewareSignature {
    pub(crate) definition: MiddlewareDefinition,
    pub(crate) errors: Vec<ErrorDeclaration>,
}
