//! Unions, and the members that several schemas know together.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::print::quoted;
use super::super::schemas::{definition_name, type_names};
use super::{Writer, type_text};
use crate::value::KEYWORD;

impl Writer<'_> {
    pub(super) fn union(
        &mut self,
        options: &[Value],
        is_one: bool,
        schema: &Map<String, Value>,
        depth: usize,
        lazy: &mut bool,
    ) -> String {
        let is_null = |option: &Value| *option == serde_json::json!({ "type": "null" });
        if let [one, other] = options
            && (is_null(one) || is_null(other))
        {
            let value = if is_null(one) { other } else { one };
            return format!("{}.nullable()", self.schema(value, depth, lazy));
        }
        let is_disjoint = options.iter().enumerate().all(|(index, one)| {
            options[..index].iter().all(|other| self.are_disjoint(one, other, 0))
        });
        let mut texts = Vec::new();
        for option in options {
            texts.push(self.schema(option, depth, lazy));
        }
        let texts = texts.join(", ");
        match (is_disjoint, is_one) {
            (true, _) => format!("z.union([{texts}])"),
            (false, true) => {
                format!("{}<{}>({texts})", self.help("one"), union_type(options, schema))
            }
            (false, false) => {
                format!("{}<{}>({texts})", self.help("either"), union_type(options, schema))
            }
        }
    }

    /// Returns `true` if no value is of both schemas, as far as they say so plainly.
    pub(super) fn are_disjoint(&self, one: &Value, other: &Value, nesting: usize) -> bool {
        let (Some(one), Some(other)) = (self.resolved(one), self.resolved(other)) else {
            return false;
        };
        let (kinds, others) = (kinds(one), kinds(other));
        if let (Some(kinds), Some(others)) = (&kinds, &others)
            && kinds.is_disjoint(others)
        {
            return true;
        }
        if let (Some(one), Some(other)) = (constants(one), constants(other)) {
            return one.iter().all(|constant| !other.contains(constant));
        }
        let is_object = |kinds: &Option<BTreeSet<String>>| {
            kinds.as_ref().is_some_and(|kinds| kinds.len() == 1 && kinds.contains("object"))
        };
        if !(is_object(&kinds) && is_object(&others)) || nesting > 3 {
            return false;
        }
        let lacks = |one: &Map<String, Value>, other: &Map<String, Value>| {
            one.get("additionalProperties") == Some(&Value::Bool(false))
                && !one.contains_key("patternProperties")
                && required(other)
                    .any(|name| one.get("properties").and_then(|it| it.get(name)).is_none())
        };
        let differs =
            required(one).filter(|name| required(other).any(|other| other == *name)).any(|name| {
                let member = |of: &Map<String, Value>| {
                    of.get("properties").and_then(|it| it.get(name)).cloned()
                };
                match (member(one), member(other)) {
                    (Some(one), Some(other)) => self.are_disjoint(&one, &other, nesting + 1),
                    _ => false,
                }
            });
        differs || lacks(one, other) || lacks(other, one)
    }

    /// Returns the schema that a reference leads to.
    pub(super) fn resolved<'s>(&'s self, schema: &'s Value) -> Option<&'s Map<String, Value>> {
        let mut schema = schema.as_object()?;
        for _ in 0..16 {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                return Some(schema);
            };
            schema = self.forms.types.get(&definition_name(reference))?.as_object()?;
        }
        None
    }

    /// Returns the members that a schema knows, as an array for the helper `others`: names,
    /// patterns, and schemas with what they know where they accept the value.
    pub(super) fn evaluated(
        &mut self,
        schema: &Map<String, Value>,
        depth: usize,
        lazy: &mut bool,
    ) -> String {
        let mut known: Vec<String> = Vec::new();
        let of = |keyword: &str| schema.get(keyword);
        if let Some(Value::Object(properties)) = of("properties") {
            known.extend(properties.keys().map(|name| quoted(name)));
        }
        if let Some(Value::Object(patterns)) = of("patternProperties") {
            for pattern in patterns.keys() {
                known.push(format!("{}({})", self.help("pattern"), quoted(pattern)));
            }
        }
        if schema.contains_key("additionalProperties") {
            known.push(format!("{}(\"\")", self.help("pattern")));
        }
        let mut branches: Vec<Value> = Vec::new();
        for keyword in ["allOf", "anyOf", "oneOf"] {
            if let Some(Value::Array(options)) = of(keyword) {
                branches.extend(options.iter().cloned());
            }
        }
        branches.extend(["if", "then", "else"].iter().filter_map(|keyword| of(keyword).cloned()));
        if let Some(reference) = of("$ref") {
            branches.push(serde_json::json!({ "$ref": reference }));
        }
        for branch in branches {
            let Some(resolved) = self.resolved(&branch).cloned() else { continue };
            let text = self.schema(&branch, depth, lazy);
            let inner = if resolved.contains_key("unevaluatedProperties") {
                format!("[{}(\"\")]", self.help("pattern"))
            } else {
                self.evaluated(&resolved, depth, lazy)
            };
            if inner != "[]" {
                known.push(format!("[{text}, {inner}]"));
            }
        }
        format!("[{}]", known.join(", "))
    }
}

fn required(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn constants(schema: &Map<String, Value>) -> Option<Vec<Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(constant), _) => Some(vec![constant.clone()]),
        (None, Some(Value::Array(constants))) => Some(constants.clone()),
        _ => None,
    }
}

/// Returns the kinds of the values of a schema, if it names them.
fn kinds(schema: &Map<String, Value>) -> Option<BTreeSet<String>> {
    let own = |name: &str| if name == "integer" { "number".to_owned() } else { name.to_owned() };
    if let Some(native) = schema.get(KEYWORD).and_then(Value::as_str) {
        let native = if ["number", "bigint"].contains(&native) { "number" } else { native };
        let null = type_names(schema).filter(|name| *name == "null");
        return Some(
            null.map(own)
                .chain([format!("native {native}").replace("native number", "number")])
                .collect(),
        );
    }
    if let Some(constants) = constants(schema) {
        let kind = |value: &Value| match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        return Some(constants.iter().map(|value| kind(value).to_owned()).collect());
    }
    let names: BTreeSet<_> = type_names(schema).map(own).collect();
    if names.is_empty() { None } else { Some(names) }
}

/// Returns the type of one of several options, without what stands beside them.
fn union_type(options: &[Value], schema: &Map<String, Value>) -> String {
    let mut only = Map::new();
    only.insert("anyOf".to_owned(), Value::Array(options.to_vec()));
    if let Some(ty) = schema.get("type") {
        only.insert("type".to_owned(), ty.clone());
    }
    type_text(&only)
}
