//! Comments: what the Rust docs say, and what a type of TypeScript cannot.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::types::{is_tuple, is_unsized_integer};
use crate::procedure::Definition;
use crate::value::KEYWORD;

/// The largest integer that is a number and no other one's neighbour.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The comment of a type, a member or a procedure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Docs {
    pub(super) text: String,
    /// JSDoc tags with what follows them.
    pub(super) tags: Vec<(&'static str, String)>,
}

impl Docs {
    /// Those of a procedure.
    pub(super) fn of(definition: &Definition) -> Self {
        let mut tags = Vec::new();
        if let Some(deprecation) = definition.deprecated {
            let since = deprecation.since.map(|since| format!("since {since}"));
            let text = [since.as_deref(), deprecation.note].into_iter().flatten();
            tags.push(("deprecated", text.collect::<Vec<_>>().join(": ")));
        }
        Self { text: definition.docs.to_owned(), tags }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.tags.is_empty()
    }

    /// Appends the comment, on lines of its own.
    pub(super) fn write(&self, indent: &str, out: &mut String) {
        if self.is_empty() {
            return;
        }
        let mut lines: Vec<_> = plain(self.text.trim()).lines().map(str::to_owned).collect();
        if !lines.is_empty() && !self.tags.is_empty() {
            lines.push(String::new());
        }
        for (tag, text) in &self.tags {
            // What follows stays on the tag's line: a further one could begin with a tag.
            let text = plain(text).lines().collect::<Vec<_>>().join(" ");
            lines.push(format!("@{tag} {text}").trim_end().to_owned());
        }
        // What a comment's only line, or last one, says to the compiler it would do.
        if let [line] = lines.as_slice()
            && !line.contains("@ts-")
        {
            _ = writeln!(out, "{indent}/** {line} */");
            return;
        }
        _ = writeln!(out, "{indent}/**");
        for line in lines {
            _ = writeln!(out, "{}", format!("{indent} * {line}").trim_end());
        }
        _ = writeln!(out, "{indent} */");
    }
}

/// A text that cannot end the comment, with LF between its lines.
fn plain(text: &str) -> String {
    text.replace("*/", "*\\/").replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n")
}

/// The constraints of a schema, as tags of JSDoc under the names that JSON Schema has.
pub(super) fn constraints(schema: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let mut tags = Vec::new();
    if schema.get("deprecated") == Some(&Value::Bool(true)) {
        tags.push(("deprecated", String::new()));
    }
    let format = schema.get("format").and_then(Value::as_str);
    for keyword in KEYWORDS {
        let implied = (keyword == "multipleOf" && is_unsized_integer(schema)).then_some("1");
        let text = schema.get(keyword).and_then(|value| shown(keyword, value));
        if let Some(text) = text.or_else(|| implied.map(str::to_owned))
            && !is_told(keyword, &text, format, schema)
        {
            tags.push((keyword, text));
        }
    }
    tags
}

/// The text of a constraint.
fn shown(keyword: &str, value: &Value) -> Option<String> {
    Some(match value {
        value if keyword == "default" => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => String::new(),
        Value::Number(number) => match number.as_f64() {
            Some(double) if number.is_f64() => ryu_js::Buffer::new().format(double).to_owned(),
            _ => number.to_string(),
        },
        _ => return None,
    })
}

/// Whether a constraint goes without saying: with the type, or with its format.
fn is_told(keyword: &str, text: &str, format: Option<&str>, schema: &Map<String, Value>) -> bool {
    let number: f64 = text.parse().unwrap_or(0.0);
    match keyword {
        _ if schema.contains_key("const") || schema.contains_key("enum") => true,
        "minItems" | "maxItems" if is_tuple(schema) => true,
        "format" => ["double", "uint", "int"].contains(&text) || schema.contains_key(KEYWORD),
        "minimum" if format.and_then(range).is_some_and(|(minimum, _)| minimum == number) => true,
        "maximum" if format.and_then(range).is_some_and(|(_, maximum)| maximum == number) => true,
        // No number of JavaScript is beyond, and exact.
        "minimum" | "maximum" => number.abs() >= MAX_SAFE_INTEGER,
        _ => false,
    }
}

const KEYWORDS: [&str; 19] = [
    "default",
    "format",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "formatMinimum",
    "formatExclusiveMinimum",
    "formatMaximum",
    "formatExclusiveMaximum",
];

/// The range of an integer type, as far as a double tells it.
fn range(format: &str) -> Option<(f64, f64)> {
    Some(match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "uint8" => (u8::MIN.into(), u8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "uint16" => (u16::MIN.into(), u16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "uint32" => (u32::MIN.into(), u32::MAX.into()),
        "uint64" | "uint128" => (0.0, f64::INFINITY),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Docs;

    #[test]
    fn texts_cannot_end_their_comment_nor_speak_to_the_compiler() {
        let comment = |text: &str| {
            let mut out = String::new();
            Docs { text: text.to_owned(), tags: Vec::new() }.write("", &mut out);
            out
        };
        assert_eq!(comment(" A word. "), "/** A word. */\n");
        assert_eq!(comment("a */ b"), "/** a *\\/ b */\n");
        assert_eq!(comment("*\r/\u{2028}**/"), "/**\n * *\n * /\n * **\\/\n */\n");
        assert_eq!(comment("@ts-ignore"), "/**\n * @ts-ignore\n */\n");
        assert_eq!(comment("\u{feff}@ts-expect-error"), "/**\n * \u{feff}@ts-expect-error\n */\n");
    }
}
