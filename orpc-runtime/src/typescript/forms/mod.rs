//! The file with the schemas of inputs, for Zod 4.

mod helpers;
mod parts;
mod unions;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use self::helpers::{HELPERS, Helper};
use super::client::HEAD;
use super::docs::Docs;
use super::model::Model;
use super::print::{Printer, after, quoted};
use super::schemas::{definition_name, type_names, type_of};
use crate::value::{KEYWORD, is_wide};

/// Schemas of the inputs of a router, with the names of the file.
pub(super) struct Forms {
    /// The named types that inputs have.
    pub(super) types: BTreeMap<String, Value>,
    /// The inputs, by the paths of their procedures.
    pub(super) inputs: Vec<(Vec<String>, Value)>,
}

/// Returns the text of the file.
pub(super) fn text(model: &Model, imports: &[String]) -> String {
    let forms = &model.forms;
    let mut writer = Writer {
        forms,
        written: Vec::new(),
        open: BTreeSet::new(),
        declared: BTreeSet::new(),
        helpers: BTreeSet::new(),
    };
    for name in forms.types.keys() {
        writer.named(name);
    }
    let mut names: BTreeSet<String> = model.types.keys().cloned().collect();
    let mut aliases = Vec::new();
    for (path, schema) in &forms.inputs {
        let mut name = input_name(path);
        while !names.insert(name.clone()) {
            name.push('_');
        }
        let is_nullable = type_of(schema).is_nullable();
        let own = schema.as_object().filter(|it| it.len() == 1).and_then(|it| it.get("$ref"));
        match own.and_then(Value::as_str) {
            Some(own) if !is_nullable => {
                aliases.push(format!("export {{ {} as {name} }};\n", definition_name(own)));
            }
            _ => {
                let text = writer.input(&name, schema, is_nullable, &path.join("."));
                writer.written.push(text);
            }
        }
    }

    let mut out = HEAD.replace("The types", "The schemas").replace("procedures", "inputs");
    out.push_str("\nimport { z } from \"zod\";\n");
    for import in imports {
        _ = writeln!(out, "{import}");
    }
    for (name, named) in model.types.iter().filter(|(name, _)| forms.types.contains_key(*name)) {
        out.push('\n');
        named.docs.write("", &mut out);
        let lead = format!("export type {name} = ");
        let ty = Printer.print(&named.ty, 0, lead.len());
        _ = writeln!(out, "{};", after(&lead, &ty));
    }
    for text in &writer.written {
        out.push('\n');
        out.push_str(text);
    }
    if !aliases.is_empty() {
        out.push_str("\n// The inputs whose types have a name.\n");
        out.extend(aliases);
    }
    writer.write_helpers(&mut out);
    out
}

/// Returns the name of an input without one: `planetsFindInput`.
fn input_name(path: &[String]) -> String {
    let mut name = String::new();
    for char in path.join(" ").chars().chain(" input".chars()) {
        if !(char.is_ascii_alphanumeric() || ['$', '_'].contains(&char)) {
            name.push(' ');
        } else if name.ends_with(' ') {
            name.pop();
            name.push(char.to_ascii_uppercase());
        } else {
            name.push(char);
        }
    }
    let name = name.replace(' ', "");
    if name.starts_with(|char: char| char.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// Returns a declaration. A bundler leaves out one that nobody imports: a call may do anything, a
/// marked one does not.
fn declaration(name: &str, ty: &str, text: &str) -> String {
    format!("export const {name}{ty} = /* @__PURE__ */ (() => {text})();\n")
}

/// Writes schemas as expressions of Zod.
struct Writer<'m> {
    forms: &'m Forms,
    /// The declarations, each after those that it needs when it is evaluated.
    written: Vec<String>,
    /// The types whose declarations are begun or written.
    open: BTreeSet<String>,
    declared: BTreeSet<String>,
    helpers: BTreeSet<&'static str>,
}

impl Writer<'_> {
    /// Writes the declaration of a type, after those of the types in it.
    fn named(&mut self, name: &str) {
        let Some(schema) = self.forms.types.get(name) else { return };
        if !self.open.insert(name.to_owned()) {
            return;
        }
        for other in references(schema) {
            self.named(&other);
        }
        let mut is_lazy = false;
        let text = self.schema(schema, 0, &mut is_lazy);
        let ty = if is_lazy { format!(": z.ZodType<{name}, {name}>") } else { String::new() };
        self.declared.insert(name.to_owned());
        self.written.push(declaration(name, &ty, &text));
    }

    /// Returns the declaration of an input that has no name of its own.
    fn input(&mut self, name: &str, schema: &Value, is_nullable: bool, path: &str) -> String {
        let text = self.schema(schema, 0, &mut false);
        // Undefined is treated as null.
        let text = if is_nullable { format!("{text}.optional()") } else { text };
        let mut out = String::new();
        Docs { text: format!("The input of `{path}`."), tags: Vec::new() }.write("", &mut out);
        out + &declaration(name, "", &text)
    }

    fn help(&mut self, name: &'static str) -> &'static str {
        self.helpers.insert(name);
        name
    }

    fn write_helpers(&self, out: &mut String) {
        let mut needed = self.helpers.clone();
        // Those that others need stand in front of them.
        for Helper { name, needs, .. } in HELPERS.iter().rev() {
            if needed.contains(name) {
                needed.extend(needs.iter().copied());
            }
        }
        for Helper { name, text, .. } in HELPERS {
            if needed.contains(name) {
                _ = write!(out, "\n{}", text.trim_start());
            }
        }
    }

    /// Returns the expression of a schema. `lazy` is set if it refers to a type that is
    /// declared later.
    fn schema(&mut self, schema: &Value, depth: usize, lazy: &mut bool) -> String {
        let members = match schema {
            Value::Bool(false) => return "z.never()".to_owned(),
            Value::Object(members) => members,
            _ => return "z.unknown()".to_owned(),
        };
        let text = self.members(members, depth, lazy);
        match members.get("description").and_then(Value::as_str) {
            Some(description) => format!("{text}.describe({})", quoted(description)),
            None => text,
        }
    }

    fn members(&mut self, schema: &Map<String, Value>, depth: usize, lazy: &mut bool) -> String {
        let nullable = |text: String| {
            let is_null = type_names(schema).any(|name| name == "null");
            if is_null { format!("{text}.nullable()") } else { text }
        };
        if let Some(native) = schema.get(KEYWORD).and_then(Value::as_str)
            && let Some(text) = self.native(native, schema, depth, lazy)
        {
            let text = if native == "undefined" { text } else { nullable(text) };
            return self.with_own_type(schema, text);
        }
        let mut parts = Vec::new();
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            parts.push(self.reference(&definition_name(reference), lazy));
        }
        let constants = match (schema.get("const"), schema.get("enum")) {
            (Some(constant), _) => Some(vec![constant.clone()]),
            (None, Some(Value::Array(constants))) => Some(constants.clone()),
            _ => None,
        };
        if let Some(constants) = &constants {
            parts.push(self.constants(constants, schema));
        }
        let names: Vec<_> = type_names(schema).collect();
        if constants.is_none() && !names.is_empty() {
            parts.push(self.typed(&names, schema, depth, lazy));
        } else if constants.is_none() && says_untyped(schema) {
            parts.push(self.untyped(schema, depth, lazy));
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(options)) = schema.get(keyword) {
                parts.push(self.union(options, keyword == "oneOf", schema, depth, lazy));
            }
        }
        if let Some(Value::Array(all)) = schema.get("allOf") {
            for one in all {
                parts.push(self.schema(one, depth, lazy));
            }
        }
        if let Some(not) = schema.get("not") {
            let not = self.schema(not, depth, lazy);
            parts.push(format!("{}({not})", self.help("not")));
        }
        if let Some(condition) = schema.get("if") {
            let branch =
                |writer: &mut Self, keyword: &str, lazy: &mut bool| match schema.get(keyword) {
                    Some(branch) => writer.schema(branch, depth, lazy),
                    None => "z.unknown()".to_owned(),
                };
            let condition = self.schema(condition, depth, lazy);
            let (then, otherwise) = (branch(self, "then", lazy), branch(self, "else", lazy));
            parts.push(format!("{}({condition}, {then}, {otherwise})", self.help("when")));
        }
        if let Some(rest) =
            schema.get("unevaluatedProperties").filter(|rest| **rest != Value::Bool(true))
        {
            let evaluated = self.evaluated(schema, depth, lazy);
            let rest = self.schema(rest, depth, lazy);
            parts.push(format!("{}({evaluated}, {rest})", self.help("others")));
        }
        if schema.contains_key("unevaluatedItems") {
            // Zod does not tell which items other keywords have checked: refuse rather than accept too much.
            parts.push(format!(
                "z.never({})",
                quoted("Invalid input: refused by `unevaluatedItems`")
            ));
        }
        let text = match parts.len() {
            0 => "z.unknown()".to_owned(),
            1 => parts.remove(0),
            _ => self.all(parts, schema),
        };
        self.with_own_type(schema, text)
    }

    /// Returns all of several schemas.
    fn all(&mut self, mut parts: Vec<String>, schema: &Map<String, Value>) -> String {
        parts.retain(|part| part != "z.unknown()");
        match parts.len() {
            0 => "z.unknown()".to_owned(),
            1 => parts.remove(0),
            _ => format!("{}<{}>({})", self.help("all"), type_text(schema), parts.join(", ")),
        }
    }

    fn with_own_type(&mut self, schema: &Map<String, Value>, text: String) -> String {
        if schema.contains_key("x-typescript-type") {
            format!("{}<{}>({text})", self.help("typed"), type_text(schema))
        } else {
            text
        }
    }

    fn reference(&mut self, name: &str, lazy: &mut bool) -> String {
        if self.declared.contains(name) {
            return name.to_owned();
        }
        *lazy = true;
        format!("z.lazy(() => {name})")
    }

    fn constants(&mut self, constants: &[Value], schema: &Map<String, Value>) -> String {
        let is_plain = constants.iter().all(|value| !value.is_object() && !value.is_array());
        if !is_plain {
            let constants: Vec<_> = constants.iter().map(Value::to_string).collect();
            return format!(
                "{}<{}>([{}])",
                self.help("equal"),
                type_text(schema),
                constants.join(", ")
            );
        }
        let literal = |value: &Value| match value {
            Value::Number(number) if is_wide(schema) => format!("{number}n"),
            Value::String(text) => quoted(text),
            other => other.to_string(),
        };
        match constants {
            [] => "z.never()".to_owned(),
            [one] => format!("z.literal({})", literal(one)),
            many if many.iter().all(Value::is_string) => {
                format!("z.enum([{}])", many.iter().map(literal).collect::<Vec<_>>().join(", "))
            }
            many => {
                format!("z.literal([{}])", many.iter().map(literal).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Returns the schema of a value of certain JSON types.
    fn typed(
        &mut self,
        names: &[&str],
        schema: &Map<String, Value>,
        depth: usize,
        lazy: &mut bool,
    ) -> String {
        let is_null = names.contains(&"null");
        let others: Vec<_> = names.iter().filter(|name| **name != "null").collect();
        let mut texts = Vec::new();
        for name in others {
            texts.push(match *name {
                "string" => self.string(schema),
                "integer" | "number" => self.number(name == &"integer", schema),
                "boolean" => "z.boolean()".to_owned(),
                "array" => self.array(schema, depth, lazy),
                "object" => self.object(schema, depth, lazy),
                _ => "z.never()".to_owned(),
            });
        }
        let text = match texts.len() {
            0 => return "z.null()".to_owned(),
            1 => texts.remove(0),
            _ => format!("z.union([{}])", texts.join(", ")),
        };
        if is_null { format!("{text}.nullable()") } else { text }
    }

    /// Returns the schema of a value of any type, with constraints for some types.
    fn untyped(&mut self, schema: &Map<String, Value>, depth: usize, lazy: &mut bool) -> String {
        let mut texts = Vec::new();
        for (name, keywords) in OF_TYPES {
            if keywords.iter().any(|keyword| schema.contains_key(*keyword)) {
                let text = match *name {
                    "string" => self.string(schema),
                    "number" => self.number(false, schema),
                    "array" => self.array(schema, depth, lazy),
                    _ => self.object(schema, depth, lazy),
                };
                texts.push(format!("{}({}, {text})", self.help("where"), quoted(name)));
            }
        }
        if texts.len() == 1 { texts.remove(0) } else { self.all(texts, schema) }
    }
}

/// Keywords that apply to values of one type, whatever others are allowed.
const OF_TYPES: &[(&str, &[&str])] = &[
    ("string", &["minLength", "maxLength", "pattern"]),
    ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
    ("array", &["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"]),
    (
        "object",
        &[
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
            "propertyNames",
            "minProperties",
            "maxProperties",
            "dependentRequired",
            "dependentSchemas",
        ],
    ),
];

fn says_untyped(schema: &Map<String, Value>) -> bool {
    OF_TYPES.iter().flat_map(|(_, keywords)| *keywords).any(|keyword| schema.contains_key(*keyword))
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn type_text(schema: &Map<String, Value>) -> String {
    Printer.print(&type_of(&Value::Object(schema.clone())), 0, 0)
}

/// Returns the names of the types that a schema refers to.
pub(super) fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str).map(definition_name);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::input_name;

    #[test]
    fn inputs_have_the_names_of_their_paths() {
        for (path, expected) in [
            (&["find"][..], "findInput"),
            (&["planets", "find"], "planetsFindInput"),
            (&["a-b", "c  d", "größe"], "aBCDGrEInput"),
            (&["2fa"], "_2faInput"),
            (&["x_y", "$z"], "x_y$zInput"),
        ] {
            let path: Vec<_> = path.iter().map(|&part| part.to_owned()).collect();
            assert_eq!(input_name(&path), expected);
        }
    }
}
