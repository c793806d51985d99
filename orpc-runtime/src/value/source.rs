//! Values that are not read from text: those of a tree, and dummies.
//!
//! One deserialiser, that of `schema/program`, reads text and these: with one of its own for each,
//! every type of an input would be compiled once for each of them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::path::PathSegment;

/// A request of a type for its next value, by the method of `Deserializer` that it calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask {
    Any,
    Bool,
    /// An integer of up to 32 bits, or a float.
    Number,
    /// An integer of 64 or 128 bits.
    Wide,
    Text,
    Char,
    Bytes,
    Unit,
    Ignored,
    Identifier,
    Option,
    /// A newtype struct of that name.
    Newtype(&'static str),
    Seq,
    /// A tuple of that length.
    Tuple(usize),
    Map,
    /// A struct with its name and fields.
    Struct(&'static str, &'static [&'static str]),
    /// An enum with its name and variants.
    Enum(&'static str, &'static [&'static str]),
}

/// The next value of a source.
#[derive(Debug)]
pub(crate) enum Given<'de> {
    Unit,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    /// Beyond 64 bits.
    Wide(u128),
    /// Below those of 64 bits.
    NegativeWide(i128),
    /// An integer beyond 128 bits.
    Huge,
    Float(f64),
    Text(Cow<'de, str>),
    /// The source is inside of a list now.
    Items,
    /// The source is inside of a map now.
    Members,
    /// The value of an option or newtype follows.
    Inner,
}

impl Given<'_> {
    /// Returns the error for a type that expects something else.
    #[cold]
    pub(crate) fn refused(&self, expected: &dyn Expected) -> Error {
        let unexpected = match self {
            Self::Unit => Unexpected::Unit,
            Self::Bool(bool) => Unexpected::Bool(*bool),
            Self::Unsigned(number) => Unexpected::Unsigned(*number),
            Self::Negative(number) => Unexpected::Signed(*number),
            Self::Wide(number) => {
                let text = format!("integer `{number}` as u128");
                return de::Error::invalid_type(Unexpected::Other(&text), expected);
            }
            Self::NegativeWide(number) => {
                let text = format!("integer `{number}` as i128");
                return de::Error::invalid_type(Unexpected::Other(&text), expected);
            }
            Self::Huge => {
                return de::Error::invalid_value(Unexpected::Other("bigint"), expected);
            }
            Self::Float(number) => Unexpected::Float(*number),
            Self::Text(text) => Unexpected::Str(text),
            Self::Items => Unexpected::Seq,
            Self::Members => Unexpected::Map,
            Self::Inner => Unexpected::NewtypeStruct,
        };
        de::Error::invalid_type(unexpected, expected)
    }
}

/// The key of a member.
#[derive(Debug)]
pub(crate) enum Key<'de> {
    Name(&'de str),
    /// The tag of a special value.
    Tag(Cow<'static, str>),
}

/// A source of values. Lists and maps are entered by [`value`](Self::value); inside of them
/// [`item`](Self::item) and [`member`](Self::member) go to the next value, and leave deeper ones.
pub(crate) trait Source<'de> {
    /// Takes the next value.
    fn value(&mut self, ask: Ask, expected: &dyn Expected) -> Result<Given<'de>, Error>;

    /// Returns the number of lists and maps around the next value.
    fn depth(&self) -> usize;

    /// Goes to the next item of the list of that depth; `false` at its end.
    fn item(&mut self, depth: usize) -> Result<bool, Error>;

    /// Goes to the next member of the map of that depth; `None` at its end.
    fn member(&mut self, depth: usize) -> Result<Option<Key<'de>>, Error>;

    /// Learns that the variant whose name was read has a payload, or none.
    fn variant(&mut self, _has_payload: bool) {}
}

/// Error of a value that a type refuses.
#[derive(thiserror::Error)]
#[error("{}", .0.message)]
pub(crate) struct Error(Box<Content>);

struct Content {
    reason: Reason,
    message: String,
}

/// The errors that generated code of serde creates of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    MissingField(&'static str),
    UnknownVariant(&'static [&'static str]),
    DuplicateField,
    Other,
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error").field(&self.0.message).finish()
    }
}

impl Error {
    #[cold]
    fn new(reason: Reason, message: &dyn fmt::Display) -> Self {
        Self(Box::new(Content { reason, message: message.to_string() }))
    }

    /// Creates an error without a message: a probe needs none, and of an input the issues are reported instead.
    #[cold]
    pub(crate) fn refused() -> Self {
        Self(Box::new(Content { reason: Reason::Other, message: String::new() }))
    }

    pub(crate) fn reason(&self) -> Reason {
        self.0.reason
    }
}

// The defaults of these functions would be compiled in the crates of users. The texts are those of
// `serde_json`, which has names of JSON for some types.
impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Reason::Other, &message)
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Reason::Other, &serde_json::Error::invalid_type(unexpected, expected))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Reason::Other, &serde_json::Error::invalid_value(unexpected, expected))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(Reason::Other, &serde_json::Error::invalid_length(length, expected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let error = serde_json::Error::unknown_variant(variant, expected);
        Self::new(Reason::UnknownVariant(expected), &error)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Reason::Other, &serde_json::Error::unknown_field(field, expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Reason::MissingField(field), &serde_json::Error::missing_field(field))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(Reason::DuplicateField, &serde_json::Error::duplicate_field(field))
    }
}

/// Returns the path of an error among the segments of the open lists and maps.
pub(crate) fn path(
    segments: impl Iterator<Item = Option<PathSegment>>,
    error: &Error,
) -> Vec<PathSegment> {
    let mut path: Vec<_> = segments.flatten().collect();
    // The object has a member twice: its own place is the one to look at.
    if error.reason() == Reason::DuplicateField {
        path.pop();
    }
    path
}
