//! Values as schemas see them: each in its JSON form, with its kind.

use std::borrow::Cow;

use serde_json::Value as PlainValue;

use super::refs::Types;
use super::validator::Exact;
use crate::value::{self, Date, Kind, Set, Value, json_number};

/// A value, or a part of one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Instance<'a> {
    /// Plain JSON.
    Plain(&'a PlainValue),
    /// A value that may have kinds beyond JSON.
    Typed(&'a Value),
    /// An entry of a map, which is an array of two.
    Entry(&'a (Value, Value)),
    /// A text: the name of a member.
    Name(&'a str),
}

/// Identity of a part of a value.
pub(super) type Identity = (usize, u8);

impl<'a> Instance<'a> {
    /// Returns the kind of a value that is not plain JSON.
    pub(super) fn kind(self) -> Option<Kind> {
        match self {
            Self::Typed(value) => value.kind(),
            Self::Plain(_) | Self::Entry(_) | Self::Name(_) => None,
        }
    }

    /// Returns the kind of the form of a user-defined value.
    pub(super) fn form_kind(self) -> Option<Option<Kind>> {
        match self {
            Self::Typed(Value::Custom(_)) => Some(self.form().kind()),
            _ => None,
        }
    }

    /// Returns the value, or the form of a user-defined one.
    pub(super) fn form(self) -> Self {
        match self {
            Self::Typed(Value::Custom(coded)) => Self::Typed(coded.form()).form(),
            other => other,
        }
    }

    pub(super) fn date(self) -> Option<Date> {
        match self.form() {
            Self::Typed(Value::Date(date)) => Some(*date),
            _ => None,
        }
    }

    pub(super) fn json(self) -> Cow<'a, PlainValue> {
        Cow::Owned(match self {
            Self::Plain(value) => return Cow::Borrowed(value),
            Self::Typed(value) => value.to_json(),
            Self::Entry((key, value)) => PlainValue::Array(vec![key.to_json(), value.to_json()]),
            Self::Name(name) => PlainValue::String(name.to_owned()),
        })
    }

    /// Returns the members of an object.
    pub(super) fn object(self) -> Option<Members<'a>> {
        match self.form() {
            Self::Plain(PlainValue::Object(members)) => Some(Members::Plain(members)),
            Self::Typed(Value::Object(members)) => Some(Members::Typed(members)),
            // The properties of a file are not members of an object.
            Self::Typed(Value::File(_)) => Some(Members::None),
            _ => None,
        }
    }

    /// Returns the elements of an array, a set or a map.
    pub(super) fn array(self) -> Option<Elements<'a>> {
        match self.form() {
            Self::Plain(PlainValue::Array(items)) => Some(Elements::Plain(items)),
            Self::Typed(Value::Array(items) | Value::Set(Set(items))) => {
                Some(Elements::Typed(items))
            }
            Self::Typed(Value::Map(entries)) => Some(Elements::Entries(&entries.0)),
            Self::Entry((key, value)) => Some(Elements::Pair([key, value])),
            _ => None,
        }
    }

    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self.form() {
            Self::Name(name) => Some(name.into()),
            Self::Plain(PlainValue::String(text)) | Self::Typed(Value::String(text)) => {
                Some(text.into())
            }
            Self::Typed(Value::Url(url)) => Some(url.as_str().into()),
            Self::Typed(Value::Date(date)) => Some(date.to_string().into()),
            Self::Typed(Value::RegExp(pattern)) => Some(pattern.to_string().into()),
            _ => None,
        }
    }

    /// Returns a number, or a bigint as a number.
    pub(super) fn number(self) -> Option<Exact> {
        match self.form() {
            Self::Plain(PlainValue::Number(number)) => Some(Exact::of(number)),
            Self::Typed(Value::Number(number)) => Some(Exact::Float(*number)),
            Self::Typed(Value::BigInt(big)) => {
                let integer = i128::try_from(big).map(Exact::Integer);
                // One beyond all floats is an integer as well, unlike infinity.
                let nearest = || big.to_f64().clamp(f64::MIN, f64::MAX);
                Some(integer.unwrap_or_else(|_| Exact::Float(nearest())))
            }
            _ => None,
        }
    }

    pub(super) fn is_null(self) -> bool {
        self.types() == Types::NULL
    }

    /// Returns the JSON type.
    pub(super) fn types(self) -> Types {
        match self.form() {
            Self::Plain(value) => Types::of(value),
            Self::Entry(_) => Types::ARRAY,
            Self::Name(_) => Types::STRING,
            Self::Typed(value) => match value {
                Value::Bool(_) => Types::BOOLEAN,
                Value::Number(_) | Value::BigInt(_) => Types::NUMBER,
                Value::String(_) | Value::Date(_) | Value::Url(_) | Value::RegExp(_) => {
                    Types::STRING
                }
                Value::Array(_) | Value::Set(_) | Value::Map(_) => Types::ARRAY,
                Value::Object(_) | Value::File(_) => Types::OBJECT,
                _ => Types::NULL,
            },
        }
    }

    /// Returns the name of the JSON type in messages, in the terms of JavaScript.
    pub(super) fn type_name(self) -> &'static str {
        let types = self.types();
        let has_fraction = || match self.form() {
            Self::Plain(value) => value.is_f64(),
            Self::Typed(Value::Number(number)) => {
                json_number(*number).is_some_and(|number| number.is_f64())
            }
            _ => false,
        };
        match types {
            Types::BOOLEAN => "boolean",
            Types::NUMBER if has_fraction() => "number with a fraction",
            Types::NUMBER => "number",
            Types::STRING => "string",
            Types::ARRAY => "array",
            Types::OBJECT => "object",
            _ => "null",
        }
    }

    /// Identifies the value among the parts of one input.
    pub(super) fn identity(self) -> Option<Identity> {
        match self {
            Self::Plain(value) => Some((address(value), 0)),
            Self::Typed(value) => Some((address(value), 0)),
            // An entry has the address of its key.
            Self::Entry(entry) => Some((address(entry), 1)),
            Self::Name(_) => None,
        }
    }
}

fn address<T>(value: &T) -> usize {
    std::ptr::from_ref(value) as usize
}

/// Elements of an array, a set or a map.
#[derive(Debug, Clone, Copy)]
pub(super) enum Elements<'a> {
    Plain(&'a [PlainValue]),
    Typed(&'a [Value]),
    Entries(&'a [(Value, Value)]),
    Pair([&'a Value; 2]),
}

impl<'a> Elements<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Plain(items) => items.len(),
            Self::Typed(items) => items.len(),
            Self::Entries(entries) => entries.len(),
            Self::Pair(pair) => pair.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<Instance<'a>> {
        match self {
            Self::Plain(items) => items.get(index).map(Instance::Plain),
            Self::Typed(items) => items.get(index).map(Instance::Typed),
            Self::Entries(entries) => entries.get(index).map(Instance::Entry),
            Self::Pair(pair) => pair.get(index).copied().map(Instance::Typed),
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Instance<'a>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

/// Members of an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Members<'a> {
    Plain(&'a serde_json::Map<String, PlainValue>),
    Typed(&'a value::Object),
    None,
}

impl<'a> Members<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Plain(members) => members.len(),
            Self::Typed(members) => members.len(),
            Self::None => 0,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Instance<'a>> {
        match self {
            Self::Plain(members) => members.get(name).map(Instance::Plain),
            Self::Typed(members) => members.get(name).map(Instance::Typed),
            Self::None => None,
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, Instance<'a>)> {
        let (plain, typed) = match self {
            Self::Plain(members) => (Some(members), None),
            Self::Typed(members) => (None, Some(members)),
            Self::None => (None, None),
        };
        let plain = plain.into_iter().flatten();
        let typed = typed.into_iter().flat_map(|members| members.iter());
        plain
            .map(|(name, value)| (name.as_str(), Instance::Plain(value)))
            .chain(typed.map(|(name, value)| (name.as_str(), Instance::Typed(value))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::{BigInt, File, RegExp};

    /// Without types a value has the same parts in both representations.
    #[test]
    fn a_plain_value_has_the_parts_of_its_json() {
        let values = [
            json!(null),
            json!(true),
            json!(false),
            json!(0),
            json!(-7),
            json!(1.5),
            json!(9_007_199_254_740_991_u64),
            json!(-2.25),
            json!(""),
            json!("text"),
            json!([]),
            json!([1, "a", [2]]),
            json!({}),
            json!({ "a": 1, "b": { "c": [] } }),
        ];
        for json in &values {
            let value = Value::from(json.clone());
            for instance in [Instance::Plain(json), Instance::Typed(&value)] {
                assert_eq!(instance.types(), Types::of(json), "{json}");
                assert_eq!(instance.is_null(), json.is_null(), "{json}");
                assert_eq!(instance.text().as_deref(), json.as_str(), "{json}");
                let number = instance.number().map(|number| match number {
                    Exact::Integer(integer) => integer.to_string(),
                    Exact::Float(float) => float.to_string(),
                });
                assert_eq!(number, json.as_number().map(ToString::to_string), "{json}");
                let items = instance.array().map(|items| {
                    assert_eq!(items.len(), items.iter().count());
                    items.iter().map(|item| item.json().into_owned()).collect::<Vec<_>>()
                });
                assert_eq!(items.as_ref(), json.as_array(), "{json}");
                let members = instance.object().map(|object| {
                    assert_eq!(object.len(), object.iter().count());
                    assert!(object.get("none").is_none());
                    let all = object.iter().map(|(name, member)| {
                        assert_eq!(object.get(name).unwrap().json(), member.json());
                        (name.to_owned(), member.json().into_owned())
                    });
                    all.collect::<serde_json::Map<_, _>>()
                });
                assert_eq!(members.as_ref(), json.as_object(), "{json}");
                assert_eq!(*instance.json(), *json);
                assert!(instance.kind().is_none() && instance.identity().is_some());
            }
        }
    }

    #[test]
    fn values_with_types_have_the_parts_of_their_json_form() {
        let big: Value = "9007199254740993".parse::<BigInt>().unwrap().into();
        let number = Instance::Typed(&big).number();
        assert!(matches!(number, Some(Exact::Integer(9_007_199_254_740_993))), "{number:?}");
        let huge: Value = format!("-1{}", "0".repeat(50)).parse::<BigInt>().unwrap().into();
        let number = Instance::Typed(&huge).number();
        assert!(matches!(number, Some(Exact::Float(-1e50))), "{number:?}");
        for sign in ["", "-"] {
            let beyond: Value =
                format!("{sign}1{}", "0".repeat(400)).parse::<BigInt>().unwrap().into();
            let number = Instance::Typed(&beyond).number().unwrap();
            assert!(number.is_integer(), "{number:?}");
            let order = number.compare(Exact::Integer(0));
            assert_eq!(order.unwrap().is_gt(), sign.is_empty(), "{number:?}");
        }
        let infinity = Value::Number(f64::INFINITY);
        assert!(!Instance::Typed(&infinity).number().unwrap().is_integer());

        let set = Value::Set(Set(vec![json!(1).into(), json!("a").into()]));
        let instance = Instance::Typed(&set);
        assert_eq!((instance.types(), instance.array().unwrap().len()), (Types::ARRAY, 2));
        let map = Value::Map(crate::value::Map(vec![(json!("k").into(), json!(1).into())]));
        let entries = Instance::Typed(&map).array().unwrap();
        let entry = entries.get(0).unwrap();
        assert_eq!((entries.len(), entry.types()), (1, Types::ARRAY));
        assert_eq!(*entry.json(), json!(["k", 1]));
        assert_eq!(entry.array().unwrap().iter().count(), 2);
        assert!(entry.array().unwrap().get(2).is_none());
        assert!(entry.text().is_none() && entry.number().is_none());
        assert_ne!(entry.identity(), entry.array().unwrap().get(0).unwrap().identity());

        let file = Value::File(File::new("a.txt", "text/plain", "text"));
        let members = Instance::Typed(&file).object().expect("a file is an object");
        assert_eq!((members.len(), members.iter().count()), (0, 0));
        assert!(members.get("name").is_none());

        let name = Instance::Name("n");
        assert_eq!((name.types(), name.text().as_deref()), (Types::STRING, Some("n")));
        assert!(*name.json() == json!("n") && name.identity().is_none());
    }

    #[test]
    fn values_that_json_writes_as_texts_are_texts() {
        let date = "2020-01-01T00:00:00.000Z".parse().unwrap();
        for (value, text) in [
            (Value::Date(date), "2020-01-01T00:00:00.000Z"),
            (Value::Url("https://example.com/a".parse().unwrap()), "https://example.com/a"),
            (Value::RegExp(RegExp::new("a+", "i").unwrap()), "/a+/i"),
        ] {
            let instance = Instance::Typed(&value);
            assert_eq!(instance.text().as_deref(), Some(text));
            assert_eq!((instance.types(), instance.type_name()), (Types::STRING, "string"));
            assert!(instance.number().is_none() && instance.array().is_none());
            assert!(instance.object().is_none());
        }
        assert_eq!(Instance::Typed(&Value::Undefined).types(), Types::NULL);
    }

    #[test]
    fn types_are_named_as_in_javascript() {
        for (json, name) in [
            (json!(null), "null"),
            (json!(true), "boolean"),
            (json!(1), "number"),
            (json!(1.5), "number with a fraction"),
            (json!("a"), "string"),
            (json!([]), "array"),
            (json!({}), "object"),
        ] {
            assert_eq!(Instance::Plain(&json).type_name(), name);
            assert_eq!(Instance::Typed(&json.into()).type_name(), name);
        }
    }
}
