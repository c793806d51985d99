//! Encoding of a value of the user's type to an envelope.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use super::compile::{SchemaError, output_schema};
use super::recursion::refuse_circles;
use super::type_schema::TypeSchema;
use crate::value::{
    File, Integers, KEYWORD, Places, Serialised, is_wide, write_plain, write_typed,
};

/// Encodes the values of one type, according to its JSON Schema.
#[derive(Debug)]
pub(crate) enum OutputEncoder {
    /// The values are plain JSON.
    Plain,
    /// The values may have other types, but none of their integers is a bigint.
    ExactNumbers,
    /// The same, beside values that the schema does not describe, whose integers are written as they are.
    Numbers,
    /// All their large integers are bigints.
    BigInts,
    /// Those at these places are bigints.
    ByPlace(Places),
}

impl OutputEncoder {
    /// Creates the encoder of a type.
    pub(crate) fn of(schema: TypeSchema) -> Result<Self, SchemaError> {
        Self::of_schema(&output_schema(schema)?)
    }

    /// Returns the encoder of a type that no procedure has compiled. It is created
    /// once.
    pub(crate) fn shared<T: JsonSchema + 'static>() -> Result<Arc<Self>, SchemaError> {
        static ENCODERS: RwLock<BTreeMap<TypeId, Arc<OutputEncoder>>> =
            RwLock::new(BTreeMap::new());

        let id = TypeId::of::<T>();
        let known = ENCODERS.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(encoder) = known {
            return Ok(encoder);
        }
        let encoder = Arc::new(Self::of(TypeSchema::of::<T>())?);
        let mut encoders = ENCODERS.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(encoders.entry(id).or_insert(encoder)))
    }

    pub(super) fn of_schema(schema: &Value) -> Result<Self, SchemaError> {
        refuse_circles(schema)?;
        let mut content = Content::default();
        match Schema::try_from(schema.clone()) {
            Ok(mut schema) => content.transform(&mut schema),
            Err(_) => content.anything = true,
        }
        Ok(match content {
            Content { wide: false, anything: false, special: false, .. } => Self::Plain,
            Content { wide: false, anything: false, .. } => Self::ExactNumbers,
            Content { wide: false, .. } => Self::Numbers,
            Content { anything: false, narrow: false, .. } => Self::BigInts,
            _ => Self::ByPlace(Places::of(schema)?),
        })
    }

    /// Appends the envelope of a value, without its files; `{}` if it is undefined. On failure
    /// `out` keeps its length.
    pub(crate) fn write(
        &self,
        value: Option<&dyn Serialised>,
        out: &mut Vec<u8>,
    ) -> Result<(), serde_json::Error> {
        let Some(value) = value else {
            out.extend_from_slice(b"{}");
            return Ok(());
        };
        match self.integers() {
            None => write_plain(value, out),
            Some(integers) => write_typed(value, integers, false, out).map(drop),
        }
    }

    /// Appends the envelope of a value with its files, whose places it contains.
    pub(crate) fn write_with_files(
        &self,
        value: Option<&dyn Serialised>,
        out: &mut Vec<u8>,
    ) -> Result<Vec<File>, serde_json::Error> {
        match (value, self.integers()) {
            (Some(value), Some(integers)) => write_typed(value, integers, true, out),
            (value, _) => self.write(value, out).map(|()| Vec::new()),
        }
    }

    /// Returns the encoding of large integers; `None` for plain JSON.
    fn integers(&self) -> Option<Integers<'_>> {
        Some(match self {
            Self::Plain => return None,
            Self::ExactNumbers => Integers::ExactNumbers,
            Self::Numbers => Integers::Numbers,
            Self::BigInts => Integers::BigInts,
            Self::ByPlace(places) => Integers::ByPlace(places),
        })
    }
}

/// Contents of a schema.
#[derive(Debug, Default)]
struct Content {
    /// Special values, or numbers that may be NaN.
    special: bool,
    /// Integers of 64 or 128 bits.
    wide: bool,
    /// Other integers that serde may pass in the same way.
    narrow: bool,
    /// Values that the schema does not describe.
    anything: bool,
}

impl Transform for Content {
    fn transform(&mut self, schema: &mut Schema) {
        match schema.as_object() {
            Some(members) => {
                let is_type = |name: &str| has_type(members, name);
                let small = members.get("format").and_then(Value::as_str).is_some_and(|format| {
                    ["int8", "uint8", "int16", "uint16", "int32", "uint32"].contains(&format)
                });
                self.wide |= is_wide(members);
                self.special |= members.contains_key(KEYWORD) || is_type("number");
                self.narrow |= is_type("integer") && !small && !is_wide(members);
                self.anything |= is_open(members);
            }
            None => self.anything |= schema.as_bool() == Some(true),
        }
        transform_subschemas(self, schema);
    }
}

fn has_type(schema: &Map<String, Value>, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(many)) => many.iter().any(|one| one == name),
        _ => false,
    }
}

/// Returns `true` if a schema does not determine its values. An object with properties
/// is determined: serde writes no others.
fn is_open(schema: &Map<String, Value>) -> bool {
    let lacks = |keywords: &[&str]| !keywords.iter().any(|keyword| schema.contains_key(*keyword));
    let combined = ["$ref", "anyOf", "oneOf", "allOf", "const", "enum"];
    if !lacks(&combined) {
        return false;
    }
    let members = ["properties", "additionalProperties", "patternProperties"];
    (lacks(&["type", "not"]) && lacks(&members))
        || (has_type(schema, "object") && lacks(&members) && lacks(&["unevaluatedProperties"]))
        || (has_type(schema, "array") && lacks(&["items", "prefixItems"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the kind of a schema's encoder.
    fn kind(schema: &Value) -> &'static str {
        match OutputEncoder::of_schema(schema).unwrap() {
            OutputEncoder::Plain => "plain",
            OutputEncoder::ExactNumbers => "exact numbers",
            OutputEncoder::Numbers => "numbers",
            OutputEncoder::BigInts => "bigints",
            OutputEncoder::ByPlace(_) => "by place",
        }
    }

    #[test]
    fn the_encoder_of_a_schema_does_no_more_than_its_values_need() {
        let (wide, small) = (
            json!({ "type": "integer", "format": "uint64" }),
            json!({ "type": "integer", "format": "int32" }),
        );
        let narrow = json!({ "type": "integer" });
        let cases = [
            (json!({ "type": "string" }), "plain"),
            (json!({ "type": ["boolean", "null"] }), "plain"),
            (small.clone(), "plain"),
            (narrow.clone(), "plain"),
            (json!({ "type": "object", "properties": { "a": { "type": "string" } } }), "plain"),
            (json!({ "type": "array", "items": { "type": "string" } }), "plain"),
            (json!({ "type": "array", "prefixItems": [{ "type": "string" }] }), "plain"),
            (json!({ "properties": { "a": { "type": "string" } } }), "plain"),
            (json!({ "not": { "type": "string" } }), "plain"),
            (json!({ "not": {} }), "numbers"),
            (json!({ "const": { "a": 1 } }), "plain"),
            (json!({ "enum": ["a", 1] }), "plain"),
            (json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }), "plain"),
            (json!({ "type": "object", "unevaluatedProperties": false }), "plain"),
            // Numbers may be NaN, and what is not described may be anything.
            (json!({ "type": "number" }), "exact numbers"),
            (json!({ "type": ["string", "number"] }), "exact numbers"),
            (json!(true), "numbers"),
            (json!({}), "numbers"),
            (json!({ "type": "object" }), "numbers"),
            (json!({ "type": "array" }), "numbers"),
            (json!({ "type": ["array", "null"] }), "numbers"),
            (json!({ "type": "array", "items": {} }), "numbers"),
            (json!({ "type": "string", KEYWORD: "date" }), "exact numbers"),
        ];
        for (schema, expected) in cases {
            assert_eq!(kind(&schema), expected, "{schema}");
        }
        let list = |items: &Value| json!({ "type": "array", "prefixItems": items });
        assert_eq!(kind(&wide), "bigints");
        assert_eq!(kind(&list(&json!([wide, small]))), "bigints");
        assert_eq!(kind(&list(&json!([wide, narrow]))), "by place");
        assert_eq!(kind(&list(&json!([wide, true]))), "by place");
    }
}
