//! From what `#[derive(JsonSchema)]` notes in a schema to keywords of JSON Schema.

use serde_json::{Map, Value, json};

use super::checks::apply_checks;
use super::derived::{DERIVED, FAULTS, beside_tag};
use super::refs::{Refs, Types, each_part_mut};

/// The keyword with what schemars leaves out of a field.
pub(super) const FIELD: &str = "x-field";
/// The keyword with what schemars leaves out of a variant.
pub(super) const VARIANT: &str = "x-variant";

/// The direction that values take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The values that a type deserialises from.
    Read,
    /// The values that it serialises to.
    Written,
}

/// The use of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Values are checked against it.
    Validation,
    /// Clients read it.
    Description,
}

/// Refines schemas that share their definitions.
pub(super) struct Refiner<'a> {
    pub(super) refs: Refs<'a>,
    pub(super) side: Side,
    pub(super) purpose: Purpose,
    /// Faults that make the schema unusable.
    pub(super) faults: Vec<String>,
}

/// Refines a schema for the description of a router. The definitions are those that it
/// refers to.
pub(crate) fn refine_for_description(
    schema: &Value,
    definitions: &Map<String, Value>,
    side: Side,
) -> Value {
    let refs = Refs { root: schema, definitions: Some(definitions) };
    let mut refiner = Refiner { refs, side, purpose: Purpose::Description, faults: Vec::new() };
    let mut refined = schema.clone();
    refiner.refine(&mut refined, "");
    // Faults are errors of the router, which are reported before it is described.
    refined
}

impl Refiner<'_> {
    /// Refines a schema and all that is in it. `place` is for people.
    pub(super) fn refine(&mut self, schema: &mut Value, place: &str) {
        let Some(members) = schema.as_object_mut() else { return };
        if let Some(Value::Array(faults)) = members.remove(FAULTS) {
            self.faults.extend(faults.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        if !self.keeps_aliases() {
            members.remove(DERIVED);
        }
        self.refine_variant(members, place);
        self.refine_flattened(members);
        if let Some(Value::Object(mut field)) = members.remove(FIELD) {
            let of = field.get("of").and_then(Value::as_str).unwrap_or(place).to_owned();
            if let Some(Value::Object(checks)) = field.remove("checks") {
                let whole = Value::Object(members.clone());
                apply_checks(self, &whole, members, &checks, &of);
            }
            if self.keeps_aliases() && field.contains_key("aliases") {
                members.insert(FIELD.to_owned(), Value::Object(field));
            }
        }
        each_part_mut(members, |step, part| self.refine(part, &format!("{place}{step}")));
    }

    /// A variant without payload of a flattened, untagged enum is written as no members, and
    /// never read.
    fn refine_flattened(&self, members: &mut Map<String, Value>) {
        if members.get("type").is_none_or(|name| name != "object") {
            return;
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(Value::Array(parts)) = members.get_mut(keyword) else { continue };
            let is_null = |part: &Value| part.get("type").is_some_and(|name| name == "null");
            match self.side {
                Side::Read => parts.retain(|part| !is_null(part)),
                Side::Written => {
                    parts
                        .iter_mut()
                        .filter(|part| is_null(part))
                        .for_each(|part| *part = json!({}));
                }
            }
        }
    }

    fn keeps_aliases(&self) -> bool {
        self.side == Side::Read && self.purpose == Purpose::Validation
    }

    fn refine_variant(&mut self, members: &mut Map<String, Value>, place: &str) {
        let Some(Value::Object(variant)) = members.remove(VARIANT) else { return };
        let variant = Variant(variant);
        let is_unit = match self.side {
            Side::Read => variant.is("unit_when_read"),
            Side::Written => variant.is("unit_when_written"),
        };
        if is_unit {
            variant.make_unit(members, self.side);
        } else if variant.is("is_newtype") {
            self.refine_tagged(&variant, members, place);
        }
        if self.side == Side::Read && !is_unit {
            variant.make_optional(members);
        }
        if self.keeps_aliases() {
            members.insert(VARIANT.to_owned(), Value::Object(variant.0));
        }
    }

    /// An internally tagged variant is written as one object with what it holds: of an
    /// enum in it, the variant's name is a member as well.
    fn refine_tagged(&mut self, variant: &Variant, members: &mut Map<String, Value>, place: &str) {
        let place = variant.text("of").unwrap_or(place);
        let mut inner = members.clone();
        for keyword in ["type", "properties", "required"] {
            inner.remove(keyword);
        }
        let inner = Value::Object(inner);
        let types = self.refs.types(&inner);
        if variant.is("is_nothing") && self.side == Side::Read {
            // Serde reads it from no members, and from no others.
            members.insert("additionalProperties".to_owned(), json!(false));
        }
        if types == Types::ANY {
            return;
        }
        if !types.has(Types::STRING) {
            if !types.has(Types::OBJECT.or(Types::NULL)) {
                self.faults.push(beside_tag(place, &types.to_string()));
            }
            return;
        }
        let mut alternatives = Vec::new();
        if !self.alternatives(&inner, &mut alternatives, 0) || alternatives.is_empty() {
            self.faults.push(beside_tag(place, "a text"));
            return;
        }
        for keyword in ["$ref", "oneOf", "anyOf", "enum", "const"] {
            members.remove(keyword);
        }
        // Beside the tag there is the name of the one variant.
        members.insert("maxProperties".to_owned(), json!(2));
        members.insert("oneOf".to_owned(), Value::Array(alternatives));
    }

    /// Returns the variants of an externally tagged enum as objects; `false` if it is
    /// not one.
    fn alternatives(&self, schema: &Value, found: &mut Vec<Value>, depth: usize) -> bool {
        const DEEPEST: usize = 16;
        let Some(members) = schema.as_object() else { return false };
        if depth == DEEPEST {
            return false;
        }
        let reference = members.get("$ref").and_then(Value::as_str);
        if let Some(target) = reference.and_then(|reference| self.refs.get(reference)) {
            return self.alternatives(target, found, depth + 1);
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(parts)) = members.get(keyword) {
                return parts.iter().all(|part| self.alternatives(part, found, depth + 1));
            }
        }
        let names = match (members.get("enum"), members.get("const")) {
            (Some(Value::Array(names)), _) => names.iter().collect(),
            (_, Some(name)) => vec![name],
            _ => Vec::new(),
        };
        if !names.is_empty() {
            let names: Option<Vec<_>> = names.into_iter().map(Value::as_str).collect();
            let Some(names) = names else { return false };
            found.extend(names.into_iter().map(|name| {
                json!({
                    "type": "object",
                    "properties": { name: { "type": "null" } },
                    "required": [name],
                })
            }));
            return true;
        }
        if self.refs.types(schema) != Types::OBJECT {
            return false;
        }
        let mut object = members.clone();
        object.remove("additionalProperties");
        found.push(Value::Object(object));
        true
    }
}

/// The derive's note of a variant.
struct Variant(Map<String, Value>);

impl Variant {
    fn is(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Takes away the payload.
    fn make_unit(&self, members: &mut Map<String, Value>, side: Side) {
        match self.text("form") {
            Some("external") => {
                let name = properties(members).and_then(|properties| properties.keys().next());
                let Some(name) = name.cloned() else { return };
                keep_annotations(members);
                members.insert("type".to_owned(), json!("string"));
                members.insert("const".to_owned(), json!(name));
            }
            Some("adjacent") => {
                let Some(content) = self.text("content") else { return };
                let properties = members.get_mut("properties").and_then(Value::as_object_mut);
                let Some(properties) = properties else { return };
                // Serde reads the content of a payload that it skips as null.
                if side == Side::Read {
                    properties.insert(content.to_owned(), json!({ "type": "null" }));
                } else {
                    properties.shift_remove(content);
                    not_required(members, content);
                }
            }
            Some("internal") => {
                let Some(tag) = self.text("tag") else { return };
                let property = properties(members).and_then(|properties| properties.get(tag));
                let Some(property) = property.cloned() else { return };
                keep_annotations(members);
                members.insert("type".to_owned(), json!("object"));
                members.insert("properties".to_owned(), json!({ tag: property }));
                members.insert("required".to_owned(), json!([tag]));
            }
            _ => {
                keep_annotations(members);
                members.insert("type".to_owned(), json!("null"));
            }
        }
    }

    /// Lets be left out what serde gives a default.
    fn make_optional(&self, members: &mut Map<String, Value>) {
        let content = self.text("content");
        if self.is("optional_content")
            && let Some(content) = content
        {
            not_required(members, content);
        }
        let Some(first) = self.0.get("optional_from").and_then(Value::as_u64) else { return };
        let tuple = match self.text("form") {
            Some("external") => members
                .get_mut("properties")
                .and_then(Value::as_object_mut)
                .and_then(|properties| properties.values_mut().next())
                .and_then(Value::as_object_mut),
            Some("adjacent") => content.and_then(|content| {
                members.get_mut("properties")?.get_mut(content)?.as_object_mut()
            }),
            _ => Some(members),
        };
        if let Some(tuple) = tuple
            && let Some(least) = tuple.get("minItems").and_then(Value::as_u64)
        {
            tuple.insert("minItems".to_owned(), json!(least.min(first)));
        }
    }
}

fn properties(members: &Map<String, Value>) -> Option<&Map<String, Value>> {
    members.get("properties").and_then(Value::as_object)
}

fn not_required(members: &mut Map<String, Value>, name: &str) {
    if let Some(required) = members.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|required| required != name);
    }
}

/// Removes all members of a schema but its title, its description and its deprecation.
fn keep_annotations(members: &mut Map<String, Value>) {
    members.retain(|keyword, _| ["title", "description", "deprecated"].contains(&keyword.as_str()));
}
