//! Constraints of fields, applied to schemas of any type.

use serde_json::{Map, Value, json};

use super::refine::{Purpose, Refiner};
use super::refs::Types;
use crate::value::KEYWORD;

/// Adds the constraints of a field to a schema, which is part of the schema `whole`. A
/// constraint that no value of it can violate is a fault.
pub(super) fn apply_checks(
    refiner: &mut Refiner<'_>,
    whole: &Value,
    schema: &mut Map<String, Value>,
    checks: &Map<String, Value>,
    of: &str,
) {
    let types = refiner.refs.types(whole).without(Types::NULL);
    let kind = whole.get(KEYWORD).or_else(|| refiner.refs.target(whole).get(KEYWORD));
    // The JSON form of these is not visible to users, who cannot constrain it.
    let is_opaque = kind
        .and_then(Value::as_str)
        .is_some_and(|kind| ["file", "custom", "undefined"].contains(&kind));
    for (name, check) in checks {
        let has_effect = match name.as_str() {
            _ if is_opaque => false,
            "length" => length(schema, types, check),
            "range" => range(schema, types, check),
            "pattern" => text(check).is_some_and(|pattern| put_pattern(schema, types, pattern)),
            "contains" => {
                text(check).is_some_and(|text| put_pattern(schema, types, &escaped(text)))
            }
            "format" => text(check).is_some_and(|format| {
                // Values beyond JSON have forms of their own.
                kind.is_none() && put_format(schema, types, format)
            }),
            "inner" => match check.as_object() {
                Some(checks) => inner(refiner, whole, schema, checks, of),
                None => true,
            },
            _ => true,
        };
        if !has_effect {
            refiner.faults.push(without_effect(of, name, check, types));
        }
    }
}

fn text(check: &Value) -> Option<&str> {
    check.as_str()
}

fn without_effect(of: &str, name: &str, check: &Value, types: Types) -> String {
    let name = match (name, check.as_str()) {
        ("format", Some("uri")) => "url",
        ("format", Some(format)) => format,
        (name, _) => name,
    };
    let advice = match name {
        "length" if types == Types::NUMBER => "write `range(…)`".to_owned(),
        "range" if types == Types::STRING => "write `length(…)`".to_owned(),
        name if types == Types::ARRAY && name != "inner" => format!("write `inner({name}(…))`"),
        name => format!("remove `{name}`"),
    };
    format!("`{of}`: {advice}: `{name}` has no effect on {types}")
}

fn length(schema: &mut Map<String, Value>, types: Types, check: &Value) -> bool {
    let suffixes =
        [(Types::STRING, "Length"), (Types::ARRAY, "Items"), (Types::OBJECT, "Properties")];
    let mut has_effect = false;
    for (of, suffix) in suffixes {
        // A value of any type may be an object, whose members are not counted.
        if !types.has(of) || (of == Types::OBJECT && types == Types::ANY.without(Types::NULL)) {
            continue;
        }
        has_effect = true;
        for bound in ["min", "max"] {
            if let Some(limit) = check.get(bound) {
                schema.insert(format!("{bound}{suffix}"), limit.clone());
            }
        }
    }
    has_effect
}

fn range(schema: &mut Map<String, Value>, types: Types, check: &Value) -> bool {
    if !types.has(Types::NUMBER) {
        return false;
    }
    let bounds = [
        ("min", "minimum"),
        ("max", "maximum"),
        ("exclusive_min", "exclusiveMinimum"),
        ("exclusive_max", "exclusiveMaximum"),
    ];
    for (bound, keyword) in bounds {
        if let Some(limit) = check.get(bound) {
            schema.insert(keyword.to_owned(), limit.clone());
        }
    }
    true
}

fn put_pattern(schema: &mut Map<String, Value>, types: Types, pattern: &str) -> bool {
    if !types.has(Types::STRING) {
        return false;
    }
    put(schema, "pattern", pattern.into());
    true
}

fn put_format(schema: &mut Map<String, Value>, types: Types, format: &str) -> bool {
    if !types.has(Types::STRING) {
        return false;
    }
    put(schema, "format", format.into());
    true
}

/// Adds a keyword beside another value of it, if there is one.
fn put(schema: &mut Map<String, Value>, keyword: &str, value: Value) {
    match schema.get(keyword) {
        None => drop(schema.insert(keyword.to_owned(), value)),
        Some(known) if *known == value => {}
        Some(_) => {
            if let Some(all) = schema.entry("allOf").or_insert_with(|| json!([])).as_array_mut() {
                all.push(json!({ keyword: value }));
            }
        }
    }
}

/// Constraints of the elements of a list or a map.
fn inner(
    refiner: &mut Refiner<'_>,
    whole: &Value,
    schema: &mut Map<String, Value>,
    checks: &Map<String, Value>,
    of: &str,
) -> bool {
    let types = refiner.refs.types(whole);
    let Some((keyword, element)) = element(refiner, whole, types, 0) else { return false };
    let place = format!("{of}{}", if keyword == "items" { "[]" } else { "{}" });
    // Only the constraints, because the element has its own schema.
    let mut alone = Map::new();
    apply_checks(refiner, &element, &mut alone, checks, &place);
    if refiner.purpose == Purpose::Description || alone.is_empty() {
        return true;
    }
    let all = schema.entry("allOf").or_insert_with(|| json!([]));
    if let Some(all) = all.as_array_mut() {
        all.push(match keyword {
            // The second element of a map's entry is its value.
            "entries" => json!({ "items": { "prefixItems": [true, alone] } }),
            keyword => json!({ keyword: alone }),
        });
    }
    true
}

/// Returns the keyword with the schema of a container's elements, and that schema.
fn element(
    refiner: &Refiner<'_>,
    container: &Value,
    types: Types,
    depth: usize,
) -> Option<(&'static str, Value)> {
    const DEEPEST: usize = 16;
    let members = refiner.refs.target(container).as_object()?;
    if depth == DEEPEST {
        return None;
    }
    if members.get(KEYWORD).and_then(Value::as_str) == Some("map") {
        let entry = members.get("items").and_then(|items| items.get("prefixItems"))?;
        return Some(("entries", entry.get(1)?.clone()));
    }
    if types.has(Types::ARRAY)
        && let Some(items) = members.get("items")
        && items.as_bool() != Some(false)
    {
        return Some(("items", items.clone()));
    }
    if types.has(Types::OBJECT) {
        let others = members.get("additionalProperties").filter(|it| it.as_bool() != Some(false));
        let named = ["patternProperties", "properties"]
            .into_iter()
            .find_map(|keyword| members.get(keyword)?.as_object()?.values().next());
        let is_struct =
            members.get("required").and_then(Value::as_array).is_some_and(|it| !it.is_empty());
        if let Some(value) = others.or(named)
            && !is_struct
        {
            return Some(("additionalProperties", value.clone()));
        }
    }
    ["anyOf", "oneOf", "allOf"].into_iter().find_map(|keyword| {
        let parts = members.get(keyword)?.as_array()?;
        parts.iter().find_map(|part| element(refiner, part, types, depth + 1))
    })
}

/// Escapes a text to a pattern that matches exactly it (ECMA-262, section 22.2.1).
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for char in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(char) {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::super::refine::Side;
    use super::super::refs::Refs;
    use super::*;

    /// Applies constraints to the field `f` of a schema; returns the schema, or the faults.
    fn applied(schema: Value, checks: Value) -> Result<Value, Vec<String>> {
        let whole = schema.clone();
        let (Value::Object(mut schema), Value::Object(checks)) = (schema, checks) else { panic!() };
        let (side, purpose) = (Side::Read, Purpose::Validation);
        let mut refiner = Refiner { refs: Refs::of(&whole), side, purpose, faults: Vec::new() };
        apply_checks(&mut refiner, &whole, &mut schema, &checks, "f");
        if refiner.faults.is_empty() { Ok(schema.into()) } else { Err(refiner.faults) }
    }

    #[test]
    fn constraints_become_keywords_of_their_types() {
        let range =
            json!({ "range": { "min": 1, "max": 2, "exclusive_min": 3, "exclusive_max": 4 } });
        for (schema, checks, added) in [
            (
                json!({ "type": "string" }),
                json!({ "length": { "min": 1, "max": 2 } }),
                json!({ "minLength": 1, "maxLength": 2 }),
            ),
            (
                json!({ "type": "array" }),
                json!({ "length": { "min": 1 } }),
                json!({ "minItems": 1 }),
            ),
            (
                json!({ "type": ["object", "null"] }),
                json!({ "length": { "max": 1 } }),
                json!({ "maxProperties": 1 }),
            ),
            (
                json!({}),
                json!({ "length": { "min": 1 } }),
                json!({ "minLength": 1, "minItems": 1 }),
            ),
            (
                json!({ "type": "integer" }),
                range,
                json!({
                    "minimum": 1, "maximum": 2, "exclusiveMinimum": 3, "exclusiveMaximum": 4,
                }),
            ),
            (json!({ "type": "string" }), json!({ "pattern": "^a" }), json!({ "pattern": "^a" })),
            (
                json!({ "type": "string" }),
                json!({ "contains": "a.b-c" }),
                json!({ "pattern": "a\\.b\\-c" }),
            ),
            (
                json!({ "type": "string", "pattern": "^a" }),
                json!({ "pattern": "b$" }),
                json!({ "allOf": [{ "pattern": "b$" }] }),
            ),
            (json!({ "type": "string", "pattern": "^a" }), json!({ "pattern": "^a" }), json!({})),
            (
                json!({ "type": "string", "format": "email", "allOf": [{}] }),
                json!({ "format": "uri" }),
                json!({ "allOf": [{}, { "format": "uri" }] }),
            ),
            (
                json!({ "type": "array", "items": { "type": "string" } }),
                json!({ "inner": { "length": { "min": 1 } } }),
                json!({ "allOf": [{ "items": { "minLength": 1 } }] }),
            ),
            (
                json!({ "type": "object", "additionalProperties": { "type": "integer" } }),
                json!({ "inner": { "range": { "min": 1 } } }),
                json!({ "allOf": [{ "additionalProperties": { "minimum": 1 } }] }),
            ),
            (
                json!({ "type": "object", "patternProperties": { "^a": { "type": "integer" } },
                    "additionalProperties": false }),
                json!({ "inner": { "range": { "min": 1 } } }),
                json!({ "allOf": [{ "additionalProperties": { "minimum": 1 } }] }),
            ),
            (
                json!({ "type": "array", KEYWORD: "map", "items": {
                    "prefixItems": [{ "type": "string" }, { "type": "integer" }] } }),
                json!({ "inner": { "range": { "min": 1 } } }),
                json!({ "allOf": [{ "items": { "prefixItems": [true, { "minimum": 1 }] } }] }),
            ),
            (
                json!({ "anyOf": [{ "type": "null" }, { "type": "array", "items": { "type": "string" } }] }),
                json!({ "inner": { "pattern": "a" } }),
                json!({ "allOf": [{ "items": { "pattern": "a" } }] }),
            ),
            (
                json!({ "type": "array", "items": { "type": "string" } }),
                json!({ "inner": {} }),
                json!({}),
            ),
        ] {
            let mut expected = schema.clone();
            expected.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
            assert_eq!(applied(schema, checks), Ok(expected));
        }
    }

    #[test]
    fn constraints_without_effect_are_faults_with_advice() {
        let list = json!({ "type": "array", "items": { "type": "integer" } });
        for (schema, checks, fault) in [
            (
                json!({ "type": "integer" }),
                json!({ "length": { "min": 1 } }),
                "`f`: write `range(…)`: `length` has no effect on a number",
            ),
            (
                json!({ "type": "boolean" }),
                json!({ "length": { "min": 1 } }),
                "`f`: remove `length`: `length` has no effect on a boolean",
            ),
            (
                json!({ "type": ["string", "null"] }),
                json!({ "range": { "min": 1 } }),
                "`f`: write `length(…)`: `range` has no effect on a text",
            ),
            (
                json!({ "type": ["string", "boolean"] }),
                json!({ "range": { "min": 1 } }),
                "`f`: remove `range`: `range` has no effect on a boolean or a text",
            ),
            (
                list.clone(),
                json!({ "range": { "min": 1 } }),
                "`f`: write `inner(range(…))`: `range` has no effect on a list",
            ),
            (
                list.clone(),
                json!({ "format": "uri" }),
                "`f`: write `inner(url(…))`: `url` has no effect on a list",
            ),
            (
                list,
                json!({ "inner": { "pattern": "a" } }),
                "`f[]`: remove `pattern`: `pattern` has no effect on a number",
            ),
            (
                json!({ "type": "array", "items": false }),
                json!({ "inner": { "pattern": "a" } }),
                "`f`: remove `inner`: `inner` has no effect on a list",
            ),
            (
                json!({ "type": "object", "properties": { "a": { "type": "string" } },
                    "required": ["a"] }),
                json!({ "inner": { "pattern": "a" } }),
                "`f`: remove `inner`: `inner` has no effect on an object",
            ),
            (
                json!({ "type": "object", "additionalProperties": { "type": "integer" } }),
                json!({ "inner": { "pattern": "a" } }),
                "`f{}`: remove `pattern`: `pattern` has no effect on a number",
            ),
            (
                json!({ "type": "string", KEYWORD: "date" }),
                json!({ "format": "email" }),
                "`f`: remove `email`: `email` has no effect on a text",
            ),
            (
                json!({ "type": "object", KEYWORD: "file" }),
                json!({ "length": { "min": 1 } }),
                "`f`: remove `length`: `length` has no effect on an object",
            ),
        ] {
            assert_eq!(applied(schema, checks), Err(vec![fault.to_owned()]));
        }
    }
}
