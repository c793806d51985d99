//! Messages of issues.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use crate::value::to_raw;

/// Returns the message of an error of the validator.
pub(super) fn message(error: &ValidationError<'_>, undefined: bool) -> String {
    use ValidationErrorKind as Kind;

    let instance = error.instance();
    match error.kind() {
        Kind::Required { .. } => "Invalid input: required, received undefined".to_owned(),
        Kind::Type { kind } => {
            let received = if undefined { "undefined" } else { kind_of(instance) };
            format!("Invalid input: expected {}, received {received}", expected(kind))
        }
        Kind::MinLength { limit } => {
            format!("Too small: expected at least {}", counted(*limit, "character"))
        }
        Kind::MaxLength { limit } => {
            format!("Too big: expected at most {}", counted(*limit, "character"))
        }
        Kind::MinItems { limit } => {
            format!("Too small: expected at least {}", counted(*limit, "item"))
        }
        Kind::MaxItems { limit } => {
            format!("Too big: expected at most {}", counted(*limit, "item"))
        }
        Kind::MinProperties { limit } => {
            format!("Too small: expected at least {}", counted(*limit, "member"))
        }
        Kind::MaxProperties { limit } => {
            format!("Too big: expected at most {}", counted(*limit, "member"))
        }
        Kind::Minimum { limit } => format!("Too small: expected a number >= {}", text(limit)),
        Kind::ExclusiveMinimum { limit } => {
            format!("Too small: expected a number > {}", text(limit))
        }
        Kind::Maximum { limit } => format!("Too big: expected a number <= {}", text(limit)),
        Kind::ExclusiveMaximum { limit } => format!("Too big: expected a number < {}", text(limit)),
        Kind::MultipleOf { multiple_of } => {
            format!("Invalid number: expected a multiple of {multiple_of}")
        }
        Kind::BacktrackLimitExceeded { .. } => {
            "Invalid string: to match the pattern takes too many steps".to_owned()
        }
        Kind::Pattern { pattern } => format!("Invalid string: must match {pattern}"),
        Kind::Format { format } => format!("Invalid string: must be of the format {format}"),
        Kind::Constant { expected_value } => format!("Invalid input: expected {expected_value}"),
        Kind::Enum { options: listed } => match listed.as_array() {
            Some(listed) => options(listed.iter()),
            None => format!("Invalid input: expected {listed}"),
        },
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("Unrecognized members: {}", unexpected.join(", "))
        }
        Kind::UniqueItems => "Invalid input: expected items that differ".to_owned(),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => {
            if undefined {
                "Invalid input: required, received undefined".to_owned()
            } else {
                "Invalid input: matches none of the allowed shapes".to_owned()
            }
        }
        Kind::OneOfMultipleValid { .. } => {
            "Invalid input: matches more than one of the allowed shapes".to_owned()
        }
        Kind::Custom { message, .. } => message.clone(),
        other => format!("Invalid input: refused by `{}`", other.keyword()),
    }
}

/// Formats a value like JavaScript.
fn text(value: &Value) -> String {
    to_raw(value).map_or_else(|_| value.to_string(), |raw| raw.get().to_owned())
}

fn counted(limit: u64, noun: &str) -> String {
    if limit == 1 { format!("1 {noun}") } else { format!("{limit} {noun}s") }
}

fn expected(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => {
            kinds.iter().map(|kind| kind.to_string()).collect::<Vec<_>>().join(" or ")
        }
    }
}

/// Returns the kind of a value, in JavaScript's terms.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number with a fraction",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Returns the message of a value that is not among the listed ones.
pub(super) fn options<'v>(options: impl Iterator<Item = &'v Value>) -> String {
    let options: Vec<_> = options.map(Value::to_string).collect();
    match options.as_slice() {
        [only] => format!("Invalid input: expected {only}"),
        _ => format!("Invalid input: expected one of {}", options.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{kind_of, options};

    #[test]
    fn kinds_are_named_as_in_javascript() {
        for (value, kind) in [
            (json!(null), "null"),
            (json!(true), "boolean"),
            (json!(1), "number"),
            (json!(1.5), "number with a fraction"),
            (json!("a"), "string"),
            (json!([]), "array"),
            (json!({}), "object"),
        ] {
            assert_eq!(kind_of(&value), kind);
        }
    }

    #[test]
    fn the_only_option_is_named_alone() {
        let (one, other) = (json!("a"), json!(2));
        assert_eq!(options([&one].into_iter()), "Invalid input: expected \"a\"");
        let both = options([&one, &other].into_iter());
        assert_eq!(both, "Invalid input: expected one of \"a\", 2");
    }
}
