//! Schemas of arrays and objects.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::print::{property, quoted};
use super::super::schemas::LONGEST_TUPLE;
use super::{Writer, counted, type_text};

impl Writer<'_> {
    pub(super) fn array(
        &mut self,
        schema: &Map<String, Value>,
        depth: usize,
        lazy: &mut bool,
    ) -> String {
        let length = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let (least, most) = (length("minItems").unwrap_or(0), length("maxItems"));
        let is_closed = schema.get("items") == Some(&Value::Bool(false));
        let is_fixed = most == Some(least) && least <= LONGEST_TUPLE;
        let mut text = if let Some(Value::Array(prefix)) = schema.get("prefixItems") {
            self.tuple(prefix, schema, depth, lazy)
        } else if is_fixed || is_closed {
            let item = schema.get("items").filter(|_| least > 0);
            let item = item.map_or("z.unknown()".to_owned(), |item| self.schema(item, depth, lazy));
            let count = usize::try_from(least).unwrap_or_default();
            format!("z.tuple([{}])", vec![item; count].join(", "))
        } else {
            let item = schema.get("items");
            let item = item.map_or("z.unknown()".to_owned(), |item| self.schema(item, depth, lazy));
            let mut text = format!("z.array({item})");
            add_bound(&mut text, "min", "Too small: expected at least", Some(least), "item");
            add_bound(&mut text, "max", "Too big: expected at most", most, "item");
            text
        };
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let message = quoted("Invalid input: expected items that differ");
            _ = write!(text, ".refine({}, {message})", self.help("areUnique"));
        }
        if let Some(item) = schema.get("contains") {
            let item = self.schema(item, depth, lazy);
            let least = length("minContains").unwrap_or(1);
            let most = length("maxContains").map_or("Infinity".to_owned(), |most| most.to_string());
            let message = quoted("Invalid input: refused by `contains`");
            _ = write!(
                text,
                ".refine({}({item}, {least}, {most}), {message})",
                self.help("contains")
            );
        }
        text
    }

    pub(super) fn tuple(
        &mut self,
        prefix: &[Value],
        schema: &Map<String, Value>,
        depth: usize,
        lazy: &mut bool,
    ) -> String {
        let length = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let (least, most) = (length("minItems").unwrap_or(0), length("maxItems"));
        let mut items = Vec::new();
        for (index, item) in prefix.iter().enumerate() {
            let item = self.schema(item, depth, lazy);
            let is_required = (index as u64) < least;
            items.push(if is_required { item } else { format!("{item}.optional()") });
        }
        let is_full = most.is_some_and(|most| most <= prefix.len() as u64);
        let rest = match schema.get("items") {
            _ if is_full => None,
            Some(Value::Bool(false)) => None,
            Some(rest) => Some(self.schema(rest, depth, lazy)),
            None => Some("z.unknown()".to_owned()),
        };
        let mut text = match &rest {
            Some(rest) => format!("z.tuple([{}], {rest})", items.join(", ")),
            None => format!("z.tuple([{}])", items.join(", ")),
        };
        if least < prefix.len() as u64 {
            // An item that is undefined would be sent as null.
            let message = quoted("Invalid input: required, received undefined");
            let is_given = "(items) => items.every((item) => item !== undefined)";
            _ = write!(text, ".refine({is_given}, {message})");
        }
        if rest.is_some() {
            self.add_size(&mut text, schema, [("minItems", "maxItems")], "item", ".length");
        }
        text
    }

    pub(super) fn object(
        &mut self,
        schema: &Map<String, Value>,
        depth: usize,
        lazy: &mut bool,
    ) -> String {
        let empty = Map::new();
        let table =
            |keyword: &str| schema.get(keyword).and_then(Value::as_object).unwrap_or(&empty);
        let (properties, patterns) = (table("properties"), table("patternProperties"));
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let others = schema.get("additionalProperties");
        let names = schema.get("propertyNames");
        let mut text = if properties.is_empty() {
            let key = names.map(|names| self.schema(names, depth, lazy));
            match (patterns.iter().next(), patterns.len(), others) {
                (None, _, None | Some(Value::Bool(true))) if key.is_none() => {
                    "z.record(z.string(), z.unknown())".to_owned()
                }
                (None, _, Some(Value::Bool(false))) => "z.strictObject({})".to_owned(),
                (None, _, others) => {
                    let value = others.map_or("z.unknown()".to_owned(), |others| {
                        self.schema(others, depth, lazy)
                    });
                    // A record of the values of an enum would need them all.
                    let is_listed = |key: &String| !key.contains('(') || key.starts_with("z.enum");
                    match key {
                        Some(key) if is_listed(&key) => format!("z.partialRecord({key}, {value})"),
                        Some(key) if !key.starts_with("z.string()") => {
                            format!("z.record({}<string>({key}), {value})", self.help("typed"))
                        }
                        key => {
                            format!("z.record({}, {value})", key.as_deref().unwrap_or("z.string()"))
                        }
                    }
                }
                (Some((pattern, value)), 1, Some(Value::Bool(false))) => {
                    let value = self.schema(value, depth, lazy);
                    let pattern = format!("{}({})", self.help("pattern"), quoted(pattern));
                    format!("z.record(z.string().regex({pattern}), {value})")
                }
                _ => "z.looseObject({})".to_owned(),
            }
        } else {
            let indent = "  ".repeat(depth + 1);
            let mut members = String::new();
            for (name, member) in properties {
                let mut own = self.schema(member, depth + 1, lazy);
                let is_required = required.contains(&name.as_str());
                if !is_required && !own.ends_with(".optional()") {
                    own.push_str(".optional()");
                } else if own.starts_with("z.unknown()") {
                    own.push_str(".refine((value) => value !== undefined, \"Invalid input: required, received undefined\")");
                }
                let key =
                    if name == "__proto__" { "[\"__proto__\"]".to_owned() } else { property(name) };
                _ = writeln!(members, "{indent}{key}: {own},");
            }
            let end = "  ".repeat(depth);
            let is_patterned = !patterns.is_empty() || names.is_some();
            match others {
                _ if is_patterned => format!("z.looseObject({{\n{members}{end}}})"),
                Some(Value::Bool(false)) => format!("z.strictObject({{\n{members}{end}}})"),
                Some(Value::Bool(true)) => format!("z.looseObject({{\n{members}{end}}})"),
                Some(others) => {
                    let others = self.schema(others, depth, lazy);
                    let text = format!("z.object({{\n{members}{end}}}).catchall({others})");
                    // In the type of Zod the others have no part of the members with names.
                    format!("{}<{}>({text})", self.help("typed"), type_text(schema))
                }
                // Another part of the schema may know further members.
                None if has_siblings(schema) => format!("z.looseObject({{\n{members}{end}}})"),
                None => format!("z.object({{\n{members}{end}}})"),
            }
        };
        for name in required.iter().filter(|name| !properties.contains_key(**name)) {
            let message = quoted("Invalid input: required, received undefined");
            _ = write!(
                text,
                ".refine((value) => Object.hasOwn(value, {0}), {{ message: {message}, path: [{0}] }})",
                quoted(name)
            );
        }
        let is_patterned = !properties.is_empty() && (!patterns.is_empty() || names.is_some())
            || properties.is_empty() && text.starts_with("z.looseObject");
        if is_patterned {
            let mut known = Vec::new();
            for (pattern, member) in patterns {
                let member = self.schema(member, depth, lazy);
                known.push(format!("[{}({}), {member}]", self.help("pattern"), quoted(pattern)));
            }
            let own: Vec<_> = properties.keys().map(|name| quoted(name)).collect();
            let others =
                others.map_or("z.unknown()".to_owned(), |others| self.schema(others, depth, lazy));
            let names =
                names.map_or("z.string()".to_owned(), |names| self.schema(names, depth, lazy));
            _ = write!(
                text,
                ".superRefine({}([{}], [{}], {others}, {names}))",
                self.help("members"),
                own.join(", "),
                known.join(", ")
            );
        }
        self.add_size(
            &mut text,
            schema,
            [("minProperties", "maxProperties")],
            "member",
            "Object.keys(value).length",
        );
        if let Some(Value::Object(dependent)) = schema.get("dependentRequired") {
            let dependent = Value::Object(dependent.clone()).to_string();
            let message = quoted("Invalid input: refused by `dependentRequired`");
            _ = write!(text, ".refine({}({dependent}), {message})", self.help("together"));
        }
        if let Some(Value::Object(dependent)) = schema.get("dependentSchemas") {
            for (name, then) in dependent {
                let then = self.schema(then, depth, lazy);
                let message = quoted("Invalid input: refused by `dependentSchemas`");
                _ = write!(
                    text,
                    ".refine((value) => !Object.hasOwn(value, {}) || {then}.safeParse(value).success, {message})",
                    quoted(name)
                );
            }
        }
        text
    }
}

/// Returns `true` if another keyword beside those of the type applies to an object.
fn has_siblings(schema: &Map<String, Value>) -> bool {
    ["$ref", "anyOf", "oneOf", "allOf", "not", "if", "unevaluatedProperties", "dependentSchemas"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword))
}

/// Adds a bound that Zod has itself.
fn add_bound(text: &mut String, method: &str, message: &str, bound: Option<u64>, noun: &str) {
    if let Some(bound) = bound.filter(|bound| method != "min" || *bound > 0) {
        let message = quoted(&format!("{message} {}", counted(bound, noun)));
        _ = write!(text, ".{method}({bound}, {message})");
    }
}
