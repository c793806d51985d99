//! Constraints of values by their type.

use std::cmp::Ordering;

use jsonschema::Validator;

use super::{NodeId, Rest};
use crate::schema::node::{Typed, TypedNode};
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

/// A number without loss.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exact {
    Integer(i128),
    Float(f64),
}

impl Exact {
    /// Compares two numbers; `None` if that takes more than their floats.
    #[allow(clippy::cast_precision_loss, reason = "only where it is exact")]
    fn compare(self, other: Self) -> Option<Ordering> {
        let exact = |integer: i128| (integer.abs() <= EXACT).then_some(integer as f64);
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => Some(one.cmp(&other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(&other),
            (Self::Integer(one), Self::Float(other)) => exact(one)?.partial_cmp(&other),
            (Self::Float(one), Self::Integer(other)) => one.partial_cmp(&exact(other)?),
        }
    }
}

/// A bound of a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) limit: Exact,
    pub(super) is_minimum: bool,
    pub(super) is_exclusive: bool,
}

impl Bound {
    fn contains(&self, number: Exact) -> bool {
        match number.compare(self.limit) {
            Some(Ordering::Equal) => !self.is_exclusive,
            Some(Ordering::Greater) => self.is_minimum,
            Some(Ordering::Less) => !self.is_minimum,
            None => false,
        }
    }
}

/// Constraints of a text.
pub(super) struct TextChecks {
    /// In Unicode scalar values.
    pub(super) length: Limits,
    /// The only texts.
    pub(super) values: Option<Vec<Box<str>>>,
    /// Pattern and format.
    pub(super) rest: Option<Box<Validator<Typed>>>,
}

impl TextChecks {
    pub(super) fn accept(&self, text: &str) -> bool {
        (self.length == Limits::NONE || self.length.contain(text.chars().count()))
            && self.values.as_ref().is_none_or(|all| all.iter().any(|value| &**value == text))
            && self.rest.as_ref().is_none_or(|rest| rest.is_valid(TypedNode::Name(text)))
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
