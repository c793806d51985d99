//! Conversion of a JSON Schema (draft 2020-12) to a TypeScript type.

use serde_json::{Map, Value};

use super::constraints::constraints;
use super::docs::Docs;
use super::types::{Index, Member, Type};
use crate::schema::unescaped;
use crate::value::{KEYWORD, is_wide};

/// Schema keyword with a TypeScript type to use as is.
const OWN_TYPE: &str = "x-typescript-type";

/// Maximum length of an array of fixed length that becomes a tuple.
pub(super) const LONGEST_TUPLE: u64 = 24;

/// Returns the type of a schema.
pub(super) fn type_of(schema: &Value) -> Type {
    match schema {
        Value::Bool(false) => Type::text("never"),
        Value::Object(members) => type_of_members(members),
        _ => Type::unknown(),
    }
}

/// Returns `true` if a schema of an `Option` accepts null beside its own values.
fn is_nullable(schema: &Map<String, Value>) -> bool {
    let is_null = |schema: &Value| schema.get("type").is_some_and(|name| name == "null");
    let mut names = type_names(schema);
    let is_listed = names.next().is_some_and(|first| {
        let rest: Vec<_> = names.collect();
        !rest.is_empty() && (first == "null" || rest.contains(&"null"))
    });
    let options = schema.get("anyOf").and_then(Value::as_array);
    is_listed || options.is_some_and(|options| options.iter().any(is_null))
}

fn type_of_members(schema: &Map<String, Value>) -> Type {
    if let Some(text) = schema.get(OWN_TYPE).and_then(Value::as_str) {
        // A text that contains null already decides about it.
        let says_null = text.split(|char: char| !char.is_alphanumeric()).any(|word| word == "null");
        return Type::text(text).or_null(!says_null && is_nullable(schema));
    }
    let native = schema.get(KEYWORD).and_then(Value::as_str);
    if let Some(ty) = native.and_then(|kind| native_type(kind, schema)) {
        let is_undefined = native == Some("undefined");
        return ty.or_null(!is_undefined && type_names(schema).any(|name| name == "null"));
    }
    let mut parts = Vec::new();
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        parts.push(Type::Named(definition_name(reference)));
    }
    if let Some(value) = schema.get("const") {
        parts.push(literal(value, schema));
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        parts.push(Type::union(values.iter().map(|value| literal(value, schema))));
    }
    let names: Vec<_> = type_names(schema).collect();
    let is_object = names == ["object"];
    for keyword in ["anyOf", "oneOf"] {
        if let Some(Value::Array(schemas)) = schema.get(keyword) {
            parts.push(Type::union(schemas.iter().map(|schema| variant(schema, is_object))));
        }
    }
    if let Some(Value::Array(schemas)) = schema.get("allOf") {
        parts.extend(schemas.iter().map(type_of));
    }
    let has_values = schema.contains_key("const") || schema.contains_key("enum");
    // An object without statements about its members only says that it is an object.
    let says_nothing = !parts.is_empty() && !tells_members(schema);
    if names.is_empty() {
        if tells_members(schema) {
            parts.insert(0, object(schema));
        }
    } else if !(has_values || says_nothing && is_object) {
        parts.insert(0, Type::union(names.iter().map(|name| type_of_name(name, schema))));
    }
    Type::intersection(parts)
}

/// Returns one of several types, with its comment. A named type has the comment at its
/// declaration.
fn variant(schema: &Value, is_object: bool) -> Type {
    let docs = Docs { tags: Vec::new(), ..docs_of(schema) };
    match alternative(schema, is_object) {
        ty if docs.is_empty() || matches!(ty, Type::Named(_)) => ty,
        ty => Type::Documented(docs, ty.into()),
    }
}

/// Returns one of the types of a value. For an object any type may mean that it has no
/// further members, as for an optional flattened enum.
fn alternative(schema: &Value, is_object: bool) -> Type {
    match schema {
        Value::Object(members) if is_object && members.is_empty() => {
            Type::Object { members: Vec::new(), index: None }
        }
        _ => type_of(schema),
    }
}

/// Returns `true` if a schema describes the members of an object.
fn tells_members(schema: &Map<String, Value>) -> bool {
    ["properties", "additionalProperties", "patternProperties"]
        .iter()
        .any(|word| schema.contains_key(*word))
        || takes_unevaluated(schema)
}

/// Returns `true` if only the whole of a schema, with all of its parts, determines the
/// unnamed members.
fn takes_unevaluated(schema: &Map<String, Value>) -> bool {
    schema.get("unevaluatedProperties").is_some_and(|others| *others != Value::Bool(false))
}

pub(super) fn type_names(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let (one, many) = match schema.get("type") {
        Some(Value::String(one)) => (Some(one.as_str()), &[][..]),
        Some(Value::Array(many)) => (None, many.as_slice()),
        _ => (None, &[][..]),
    };
    one.into_iter().chain(many.iter().filter_map(Value::as_str))
}

fn type_of_name(name: &str, schema: &Map<String, Value>) -> Type {
    match name {
        "integer" if is_wide(schema) => Type::text("bigint"),
        "integer" | "number" => Type::text("number"),
        "string" | "boolean" | "null" => Type::text(name),
        "array" => array(schema),
        "object" => object(schema),
        _ => Type::unknown(),
    }
}

/// Returns the type of a value that JSON lacks.
fn native_type(kind: &str, schema: &Map<String, Value>) -> Option<Type> {
    let items = || schema.get("items").map_or_else(Type::unknown, type_of);
    Some(match kind {
        "date" => Type::text("Date"),
        "bigint" => Type::text("bigint"),
        "url" => Type::text("URL"),
        "regexp" => Type::text("RegExp"),
        "undefined" => Type::text("undefined"),
        "file" => Type::text("File"),
        "number" => Type::text("number"),
        "set" => Type::Generic("Set", vec![items()]),
        "map" => match items() {
            Type::Tuple { items, .. } => Type::Generic("Map", items),
            _ => Type::Generic("Map", vec![Type::unknown(), Type::unknown()]),
        },
        // Its type depends on the client's own serializer.
        "custom" => Type::unknown(),
        _ => return None,
    })
}

pub(super) fn definition_name(reference: &str) -> String {
    unescaped(reference.rsplit('/').next().unwrap_or(reference)).into_owned()
}

/// Returns the literal type of a value.
fn literal(value: &Value, schema: &Map<String, Value>) -> Type {
    match value {
        Value::Null => Type::text("null"),
        Value::Number(number) if is_wide(schema) => Type::Literal(format!("{number}n")),
        Value::Number(_) | Value::Bool(_) | Value::String(_) => Type::Literal(value.to_string()),
        Value::Array(items) => Type::Tuple {
            items: items.iter().map(|item| literal(item, &Map::new())).collect(),
            required: items.len(),
            rest: None,
        },
        Value::Object(members) => Type::Object {
            members: members
                .iter()
                .map(|(name, value)| Member {
                    name: name.clone(),
                    ty: literal(value, &Map::new()),
                    optional: false,
                    docs: Docs::default(),
                })
                .collect(),
            index: None,
        },
    }
}

fn array(schema: &Map<String, Value>) -> Type {
    let length = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let (minimum, maximum) = (length("minItems").unwrap_or(0), length("maxItems"));
    let rest = schema.get("items").map(type_of);
    let is_closed = rest == Some(Type::text("never"));
    if let Some(Value::Array(prefix)) = schema.get("prefixItems") {
        let items: Vec<_> = prefix.iter().map(type_of).collect();
        let is_full = is_closed || maximum.is_some_and(|maximum| maximum <= items.len() as u64);
        let rest = if is_full { None } else { Some(rest.unwrap_or_else(Type::unknown).into()) };
        let required = usize::try_from(minimum).unwrap_or(usize::MAX).min(items.len());
        return Type::Tuple { items, required, rest };
    }
    if is_closed || maximum == Some(0) {
        return Type::Tuple { items: Vec::new(), required: 0, rest: None };
    }
    let item = rest.unwrap_or_else(Type::unknown);
    match (usize::try_from(minimum), maximum) {
        (Ok(length), Some(maximum)) if maximum == minimum && minimum <= LONGEST_TUPLE => {
            Type::Tuple { items: vec![item; length], required: length, rest: None }
        }
        _ => Type::Array(item.into()),
    }
}

fn object(schema: &Map<String, Value>) -> Type {
    let required: Vec<_> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object);
    let members: Vec<_> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            let ty = type_of(schema);
            // An undefined member is not sent.
            let optional = !required.contains(&name.as_str()) || ty == Type::text("undefined");
            Member { name: name.clone(), ty, optional, docs: docs_of(schema) }
        })
        .collect();
    let index = index(schema, &members);
    Type::Object { members, index: index.map(Box::new) }
}

/// Returns the type of the unnamed members. An index signature covers the others as
/// well, so their types are part of its type.
fn index(schema: &Map<String, Value>, members: &[Member]) -> Option<Index> {
    if takes_unevaluated(schema) {
        // The other named members are unknown here, and it covers them as well.
        return Some(Index { key: "string", ty: Type::unknown() });
    }
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    let others = match schema.get("additionalProperties") {
        // No members at all. `{}` would be any value except null and undefined.
        Some(Value::Bool(false)) if members.is_empty() && patterns.is_none() => {
            return Some(Index { key: "string", ty: Type::text("never") });
        }
        Some(Value::Bool(false)) => None,
        // Unknown members are accepted, but need not be written.
        None if schema.contains_key("properties") => None,
        None if patterns.is_some() => None,
        None => Some(&Value::Bool(true)),
        others => others,
    };
    let keys = patterns.into_iter().flat_map(Map::keys);
    let is_numeric = others.is_none() && keys.clone().all(|key| NUMERIC.contains(&key.as_str()));
    let types = patterns.into_iter().flat_map(Map::values).chain(others).map(type_of);
    let types: Vec<_> = types.collect();
    if types.is_empty() {
        return None;
    }
    if is_numeric && members.is_empty() {
        return Some(Index { key: "number", ty: Type::union(types) });
    }
    let of_members = members.iter().map(|member| member.ty.clone());
    let undefined = members.iter().any(|member| member.optional).then(|| Type::text("undefined"));
    Some(Index {
        key: "string",
        ty: Type::union(types.into_iter().chain(of_members).chain(undefined)),
    })
}

/// Patterns of integers as keys.
const NUMERIC: [&str; 2] = [r"^\d+$", r"^-?\d+$"];

/// Returns `true` if the tuple type of a schema expresses all of it.
fn is_tuple(schema: &Map<String, Value>) -> bool {
    !schema.contains_key(KEYWORD)
        && type_names(schema).any(|name| name == "array")
        && matches!(array(schema), Type::Tuple { rest: None, .. })
}

/// Returns `true` if a schema is that of an integer that is a number and has no size.
fn is_unsized_integer(schema: &Map<String, Value>) -> bool {
    const SIZED: [&str; 6] = ["int8", "uint8", "int16", "uint16", "int32", "uint32"];
    let format = schema.get("format").and_then(Value::as_str);
    let is_told = ["const", "enum", KEYWORD].iter().any(|keyword| schema.contains_key(*keyword));
    !is_told
        && !is_wide(schema)
        && type_names(schema).any(|name| name == "integer")
        && !format.is_some_and(|format| SIZED.contains(&format))
}

/// Returns the comment of a value.
pub(super) fn docs_of(schema: &Value) -> Docs {
    let Some(schema) = schema.as_object() else { return Docs::default() };
    let mut tags = constraints(schema);
    if is_tuple(schema) {
        tags.retain(|(tag, _)| !["minItems", "maxItems"].contains(tag));
    }
    if is_unsized_integer(schema) && tags.iter().all(|(tag, _)| *tag != "multipleOf") {
        tags.push(("multipleOf", "1".to_owned()));
    }
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    Docs { text, tags }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::print::Printer;
    use super::{docs_of, type_of};

    #[track_caller]
    fn assert_type(schema: &Value, expected: &str) {
        assert_eq!(Printer.print(&type_of(schema), 0, 0), expected);
    }

    #[test]
    fn an_optional_flattened_enum_may_be_omitted() {
        let mut schema = json!({
            "type": "object",
            "properties": { "id": { "type": "string" } },
            "required": ["id"],
            "anyOf": [{ "oneOf": [{
                "type": "object",
                "properties": { "kind": { "const": "a" } },
                "required": ["kind"],
            }] }, {}],
        });
        assert_type(&schema, "{ id: string } & ({ kind: \"a\" } | {})");
        schema.as_object_mut().expect("an object").retain(|keyword, _| keyword == "anyOf");
        assert_type(&schema, "unknown");
    }

    #[test]
    fn members_of_any_name_have_an_index_signature() {
        let id = json!({ "type": "object", "properties": { "id": { "type": "string" } } });
        assert_type(&id, "{ id?: string | undefined }");
        let with = |keyword: &str, others: Value| {
            let mut schema = id.clone();
            schema[keyword] = others;
            schema
        };
        let any = "{ id?: string | undefined; [key: string]: unknown }";
        assert_type(&with("additionalProperties", json!(true)), any);
        assert_type(&with("unevaluatedProperties", json!(true)), any);
        assert_type(&with("unevaluatedProperties", json!({ "type": "boolean" })), any);
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            assert_type(&with(keyword, json!(false)), "{ id?: string | undefined }");
        }
    }

    #[test]
    fn an_object_that_may_have_no_members_is_no_other_value() {
        let schema = json!({ "type": "object", "additionalProperties": false });
        assert_type(&schema, "{ [key: string]: never }");
        assert_type(&json!({ "type": "object" }), "{ [key: string]: unknown }");
    }

    #[test]
    fn a_member_that_is_undefined_need_not_be_there() {
        let undefined = json!({ "type": "null", "x-native-type": "undefined" });
        let schema = json!({
            "type": "object",
            "properties": { "none": undefined, "null": { "type": "null" } },
            "required": ["none", "null"],
        });
        assert_type(&schema, "{ none?: undefined; null: null }");
    }

    #[track_caller]
    fn assert_tags(schema: &Value, expected: &[(&str, &str)]) {
        let tags = docs_of(schema).tags;
        let tags: Vec<_> = tags.iter().map(|(tag, text)| (*tag, text.as_str())).collect();
        assert_eq!(tags, expected, "{schema}");
    }

    #[test]
    fn numbers_are_told_from_those_of_other_types() {
        let integer = json!({ "type": "integer", "minimum": 0 });
        assert_tags(&integer, &[("minimum", "0"), ("multipleOf", "1")]);
        let size = json!({ "type": ["integer", "null"], "format": "uint" });
        assert_tags(&size, &[("multipleOf", "1")]);
        let fives = json!({ "type": "integer", "multipleOf": 5 });
        assert_tags(&fives, &[("multipleOf", "5")]);
        assert_tags(&json!({ "type": "integer", "format": "uint8" }), &[("format", "uint8")]);
        assert_tags(&json!({ "type": "integer", "format": "int64" }), &[("format", "int64")]);
        assert_tags(&json!({ "type": "number", "format": "double" }), &[]);
        assert_tags(&json!({ "type": "number", "format": "float" }), &[("format", "float")]);
        assert_tags(&json!({ "type": "integer", "x-native-type": "bigint" }), &[]);
    }

    #[test]
    fn constraints_implied_by_a_type_are_not_repeated() {
        let pair = json!({ "type": "array", "items": {}, "minItems": 2, "maxItems": 2 });
        assert_tags(&pair, &[]);
        let tuple = json!({ "type": "array", "prefixItems": [{}], "minItems": 1, "maxItems": 1 });
        assert_tags(&tuple, &[]);
        let list = json!({ "type": "array", "items": {}, "minItems": 1, "maxItems": 2 });
        assert_tags(&list, &[("minItems", "1"), ("maxItems", "2")]);
        let set = json!({
            "type": "array",
            "items": {},
            "minItems": 2,
            "maxItems": 2,
            "x-native-type": "set",
        });
        assert_tags(&set, &[("minItems", "2"), ("maxItems", "2")]);
        assert_tags(&json!({ "type": "integer", "format": "uint8", "const": 7 }), &[]);
        assert_tags(&json!({ "type": "string", "maxLength": 1, "enum": ["a"] }), &[]);
    }
}
