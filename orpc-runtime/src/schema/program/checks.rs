//! Constraints of values by their type.

use super::{NodeId, Rest};
use crate::schema::validator::{Bound, Exact, Format, Pattern};
use crate::value::tokens::{Number, PlainName};

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
    only_integers: bool,
    /// Limits of integers.
    min: i128,
    max: i128,
    /// Bounds of other numbers.
    bounds: Vec<Bound>,
}

impl NumberChecks {
    pub(super) const NONE: Self =
        Self { only_integers: false, min: i128::MIN, max: i128::MAX, bounds: Vec::new() };

    /// Refuses all but integers.
    pub(super) fn only_integers(&mut self) {
        self.only_integers = true;
    }

    /// Refuses all but integers that have no neighbour which JavaScript rounds to them.
    pub(super) fn only_safe_integers(&mut self) {
        const MAX_SAFE: i128 = (1 << 53) - 1;

        self.only_integers = true;
        self.min = self.min.max(-MAX_SAFE);
        self.max = self.max.min(MAX_SAFE);
    }

    #[allow(clippy::cast_possible_truncation, reason = "limits beyond 128 bits become the last")]
    pub(super) fn bound(&mut self, bound: Bound) {
        let is_exclusive = i128::from(bound.is_exclusive);
        // The least integer that is not below the limit, and the greatest that is not above it.
        let (least, greatest) = match bound.limit {
            Exact::Integer(limit) => {
                (limit.saturating_add(is_exclusive), limit.saturating_sub(is_exclusive))
            }
            Exact::Float(limit) if limit.fract() == 0.0 => {
                let limit = limit as i128;
                (limit.saturating_add(is_exclusive), limit.saturating_sub(is_exclusive))
            }
            Exact::Float(limit) => (limit.ceil() as i128, limit.floor() as i128),
        };
        if bound.is_minimum {
            self.min = self.min.max(least);
        } else {
            self.max = self.max.min(greatest);
        }
        self.bounds.push(bound);
    }

    pub(super) fn accept(&self, number: Number) -> bool {
        let integer = match number {
            Number::Unsigned(number) => number.into(),
            Number::Negative(number) => number.into(),
            Number::Float(number) => {
                return !self.only_integers
                    && self.bounds.iter().all(|bound| bound.contains(Exact::Float(number)));
            }
        };
        self.min <= integer && integer <= self.max
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
        self.has_length(text)
            && self.values.as_ref().is_none_or(|all| all.iter().any(|value| &**value == text))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
            && self.format.is_none_or(|format| format.accepts(text))
    }
}

impl TextChecks {
    /// Checks the length. A character has up to four bytes, so that most texts need no counting.
    fn has_length(&self, text: &str) -> bool {
        let Limits { min, max } = self.length;
        let enough = if min <= 1 { min } else { min.saturating_mul(4) };
        (enough <= text.len() && text.len() <= max) || self.length.contain(text.chars().count())
    }
}

/// Constraints of an array.
pub(super) struct ArrayChecks {
    pub(super) length: Limits,
    /// Schemas of the first items.
    pub(super) prefix: Vec<NodeId>,
    pub(super) items: Rest,
    /// No two items are equal. All of them are scalars.
    pub(super) is_unique: bool,
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
    /// Pattern of further names, which is that of no property, and the schema of their values.
    pub(super) pattern: Option<(Box<Pattern>, NodeId)>,
    pub(super) others: Rest,
}

impl ObjectChecks {
    /// Returns the schema of a member that is no property.
    pub(super) fn other(&self, name: &str) -> Rest {
        match &self.pattern {
            Some((pattern, node)) if pattern.is_match(name) => Rest::Of(*node),
            _ => self.others,
        }
    }

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
