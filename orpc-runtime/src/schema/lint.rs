//! Keywords of a schema that no value can break, or that every value breaks.

use serde_json::{Map, Value};

use super::instance::Instance;
use super::refs::{Refs, Types, each_part};
use super::validator::Validator;
use crate::value::KEYWORD;

/// The keywords that are about values of one type alone.
const OF_TYPES: [(Types, &[&str]); 4] = [
    (Types::STRING, &["minLength", "maxLength", "pattern"]),
    (Types::NUMBER, &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
    (Types::ARRAY, &["minItems", "maxItems", "uniqueItems", "contains"]),
    (Types::OBJECT, &["minProperties", "maxProperties", "propertyNames", "dependentRequired"]),
];

/// The formats of texts. One that is in neither list is an annotation of the
/// application's own (JSON Schema Validation, section 7.2.3).
const OF_TEXTS: [&str; 27] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ip",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
    // Those which a type decides, or which are for people and documents.
    "binary",
    "byte",
    "char",
    "partial-date-time",
    "partial-time",
    "password",
    "zoned-date-time",
];
/// The formats of numbers.
const OF_NUMBERS: [&str; 14] = [
    "int", "int8", "int16", "int32", "int64", "int128", "uint", "uint8", "uint16", "uint32",
    "uint64", "uint128", "float", "double",
];

/// The bounds that belong together.
const BOUNDS: [(&str, &str); 7] = [
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
];

/// Returns the faults of a schema.
pub(super) fn lint(schema: &Value, name: &str) -> Vec<String> {
    let mut lint = Lint { refs: Refs::of(schema), faults: Vec::new() };
    each_place(schema, name, &mut |schema, place| lint.visit(schema, place));
    lint.faults
}

/// Returns the faults of a schema of events: oRPC has no form for a file in an event.
pub(super) fn files_of_events(schema: &Value) -> Vec<String> {
    let name = schema.get("title").and_then(Value::as_str).unwrap_or("the event");
    let mut faults = Vec::new();
    each_place(schema, name, &mut |schema, place| {
        if schema.get(KEYWORD).and_then(Value::as_str) == Some("file") {
            faults.push(format!(
                "`{place}` is a file, which no event can hold: send its name in the event, and the \
                 file as the output of another procedure"
            ));
        }
    });
    faults
}

/// Visits a schema and its parts with their places, then its definitions by their names.
fn each_place(schema: &Value, name: &str, visit: &mut dyn FnMut(&Value, &str)) {
    each_part_of(schema, name, visit);
    let definitions = schema.get("$defs").and_then(Value::as_object);
    for (name, definition) in definitions.into_iter().flatten() {
        each_part_of(definition, name, visit);
    }
}

fn each_part_of(schema: &Value, place: &str, visit: &mut dyn FnMut(&Value, &str)) {
    let Some(members) = schema.as_object() else { return };
    visit(schema, place);
    let mut parts = Vec::new();
    each_part(members, |step, part| parts.push((step, part)));
    // Definitions are visited by their names.
    let definitions = members.get("$defs").and_then(Value::as_object);
    let is_definition =
        |part: &Value| definitions.is_some_and(|all| all.values().any(|it| std::ptr::eq(it, part)));
    parts.retain(|(_, part)| !is_definition(part));
    for (step, part) in parts {
        each_part_of(part, &format!("{place}{step}"), visit);
    }
}

struct Lint<'a> {
    refs: Refs<'a>,
    faults: Vec<String>,
}

/// Returns whether other keywords say more than a type's: the values one by one, or null alone.
fn says_all(members: &Map<String, Value>, types: Types) -> bool {
    types.without(Types::NULL) == Types::NONE
        || members.contains_key("const")
        || members.contains_key("enum")
}

impl Lint<'_> {
    fn visit(&mut self, schema: &Value, place: &str) {
        let Some(members) = schema.as_object() else { return };
        let types = self.refs.types(schema);
        self.check_keywords(members, types, place);
        self.check_format(members, types, place);
        self.check_bounds(members, place);
        self.check_required(members, place);
        self.check_satisfiable(members, types, place);
        self.check_default(members, place);
    }

    fn fault(&mut self, place: &str, text: impl std::fmt::Display) {
        self.faults.push(format!("`{place}`: {text}"));
    }

    fn check_keywords(&mut self, members: &Map<String, Value>, types: Types, place: &str) {
        if says_all(members, types) {
            return;
        }
        for (of, keywords) in OF_TYPES {
            for keyword in keywords {
                if members.contains_key(*keyword) && !types.has(of) {
                    let holds = types.without(Types::NULL);
                    self.fault(place, format!("remove `{keyword}`: it has no effect on {holds}"));
                }
            }
        }
    }

    fn check_format(&mut self, members: &Map<String, Value>, types: Types, place: &str) {
        let Some(format) = members.get("format").and_then(Value::as_str) else { return };
        if members.contains_key(KEYWORD) || says_all(members, types) {
            return;
        }
        let is_of_texts = OF_TEXTS.contains(&format) && !types.has(Types::STRING);
        let is_of_numbers = OF_NUMBERS.contains(&format) && !types.has(Types::NUMBER);
        if is_of_texts || is_of_numbers {
            let holds = types.without(Types::NULL);
            self.fault(place, format!("remove the format `{format}`: it has no effect on {holds}"));
        }
    }

    fn check_bounds(&mut self, members: &Map<String, Value>, place: &str) {
        for (least, most) in BOUNDS {
            let bound = |keyword: &str| members.get(keyword).and_then(Value::as_f64);
            if let (Some(low), Some(high)) = (bound(least), bound(most))
                && (low > high || low == high && format!("{least}{most}").contains("exclusive"))
            {
                self.fault(
                    place,
                    format!("write `{least}` below `{most}`: no value is between {low} and {high}"),
                );
            }
        }
    }

    fn check_required(&mut self, members: &Map<String, Value>, place: &str) {
        let Some(properties) = members.get("properties").and_then(Value::as_object) else { return };
        let others =
            ["$ref", "allOf", "anyOf", "oneOf", "patternProperties", "unevaluatedProperties"];
        let is_open = others.iter().any(|keyword| members.contains_key(*keyword))
            || !matches!(members.get("additionalProperties"), None | Some(Value::Bool(false)));
        if is_open {
            return;
        }
        let required = members.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !properties.contains_key(name) {
                self.fault(
                    place,
                    format!("remove `{name}` from `required`: there is no such field"),
                );
            }
        }
    }

    /// A default that the constraints beside it refuse: serde gives it, and writes it.
    fn check_default(&mut self, members: &Map<String, Value>, place: &str) {
        let Some(default) = members.get("default").filter(|default| !default.is_null()) else {
            return;
        };
        let own: Map<String, Value> = members
            .iter()
            .filter(|(keyword, _)| {
                OF_TYPES.iter().any(|(_, keywords)| keywords.contains(&keyword.as_str()))
            })
            .map(|(keyword, value)| (keyword.clone(), value.clone()))
            .collect();
        if own.is_empty() || members.contains_key(KEYWORD) {
            return;
        }
        // A part that does not compile is reported where the whole is compiled.
        let Ok(validator) = Validator::compile(&Value::Object(own)) else { return };
        if let Some(fault) = validator.faults(Instance::Plain(default), false).first() {
            let message = fault.message();
            self.fault(
                place,
                format_args!(
                    "write a default that its constraints accept, not {default}: {message}"
                ),
            );
        }
    }

    /// A type and a reference that no value is of both.
    fn check_satisfiable(&mut self, members: &Map<String, Value>, types: Types, place: &str) {
        let Some(own) = members.get("type") else { return };
        if types != Types::NONE {
            return;
        }
        let own = self.refs.types(&serde_json::json!({ "type": own }));
        let mut rest = members.clone();
        rest.remove("type");
        let rest = self.refs.types(&Value::Object(rest));
        if rest != Types::NONE {
            self.fault(place, format!("no value is {own} and {rest} at once"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keywords_that_no_value_can_violate_or_fulfil_are_faults() {
        let cases = [
            (json!({ "type": "string", "minLength": 1, "format": "email" }), vec![]),
            (json!({ "type": ["string", "null"], "maxLength": 1 }), vec![]),
            (json!({ "minLength": 1, "minimum": 1 }), vec![]),
            (
                json!({ "type": "array", "minLength": 1 }),
                vec!["`T`: remove `minLength`: it has no effect on a list"],
            ),
            (
                json!({ "type": "object", "properties": { "a": { "type": ["null", "string"], "minimum": 1 } } }),
                vec!["`T.a`: remove `minimum`: it has no effect on a text"],
            ),
            (
                json!({ "type": "integer", "format": "email" }),
                vec!["`T`: remove the format `email`: it has no effect on a number"],
            ),
            (
                json!({ "type": "string", "format": "int32" }),
                vec!["`T`: remove the format `int32`: it has no effect on a text"],
            ),
            (json!({ "type": "integer", "format": "int32" }), vec![]),
            (json!({ "type": "string", "format": "other" }), vec![]),
            (json!({ "type": "integer", "minimum": 3, "maximum": 3 }), vec![]),
            (
                json!({ "type": "integer", "minimum": 4, "maximum": 3 }),
                vec!["`T`: write `minimum` below `maximum`: no value is between 4 and 3"],
            ),
            (
                json!({ "type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 3 }),
                vec![
                    "`T`: write `exclusiveMinimum` below `exclusiveMaximum`: no value is between 3 and 3",
                ],
            ),
            (
                json!({ "type": "string", "minLength": 4, "maxLength": 3 }),
                vec!["`T`: write `minLength` below `maxLength`: no value is between 4 and 3"],
            ),
            (
                json!({ "type": "object", "properties": { "a": true }, "required": ["a", "b"] }),
                vec!["`T`: remove `b` from `required`: there is no such field"],
            ),
            (
                json!({
                    "type": "object", "properties": { "a": true }, "required": ["b"],
                    "additionalProperties": false,
                }),
                vec!["`T`: remove `b` from `required`: there is no such field"],
            ),
            (
                json!({
                    "type": "object", "properties": { "a": true }, "required": ["b"],
                    "additionalProperties": { "type": "string" },
                }),
                vec![],
            ),
            (
                json!({
                    "type": "object", "properties": { "a": true }, "required": ["b"],
                    "patternProperties": { "^b": true },
                }),
                vec![],
            ),
            (json!({ "type": "string", "const": "a" }), vec![]),
            // Keywords that say which values there are leave the others to themselves.
            (json!({ "type": "string", "const": "a", "minimum": 1, "format": "int8" }), vec![]),
            (json!({ "type": "string", "enum": ["a"], "minimum": 1, "format": "int8" }), vec![]),
            (json!({ "type": "null", "minimum": 1, "format": "int8" }), vec![]),
            (
                json!({ "type": "string", "const": 1 }),
                vec!["`T`: no value is a text and a number at once"],
            ),
            (
                json!({
                    "type": "array", "$ref": "#/$defs/text",
                    "$defs": { "text": { "type": "string" } },
                }),
                vec!["`T`: no value is a list and a text at once"],
            ),
            (json!({ "type": "integer", "minimum": 3, "default": 3 }), vec![]),
            (json!({ "type": "integer", "minimum": 3, "default": null }), vec![]),
            (json!({ "type": "integer", "default": "x" }), vec![]),
            (json!({ "minLength": 3, KEYWORD: "date", "default": "x" }), vec![]),
        ];
        for (schema, faults) in cases {
            assert_eq!(lint(&schema, "T"), faults, "{schema}");
        }
        let faults = lint(&json!({ "type": "integer", "minimum": 3, "default": 1 }), "T");
        assert_eq!(faults.len(), 1, "{faults:?}");
        let expected = "`T`: write a default that its constraints accept, not 1: \
                        Too small: expected a number >= 3";
        assert_eq!(faults[0], expected);
    }
}
