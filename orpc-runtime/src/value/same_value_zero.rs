//! Equality of members of a `Set` and of keys of a `Map` in JavaScript (ECMA-262,
//! SameValueZero).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::dynamic::Value;

/// A primitive value; two objects are never equal.
#[derive(PartialEq, Eq, Hash)]
enum Primitive<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(u64),
    String(&'a str),
    BigInt(&'a str),
}

impl<'a> Primitive<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Undefined => Self::Undefined,
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Number(number) if number.is_nan() => Self::Number(f64::NAN.to_bits()),
            // Adding zero turns negative zero into zero.
            Value::Number(number) => Self::Number((number + 0.0).to_bits()),
            Value::String(text) => Self::String(text),
            Value::BigInt(big) => Self::BigInt(big.as_str()),
            _ => return None,
        })
    }
}

/// Returns for each value the index of the first equal one.
fn firsts<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<usize> {
    let mut known = HashMap::new();
    let first = |(index, value)| match Primitive::of(value).map(|value| known.entry(value)) {
        Some(Entry::Occupied(first)) => *first.get(),
        Some(Entry::Vacant(entry)) => *entry.insert(index),
        None => index,
    };
    values.enumerate().map(first).collect()
}

/// Returns the members of a set: the first of those that are equal.
pub(super) fn distinct(mut members: Vec<Value>) -> Vec<Value> {
    let mut firsts = firsts(members.iter()).into_iter().enumerate();
    members.retain(|_| firsts.next().is_some_and(|(index, first)| index == first));
    members
}

/// Returns the entries of a map: for equal keys, the first position and the last value.
pub(super) fn distinct_keys(entries: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    let firsts = firsts(entries.iter().map(|(key, _)| key));
    // Index among the kept entries, for each entry that is a first.
    let mut places = vec![0; entries.len()];
    let mut kept: Vec<(Value, Value)> = Vec::new();
    for (index, (entry, first)) in entries.into_iter().zip(firsts).enumerate() {
        if index == first {
            places[index] = kept.len();
            kept.push(entry);
        } else {
            kept[places[first]].1 = entry.1;
        }
    }
    kept
}
