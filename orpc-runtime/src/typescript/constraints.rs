//! Constraints that a TypeScript type cannot express.

use serde_json::{Map, Value};

use crate::schema::MAX_SAFE_INTEGER;
use crate::value::KEYWORD;

/// Returns the constraints of a schema, as JSDoc tags with their names in JSON Schema.
pub(super) fn constraints(schema: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let mut tags = Vec::new();
    if schema.get("deprecated") == Some(&Value::Bool(true)) {
        tags.push(("deprecated", String::new()));
    }
    let format = schema.get("format").and_then(Value::as_str);
    for keyword in KEYWORDS {
        if let Some(text) = schema.get(keyword).and_then(|value| shown(keyword, value))
            && !is_told(keyword, &text, format, schema)
        {
            tags.push((keyword, text));
        }
    }
    tags
}

/// Returns the text of a constraint.
fn shown(keyword: &str, value: &Value) -> Option<String> {
    Some(match value {
        value if keyword == "default" => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => String::new(),
        Value::Number(number) => match number.as_f64() {
            Some(double) if number.is_f64() => ryu_js::Buffer::new().format(double).to_owned(),
            _ => number.to_string(),
        },
        _ => return None,
    })
}

/// Returns `true` if a constraint is implied by the type, or by its format.
fn is_told(keyword: &str, text: &str, format: Option<&str>, schema: &Map<String, Value>) -> bool {
    let number: f64 = text.parse().unwrap_or(0.0);
    match keyword {
        _ if schema.contains_key("const") || schema.contains_key("enum") => true,
        "format" => ["double", "uint", "int"].contains(&text) || schema.contains_key(KEYWORD),
        "minimum" if format.and_then(range).is_some_and(|(minimum, _)| minimum == number) => true,
        "maximum" if format.and_then(range).is_some_and(|(_, maximum)| maximum == number) => true,
        // Beyond this bound JavaScript has no exact numbers.
        "minimum" | "maximum" => number.abs() >= MAX_SAFE_INTEGER,
        _ => false,
    }
}

const KEYWORDS: [&str; 19] = [
    "default",
    "format",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "formatMinimum",
    "formatExclusiveMinimum",
    "formatMaximum",
    "formatExclusiveMaximum",
];

/// Returns the range of an integer type, as doubles.
fn range(format: &str) -> Option<(f64, f64)> {
    Some(match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "uint8" => (u8::MIN.into(), u8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "uint16" => (u16::MIN.into(), u16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "uint32" => (u32::MIN.into(), u32::MAX.into()),
        "uint64" | "uint128" => (0.0, f64::INFINITY),
        _ => return None,
    })
}
