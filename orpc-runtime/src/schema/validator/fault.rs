//! Faults of values, and their messages.

use super::pattern::NoMatch;
use super::{Check, Keyword, RuleId, TypeKeyword};
use crate::schema::instance::Instance;
use crate::schema::messages::{REQUIRED, counted, number, options};
use crate::schema::refs::Types;

/// One reason why a value is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::schema) enum Fault {
    /// The value is of another kind.
    Kind(String),
    /// The value is of another JSON type.
    Type(String),
    /// A member with a name that is missing or refused.
    Member { name: String, message: String },
    /// The value is of the type, and a constraint refuses it.
    Value(String),
}

impl Fault {
    pub(in crate::schema) fn message(&self) -> &str {
        match self {
            Self::Kind(message)
            | Self::Type(message)
            | Self::Member { message, .. }
            | Self::Value(message) => message,
        }
    }
}

impl Check<'_> {
    /// Adds the faults of a value itself by a rule.
    pub(super) fn add_faults(
        &mut self,
        id: RuleId,
        value: Instance<'_>,
        undefined: bool,
        nesting: usize,
        faults: &mut Vec<Fault>,
    ) {
        let validator = self.validator;
        for keyword in &validator.rules[id].keywords {
            if nesting == super::MAX_NESTING || self.accepts(id, keyword, value, nesting + 1) {
                continue;
            }
            match keyword {
                Keyword::Reference(rule) => {
                    self.add_faults(*rule, value, undefined, nesting + 1, faults);
                }
                Keyword::AllOf(rules) => {
                    for rule in rules {
                        self.add_faults(*rule, value, undefined, nesting + 1, faults);
                    }
                }
                Keyword::PropertyNames(rule) => {
                    for (name, _) in value.object().into_iter().flat_map(|it| it.iter()) {
                        let mut of_name = Vec::new();
                        self.add_faults(*rule, Instance::Name(name), false, 0, &mut of_name);
                        faults.extend(of_name.into_iter().map(|fault| Fault::Member {
                            name: name.to_owned(),
                            message: fault.message().to_owned(),
                        }));
                    }
                }
                Keyword::Names(names) => {
                    if let Some((name, message)) = names.fault(value) {
                        let (name, message) = (name.to_owned(), message.to_owned());
                        faults.push(Fault::Member { name, message });
                    }
                }
                Keyword::NativeType(of) => faults.extend(of.fault(value).map(Fault::Kind)),
                Keyword::Type(of) => faults.push(Fault::Type(of.message(value, undefined))),
                _ => {
                    let message = self.message(keyword, value, undefined, nesting + 1);
                    faults.push(Fault::Value(message));
                }
            }
        }
    }

    /// Returns the message of a constraint that a value breaks.
    fn message(
        &mut self,
        keyword: &Keyword,
        value: Instance<'_>,
        undefined: bool,
        nesting: usize,
    ) -> String {
        match keyword {
            Keyword::Never => "Invalid input: no value is allowed here".to_owned(),
            Keyword::MinLength(limit) => {
                format!("Too small: expected at least {}", counted(*limit, "character"))
            }
            Keyword::MaxLength(limit) => {
                format!("Too big: expected at most {}", counted(*limit, "character"))
            }
            Keyword::MinItems(limit) => {
                format!("Too small: expected at least {}", counted(*limit, "item"))
            }
            Keyword::MaxItems(limit) => {
                format!("Too big: expected at most {}", counted(*limit, "item"))
            }
            Keyword::MinProperties(limit) => {
                format!("Too small: expected at least {}", counted(*limit, "member"))
            }
            Keyword::MaxProperties(limit) => {
                format!("Too big: expected at most {}", counted(*limit, "member"))
            }
            Keyword::Bound(bound, limit) => {
                let size = if bound.is_minimum { "Too small" } else { "Too big" };
                let relation = match (bound.is_minimum, bound.is_exclusive) {
                    (true, false) => ">=",
                    (true, true) => ">",
                    (false, false) => "<=",
                    (false, true) => "<",
                };
                format!("{size}: expected a number {relation} {}", number(limit))
            }
            Keyword::MultipleOf(_, divisor) => {
                format!("Invalid number: expected a multiple of {divisor}")
            }
            Keyword::Pattern(pattern) => {
                let is_endless = value
                    .text()
                    .is_some_and(|text| pattern.find(&text) == Err(NoMatch::TooManySteps));
                if is_endless {
                    "Invalid string: to match the pattern takes too many steps".to_owned()
                } else {
                    format!("Invalid string: must match {}", pattern.as_str())
                }
            }
            Keyword::Format(format) => {
                format!("Invalid string: must be of the format {}", format.name)
            }
            Keyword::Const(constant) => format!("Invalid input: expected {constant}"),
            Keyword::Enum(constants) => options(constants.iter()),
            Keyword::UniqueItems => "Invalid input: expected items that differ".to_owned(),
            Keyword::Required(_) => REQUIRED.to_owned(),
            Keyword::AnyOf(_) | Keyword::OneOf(_) if undefined => REQUIRED.to_owned(),
            // The value would be valid by one of them alone.
            Keyword::OneOf(rules) if self.count_valid(rules, value, nesting) != 0 => {
                "Invalid input: matches more than one of the allowed shapes".to_owned()
            }
            Keyword::AnyOf(_) | Keyword::OneOf(_) => {
                "Invalid input: matches none of the allowed shapes".to_owned()
            }
            Keyword::DateBound(bound) => bound.fault(value).unwrap_or_default(),
            other => format!("Invalid input: refused by `{}`", other.name()),
        }
    }
}

impl Keyword {
    /// Returns the name of a keyword whose faults have no message of their own.
    fn name(&self) -> &'static str {
        match self {
            Self::Contains { .. } => "contains",
            Self::DependentRequired(_) => "dependentRequired",
            Self::DependentSchemas(_) => "dependentSchemas",
            Self::Not(_) => "not",
            Self::If { .. } => "if",
            Self::Items { .. } => "items",
            Self::Members(_) => "properties",
            Self::UnevaluatedItems(_) => "unevaluatedItems",
            Self::UnevaluatedProperties(_) => "unevaluatedProperties",
            _ => "a keyword",
        }
    }
}

impl TypeKeyword {
    fn message(&self, value: Instance<'_>, undefined: bool) -> String {
        let number = if self.is_integer { "integer" } else { "number" };
        let names = [
            (Types::NULL, "null"),
            (Types::BOOLEAN, "boolean"),
            (Types::NUMBER, number),
            (Types::STRING, "string"),
            (Types::ARRAY, "array"),
            (Types::OBJECT, "object"),
        ];
        let names: Vec<_> =
            names.iter().filter(|(of, _)| self.types.has(*of)).map(|(_, name)| *name).collect();
        let received = if undefined { "undefined" } else { value.type_name() };
        format!("Invalid input: expected {}, received {received}", names.join(" or "))
    }
}
