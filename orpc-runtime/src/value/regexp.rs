//! Regular expressions.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kind;
use super::special::deserialize_special;

/// A `RegExp` of JavaScript: its source and flags, never compiled here.
///
/// ```
/// use orpc_runtime::value::RegExp;
///
/// let pattern = RegExp::new("a/b+", "gi")?;
/// assert_eq!(pattern.to_string(), r"/a\/b+/gi");
/// assert!(RegExp::new("a", "gg").is_err());
/// # Ok::<_, orpc_runtime::value::ParseRegExpError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegExp {
    source: Box<str>,
    flags: Box<str>,
}

/// Error of text that is not a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected /source/flags with flags out of dgimsuvy, none twice, not both of u and v")]
pub struct ParseRegExpError;

impl RegExp {
    /// Creates a regular expression from a source and flags. As in JavaScript an empty
    /// source is `(?:)`, and slashes and line breaks are escaped.
    ///
    /// # Errors
    /// Flags that JavaScript does not have, duplicate flags, or both of `u` and `v`.
    pub fn new(source: &str, flags: &str) -> Result<Self, ParseRegExpError> {
        let known = |flag: char| "dgimsuvy".contains(flag) && flags.matches(flag).count() == 1;
        if !flags.chars().all(known) || (flags.contains('u') && flags.contains('v')) {
            return Err(ParseRegExpError);
        }
        Ok(Self { source: escaped(source).into(), flags: flags.into() })
    }

    /// Returns the pattern, without slashes around it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the flags.
    pub fn flags(&self) -> &str {
        &self.flags
    }
}

/// Escapes the source for use between slashes (ECMA-262, EscapeRegExpPattern).
fn escaped(source: &str) -> Cow<'_, str> {
    if source.is_empty() {
        return "(?:)".into();
    }
    if !source.contains(['/', '\n', '\r', '\u{2028}', '\u{2029}']) {
        return source.into();
    }
    let mut out = String::with_capacity(source.len() + 4);
    let (mut after_backslash, mut in_class) = (false, false);
    for char in source.chars() {
        let escape = match char {
            '/' if !in_class => Some("/"),
            '\n' => Some("n"),
            '\r' => Some("r"),
            '\u{2028}' => Some("u2028"),
            '\u{2029}' => Some("u2029"),
            _ => None,
        };
        match escape {
            Some(text) => {
                if !after_backslash {
                    out.push('\\');
                }
                out.push_str(text);
            }
            None => out.push(char),
        }
        match char {
            '[' if !after_backslash => in_class = true,
            ']' if !after_backslash => in_class = false,
            _ => {}
        }
        after_backslash = char == '\\' && !after_backslash;
    }
    out.into()
}

/// Parses `/source/flags`; the last slash ends the source.
impl FromStr for RegExp {
    type Err = ParseRegExpError;

    fn from_str(text: &str) -> Result<Self, ParseRegExpError> {
        let rest = text.strip_prefix('/').ok_or(ParseRegExpError)?;
        let (source, flags) = rest.rsplit_once('/').ok_or(ParseRegExpError)?;
        if source.is_empty() || source.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
            return Err(ParseRegExpError);
        }
        Self::new(source, flags)
    }
}

impl fmt::Display for RegExp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.source, self.flags)
    }
}

impl Serialize for RegExp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(kind::REGEXP, &self.to_string())
    }
}

impl<'de> Deserialize<'de> for RegExp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_special(deserializer, kind::REGEXP, |text: Cow<'de, str>| text.parse())
    }
}

impl JsonSchema for RegExp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "RegExp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "x-native-type": "regexp" })
    }
}
