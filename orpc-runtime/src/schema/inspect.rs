//! A type's schemas as functions, for tests that hold many types against serde.

use schemars::JsonSchema;
use schemars::generate::SchemaGenerator;
use serde_json::Value;

use super::compile::{SchemaError, compile_plain, input_schema, output_schema};

/// Says of a plain JSON value whether it is accepted.
type Accepts = Box<dyn Fn(&Value) -> bool>;

/// What inputs and outputs of a type are checked against.
pub struct Inspection {
    /// Accepts what the type is read from.
    pub input: Accepts,
    /// Accepts what the type is written as.
    pub output: Accepts,
}

impl std::fmt::Debug for Inspection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspection").finish_non_exhaustive()
    }
}

/// Compiles both schemas of a type.
///
/// # Errors
/// If a router with the type could not be built.
pub fn inspect<T: JsonSchema>() -> Result<Inspection, SchemaError> {
    let accepts = |schema: Value| {
        let compiled = compile_plain(&schema)?;
        Ok::<Accepts, SchemaError>(Box::new(move |value| compiled.is_valid(value)))
    };
    Ok(Inspection {
        input: accepts(input_schema::<T>()?)?,
        output: accepts(output_schema(SchemaGenerator::subschema_for::<T>)?)?,
    })
}
