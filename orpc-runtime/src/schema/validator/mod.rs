//! Validation by JSON Schema (draft 2020-12).
//!
//! A validator decides which values a schema accepts, and tells the faults of the value
//! itself. Faults of its parts are found by the walk along the value (`schema/walk.rs`).

mod compile;
mod equality;
#[cfg(feature = "pattern")]
mod expression;
mod fault;
mod format;
#[cfg(not(feature = "pattern"))]
mod no_expression;
mod number;
mod pattern;
mod sequence;
#[cfg(test)]
pub(super) mod tests;
mod unevaluated;

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value;

use self::equality::are_unique;
pub(super) use self::equality::is_equal;
pub(super) use self::fault::Fault;
pub(super) use self::format::Format;
pub(super) use self::number::{Bound, Exact};
pub(super) use self::pattern::Pattern;
use super::instance::{Identity, Instance};
use super::keyword::{DateBound, Names, NativeType};
use super::refs::Types;

/// Maximum number of schemas that apply to one value, one inside the other. One that
/// refers to itself reaches it.
const MAX_NESTING: usize = 256;

/// A compiled schema.
#[derive(Debug)]
pub(super) struct Validator {
    rules: Vec<Rule>,
    root: RuleId,
}

/// Index of a rule.
type RuleId = usize;

/// Constraints of one schema.
#[derive(Debug, Default)]
struct Rule {
    keywords: Vec<Keyword>,
    /// A schema in it refers to it, so that one value may be reached in many ways.
    is_recursive: bool,
}

/// One constraint, or several that depend on each other.
#[derive(Debug)]
enum Keyword {
    /// No value is valid.
    Never,
    Type(TypeKeyword),
    Const(Value),
    Enum(Vec<Value>),
    Bound(Bound, Value),
    MultipleOf(Exact, String),
    MinLength(u64),
    MaxLength(u64),
    Pattern(Pattern),
    Format(Format),
    MinItems(u64),
    MaxItems(u64),
    UniqueItems,
    Contains {
        rule: RuleId,
        min: u64,
        max: u64,
    },
    Items {
        prefix: Vec<RuleId>,
        rest: Option<RuleId>,
    },
    UnevaluatedItems(RuleId),
    MinProperties(u64),
    MaxProperties(u64),
    Required(Vec<String>),
    DependentRequired(Vec<(String, Vec<String>)>),
    DependentSchemas(Vec<(String, RuleId)>),
    PropertyNames(RuleId),
    Members(MembersKeyword),
    UnevaluatedProperties(RuleId),
    Reference(RuleId),
    AllOf(Vec<RuleId>),
    AnyOf(Vec<RuleId>),
    OneOf(Vec<RuleId>),
    Not(RuleId),
    If {
        condition: RuleId,
        then: Option<RuleId>,
        otherwise: Option<RuleId>,
    },
    NativeType(NativeType),
    DateBound(DateBound),
    Names(Names),
}

/// `type`.
#[derive(Debug)]
struct TypeKeyword {
    types: Types,
    /// Of numbers, integers alone.
    is_integer: bool,
}

/// `properties`, `patternProperties` and `additionalProperties`.
#[derive(Debug, Default)]
struct MembersKeyword {
    properties: IndexMap<String, RuleId>,
    patterns: Vec<(Pattern, RuleId)>,
    others: Option<RuleId>,
}

impl MembersKeyword {
    /// Returns the rules of a member.
    fn of<'k>(&'k self, name: &'k str) -> impl Iterator<Item = RuleId> {
        let own = self.properties.get(name).copied();
        let patterns = self.patterns.iter().filter(|(pattern, _)| pattern.is_match(name));
        let mut named = own.into_iter().chain(patterns.map(|(_, rule)| *rule)).peekable();
        let others = if named.peek().is_none() { self.others } else { None };
        named.chain(others)
    }
}

impl Validator {
    pub(super) fn is_valid(&self, value: Instance<'_>) -> bool {
        Check::of(self).is_valid(self.root, value, 0)
    }

    /// Returns the faults of a value itself. They are none of a valid value.
    pub(super) fn faults(&self, value: Instance<'_>, undefined: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        Check::of(self).add_faults(self.root, value, undefined, 0, &mut faults);
        faults
    }
}

/// Validation of one value.
struct Check<'v> {
    validator: &'v Validator,
    /// Results of recursive schemas: a value is checked once by each, however many branches
    /// of unions lead to it.
    known: HashMap<(RuleId, Identity), bool>,
}

impl<'v> Check<'v> {
    fn of(validator: &'v Validator) -> Self {
        Self { validator, known: HashMap::new() }
    }

    /// Returns whether a value is valid by a rule. `nesting` counts the rules around it that
    /// apply to the same value.
    fn is_valid(&mut self, id: RuleId, value: Instance<'_>, nesting: usize) -> bool {
        let rule = &self.validator.rules[id];
        let identity = if rule.is_recursive { value.identity() } else { None };
        let key = identity.map(|identity| (id, identity));
        if let Some(known) = key.as_ref().and_then(|key| self.known.get(key)) {
            return *known;
        }
        let is_valid = nesting < MAX_NESTING
            && rule.keywords.iter().all(|keyword| self.accepts(id, keyword, value, nesting + 1));
        if let Some(key) = key {
            self.known.insert(key, is_valid);
        }
        is_valid
    }

    fn accepts(
        &mut self,
        id: RuleId,
        keyword: &Keyword,
        value: Instance<'_>,
        nesting: usize,
    ) -> bool {
        match keyword {
            Keyword::Never => false,
            Keyword::Type(of) => of.accepts(value),
            Keyword::Const(constant) => is_equal(value, constant),
            Keyword::Enum(constants) => constants.iter().any(|constant| is_equal(value, constant)),
            Keyword::Bound(bound, _) => value.number().is_none_or(|number| bound.contains(number)),
            Keyword::MultipleOf(divisor, _) => {
                value.number().is_none_or(|number| number.is_multiple_of(*divisor))
            }
            Keyword::MinLength(limit) => value.text().is_none_or(|text| length(&text) >= *limit),
            Keyword::MaxLength(limit) => value.text().is_none_or(|text| length(&text) <= *limit),
            Keyword::Pattern(pattern) => value.text().is_none_or(|text| pattern.is_match(&text)),
            Keyword::Format(format) => value.text().is_none_or(|text| format.accepts(&text)),
            Keyword::MinItems(limit) => {
                value.array().is_none_or(|items| items.len() as u64 >= *limit)
            }
            Keyword::MaxItems(limit) => {
                value.array().is_none_or(|items| items.len() as u64 <= *limit)
            }
            Keyword::UniqueItems => value.array().is_none_or(are_unique),
            Keyword::Contains { rule, min, max } => value.array().is_none_or(|items| {
                let count = items.iter().filter(|item| self.is_valid(*rule, *item, 0)).count();
                (*min..=*max).contains(&(count as u64))
            }),
            Keyword::Items { prefix, rest } => value.array().is_none_or(|items| {
                let rules = prefix.iter().copied().map(Some).chain(std::iter::repeat(*rest));
                items
                    .iter()
                    .zip(rules)
                    .all(|(item, rule)| rule.is_none_or(|rule| self.is_valid(rule, item, 0)))
            }),
            Keyword::MinProperties(limit) => {
                value.object().is_none_or(|members| members.len() as u64 >= *limit)
            }
            Keyword::MaxProperties(limit) => {
                value.object().is_none_or(|members| members.len() as u64 <= *limit)
            }
            Keyword::Required(names) => value
                .object()
                .is_none_or(|members| names.iter().all(|name| members.get(name).is_some())),
            Keyword::DependentRequired(names) => value.object().is_none_or(|members| {
                let mut present = names.iter().filter(|(name, _)| members.get(name).is_some());
                present.all(|(_, others)| others.iter().all(|name| members.get(name).is_some()))
            }),
            Keyword::DependentSchemas(schemas) => value.object().is_none_or(|members| {
                let mut present = schemas.iter().filter(|(name, _)| members.get(name).is_some());
                present.all(|(_, rule)| self.is_valid(*rule, value, nesting))
            }),
            Keyword::PropertyNames(rule) => value.object().is_none_or(|members| {
                members.iter().all(|(name, _)| self.is_valid(*rule, Instance::Name(name), 0))
            }),
            Keyword::Members(keyword) => value.object().is_none_or(|members| {
                members.iter().all(|(name, member)| {
                    keyword.of(name).all(|rule| self.is_valid(rule, member, 0))
                })
            }),
            Keyword::UnevaluatedItems(rule) => {
                self.unevaluated_items_are(*rule, id, value, nesting)
            }
            Keyword::UnevaluatedProperties(rule) => {
                self.unevaluated_properties_are(*rule, id, value, nesting)
            }
            Keyword::Reference(rule) => self.is_valid(*rule, value, nesting),
            Keyword::AllOf(rules) => rules.iter().all(|rule| self.is_valid(*rule, value, nesting)),
            Keyword::AnyOf(rules) => rules.iter().any(|rule| self.is_valid(*rule, value, nesting)),
            Keyword::OneOf(rules) => self.count_valid(rules, value, nesting) == 1,
            Keyword::Not(rule) => !self.is_valid(*rule, value, nesting),
            Keyword::If { condition, then, otherwise } => {
                let applies =
                    if self.is_valid(*condition, value, nesting) { then } else { otherwise };
                applies.is_none_or(|rule| self.is_valid(rule, value, nesting))
            }
            Keyword::NativeType(of) => of.fault(value).is_none(),
            Keyword::DateBound(bound) => bound.fault(value).is_none(),
            Keyword::Names(names) => names.fault(value).is_none(),
        }
    }

    /// Returns the number of rules by which a value is valid, up to two.
    fn count_valid(&mut self, rules: &[RuleId], value: Instance<'_>, nesting: usize) -> usize {
        rules.iter().filter(|rule| self.is_valid(**rule, value, nesting)).take(2).count()
    }
}

impl TypeKeyword {
    fn accepts(&self, value: Instance<'_>) -> bool {
        self.types.has(value.types())
            && (!self.is_integer || value.number().is_none_or(Exact::is_integer))
    }
}

/// Returns the length of a text in characters.
fn length(text: &str) -> u64 {
    text.chars().count() as u64
}
