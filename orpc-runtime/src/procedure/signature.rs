//! Types of a procedure, as JSON Schemas that are generated on demand.

use std::any::TypeId;

use schemars::JsonSchema;
use schemars::generate::SchemaGenerator;

use super::definition::{Definition, MiddlewareDefinition};
use crate::core::ErrorDeclaration;
use crate::schema::SchemaOf;

/// Type of an input or output of a procedure.
#[derive(Debug, Clone, Copy)]
pub struct IoSchema(pub(crate) IoSchemaKind);

#[derive(Debug, Clone, Copy)]
pub(crate) enum IoSchemaKind {
    /// A value; `None` is `()`, which is undefined in JavaScript.
    Value(Option<SchemaOf>),
    /// An event iterator, of these events and this return value.
    Events(Option<SchemaOf>, Option<SchemaOf>),
    /// A durable iterator of these events, and the methods beside it.
    #[cfg_attr(
        not(feature = "durable"),
        allow(dead_code, reason = "only durable iterators are such")
    )]
    Durable(Option<SchemaOf>, fn() -> Vec<DurableMethod>),
}

/// A procedure that is called on a durable iterator.
#[derive(Debug, Clone)]
pub(crate) struct DurableMethod {
    pub(crate) path: Vec<String>,
    pub(crate) definition: Definition,
    pub(crate) signature: Signature,
}

impl IoSchema {
    /// Creates the type of a value of type `T`.
    pub(crate) fn value<T: JsonSchema + 'static>() -> Self {
        Self(IoSchemaKind::Value(schema_of::<T>()))
    }

    /// Creates the type of an event iterator.
    pub(crate) fn events<T: JsonSchema + 'static, R: JsonSchema + 'static>() -> Self {
        Self(IoSchemaKind::Events(schema_of::<T>(), schema_of::<R>()))
    }

    /// Creates the type of a durable iterator.
    #[cfg(feature = "durable")]
    pub(crate) fn durable<T: JsonSchema + 'static>(methods: fn() -> Vec<DurableMethod>) -> Self {
        Self(IoSchemaKind::Durable(schema_of::<T>(), methods))
    }
}

fn schema_of<T: JsonSchema + 'static>() -> Option<SchemaOf> {
    (TypeId::of::<T>() != TypeId::of::<()>()).then_some(SchemaGenerator::subschema_for::<T>)
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
