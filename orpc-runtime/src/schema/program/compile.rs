//! From a schema to a program.

use std::collections::HashMap;

use serde_json::{Map, Number, Value, json};

use super::checks::{ArrayChecks, Limits, Property};
use super::{Checks, Node, NodeId, Program, Rest, Tagged};
use crate::schema::keyword::{DATE_RANGE, INTEGER, JSON, NAMES};
use crate::schema::refs::{Refs, Types, each_part};
use crate::schema::validator::{Bound, Format, Pattern, Validator};
use crate::value::KEYWORD;

/// Maximum number of properties of an object in a program.
const MAX_PROPERTIES: usize = 64;

/// Maximum nesting of schemas, references included.
const MAX_DEPTH: usize = 64;

/// Maximum number of nodes of a program.
const MAX_NODES: usize = 10_000;

/// A keyword that programs do not know.
struct Unknown;

impl Program {
    /// Compiles a schema of plain JSON; `None` if no part of it would be quicker.
    pub(in crate::schema) fn of(schema: &Value) -> Option<Self> {
        let mut compiler = Compiler {
            root: schema,
            refs: Refs::of(schema),
            nodes: Vec::new(),
            known: HashMap::new(),
        };
        let root = compiler.node(schema, 0).ok()?;
        Some(Self { nodes: compiler.nodes, root })
    }
}

struct Compiler<'s> {
    root: &'s Value,
    refs: Refs<'s>,
    nodes: Vec<Node>,
    /// Nodes of the targets of references.
    known: HashMap<String, NodeId>,
}

impl Compiler<'_> {
    fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Compiles a schema; an error if not even the validator can check it alone.
    fn node(&mut self, schema: &Value, depth: usize) -> Result<NodeId, Unknown> {
        if depth > MAX_DEPTH || self.nodes.len() > MAX_NODES {
            return Err(Unknown);
        }
        match self.native(schema, depth) {
            Ok(node) => Ok(node),
            Err(Unknown) => {
                if self.nodes.len() > MAX_NODES {
                    return Err(Unknown);
                }
                let node = self.other(schema)?;
                Ok(self.add(node))
            }
        }
    }

    /// Leaves a schema to the validator.
    fn other(&self, schema: &Value) -> Result<Node, Unknown> {
        let mut schema = schema.as_object().ok_or(Unknown)?.clone();
        if let Some(definitions) = self.root.get("$defs") {
            schema.insert("$defs".to_owned(), definitions.clone());
        }
        let schema = Value::Object(schema);
        // The root would be another one.
        if refers_to_root(&schema) {
            return Err(Unknown);
        }
        let validator = Validator::compile(&schema).map_err(|_| Unknown)?;
        Ok(Node::Other(Box::new(validator)))
    }

    fn native(&mut self, schema: &Value, depth: usize) -> Result<NodeId, Unknown> {
        let members = match schema {
            Value::Bool(true) => return Ok(self.add(Node::Any)),
            Value::Bool(false) => {
                return Ok(self.add(Node::Checks(Box::new(Checks::of(Types::NONE)))));
            }
            Value::Object(members) => members,
            _ => return Err(Unknown),
        };
        let keywords: Vec<&str> =
            members.keys().map(String::as_str).filter(|keyword| !is_note(keyword)).collect();
        match keywords[..] {
            [] => Ok(self.add(Node::Any)),
            ["$ref"] => self.target(members, depth),
            ["anyOf"] => self.any_of(members, depth),
            ["oneOf"] => self.one_of(members, depth),
            _ => {
                let merged = self.merged(members, depth)?;
                let checks = self.checks(&merged, depth)?;
                Ok(self.add(Node::Checks(Box::new(checks))))
            }
        }
    }

    fn target(&mut self, members: &Map<String, Value>, depth: usize) -> Result<NodeId, Unknown> {
        let reference = members.get("$ref").and_then(Value::as_str).ok_or(Unknown)?;
        if let Some(node) = self.known.get(reference) {
            return Ok(*node);
        }
        let target = self.refs.get(reference).ok_or(Unknown)?;
        // The target may refer to itself. If it cannot be compiled, nothing is accepted there.
        let node = self.add(Node::Checks(Box::new(Checks::of(Types::NONE))));
        self.known.insert(reference.to_owned(), node);
        let compiled = self.node(target, depth + 1)?;
        self.nodes[node] = Node::Same(compiled);
        Ok(node)
    }

    fn any_of(&mut self, members: &Map<String, Value>, depth: usize) -> Result<NodeId, Unknown> {
        let is_null = |part: &&Value| {
            part.as_object().is_some_and(|members| {
                members.get("type").is_some_and(|of| of == "null")
                    && members.keys().all(|keyword| keyword == "type" || is_note(keyword))
            })
        };
        let parts = members.get("anyOf").and_then(Value::as_array).ok_or(Unknown)?;
        let (nulls, others): (Vec<_>, Vec<_>) = parts.iter().partition(is_null);
        if let ([_], [other]) = (&nulls[..], &others[..]) {
            let inner = self.node(other, depth + 1)?;
            return Ok(self.add(Node::Nullable(inner)));
        }
        let parts: Result<_, _> = parts.iter().map(|part| self.node(part, depth + 1)).collect();
        Ok(self.add(Node::AnyOf(parts?)))
    }

    fn one_of(&mut self, members: &Map<String, Value>, depth: usize) -> Result<NodeId, Unknown> {
        let parts = members.get("oneOf").and_then(Value::as_array).ok_or(Unknown)?;
        let parts: Option<Vec<_>> = parts.iter().map(Value::as_object).collect();
        let parts = parts.ok_or(Unknown)?;
        match self.external(&parts, depth) {
            Ok(node) => Ok(node),
            Err(Unknown) => self.tagged(&parts, depth),
        }
    }

    /// An enum whose variants are texts, or objects of one member.
    fn external(&mut self, parts: &[&Map<String, Value>], depth: usize) -> Result<NodeId, Unknown> {
        let mut checks = Checks::of(Types::NONE);
        let mut names: Vec<Box<str>> = Vec::new();
        for part in parts {
            if part.contains_key("$ref") {
                return Err(Unknown);
            }
            if let Some(of) = part.get("type").filter(|of| *of == "object") {
                let has_other_keywords = part.keys().any(|keyword| {
                    !is_note(keyword)
                        && !["type", "properties", "required", "additionalProperties"]
                            .contains(&keyword.as_str())
                });
                let properties =
                    part.get("properties").and_then(Value::as_object).ok_or(Unknown)?;
                let required = part.get("required").and_then(Value::as_array).ok_or(Unknown)?;
                let is_closed = part.get("additionalProperties") == Some(&Value::Bool(false));
                let (Some((name, payload)), 1, [only]) =
                    (properties.iter().next(), properties.len(), &required[..])
                else {
                    return Err(Unknown);
                };
                if has_other_keywords || !is_closed || only != name {
                    return Err(Unknown);
                }
                debug_assert!(of.is_string());
                let node = self.node(payload, depth + 1)?;
                checks.object.properties.push(Property::new(name, node));
                checks.types = checks.types.or(Types::OBJECT);
            } else {
                let texts = texts(part)?;
                names.extend(texts);
                checks.types = checks.types.or(Types::STRING);
            }
        }
        let are_distinct = |names: &mut Vec<&str>| {
            names.sort_unstable();
            names.is_sorted_by(|one, other| one < other)
        };
        let properties = &checks.object.properties;
        if !are_distinct(&mut names.iter().map(|name| &**name).collect())
            || !are_distinct(&mut properties.iter().map(|property| &*property.name).collect())
            || properties.len() > MAX_PROPERTIES
        {
            return Err(Unknown);
        }
        checks.text.values = Some(names);
        checks.object.others = Rest::Refused;
        checks.object.length = Limits { min: 1, max: 1 };
        Ok(self.add(Node::Checks(Box::new(checks))))
    }

    /// An enum whose variants are objects with a tag.
    fn tagged(&mut self, parts: &[&Map<String, Value>], depth: usize) -> Result<NodeId, Unknown> {
        let merged: Result<Vec<_>, _> = parts.iter().map(|part| self.merged(part, depth)).collect();
        let parts = merged?;
        let names = |part: &Map<String, Value>, tag: &str| {
            let required = part.get("required").and_then(Value::as_array).ok_or(Unknown)?;
            if !required.iter().any(|name| name == tag)
                || part.get("type").is_none_or(|of| of != "object")
            {
                return Err(Unknown);
            }
            let schema = part.get("properties").and_then(|all| all.get(tag));
            texts(schema.and_then(Value::as_object).ok_or(Unknown)?)
        };
        let candidates = parts.first().and_then(|part| part.get("properties")?.as_object());
        let tag = candidates
            .into_iter()
            .flat_map(Map::keys)
            .find(|tag| parts.iter().all(|part| names(part, tag).is_ok()))
            .ok_or(Unknown)?
            .clone();
        let mut variants = Vec::new();
        for part in &parts {
            let names = names(part, &tag)?;
            let checks = self.checks(part, depth)?;
            let node = self.add(Node::Checks(Box::new(checks)));
            for name in names {
                if variants.iter().any(|(known, _): &(Box<str>, _)| *known == name) {
                    return Err(Unknown);
                }
                variants.push((name, node));
            }
        }
        Ok(self.add(Node::Tagged(Tagged { tag: tag.into(), variants })))
    }

    /// Returns the keywords of a schema with those of the schemas that hold beside it, if
    /// those that stand in two of them can be one.
    fn merged(
        &self,
        members: &Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, Unknown> {
        if depth > MAX_DEPTH {
            return Err(Unknown);
        }
        let mut merged = members.clone();
        merged.retain(|keyword, _| !is_note(keyword));
        let mut parts = Vec::new();
        if let Some(reference) = merged.remove("$ref") {
            parts.push(reference.as_str().and_then(|it| self.refs.get(it)).ok_or(Unknown)?.clone());
        }
        if let Some(all) = merged.remove("allOf") {
            parts.extend(all.as_array().ok_or(Unknown)?.iter().cloned());
        }
        for part in parts {
            let part = self.merged(part.as_object().ok_or(Unknown)?, depth + 1)?;
            // These hold for the members and items that another keyword of the schema leaves.
            const OPEN: [&str; 4] =
                ["additionalProperties", "unevaluatedProperties", "items", "prefixItems"];
            let is_open =
                |members: &Map<String, Value>| OPEN.iter().any(|it| members.contains_key(*it));
            let has_properties = |members: &Map<String, Value>| members.contains_key("properties");
            if is_open(&part) && has_properties(&merged)
                || is_open(&merged) && has_properties(&part)
            {
                return Err(Unknown);
            }
            let has_prefix = [&part, &merged].iter().any(|it| it.contains_key("prefixItems"));
            for (keyword, value) in part {
                match merged.get_mut(&keyword) {
                    None => drop(merged.insert(keyword, value)),
                    Some(known) if *known == value => {}
                    Some(known)
                        if keyword == "items" && !has_prefix
                            || keyword == "additionalProperties" =>
                    {
                        *known = json!({ "allOf": [known.take(), value] });
                    }
                    Some(known) => match (keyword.as_str(), known, value) {
                        (keyword, Value::Number(known), Value::Number(limit)) => {
                            *known = stricter(keyword, known, &limit).ok_or(Unknown)?;
                        }
                        ("required", Value::Array(known), Value::Array(more)) => known.extend(more),
                        ("properties", Value::Object(known), Value::Object(more))
                            if more.keys().all(|name| !known.contains_key(name)) =>
                        {
                            known.extend(more);
                        }
                        _ => return Err(Unknown),
                    },
                }
            }
        }
        Ok(merged)
    }

    /// Compiles keywords that stand beside each other.
    fn checks(&mut self, members: &Map<String, Value>, depth: usize) -> Result<Checks, Unknown> {
        let mut checks = Checks::of(Types::ANY);
        checks.types = types(members)?;
        let of_number = members.get("type").is_some_and(|of| {
            let is_listed = |name: &str| {
                of == name || of.as_array().is_some_and(|all| all.iter().any(|it| it == name))
            };
            is_listed("integer") && !is_listed("number")
        });
        if of_number {
            checks.number.only_integers();
        }
        for (keyword, value) in members {
            match keyword.as_str() {
                "type" => {}
                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                    let limit = value.as_number().ok_or(Unknown)?;
                    checks.number.bound(Bound::of(keyword, limit));
                }
                "minLength" => checks.text.length.min = length(value)?,
                "maxLength" => checks.text.length.max = length(value)?,
                "minItems" => checks.array.length.min = length(value)?,
                "maxItems" => checks.array.length.max = length(value)?,
                "minProperties" => checks.object.length.min = length(value)?,
                "maxProperties" => checks.object.length.max = length(value)?,
                "pattern" => {
                    let pattern = Pattern::new(value.as_str().ok_or(Unknown)?);
                    checks.text.pattern = Some(Box::new(pattern.map_err(|_| Unknown)?));
                }
                "format" => checks.text.format = value.as_str().and_then(Format::named),
                "const" | "enum" => {
                    if checks.text.values.is_some() {
                        return Err(Unknown);
                    }
                    let has_null = keyword == "enum"
                        && value.as_array().is_some_and(|all| all.contains(&Value::Null));
                    checks.text.values = Some(values(keyword, value)?);
                    let null = if has_null { Types::NULL } else { Types::NONE };
                    checks.types = checks.types & Types::STRING.or(null);
                }
                "uniqueItems" => checks.array.is_unique = value.as_bool().ok_or(Unknown)?,
                "patternProperties" => {
                    let patterns = value.as_object().ok_or(Unknown)?;
                    if patterns.len() > 1 {
                        return Err(Unknown);
                    }
                    for (pattern, schema) in patterns {
                        let pattern = Pattern::new(pattern).map_err(|_| Unknown)?;
                        let node = self.node(schema, depth + 1)?;
                        checks.object.pattern = Some((Box::new(pattern), node));
                    }
                }
                "items" => checks.array.items = self.rest(value, depth)?,
                "prefixItems" => {
                    for item in value.as_array().ok_or(Unknown)? {
                        let node = self.node(item, depth + 1)?;
                        checks.array.prefix.push(node);
                    }
                }
                "properties" => {
                    for (name, property) in value.as_object().ok_or(Unknown)? {
                        let node = self.node(property, depth + 1)?;
                        checks.object.properties.push(Property::new(name, node));
                    }
                }
                "additionalProperties" => checks.object.others = self.rest(value, depth)?,
                "required" => {}
                KEYWORD => match value.as_str() {
                    Some(JSON | "number") => {}
                    Some(INTEGER) => checks.number.only_safe_integers(),
                    Some("undefined") => checks.types = Types::NONE,
                    // Plain JSON has no value of another kind, except null.
                    Some(_) => checks.types = nulls(members, checks.types),
                    None => return Err(Unknown),
                },
                _ => return Err(Unknown),
            }
        }
        let object = &checks.object;
        // A property whose name matches the pattern has two schemas.
        let is_of_pattern = |property: &Property| {
            object.pattern.as_ref().is_some_and(|(pattern, _)| pattern.is_match(&property.name))
        };
        if object.properties.len() > MAX_PROPERTIES || object.properties.iter().any(is_of_pattern) {
            return Err(Unknown);
        }
        if checks.array.is_unique && !self.are_items_scalars(&checks.array) {
            return Err(Unknown);
        }
        for name in members.get("required").and_then(Value::as_array).into_iter().flatten() {
            let name = name.as_str().ok_or(Unknown)?;
            let index = checks.object.find(name);
            checks.object.required |= 1 << index.ok_or(Unknown)?;
        }
        Ok(checks)
    }

    /// Returns `true` if no item can be an array or object.
    fn are_items_scalars(&self, array: &ArrayChecks) -> bool {
        let mut items = array.items;
        while let Rest::Of(node) = items {
            match &self.nodes[node] {
                Node::Same(target) => items = Rest::Of(*target),
                Node::Nullable(inner) => items = Rest::Of(*inner),
                Node::Checks(checks) => {
                    let has_containers =
                        checks.types.has(Types::ARRAY) || checks.types.has(Types::OBJECT);
                    return array.prefix.is_empty() && !has_containers;
                }
                Node::Any | Node::Tagged(_) | Node::AnyOf(_) | Node::Other(_) | Node::Elsewhere => {
                    return false;
                }
            }
        }
        false
    }

    fn rest(&mut self, schema: &Value, depth: usize) -> Result<Rest, Unknown> {
        match schema {
            Value::Bool(true) => Ok(Rest::Any),
            Value::Bool(false) => Ok(Rest::Refused),
            schema => self.node(schema, depth + 1).map(Rest::Of),
        }
    }
}

/// Returns whether a keyword does not constrain plain JSON.
fn is_note(keyword: &str) -> bool {
    const NOTES: [&str; 9] = [
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$schema",
        "$defs",
    ];
    NOTES.contains(&keyword)
        || DATE_RANGE.contains(&keyword)
        || keyword.starts_with("x-") && keyword != KEYWORD && keyword != NAMES
}

/// Returns the limit that allows what both do, of a length or of an integer.
fn stricter(keyword: &str, one: &Number, other: &Number) -> Option<Number> {
    let (first, second) = (one.as_i128()?, other.as_i128()?);
    let is_one = match keyword {
        "minLength" | "minItems" | "minProperties" | "minimum" => first > second,
        "maxLength" | "maxItems" | "maxProperties" | "maximum" => first < second,
        _ => return None,
    };
    Some(if is_one { one } else { other }.clone())
}

fn refers_to_root(schema: &Value) -> bool {
    let Some(members) = schema.as_object() else { return false };
    let mut found = members.get("$ref").is_some_and(|reference| reference == "#");
    each_part(members, |_, part| found = found || refers_to_root(part));
    found
}

fn length(value: &Value) -> Result<usize, Unknown> {
    value.as_u64().and_then(|length| usize::try_from(length).ok()).ok_or(Unknown)
}

fn types(members: &Map<String, Value>) -> Result<Types, Unknown> {
    match members.get("type") {
        None => Ok(Types::ANY),
        Some(Value::String(name)) => Ok(Types::named(name)),
        Some(Value::Array(names)) => {
            let mut types = Types::NONE;
            for name in names {
                types = types.or(Types::named(name.as_str().ok_or(Unknown)?));
            }
            Ok(types)
        }
        Some(_) => Err(Unknown),
    }
}

/// Returns the types without all but null, if null is named.
fn nulls(members: &Map<String, Value>, types: Types) -> Types {
    if members.contains_key("type") { types & Types::NULL } else { Types::NONE }
}

/// Returns the texts that a schema of nothing else accepts.
fn texts(members: &Map<String, Value>) -> Result<Vec<Box<str>>, Unknown> {
    let mut texts = None;
    for (keyword, value) in members {
        match keyword.as_str() {
            "type" if value == "string" => {}
            "const" | "enum" if texts.is_none() => texts = Some(values(keyword, value)?),
            note if is_note(note) => {}
            _ => return Err(Unknown),
        }
    }
    texts.ok_or(Unknown)
}

/// Returns the texts of `const` or `enum`, beside which null may stand in an `enum`.
fn values(keyword: &str, value: &Value) -> Result<Vec<Box<str>>, Unknown> {
    let all = match value {
        Value::Array(values) if keyword == "enum" => &values[..],
        value => std::slice::from_ref(value),
    };
    let texts = all.iter().filter(|value| keyword != "enum" || !value.is_null());
    texts.map(|value| value.as_str().map(Into::into).ok_or(Unknown)).collect()
}
