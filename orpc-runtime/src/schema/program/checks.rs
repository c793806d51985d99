//! Constraints of values by their type.

use super::{NodeId, Rest};
use crate::schema::validator::{Bound, Exact, Format, Pattern};
use crate::value::tokens::{Number, PlainName};

/// Integers up to here are exact as floats.
const EXACT: i128 = 1 << 53;

/// Minimum and maximum of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) min: usize,
    pub(super) max: usize,
}

impl Limits {
    pub(super) const NONE: Self = Self { min: 0, max: usize::MAX };

    pub(super) fn contain(self, length: usize) -> bool {
        self.min <= length && length <= self.max
    }
}

/// Constraints of a number.
pub(super) struct NumberChecks {
    pub(super) is_integer: bool,
    /// The number has no neighbour that JavaScript rounds to it.
    pub(super) is_safe: bool,
    pub(super) bounds: Vec<Bound>,
}

impl NumberChecks {
    pub(super) fn accept(&self, number: Number) -> bool {
        let number = match number {
            Number::Unsigned(number) => Exact::Integer(number.into()),
            Number::Negative(number) => Exact::Integer(number.into()),
            Number::Float(number) => Exact::Float(number),
        };
        let is_of_kind = match number {
            Exact::Integer(integer) => !self.is_safe || integer.abs() < EXACT,
            Exact::Float(_) => !self.is_integer && !self.is_safe,
        };
        is_of_kind && self.bounds.iter().all(|bound| bound.contains(number))
    }
}

/// Constraints of a text.
pub(super) struct TextChecks {
    /// In Unicode scalar values.
    pub(super) length: Limits,
    /// The only texts.
    pub(super) values: Option<Vec<Box<str>>>,
    pub(super) pattern: Option<Box<Pattern>>,
    pub(super) format: Option<Format>,
}

impl TextChecks {
    pub(super) fn accept(&self, text: &str) -> bool {
        (self.length == Limits::NONE || self.length.contain(text.chars().count()))
            && self.values.as_ref().is_none_or(|all| all.iter().any(|value| &**value == text))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
            && self.format.is_none_or(|format| format.accepts(text))
    }
}

/// Constraints of an array.
pub(super) struct ArrayChecks {
    pub(super) length: Limits,
    /// Schemas of the first items.
    pub(super) prefix: Vec<NodeId>,
    pub(super) items: Rest,
}

impl ArrayChecks {
    pub(super) fn item(&self, index: usize) -> Rest {
        self.prefix.get(index).map_or(self.items, |node| Rest::Of(*node))
    }
}

/// Constraints of an object.
pub(super) struct ObjectChecks {
    pub(super) length: Limits,
    /// At most 64.
    pub(super) properties: Vec<Property>,
    /// Bits of the properties that may not be missing.
    pub(super) required: u64,
    pub(super) others: Rest,
}

impl ObjectChecks {
    /// Returns the index of a property.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.properties.iter().position(|property| &*property.name == name)
    }
}

/// A property of an object.
pub(super) struct Property {
    pub(super) name: Box<str>,
    /// The name as it stands in most texts; `None` if it has escapes there.
    pub(super) text: Option<PlainName>,
    pub(super) node: NodeId,
}

impl Property {
    pub(super) fn new(name: &str, node: NodeId) -> Self {
        Self { name: name.into(), text: PlainName::new(name), node }
    }
}
