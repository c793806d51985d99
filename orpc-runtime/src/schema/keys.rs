//! The keys of maps: JSON has texts alone, and schemars takes every key for one.

use serde_json::Value;

/// The JSON types that a schema takes.
pub(super) fn types(root: &Value) -> Vec<String> {
    let mut types = Vec::new();
    collect(root, root, 8, &mut types);
    types
}

fn collect(root: &Value, schema: &Value, depth: usize, types: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let mut add = |name: &str| {
        if !types.iter().any(|known| known == name) {
            types.push(name.to_owned());
        }
    };
    match schema.get("type") {
        Some(Value::String(name)) => return add(name),
        Some(Value::Array(names)) => return names.iter().filter_map(Value::as_str).for_each(add),
        _ => {}
    }
    if let Some(value) = schema.get("const") {
        return add(type_of(value));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(type_of).for_each(add);
    }
    let reference = schema.get("$ref").and_then(Value::as_str);
    if let Some(target) = reference.and_then(|reference| root.pointer(reference.strip_prefix('#')?))
    {
        collect(root, target, depth, types);
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        for part in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            collect(root, part, depth, types);
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Returns whether serde writes values of a JSON type as texts where they are keys.
pub(super) fn is_text(kind: &str) -> bool {
    ["string", "integer", "number", "boolean"].contains(&kind)
}

/// Returns the fault of a map at a place.
pub(super) fn fault(place: &str, key: &str) -> String {
    format!(
        "`{place}` is a map whose keys are no texts (`{key}`): write keys that are texts in \
         JSON, or `orpc_runtime::value::Map<K, V>`, which is a `Map` in JavaScript"
    )
}

/// The first key of a map that is no text, in the name that the compiler gives a type:
/// `HashMap<(u32, u32), u8>` has one. Types of the user's are not seen through.
pub(super) fn compound_key(type_name: &str) -> Option<&str> {
    const MAPS: [&str; 3] = [
        "std::collections::hash::map::HashMap<",
        "alloc::collections::btree::map::BTreeMap<",
        "indexmap::map::IndexMap<",
    ];
    const COMPOUND: [&str; 6] = [
        "(",
        "[",
        "alloc::vec::Vec<",
        "core::option::Option<",
        "std::collections::",
        "alloc::collections::",
    ];
    MAPS.iter().find_map(|map| {
        type_name.match_indices(map).find_map(|(at, _)| {
            let key = first_argument(&type_name[at + map.len()..]);
            COMPOUND.iter().any(|compound| key.starts_with(compound)).then_some(key)
        })
    })
}

/// Returns the text up to the first comma outside of brackets.
fn first_argument(text: &str) -> &str {
    let mut open = 0_usize;
    for (at, char) in text.char_indices() {
        match char {
            '<' | '(' | '[' => open += 1,
            '>' | ')' | ']' if open == 0 => return &text[..at],
            '>' | ')' | ']' => open -= 1,
            ',' if open == 0 => return &text[..at],
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde_json::json;

    use super::{compound_key, types};

    #[test]
    fn the_types_of_a_schema_are_those_of_its_values() {
        let cases = [
            (json!({ "type": "string" }), vec!["string"]),
            (json!({ "type": ["string", "null"] }), vec!["string", "null"]),
            (json!({ "const": 1 }), vec!["number"]),
            (json!({ "enum": ["a", true, null, [], {}, "b"] }), {
                vec!["string", "boolean", "null", "array", "object"]
            }),
            (json!({ "$ref": "#/$defs/a", "$defs": { "a": { "const": "b" } } }), vec!["string"]),
            (json!({ "anyOf": [{ "type": "integer" }, { "const": "b" }] }), {
                vec!["integer", "string"]
            }),
            (json!({ "$ref": "#" }), vec![]),
            (json!(true), vec![]),
        ];
        for (schema, expected) in cases {
            assert_eq!(types(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn keys_of_several_values_are_found_in_names_of_types() {
        let name = std::any::type_name::<Vec<HashMap<(u32, u32), Vec<u8>>>>;
        assert_eq!(compound_key(name()), Some("(u32, u32)"));
        let name = std::any::type_name::<BTreeMap<String, BTreeMap<[u8; 2], u8>>>;
        assert_eq!(compound_key(name()), Some("[u8; 2]"));
        let name = std::any::type_name::<HashMap<Option<String>, u8>>;
        assert!(compound_key(name()).is_some());
        let name = std::any::type_name::<BTreeMap<u8, HashMap<String, (u8, u8)>>>;
        assert_eq!(compound_key(name()), None);
    }
}
