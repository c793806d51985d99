//! Names that serde takes beside those which a schema has: aliases, and tags of any text.

use serde_json::{Map, Value, json};

use super::keyword::NAMES;
use super::refine::{FIELD, VARIANT};
use super::refs::each_part_mut;

/// Makes a schema accept the aliases that are noted in it, and removes the notes.
pub(super) fn expand(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    expand_properties(members);
    for keyword in ["oneOf", "anyOf"] {
        if let Some(Value::Array(variants)) = members.get_mut(keyword) {
            expand_variants(variants);
        }
    }
    members.remove(FIELD);
    members.remove(VARIANT);
    each_part_mut(members, |_, part| expand(part));
}

/// Every alias becomes a property of its own, of which an object has one.
fn expand_properties(members: &mut Map<String, Value>) {
    let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    let mut groups = Vec::new();
    let mut others = Vec::new();
    for (name, property) in properties.iter_mut() {
        let Some(property) = property.as_object_mut() else { continue };
        let Some(field) = property.remove(FIELD) else { continue };
        let aliases: Vec<&str> = texts(&field, "aliases").filter(|alias| alias != name).collect();
        if aliases.is_empty() {
            continue;
        }
        let property = Value::Object(property.clone());
        others.extend(aliases.iter().map(|alias| ((*alias).to_owned(), property.clone())));
        groups.push((name.clone(), aliases.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()));
    }
    for (alias, property) in others {
        properties.entry(alias).or_insert(property);
    }
    if groups.is_empty() {
        return;
    }
    let mut required =
        members.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let groups: Vec<_> = groups
        .into_iter()
        .map(|(name, aliases)| {
            let is_required = required.iter().any(|required| *required == name);
            required.retain(|required| *required != name);
            json!({ "name": name, "aliases": aliases, "required": is_required })
        })
        .collect();
    if members.contains_key("required") {
        members.insert("required".to_owned(), Value::Array(required));
    }
    members.insert(NAMES.to_owned(), Value::Array(groups));
}

fn texts<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v str> {
    let list = value.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// The variants of an enum with their aliases.
fn expand_variants(variants: &mut Vec<Value>) {
    let notes: Vec<Option<Value>> =
        variants.iter_mut().map(|variant| variant.as_object_mut()?.remove(VARIANT)).collect();
    let mut more = Vec::new();
    for (variant, note) in variants.iter_mut().zip(&notes) {
        let Some(note) = note else { continue };
        let aliases: Vec<_> = texts(note, "aliases").collect();
        match (text(note, "form"), text(note, "tag")) {
            (Some("external"), _) => expand_external(variant, &aliases, &mut more),
            (Some("internal" | "adjacent"), Some(tag)) => {
                if let Some(tag) = variant.get_mut("properties").and_then(|all| all.get_mut(tag)) {
                    expand_constant(tag, &aliases);
                }
                if note.get("is_unit") == Some(&Value::Bool(true))
                    && let Some(content) = text(note, "content")
                    && let Some(all) = variant.get_mut("properties").and_then(Value::as_object_mut)
                {
                    all.insert(content.to_owned(), json!({ "type": "null" }));
                }
            }
            _ => {}
        }
    }
    variants.append(&mut more);
    for (index, note) in notes.iter().enumerate() {
        let Some(note) = note else { continue };
        if note.get("other") == Some(&Value::Bool(true)) {
            accept_any_other(variants, index, text(note, "tag"));
        }
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

/// `"A"` or `{"A": …}` by other names.
fn expand_external(variant: &mut Value, aliases: &[&str], more: &mut Vec<Value>) {
    let Some(members) = variant.as_object() else { return };
    if members.contains_key("const") {
        expand_constant(variant, aliases);
        return;
    }
    let Some(properties) = members.get("properties").and_then(Value::as_object) else { return };
    let Some((name, payload)) = properties.iter().next() else { return };
    for alias in aliases.iter().filter(|alias| *alias != name) {
        let mut other = members.clone();
        other.insert("properties".to_owned(), json!({ *alias: payload }));
        other.insert("required".to_owned(), json!([alias]));
        more.push(Value::Object(other));
    }
}

/// One text, or one of several.
fn expand_constant(schema: &mut Value, aliases: &[&str]) {
    let Some(members) = schema.as_object_mut() else { return };
    if aliases.is_empty() {
        return;
    }
    if let Some(name) = members.remove("const") {
        let mut names = vec![name];
        for alias in aliases {
            if !names.iter().any(|name| name == alias) {
                names.push(Value::from(*alias));
            }
        }
        members.insert("enum".to_owned(), Value::Array(names));
    }
}

/// The texts of a schema's `const` or `enum`.
fn constants(schema: &Value) -> Vec<Value> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(name), _) => vec![name.clone()],
        (_, Some(Value::Array(names))) => names.clone(),
        _ => Vec::new(),
    }
}

/// The variant of every tag that no other variant has.
fn accept_any_other(variants: &mut [Value], index: usize, tag: Option<&str>) {
    let mut known = Vec::new();
    for (_, variant) in variants.iter().enumerate().filter(|(at, _)| *at != index) {
        match tag {
            Some(tag) => {
                let tag = variant.get("properties").and_then(|all| all.get(tag));
                known.extend(tag.map(constants));
            }
            None => {
                known.push(constants(variant));
                // The names of variants with payload, of which none may stand alone.
                let names = variant.get("properties").and_then(Value::as_object);
                known.push(
                    names.into_iter().flat_map(Map::keys).cloned().map(Value::from).collect(),
                );
            }
        }
    }
    let known: Vec<_> = known.into_iter().flatten().collect();
    let Some(variant) = variants.get_mut(index) else { return };
    let place = match tag {
        Some(tag) => variant.get_mut("properties").and_then(|all| all.get_mut(tag)),
        None => Some(variant),
    };
    if let Some(place) = place.and_then(Value::as_object_mut) {
        place.remove("const");
        place.remove("enum");
        place.insert("type".to_owned(), json!("string"));
        if !known.is_empty() {
            place.insert("not".to_owned(), json!({ "enum": known }));
        }
    }
}
