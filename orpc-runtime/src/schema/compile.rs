//! From a Rust type to compiled JSON Schemas.

use jsonschema::json::SerdeJson;
use jsonschema::{Draft, PatternOptions, Validator};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::circle::refuse_circles;
use super::keyword::{DATE_RANGE, INTEGER, JSON, date_bound, native_type};
use super::node::{Kinds, Typed};
use crate::value::{CODE_KEYWORD, KEYWORD, TooManyPlaces, is_wide};

/// A schema that cannot be compiled.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the JSON Schema cannot be compiled at `{pointer}`: {reason}")]
pub struct SchemaError {
    /// Where in the schema, as a JSON Pointer (RFC 6901).
    pointer: String,
    reason: String,
}

impl SchemaError {
    pub(super) fn new(pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), reason: reason.into() }
    }
}

impl From<TooManyPlaces> for SchemaError {
    fn from(error: TooManyPlaces) -> Self {
        Self::new("", error.to_string())
    }
}

/// The JSON Schema (draft 2020-12) of what a type deserialises from.
pub(super) fn input_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with_transform(NumberRange);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The JSON Schema of what a type serialises to.
pub(super) fn output_schema(schema: fn(&mut SchemaGenerator) -> Schema) -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut root = schema(&mut generator);
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    root.to_value()
}

/// Compiles a schema for values of plain JSON.
pub(super) fn compile_plain(schema: &Value) -> Result<Validator, SchemaError> {
    compile::<SerdeJson>(schema.clone(), &mut Kinded { plain_places: false })
}

/// Compiles a schema for values with types.
pub(super) fn compile_typed(schema: &Value) -> Result<Validator<Typed>, SchemaError> {
    compile::<Typed>(schema.clone(), &mut Kinded { plain_places: true })
}

/// Compiles a schema with formats asserted, as validation wants them.
fn compile<F: Kinds>(schema: Value, kinds: &mut Kinded) -> Result<Validator<F>, SchemaError> {
    refuse_circles(&schema)?;
    let mut schema =
        Schema::try_from(schema).map_err(|error| SchemaError::new("", error.to_string()))?;
    kinds.transform(&mut schema);
    let mut options = jsonschema::options_for::<F>()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .with_format("duration", is_duration)
        .with_format("ip", |text: &str| text.parse::<std::net::IpAddr>().is_ok())
        .offline()
        .with_keyword(KEYWORD, native_type::<F>);
    for keyword in DATE_RANGE {
        options = options
            .with_keyword(keyword, move |schema, limit, _| date_bound::<F>(keyword, schema, limit));
    }
    let built = options.build(schema.as_value());
    built.map_err(|error| SchemaError::new(error.instance_path().to_string(), error.to_string()))
}

/// Whether a text looks like a duration in ISO 8601 form (section 5.5.2). What is
/// one its type decides: some take signs and fractions, which RFC 3339 has not.
fn is_duration(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some(parts) = text.strip_prefix(['P', 'p']) else { return false };
    let is_part = |char: char| char.is_ascii_digit() || "YMWDTHSymwdths.,".contains(char);
    !parts.is_empty() && parts.chars().all(is_part)
}

/// What a schema has in it that values with types are read by.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Integers of 64 or 128 bits.
    pub(super) wide: bool,
    /// The codes of user-defined types.
    pub(super) codes: Vec<u32>,
}

impl Survey {
    pub(super) fn of(schema: &Value) -> Self {
        let mut survey = Self::default();
        if let Ok(mut schema) = Schema::try_from(schema.clone()) {
            survey.transform(&mut schema);
        }
        survey
    }
}

impl Transform for Survey {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(members) = schema.as_object() {
            self.wide |= is_wide(members);
            let code = members.get(CODE_KEYWORD).and_then(Value::as_u64);
            self.codes.extend(code.and_then(|code| u32::try_from(code).ok()));
        }
        transform_subschemas(self, schema);
    }
}

/// Says of each place which kinds of values it takes. Types of plain JSON do not
/// say that themselves, and where there are no others nobody has to.
struct Kinded {
    plain_places: bool,
}

impl Transform for Kinded {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(members) = schema.as_object_mut() {
            if members.contains_key(KEYWORD) {
                // The kind implies the format, which has forms beyond that of JSON Schema.
                members.remove("format");
            } else if is_wide(members) {
                members.insert(KEYWORD.to_owned(), INTEGER.into());
            } else if self.plain_places
                && ["type", "const", "enum", "properties", "required"]
                    .iter()
                    .any(|keyword| members.contains_key(*keyword))
            {
                members.insert(KEYWORD.to_owned(), JSON.into());
            }
        }
        transform_subschemas(self, schema);
    }
}

/// Gives a number its type's range: schemars names the size in `format`, which
/// no validator of numbers reads, and writes the range of the small integers only.
#[derive(Debug, Clone)]
struct NumberRange;

impl Transform for NumberRange {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && let Some((minimum, maximum)) = number_range(format)
            && let Some(object) = schema.as_object_mut()
        {
            object.entry("minimum").or_insert(minimum);
            object.entry("maximum").or_insert(maximum);
        }
        transform_subschemas(self, schema);
    }
}

fn number_range(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "int8" => (json!(i8::MIN), json!(i8::MAX)),
        "int16" => (json!(i16::MIN), json!(i16::MAX)),
        "int32" => (json!(i32::MIN), json!(i32::MAX)),
        "int64" | "int" => (json!(i64::MIN), json!(i64::MAX)),
        "uint8" => (json!(u8::MIN), json!(u8::MAX)),
        "uint16" => (json!(u16::MIN), json!(u16::MAX)),
        "uint32" => (json!(u32::MIN), json!(u32::MAX)),
        "uint64" | "uint" => (json!(u64::MIN), json!(u64::MAX)),
        // What is beyond would be infinite, which JSON has no number for. The bounds
        // are those of `f32` as they are written, a little beyond them as doubles.
        "float" => (json!(-3.402_823_5e38), json!(3.402_823_5e38)),
        _ => return None,
    })
}
