//! Equality of values of JSON: numbers are equal by their values, objects in any order.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::number::Exact;
use crate::schema::instance::{Elements, Instance};
use crate::schema::refs::Types;

/// Returns whether a value is equal to a constant of a schema. Only arrays and objects with
/// types are converted, so that a long text is compared with many constants at no cost.
pub(in crate::schema) fn is_equal(value: Instance<'_>, constant: &Value) -> bool {
    match constant {
        Value::Number(constant) => {
            value.number().is_some_and(|number| are_equal_numbers(number, Exact::of(constant)))
        }
        Value::String(constant) => value.text().is_some_and(|text| text == *constant),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            value.types() == Types::of(constant) && are_equal(&value.form().json(), constant)
        }
    }
}

fn are_equal_numbers(one: Exact, other: Exact) -> bool {
    one.compare(other).is_some_and(std::cmp::Ordering::is_eq)
}

fn are_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            are_equal_numbers(Exact::of(one), Exact::of(other))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| are_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| are_equal(one, other)))
        }
        _ => one == other,
    }
}

/// Returns whether no two elements are equal.
pub(super) fn are_unique(elements: Elements<'_>) -> bool {
    let mut seen = HashSet::with_capacity(elements.len());
    elements.iter().all(|element| {
        let mut text = String::new();
        write_canonical(&element.json(), &mut text);
        seen.insert(text)
    })
}

/// Writes a text that is the same for equal values alone.
#[allow(clippy::cast_possible_truncation, reason = "of integers within the range alone")]
fn write_canonical(value: &Value, text: &mut String) {
    /// Floats without a fraction that are integers of `i128`.
    const INTEGERS: RangeInclusive<f64> = -1e38..=1e38;

    match value {
        Value::Number(number) => {
            let written = match Exact::of(number) {
                Exact::Integer(integer) => write!(text, "{integer}"),
                Exact::Float(float) if float.fract() == 0.0 && INTEGERS.contains(&float) => {
                    write!(text, "{}", float as i128)
                }
                Exact::Float(float) => write!(text, "{float:e}"),
            };
            debug_assert!(written.is_ok(), "a `String` takes every text");
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, member) in members {
                write_canonical(&Value::String(name.clone()), text);
                text.push(':');
                write_canonical(member, text);
                text.push(',');
            }
            text.push('}');
        }
        // Quoted, so that no text is like another value.
        Value::String(string) => drop(write!(text, "{string:?}")),
        Value::Null | Value::Bool(_) => drop(write!(text, "{value}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_equal_by_their_meaning() {
        let values = [
            (json!(1), json!(1.0), true),
            (json!(0), json!(-0.0), true),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992.0), false),
            (json!(1e300), json!(1e300), true),
            (json!([1, { "a": 2 }]), json!([1.0, { "a": 2.0 }]), true),
            (json!({ "a": 1, "b": 2 }), json!({ "b": 2, "a": 1 }), true),
            (json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), false),
            (json!([1]), json!([1, 2]), false),
            (json!("1"), json!(1), false),
            (json!("a\",\"b"), json!("a"), false),
            (json!(null), json!("null"), false),
            (json!(true), json!(false), false),
            (json!(1.5), json!(1.25), false),
        ];
        for (one, other, expected) in values {
            assert_eq!(is_equal(Instance::Plain(&one), &other), expected, "{one} {other}");
            let both = [one.clone(), other.clone()];
            assert_eq!(are_unique(Elements::Plain(&both)), !expected, "{one} {other}");
        }
        let texts = [json!(["a", "b"]), json!(["a\",\"b"]), json!([["a"], "b"])];
        assert!(are_unique(Elements::Plain(&texts)));
    }
}
