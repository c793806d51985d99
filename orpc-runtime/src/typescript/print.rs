//! Printing of types.

use std::fmt::Write as _;

use super::types::{Index, Member, Type};
use crate::describe::is_identifier;

/// Maximum length of a line with a type that can be broken.
const WIDTH: usize = 100;

/// Prints types.
pub(super) struct Printer;

/// Position of a type in another one, from the one that needs the fewest parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Alone.
    Free,
    /// In a union.
    Union,
    /// In an intersection.
    Intersection,
    /// Before `[]`.
    Element,
}

impl Printer {
    /// Returns the text of a type whose first line begins at `column` of a line that is
    /// indented by `depth`.
    pub(super) fn print(&self, ty: &Type, depth: usize, column: usize) -> String {
        let line = self.line(ty, Place::Free);
        match line {
            Some(line) if column.saturating_add(line.len()) <= WIDTH => line,
            _ => self.lines(ty, depth, Place::Free),
        }
    }

    /// Returns the type on one line; `None` if it contains comments.
    fn line(&self, ty: &Type, place: Place) -> Option<String> {
        Some(match ty {
            Type::Text(text) => parenthesised(text.clone(), place > tightest_place(text)),
            Type::Literal(text) | Type::Named(text) => text.clone(),
            Type::Documented(..) => return None,
            Type::Array(item) => format!("{}[]", self.line(item, Place::Element)?),
            Type::Tuple { items, required, rest } => {
                let parts = items.iter().enumerate().map(|(index, item)| {
                    let is_optional = index >= *required;
                    let place = if is_optional { Place::Element } else { Place::Free };
                    let item = self.line(item, place)?;
                    Some(if is_optional { format!("{item}?") } else { item })
                });
                let mut parts = parts.collect::<Option<Vec<_>>>()?;
                if let Some(rest) = rest {
                    parts.push(format!("...{}[]", self.line(rest, Place::Element)?));
                }
                format!("[{}]", parts.join(", "))
            }
            Type::Object { members, index } => {
                let members = members.iter().map(|member| {
                    if !member.docs.is_empty() {
                        return None;
                    }
                    Some(format!("{}{}", key(member), self.line(&value(member), Place::Free)?))
                });
                let mut parts = members.collect::<Option<Vec<_>>>()?;
                if let Some(index) = index {
                    parts.push(format!(
                        "{}{}",
                        index_key(index),
                        self.line(&index.ty, Place::Free)?
                    ));
                }
                if parts.is_empty() {
                    "{}".to_owned()
                } else {
                    format!("{{ {} }}", parts.join("; "))
                }
            }
            Type::Generic(name, types) => {
                let types: Option<Vec<_>> =
                    types.iter().map(|ty| self.line(ty, Place::Free)).collect();
                format!("{name}<{}>", types?.join(", "))
            }
            Type::Union(types) => {
                let types: Option<Vec<_>> =
                    types.iter().map(|ty| self.line(ty, Place::Union)).collect();
                parenthesised(types?.join(" | "), place > Place::Union)
            }
            Type::Intersection(types) => {
                let types: Option<Vec<_>> =
                    types.iter().map(|ty| self.line(ty, Place::Intersection)).collect();
                parenthesised(types?.join(" & "), place > Place::Intersection)
            }
        })
    }

    /// Returns the type on several lines, of which the first is not indented.
    fn lines(&self, ty: &Type, depth: usize, place: Place) -> String {
        let indent = "  ".repeat(depth);
        match ty {
            Type::Text(_) | Type::Literal(_) | Type::Named(_) => {
                self.line(ty, place).unwrap_or_default()
            }
            Type::Array(item) => format!("{}[]", self.lines(item, depth, Place::Element)),
            Type::Documented(_, ty) => self.fitting(ty, depth, place),
            Type::Tuple { items, required, rest } => {
                let mut out = "[\n".to_owned();
                for (index, item) in items.iter().enumerate() {
                    let is_optional = index >= *required;
                    let place = if is_optional { Place::Element } else { Place::Free };
                    let mark = if is_optional { "?" } else { "" };
                    _ = writeln!(out, "{}{mark},", self.own_line(item, depth + 1, place));
                }
                if let Some(rest) = rest {
                    let rest = self.fitting(rest, depth + 1, Place::Element);
                    _ = writeln!(out, "{indent}  ...{rest}[],");
                }
                out + &indent + "]"
            }
            Type::Object { members, index } => {
                let mut out = "{\n".to_owned();
                for member in members {
                    member.docs.write(&format!("{indent}  "), &mut out);
                    let key = key(member);
                    let column = 2 * depth + 2 + key.chars().count();
                    let ty = self.print(&value(member), depth + 1, column);
                    _ = writeln!(out, "{indent}  {};", after(&key, &ty));
                }
                if let Some(index) = index {
                    let key = index_key(index);
                    let ty = self.print(&index.ty, depth + 1, 2 * depth + 2 + key.len());
                    _ = writeln!(out, "{indent}  {};", after(&key, &ty));
                }
                out + &indent + "}"
            }
            Type::Generic(name, types) => {
                let mut out = format!("{name}<\n");
                for (index, ty) in types.iter().enumerate() {
                    let comma = if index + 1 < types.len() { "," } else { "" };
                    _ = writeln!(out, "{}{comma}", self.own_line(ty, depth + 1, Place::Free));
                }
                out + &indent + ">"
            }
            Type::Union(types) => {
                let mut out = String::new();
                for ty in types {
                    out.push('\n');
                    if let Type::Documented(docs, _) = ty {
                        docs.write(&format!("{indent}  "), &mut out);
                    }
                    let ty = self.fitting(ty, depth + 2, Place::Union);
                    _ = write!(out, "{indent}  | {ty}");
                }
                if place > Place::Union { format!("({out}\n{indent})") } else { out }
            }
            Type::Intersection(types) => {
                let types: Vec<_> =
                    types.iter().map(|ty| self.fitting(ty, depth, Place::Intersection)).collect();
                parenthesised(types.join(" & "), place > Place::Intersection)
            }
        }
    }

    /// Returns the type on lines of its own, as part of another one.
    fn own_line(&self, ty: &Type, depth: usize, place: Place) -> String {
        let ty = self.fitting(ty, depth, place);
        // The parts of a union begin their own lines, indented once more.
        match ty.strip_prefix('\n') {
            Some(parts) => parts.to_owned(),
            None => format!("{}{ty}", "  ".repeat(depth)),
        }
    }

    fn fitting(&self, ty: &Type, depth: usize, place: Place) -> String {
        match self.line(ty, place) {
            Some(line) if 2 * depth + line.len() + 4 <= WIDTH => line,
            _ => self.lines(ty, depth, place),
        }
    }
}

/// Joins a type to its prefix, without trailing spaces.
pub(super) fn after(lead: &str, ty: &str) -> String {
    let lead = if ty.starts_with('\n') { lead.trim_end() } else { lead };
    format!("{lead}{ty}")
}

/// Returns the type of a member's value. An optional one may also be undefined, which
/// is not sent.
fn value(member: &Member) -> Type {
    if member.optional {
        Type::union([member.ty.clone(), Type::text("undefined")])
    } else {
        member.ty.clone()
    }
}

fn key(member: &Member) -> String {
    let mark = if member.optional { "?" } else { "" };
    format!("{}{mark}: ", property(&member.name))
}

fn index_key(index: &Index) -> String {
    format!("[key: {}]: ", index.key)
}

fn parenthesised(text: String, are_needed: bool) -> String {
    if are_needed { format!("({text})") } else { text }
}

/// Returns the tightest position in which a user-defined text needs no parentheses, by
/// the operators outside of its brackets and literals.
fn tightest_place(text: &str) -> Place {
    let (mut place, mut depth, mut quote, mut before) = (Place::Element, 0_usize, None, ' ');
    for char in text.trim().chars() {
        if let Some(mark) = quote {
            if char == mark && before != '\\' {
                quote = None;
            }
        } else {
            match char {
                '"' | '\'' | '`' => quote = Some(char),
                '(' | '[' | '{' | '<' => depth += 1,
                // Not the `>` of an arrow.
                '>' if before == '=' => {}
                ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
                _ if depth > 0 => {}
                // Functions and conditional types.
                '=' | '?' => return Place::Free,
                '|' => place = place.min(Place::Union),
                // Includes prefix operators, such as `keyof`.
                '&' | ' ' | '\n' | '\t' => place = place.min(Place::Intersection),
                _ => {}
            }
        }
        before = char;
    }
    place
}

/// Returns the name of a property, quoted if it is not an identifier.
pub(super) fn property(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { quoted(name) }
}

/// Returns a string literal.
pub(super) fn quoted(text: &str) -> String {
    // JSON is part of ECMAScript (ECMA-262, since 2019).
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_of_users_have_the_parentheses_that_their_operators_need() {
        let free = ["() => void", "A extends B ? C : D", "(a: { b: 1 }) => Promise<string>"];
        let union = ["\"a\" | \"b\"", "A & B | C"];
        let intersection = ["A & B", "keyof A", "readonly string[]"];
        let element = [
            "Money",
            "Money[]",
            "Map<string, A | B>",
            "{ a: 1; b?: 2 }",
            "\"a | b\"",
            "(A | B)",
            "A.B",
        ];
        for (texts, place) in [
            (&free[..], Place::Free),
            (&union, Place::Union),
            (&intersection, Place::Intersection),
            (&element, Place::Element),
        ] {
            for text in texts {
                assert_eq!(tightest_place(text), place, "{text}");
            }
        }
    }

    #[test]
    fn a_text_of_a_user_stands_in_arrays_options_and_unions() {
        let text =
            |json: serde_json::Value| Printer.print(&super::super::schemas::type_of(&json), 0, 0);
        let side = r#""a" | "b""#;
        let array = json!({ "type": "array", "items": { "x-typescript-type": side } });
        assert_eq!(text(array), r#"("a" | "b")[]"#);
        let option = json!({ "type": ["string", "null"], "x-typescript-type": side });
        assert_eq!(text(option), r#""a" | "b" | null"#);
        let option = json!({
            "anyOf": [{ "$ref": "#/$defs/Side" }, { "type": "null" }],
            "x-typescript-type": "() => void",
        });
        assert_eq!(text(option), "(() => void) | null");
        let own = json!({ "type": ["string", "null"], "x-typescript-type": "null | Money" });
        assert_eq!(text(own), "null | Money");
    }
}
