//! Validation while an input is deserialised: the schema as a program that follows the
//! tokens of the text.
//!
//! A program accepts fewer inputs than the schema and the type do together, never more,
//! and deserialises those to the same value: what it refuses is decided by the validator.
//! Places with keywords that it does not know are checked by the validator on their own.

mod checks;
mod compile;
mod deserializer;
mod input;
#[cfg(test)]
mod tests;

pub(super) use self::deserializer::Place;
pub(super) use self::input::Input;

use self::checks::{ArrayChecks, Limits, NumberChecks, ObjectChecks, TextChecks};
use super::refs::Types;
use super::validator::Validator;

/// A compiled schema.
pub(super) struct Program {
    nodes: Vec<Node>,
    root: NodeId,
}

/// Index of a node.
type NodeId = usize;

/// One place of a schema.
enum Node {
    /// Any value.
    Any,
    /// The target of a reference.
    Same(NodeId),
    /// Constraints that hold at the place.
    Checks(Box<Checks>),
    /// Null, or a value of another node.
    Nullable(NodeId),
    /// One of several objects, told apart by the text of a member.
    Tagged(Tagged),
    /// A value of one of these nodes, tried in this order.
    AnyOf(Box<[NodeId]>),
    /// A schema with other keywords.
    Other(Box<Validator>),
    /// Values of a source, which are not checked here.
    Elsewhere,
}

/// Constraints of a value.
struct Checks {
    types: Types,
    number: NumberChecks,
    text: TextChecks,
    array: ArrayChecks,
    object: ObjectChecks,
}

impl Checks {
    /// Constraints that a value of one of these types fulfils.
    const fn of(types: Types) -> Self {
        Self {
            types,
            number: NumberChecks::NONE,
            text: TextChecks { length: Limits::NONE, values: None, pattern: None, format: None },
            array: ArrayChecks {
                length: Limits::NONE,
                prefix: Vec::new(),
                items: Rest::Any,
                is_unique: false,
            },
            object: ObjectChecks {
                length: Limits::NONE,
                properties: Vec::new(),
                required: 0,
                pattern: None,
                others: Rest::Any,
            },
        }
    }
}

static ANYTHING: Checks = Checks::of(Types::ANY);
static ONLY_NULL: Checks = Checks::of(Types::NULL);

/// Members or items that have no schema of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Any,
    Refused,
    Of(NodeId),
}

/// Objects with a member whose text names one of them.
struct Tagged {
    tag: Box<str>,
    variants: Vec<(Box<str>, NodeId)>,
}

impl Tagged {
    fn variant(&self, name: &str) -> Option<NodeId> {
        self.variants.iter().find(|(variant, _)| &**variant == name).map(|(_, node)| *node)
    }
}
