//! The schema of a type, which schemars generates.

use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};

use crate::task::run_named;

/// The name of a type, with the function that generates its schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypeSchema {
    type_name: &'static str,
    generate: fn(&mut SchemaGenerator) -> Schema,
}

impl TypeSchema {
    pub(crate) fn of<T: JsonSchema>() -> Self {
        Self {
            type_name: std::any::type_name::<T>(),
            generate: SchemaGenerator::subschema_for::<T>,
        }
    }

    /// Generates the schema, or a reference to it.
    pub(crate) fn generate(self, generator: &mut SchemaGenerator) -> Schema {
        named(self.type_name, || (self.generate)(generator))
    }
}

/// Generates the schema of a type in a thread that is named after the type.
///
/// With the derive of schemars itself, the schema of a type that is inline in itself has no end. No code of this crate
/// runs inside that recursion, which overflows the stack and ends the process. The standard library then reports the
/// name of the thread, and so of the type.
pub(super) fn named(type_name: &str, generate: impl FnOnce() -> Schema + Send) -> Schema {
    let name = format!("JSON Schema of `{type_name}`, endless if the type is inline in itself");
    run_named(name, generate)
}
