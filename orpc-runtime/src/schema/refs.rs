//! Definitions of a schema, and the JSON types of its values.

use std::borrow::Cow;
use std::fmt;
use std::ops::{BitAnd, BitOr};

use serde_json::{Map, Value};

/// Maximum length of a chain of references.
const LONGEST_CHAIN: usize = 64;

/// Keywords with one schema.
const ONE: [&str; 8] = [
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "not",
    "contains",
    "then",
    "else",
];
/// Keywords with a list of schemas.
const MANY: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
/// Keywords with schemas by name.
const NAMED: [&str; 3] = ["properties", "patternProperties", "$defs"];

/// Visits every schema in a schema, with a text of its place.
pub(super) fn each_part<'v>(
    schema: &'v Map<String, Value>,
    mut visitor: impl FnMut(String, &'v Value),
) {
    for (keyword, value) in schema {
        let keyword = keyword.as_str();
        if ONE.contains(&keyword) {
            visitor(step(keyword, ""), value);
        } else if MANY.contains(&keyword) {
            for (index, part) in value.as_array().into_iter().flatten().enumerate() {
                visitor(step(keyword, &index.to_string()), part);
            }
        } else if NAMED.contains(&keyword) {
            for (name, part) in value.as_object().into_iter().flatten() {
                visitor(step(keyword, name), part);
            }
        }
    }
}

/// Visits every schema in a schema mutably, likewise.
pub(crate) fn each_part_mut(
    schema: &mut Map<String, Value>,
    mut visitor: impl FnMut(String, &mut Value),
) {
    for (keyword, value) in schema {
        let keyword = keyword.as_str();
        if ONE.contains(&keyword) {
            visitor(step(keyword, ""), value);
        } else if MANY.contains(&keyword) {
            for (index, part) in value.as_array_mut().into_iter().flatten().enumerate() {
                visitor(step(keyword, &index.to_string()), part);
            }
        } else if NAMED.contains(&keyword) {
            for (name, part) in value.as_object_mut().into_iter().flatten() {
                visitor(step(keyword, name), part);
            }
        }
    }
}

/// Returns the text of one step from a schema to a part of it, for people.
fn step(keyword: &str, name: &str) -> String {
    match keyword {
        "properties" | "prefixItems" => format!(".{name}"),
        "items" => "[]".to_owned(),
        "additionalProperties" | "patternProperties" => "{}".to_owned(),
        _ => String::new(),
    }
}

/// Targets of references.
#[derive(Clone, Copy)]
pub(super) struct Refs<'a> {
    pub(super) root: &'a Value,
    pub(super) definitions: Option<&'a Map<String, Value>>,
}

impl<'a> Refs<'a> {
    /// Collects the definitions of a schema.
    pub(super) fn of(root: &'a Value) -> Self {
        Self { root, definitions: root.get("$defs").and_then(Value::as_object) }
    }

    /// Returns the target of a reference.
    pub(super) fn get(&self, reference: &str) -> Option<&'a Value> {
        if reference == "#" {
            return Some(self.root);
        }
        self.definitions?.get(definition_name(reference)?.as_ref())
    }

    /// Returns the schema itself, or the target of its reference if it has no other
    /// constraints.
    pub(super) fn target<'s>(&self, schema: &'s Value) -> &'s Value
    where
        'a: 's,
    {
        let mut schema = schema;
        for _ in 0..LONGEST_CHAIN {
            let reference = schema.get("$ref").and_then(Value::as_str);
            match reference.and_then(|reference| self.get(reference)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// Returns the JSON types of a schema's values.
    pub(super) fn types(&self, schema: &Value) -> Types {
        self.types_within(schema, LONGEST_CHAIN)
    }

    fn types_within(&self, schema: &Value, depth: usize) -> Types {
        let (Some(members), Some(depth)) = (schema.as_object(), depth.checked_sub(1)) else {
            return if schema == &Value::Bool(false) { Types::NONE } else { Types::ANY };
        };
        let mut types = match members.get("type") {
            Some(Value::String(name)) => Types::named(name),
            Some(Value::Array(names)) => {
                Types::any_of(names.iter().filter_map(Value::as_str).map(Types::named))
            }
            _ => Types::ANY,
        };
        if let Some(value) = members.get("const") {
            types = types & Types::of(value);
        }
        if let Some(Value::Array(values)) = members.get("enum") {
            types = types & Types::any_of(values.iter().map(Types::of));
        }
        let reference = members.get("$ref").and_then(Value::as_str);
        if let Some(target) = reference.and_then(|reference| self.get(reference)) {
            types = types & self.types_within(target, depth);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(parts)) = members.get(keyword) {
                let parts = parts.iter().map(|part| self.types_within(part, depth));
                types = types & Types::any_of(parts);
            }
        }
        for part in members.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            types = types & self.types_within(part, depth);
        }
        types
    }
}

/// Returns the name of a definition from a reference to it.
fn definition_name(reference: &str) -> Option<Cow<'_, str>> {
    reference.strip_prefix("#/$defs/").map(unescaped)
}

/// Returns a name from a JSON Pointer in a URI fragment (RFC 6901, section 6).
pub(crate) fn unescaped(token: &str) -> Cow<'_, str> {
    let name = percent_encoding::percent_decode_str(token).decode_utf8_lossy();
    if name.contains('~') { name.replace("~1", "/").replace("~0", "~").into() } else { name }
}

/// A set of JSON types. Integers are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const NUMBER: Self = Self(4);
    pub(super) const STRING: Self = Self(8);
    pub(super) const ARRAY: Self = Self(16);
    pub(super) const OBJECT: Self = Self(32);
    pub(super) const ANY: Self = Self(63);

    pub(super) fn named(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" | "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => Self::ANY,
        }
    }

    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(_) => Self::NUMBER,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    fn any_of(types: impl Iterator<Item = Self>) -> Self {
        types.fold(Self::NONE, |all, types| all | types)
    }

    /// Returns the names of the types in JSON Schema.
    pub(super) fn names(self) -> String {
        let names = [
            (Self::BOOLEAN, "boolean"),
            (Self::NUMBER, "number"),
            (Self::STRING, "string"),
            (Self::ARRAY, "array"),
            (Self::OBJECT, "object"),
            (Self::NULL, "null"),
        ];
        let names: Vec<_> =
            names.iter().filter(|(of, _)| self.has(*of)).map(|(_, name)| *name).collect();
        names.join(" or ")
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitAnd for Types {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Types {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nouns = [
            (Self::BOOLEAN, "a boolean"),
            (Self::NUMBER, "a number"),
            (Self::STRING, "a text"),
            (Self::ARRAY, "a list"),
            (Self::OBJECT, "an object"),
            (Self::NULL, "null"),
        ];
        let nouns: Vec<_> =
            nouns.iter().filter(|(of, _)| self.has(*of)).map(|(_, noun)| *noun).collect();
        f.write_str(if nouns.is_empty() { "nothing" } else { "" })?;
        f.write_str(&nouns.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_part_of_a_schema_has_a_place() {
        let schema = json!({
            "items": 1, "prefixItems": [2, 3], "contains": 4,
            "properties": { "a": 5, "b": 6 },
            "additionalProperties": 7,
            "patternProperties": { "^c": 8 },
            "anyOf": [9], "oneOf": [10], "allOf": [11, 12],
            "not": 13, "then": 14, "else": 15, "propertyNames": 16, "unevaluatedProperties": 17,
            "$defs": { "d": 18 },
            "const": 19, "required": [20], "if": 21,
        });
        let expected = [
            ("[]", 1),
            (".0", 2),
            (".1", 3),
            ("", 4),
            (".a", 5),
            (".b", 6),
            ("{}", 7),
            ("{}", 8),
            ("", 9),
            ("", 10),
            ("", 11),
            ("", 12),
            ("", 13),
            ("", 14),
            ("", 15),
            ("", 16),
            ("", 17),
            ("", 18),
        ];
        let expected = expected.map(|(place, part)| (place.to_owned(), json!(part)));
        let mut schema = schema.as_object().unwrap().clone();
        let mut found = Vec::new();
        each_part(&schema, |place, part| found.push((place, part.clone())));
        found.sort_by_key(|(_, part)| part.as_u64());
        assert_eq!(found, expected);
        found.clear();
        each_part_mut(&mut schema, |place, part| found.push((place, std::mem::take(part))));
        found.sort_by_key(|(_, part)| part.as_u64());
        assert_eq!(found, expected);
        each_part(&schema, |place, part| assert!(part.is_null(), "{place}"));
        assert_eq!(schema["const"], json!(19));
    }

    #[test]
    fn the_types_of_a_schema_are_those_that_all_its_keywords_allow() {
        let root = json!({ "$defs": {
            "text": { "type": "string" },
            "two": { "type": ["string", "null"] },
            "a/b~%": { "type": "array" },
            "endless": { "$ref": "#/$defs/endless" },
            "alias": { "$ref": "#/$defs/text" },
        }, "type": "object" });
        let refs = Refs::of(&root);
        let cases = [
            (json!(true), Types::ANY),
            (json!(false), Types::NONE),
            (json!({}), Types::ANY),
            (json!({ "type": "integer" }), Types::NUMBER),
            (json!({ "type": ["boolean", "null"] }), Types::BOOLEAN | Types::NULL),
            (json!({ "type": "other" }), Types::ANY),
            (json!({ "const": [1] }), Types::ARRAY),
            (json!({ "enum": ["a", true] }), Types::STRING | Types::BOOLEAN),
            (json!({ "enum": ["a", null], "type": "string" }), Types::STRING),
            (json!({ "const": "a", "type": "array" }), Types::NONE),
            (json!({ "$ref": "#/$defs/two", "type": ["null", "array"] }), Types::NULL),
            (json!({ "$ref": "#/$defs/a~1b~0%25" }), Types::ARRAY),
            (json!({ "$ref": "#/$defs/none" }), Types::ANY),
            (json!({ "$ref": "#" }), Types::OBJECT),
            (json!({ "$ref": "#/$defs/alias" }), Types::STRING),
            (json!({ "$ref": "#/$defs/endless" }), Types::ANY),
            (
                json!({ "anyOf": [{ "type": "string" }, { "type": "array" }] }),
                Types::STRING | Types::ARRAY,
            ),
            (
                json!({ "oneOf": [{ "const": 1 }, { "type": "array" }], "type": ["array", "null"] }),
                Types::ARRAY,
            ),
            (
                json!({ "anyOf": [{ "const": 1 }, { "const": "a" }], "oneOf": [{ "const": "b" }] }),
                Types::STRING,
            ),
            (
                json!({ "allOf": [{ "type": ["string", "null"] }, { "type": ["null", "array"] }] }),
                Types::NULL,
            ),
        ];
        for (schema, types) in cases {
            assert_eq!(refs.types(&schema), types, "{schema}");
        }
        let target = refs.target(&json!({ "$ref": "#/$defs/alias" })).clone();
        assert_eq!(target, json!({ "type": "string" }));
        assert_eq!(refs.target(&root), &root);
    }

    #[test]
    fn types_are_told_by_their_names_and_to_people() {
        let all = Types::ANY;
        assert_eq!(all.names(), "boolean or number or string or array or object or null");
        assert_eq!(
            all.to_string(),
            "a boolean or a number or a text or a list or an object or null"
        );
        assert_eq!(Types::NONE.to_string(), "nothing");
        let some = all.without(Types::NULL | Types::OBJECT).without(Types::ARRAY);
        assert_eq!(some.names(), "boolean or number or string");
        assert!(some.has(Types::STRING) && !some.has(Types::NULL | Types::ARRAY));
        for name in ["null", "boolean", "number", "string", "array", "object"] {
            assert_eq!(Types::named(name).names(), name);
        }
    }
}
