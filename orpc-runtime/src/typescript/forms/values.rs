//! Schemas of texts, numbers and values that JSON lacks.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::print::quoted;
use super::super::schemas::type_names;
use super::{Writer, counted, type_text};
use crate::value::is_wide;

impl Writer<'_> {
    pub(super) fn string(&mut self, schema: &Map<String, Value>) -> String {
        let mut text = "z.string()".to_owned();
        self.add_text_constraints(&mut text, schema, "");
        text
    }

    /// Adds the constraints of a text, which `of` reads from the value.
    pub(super) fn add_text_constraints(
        &mut self,
        text: &mut String,
        schema: &Map<String, Value>,
        of: &str,
    ) {
        let length = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        if let Some(least) = length("minLength").filter(|least| *least > 0) {
            let message = format!("Too small: expected at least {}", counted(least, "character"));
            let test = format!("(text) => [...text{of}].length >= {least}");
            _ = match (of, least) {
                // Zod counts the units of UTF-16, of which a character may have two.
                ("", 1) => write!(text, ".min(1, {})", quoted(&message)),
                _ => write!(text, ".refine({test}, {})", quoted(&message)),
            };
        }
        if let Some(most) = length("maxLength") {
            let message = format!("Too big: expected at most {}", counted(most, "character"));
            let most = format!("(text) => [...text{of}].length <= {most}");
            _ = write!(text, ".refine({most}, {})", quoted(&message));
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            let message = format!("Invalid string: must match {pattern}");
            let pattern = format!("{}({})", self.help("pattern"), quoted(pattern));
            _ = match of {
                "" => write!(text, ".regex({pattern}, {})", quoted(&message)),
                _ => write!(
                    text,
                    ".refine((text) => {pattern}.test(text{of}), {})",
                    quoted(&message)
                ),
            };
        }
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && let Some((_, helper)) = FORMATS.iter().find(|(name, _)| *name == format)
        {
            let message = format!("Invalid string: must be of the format {format}");
            let test = match of {
                "" => self.help(helper).to_owned(),
                _ => format!("(text) => {}(text{of})", self.help(helper)),
            };
            _ = write!(text, ".refine({test}, {})", quoted(&message));
        }
    }

    pub(super) fn number(&mut self, is_integer: bool, schema: &Map<String, Value>) -> String {
        if is_integer && is_wide(schema) {
            return self.bigint(schema);
        }
        // Numbers beyond 2^53 are rounded before anything can look at them.
        let mut text = if is_integer { "z.int()" } else { "z.number()" }.to_owned();
        let bounds = integer_range(schema);
        self.add_bounds(&mut text, schema, bounds, "");
        text
    }

    pub(super) fn bigint(&mut self, schema: &Map<String, Value>) -> String {
        let mut text = "z.bigint()".to_owned();
        let bounds = integer_range(schema);
        self.add_bounds(&mut text, schema, bounds, "n");
        text
    }

    pub(super) fn add_bounds(
        &mut self,
        text: &mut String,
        schema: &Map<String, Value>,
        range: Option<(i128, Option<u128>)>,
        suffix: &str,
    ) {
        if let Some((least, most)) = range {
            let stated = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
            if stated("minimum").is_none_or(|stated| stated < least as f64) {
                let message = format!("Too small: expected a number >= {least}");
                _ = write!(text, ".min({least}{suffix}, {})", quoted(&message));
            }
            if let Some(most) = most
                && stated("maximum").is_none_or(|stated| stated > most as f64)
            {
                let message = format!("Too big: expected a number <= {most}");
                _ = write!(text, ".max({most}{suffix}, {})", quoted(&message));
            }
        }
        for (keyword, method, size, relation) in [
            ("minimum", "min", "Too small", ">="),
            ("exclusiveMinimum", "gt", "Too small", ">"),
            ("maximum", "max", "Too big", "<="),
            ("exclusiveMaximum", "lt", "Too big", "<"),
        ] {
            let Some(Value::Number(bound)) = schema.get(keyword) else { continue };
            let message = quoted(&format!("{size}: expected a number {relation} {bound}"));
            let is_whole = bound.is_i64() || bound.is_u64();
            _ = if suffix.is_empty() || is_whole {
                write!(text, ".{method}({bound}{suffix}, {message})")
            } else {
                write!(text, ".refine((value) => value {relation} {bound}, {message})")
            };
        }
        if let Some(Value::Number(divisor)) = schema.get("multipleOf") {
            let message = quoted(&format!("Invalid number: expected a multiple of {divisor}"));
            let is_whole = divisor.is_i64() || divisor.is_u64();
            if suffix.is_empty() || is_whole {
                _ = write!(text, ".multipleOf({divisor}{suffix}, {message})");
            } else {
                _ = write!(text, ".refine((value) => Number(value) % {divisor} === 0, {message})");
            }
        }
    }

    /// Adds bounds of a number of parts.
    pub(super) fn add_size(
        &mut self,
        text: &mut String,
        schema: &Map<String, Value>,
        [(least, most)]: [(&str, &str); 1],
        noun: &str,
        of: &str,
    ) {
        let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let value = if of.starts_with('.') { format!("value{of}") } else { of.to_owned() };
        for (bound, relation, message) in [
            (bound(least).filter(|least| *least > 0), ">=", "Too small: expected at least"),
            (bound(most), "<=", "Too big: expected at most"),
        ] {
            if let Some(bound) = bound {
                let message = quoted(&format!("{message} {}", counted(bound, noun)));
                _ = write!(text, ".refine((value) => {value} {relation} {bound}, {message})");
            }
        }
    }

    /// Returns the schema of a value that JSON lacks.
    pub(super) fn native(
        &mut self,
        kind: &str,
        schema: &Map<String, Value>,
        depth: usize,
        lazy: &mut bool,
    ) -> Option<String> {
        Some(match kind {
            "date" => self.date(schema),
            "bigint" => self.bigint(schema),
            "url" => {
                let mut text = "z.instanceof(URL)".to_owned();
                self.add_text_constraints(&mut text, schema, ".href");
                text
            }
            "regexp" => {
                let mut text = "z.instanceof(RegExp)".to_owned();
                self.add_text_constraints(&mut text, schema, ".toString()");
                text
            }
            "undefined" => "z.undefined().optional()".to_owned(),
            "file" => "z.instanceof(File)".to_owned(),
            "number" => {
                let is_integer = type_names(schema).any(|name| name == "integer");
                let text = self.number(is_integer, schema);
                if text == "z.number()" {
                    "z.union([z.number(), z.nan()])".to_owned()
                } else {
                    text
                }
            }
            "set" => {
                let item = schema
                    .get("items")
                    .map_or("z.unknown()".to_owned(), |item| self.schema(item, depth, lazy));
                let mut text = format!("z.set({item})");
                self.add_size(&mut text, schema, [("minItems", "maxItems")], "item", ".size");
                if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
                    let message = quoted("Invalid input: expected items that differ");
                    _ = write!(
                        text,
                        ".refine((value) => {}([...value]), {message})",
                        self.help("areUnique")
                    );
                }
                text
            }
            "map" => {
                let entry = schema.get("items").and_then(|items| items.get("prefixItems"));
                let mut part = |index: usize, lazy: &mut bool| {
                    let part = entry.and_then(|entry| entry.get(index));
                    part.map_or("z.unknown()".to_owned(), |part| self.schema(part, depth, lazy))
                };
                let (key, value) = (part(0, lazy), part(1, lazy));
                let mut text = format!("z.map({key}, {value})");
                self.add_size(&mut text, schema, [("minItems", "maxItems")], "item", ".size");
                text
            }
            // The serializer of the client decides its type, and the server alone checks its form.
            "custom" => format!("z.custom<{}>((value) => value !== undefined)", type_text(schema)),
            _ => return None,
        })
    }

    pub(super) fn date(&mut self, schema: &Map<String, Value>) -> String {
        let mut text = if schema.get("x-invalid-date") == Some(&Value::Bool(true)) {
            "z.instanceof(Date)".to_owned()
        } else {
            "z.date()".to_owned()
        };
        for (keyword, relation, size) in [
            ("formatMinimum", ">=", "Too small"),
            ("formatMaximum", "<=", "Too big"),
            ("formatExclusiveMinimum", ">", "Too small"),
            ("formatExclusiveMaximum", "<", "Too big"),
        ] {
            if let Some(bound) = schema.get(keyword).and_then(Value::as_str) {
                let message = quoted(&format!("{size}: expected a Date {relation} {bound}"));
                _ = write!(
                    text,
                    ".refine((date) => date.getTime() {relation} Date.parse({}), {message})",
                    quoted(bound)
                );
            }
        }
        self.add_text_constraints(
            &mut text,
            &schema
                .iter()
                .filter(|(keyword, _)| *keyword != "format")
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            ".toISOString()",
        );
        text
    }
}

/// Formats that the server enforces, with their helpers.
const FORMATS: [(&str, &str); 18] = [
    ("date", "isDate"),
    ("date-time", "isDateTime"),
    ("duration", "isDuration"),
    ("email", "isEmail"),
    ("hostname", "isHostname"),
    ("ip", "isIp"),
    ("ipv4", "isIpv4"),
    ("ipv6", "isIpv6"),
    ("iri", "isUri"),
    ("iri-reference", "isUriReference"),
    ("json-pointer", "isJsonPointer"),
    ("regex", "isRegex"),
    ("relative-json-pointer", "isRelativeJsonPointer"),
    ("time", "isTime"),
    ("uri", "isUri"),
    ("uri-reference", "isUriReference"),
    ("uri-template", "isUriTemplate"),
    ("uuid", "isUuid"),
];

/// Returns the range of the integers of a format; a bound of the second is known if it fits.
fn integer_range(schema: &Map<String, Value>) -> Option<(i128, Option<u128>)> {
    Some(match schema.get("format").and_then(Value::as_str)? {
        "int8" => (i8::MIN.into(), Some(i8::MAX as u128)),
        "uint8" => (0, Some(u8::MAX.into())),
        "int16" => (i16::MIN.into(), Some(i16::MAX as u128)),
        "uint16" => (0, Some(u16::MAX.into())),
        "int32" => (i32::MIN.into(), Some(i32::MAX as u128)),
        "uint32" => (0, Some(u32::MAX.into())),
        "int64" => (i64::MIN.into(), Some(i64::MAX as u128)),
        "uint64" => (0, Some(u64::MAX.into())),
        "int128" => (i128::MIN, Some(i128::MAX as u128)),
        "uint128" => (0, Some(u128::MAX)),
        "uint" => (0, None),
        _ => return None,
    })
}
