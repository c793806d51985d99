//! From a Rust type to a compiled JSON Schema.

use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Validator};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// A schema that cannot be compiled.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the JSON Schema cannot be compiled at `{pointer}`: {reason}")]
pub struct SchemaError {
    /// Where in the schema, as a JSON Pointer (RFC 6901).
    pointer: String,
    reason: String,
}

/// The JSON Schema (draft 2020-12) of what a type deserialises from.
pub(super) fn input_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with_transform(IntegerRange);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Compiles the schema of what a type serialises to.
pub(crate) fn compile_output(
    schema: fn(&mut SchemaGenerator) -> Schema,
) -> Result<Arc<Validator>, SchemaError> {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut root = schema(&mut generator);
    root.insert("$defs".to_owned(), Value::Object(generator.take_definitions(true)));
    compile(&root.to_value())
}

/// Compiles a schema with formats asserted, as validation wants them.
pub(super) fn compile(schema: &Value) -> Result<Arc<Validator>, SchemaError> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .with_format("ip", |text: &str| text.parse::<std::net::IpAddr>().is_ok())
        .offline()
        .build(schema)
        .map(Arc::new)
        .map_err(|error| SchemaError {
            pointer: error.instance_path().to_string(),
            reason: error.to_string(),
        })
}

/// Gives an integer its type's range: schemars names the size in `format`, which
/// no validator of numbers reads, and writes the range of the small types only.
#[derive(Debug, Clone)]
struct IntegerRange;

impl Transform for IntegerRange {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && let Some((minimum, maximum)) = integer_range(format)
            && let Some(object) = schema.as_object_mut()
        {
            object.entry("minimum").or_insert(minimum);
            object.entry("maximum").or_insert(maximum);
        }
        transform_subschemas(self, schema);
    }
}

fn integer_range(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "int8" => (json!(i8::MIN), json!(i8::MAX)),
        "int16" => (json!(i16::MIN), json!(i16::MAX)),
        "int32" => (json!(i32::MIN), json!(i32::MAX)),
        "int64" | "int" => (json!(i64::MIN), json!(i64::MAX)),
        "uint8" => (json!(u8::MIN), json!(u8::MAX)),
        "uint16" => (json!(u16::MIN), json!(u16::MAX)),
        "uint32" => (json!(u32::MIN), json!(u32::MAX)),
        "uint64" | "uint" => (json!(u64::MIN), json!(u64::MAX)),
        _ => return None,
    })
}
