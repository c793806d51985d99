//! Typed values for the validator: each in its JSON form, with its kind.

use std::borrow::Cow;
use std::sync::LazyLock;

use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object, SerdeJson, unique};
use jsonschema::types::JsonType;
use serde_json::{Number, Value as PlainValue};

use crate::value::{self, BigInt, Date, Kind, Set, Value, json_number};

/// Values with types.
pub(super) struct Typed;

/// A representation of values that may have kinds beyond JSON.
pub(super) trait Kinds: Json {
    /// Returns the kind of a value that is not plain JSON.
    fn kind(node: &Self::Node<'_>) -> Option<Kind>;

    /// Returns the value, if it is a date.
    fn date(node: &Self::Node<'_>) -> Option<Date>;

    /// Returns the kind of a user-defined value's form.
    fn form_kind(node: &Self::Node<'_>) -> Option<Option<Kind>>;
}

impl Kinds for SerdeJson {
    fn kind(_: &&PlainValue) -> Option<Kind> {
        None
    }

    fn date(_: &&PlainValue) -> Option<Date> {
        None
    }

    fn form_kind(_: &&PlainValue) -> Option<Option<Kind>> {
        None
    }
}

impl Kinds for Typed {
    fn kind(node: &TypedNode<'_>) -> Option<Kind> {
        match node {
            TypedNode::Value(value) => value.kind(),
            TypedNode::Entry(_) | TypedNode::Name(_) => None,
        }
    }

    fn date(node: &TypedNode<'_>) -> Option<Date> {
        match node.form() {
            TypedNode::Value(Value::Date(date)) => Some(*date),
            _ => None,
        }
    }

    fn form_kind(node: &TypedNode<'_>) -> Option<Option<Kind>> {
        match node {
            TypedNode::Value(Value::Custom(_)) => Some(Self::kind(&node.form())),
            _ => None,
        }
    }
}

impl Json for Typed {
    type Node<'a> = TypedNode<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(TypedNode<'_>) -> T) -> T {
        f(TypedNode::Name(string))
    }
}

static NO_MEMBERS: LazyLock<value::Object> = LazyLock::new(value::Object::new);

/// A place in a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum TypedNode<'a> {
    Value(&'a Value),
    /// An entry of a map, which is an array of two.
    Entry(&'a (Value, Value)),
    /// The name of a member.
    Name(&'a str),
}

impl<'a> TypedNode<'a> {
    /// Returns the value, or the form of a user-defined one.
    fn form(self) -> Self {
        match self {
            Self::Value(Value::Custom(coded)) => Self::Value(coded.form()).form(),
            other => other,
        }
    }

    fn json(self) -> PlainValue {
        match self {
            Self::Value(value) => value.to_json(),
            Self::Entry((key, value)) => PlainValue::Array(vec![key.to_json(), value.to_json()]),
            Self::Name(name) => PlainValue::String(name.to_owned()),
        }
    }
}

impl<'a> Node<'a, Typed> for TypedNode<'a> {
    type Object = &'a value::Object;
    type Array = Elements<'a>;
    type Number = TypedNumber<'a>;

    fn as_object(&self) -> Option<&'a value::Object> {
        match self.form() {
            Self::Value(Value::Object(members)) => Some(members),
            // The properties of a file are not members of an object.
            Self::Value(Value::File(_)) => Some(&NO_MEMBERS),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        match self.form() {
            Self::Value(Value::Array(items) | Value::Set(Set(items))) => {
                Some(Elements::Items(items))
            }
            Self::Value(Value::Map(entries)) => Some(Elements::Entries(&entries.0)),
            Self::Entry((key, value)) => Some(Elements::Pair([key, value])),
            Self::Value(_) | Self::Name(_) => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self.form() {
            Self::Name(name) => Some(name.into()),
            Self::Value(Value::String(text)) => Some(text.into()),
            Self::Value(Value::Url(url)) => Some(url.as_str().into()),
            Self::Value(Value::Date(date)) => Some(date.to_string().into()),
            Self::Value(Value::RegExp(pattern)) => Some(pattern.to_string().into()),
            Self::Value(_) | Self::Entry(_) => None,
        }
    }

    fn as_number(&self) -> Option<TypedNumber<'a>> {
        match self.form() {
            Self::Value(Value::Number(number)) => Some(TypedNumber::Float(*number)),
            Self::Value(Value::BigInt(big)) => Some(TypedNumber::Big(big)),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.form() {
            Self::Value(Value::Bool(bool)) => Some(*bool),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        self.json_type() == JsonType::Null
    }

    fn json_type(&self) -> JsonType {
        match self.form() {
            Self::Entry(_) => JsonType::Array,
            Self::Name(_) => JsonType::String,
            Self::Value(value) => match value {
                Value::Bool(_) => JsonType::Boolean,
                Value::Number(_) | Value::BigInt(_) => JsonType::Number,
                Value::String(_) | Value::Date(_) | Value::Url(_) | Value::RegExp(_) => {
                    JsonType::String
                }
                Value::Array(_) | Value::Set(_) | Value::Map(_) => JsonType::Array,
                Value::Object(_) | Value::File(_) => JsonType::Object,
                _ => JsonType::Null,
            },
        }
    }

    fn equals_value(&self, expected: &PlainValue) -> bool {
        match self.as_number() {
            Some(number) => jsonschema::json::cmp::equal(
                &PlainValue::Number(number.to_number().into_owned()),
                expected,
            ),
            None => jsonschema::json::cmp::equal(&self.form().json(), expected),
        }
    }

    /// Value for error messages: containers are abbreviated.
    fn to_value(&self) -> Cow<'a, PlainValue> {
        Cow::Owned(match self.json_type() {
            JsonType::Array => PlainValue::Array(Vec::new()),
            JsonType::Object => PlainValue::Object(serde_json::Map::new()),
            _ => self.form().json(),
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        match self {
            Self::Value(value) => Some(NodeIdentity::new(address(*value))),
            // An entry has the address of its key.
            Self::Entry(entry) => Some(NodeIdentity::tagged(address(*entry), 1)),
            Self::Name(_) => None,
        }
    }
}

fn address<T>(value: &T) -> usize {
    std::ptr::from_ref(value) as usize
}

/// The elements of an array, a set or a map.
#[derive(Clone, Copy)]
pub(super) enum Elements<'a> {
    Items(&'a [Value]),
    Entries(&'a [(Value, Value)]),
    Pair([&'a Value; 2]),
}

impl<'a> Elements<'a> {
    fn get(&self, index: usize) -> Option<TypedNode<'a>> {
        match self {
            Self::Items(items) => items.get(index).map(TypedNode::Value),
            Self::Entries(entries) => entries.get(index).map(TypedNode::Entry),
            Self::Pair(pair) => pair.get(index).copied().map(TypedNode::Value),
        }
    }
}

impl<'a> Array<'a, Typed> for Elements<'a> {
    type Node = TypedNode<'a>;
    type ElementsIter = ElementsIter<'a>;

    fn len(&self) -> usize {
        match self {
            Self::Items(items) => items.len(),
            Self::Entries(entries) => entries.len(),
            Self::Pair(pair) => pair.len(),
        }
    }

    fn elements(&self) -> ElementsIter<'a> {
        ElementsIter { elements: *self, next: 0 }
    }

    fn is_unique(&self) -> bool {
        let values: Vec<_> = self.elements().map(|element| Cow::Owned(element.json())).collect();
        unique::is_unique::<Cow<'_, PlainValue>>(&values)
    }
}

/// Iterator over elements.
pub(super) struct ElementsIter<'a> {
    elements: Elements<'a>,
    next: usize,
}

impl<'a> Iterator for ElementsIter<'a> {
    type Item = TypedNode<'a>;

    fn next(&mut self) -> Option<TypedNode<'a>> {
        let element = self.elements.get(self.next)?;
        self.next += 1;
        Some(element)
    }
}

impl<'a> Object<'a, Typed> for &'a value::Object {
    type Node = TypedNode<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        value::Object::len(self)
    }

    fn get(&self, key: &String) -> Option<TypedNode<'a>> {
        (*self).get(key.as_str()).map(TypedNode::Value)
    }

    fn members(&self) -> Members<'a> {
        Members((*self).iter())
    }
}

/// Iterator over members.
pub(super) struct Members<'a>(indexmap::map::Iter<'a, String, Value>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, TypedNode<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), TypedNode::Value(value)))
    }
}

/// A number, or a bigint as a number.
#[derive(Debug, Clone, Copy)]
pub(super) enum TypedNumber<'a> {
    Float(f64),
    Big(&'a BigInt),
}

impl JsonNumber for TypedNumber<'_> {
    fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Float(float) => u64::try_from(crate::value::exact_integer(*float)?).ok(),
            Self::Big(big) => u64::try_from(*big).ok(),
        }
    }

    fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Float(float) => crate::value::exact_integer(*float),
            Self::Big(big) => i64::try_from(*big).ok(),
        }
    }

    fn as_f64(&self) -> Option<f64> {
        Some(match self {
            Self::Float(float) => *float,
            Self::Big(big) => big.to_f64(),
        })
    }

    fn as_str(&self) -> Cow<'_, str> {
        match self {
            Self::Float(float) => float.to_string().into(),
            Self::Big(big) => big.as_str().into(),
        }
    }

    fn to_number(&self) -> Cow<'_, Number> {
        let number = match self {
            Self::Float(float) => json_number(*float),
            Self::Big(big) => u64::try_from(*big)
                .map(Number::from)
                .or_else(|_| i64::try_from(*big).map(Number::from))
                .ok()
                .or_else(|| Number::from_f64(big.to_f64())),
        };
        Cow::Owned(number.unwrap_or_else(|| Number::from(0)))
    }

    fn is_integer(&self) -> bool {
        match self {
            Self::Float(float) => float.fract() == 0.0,
            Self::Big(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number(node: &impl JsonNumber) -> String {
        let (text, number) = (node.as_str(), node.to_number());
        let integers = (node.as_u64(), node.as_i64(), node.is_integer());
        format!("{integers:?} {:?} {text} {number}", node.as_f64())
    }

    /// A plain value is to the validator what `serde_json` has for it.
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
            json!([1, 1]),
            json!({}),
            json!({ "a": 1, "b": { "c": [] } }),
        ];
        for json in &values {
            let plain = &json;
            let value = Value::from(json.clone());
            let typed = TypedNode::Value(&value);
            // Of a number it tells no integers apart.
            let json_type = match Node::<SerdeJson>::json_type(plain) {
                JsonType::Integer => JsonType::Number,
                other => other,
            };
            assert_eq!(typed.json_type(), json_type, "{json}");
            assert_eq!(typed.is_null(), json.is_null(), "{json}");
            assert_eq!(typed.as_boolean(), json.as_bool(), "{json}");
            assert_eq!(typed.as_string().as_deref(), json.as_str(), "{json}");
            assert_eq!(
                typed.as_number().as_ref().map(number),
                json.as_number().map(|it| number(&it)),
                "{json}"
            );
            let items = typed.as_array().map(|array| {
                assert_eq!(array.len(), array.elements().count());
                let all = array.elements().map(|item| item.json()).collect::<Vec<_>>();
                (all, array.is_unique())
            });
            let plain_items = json.as_array().map(|all| (all.clone(), *json != json!([1, 1])));
            assert_eq!(items, plain_items, "{json}");
            let members = typed.as_object().map(|object| {
                let all = object.members().map(|(name, member)| {
                    assert!(Object::<Typed>::get(&object, &name.to_owned()).is_some());
                    (name.to_owned(), member.json())
                });
                assert!(Object::<Typed>::get(&object, &"none".to_owned()).is_none());
                assert_eq!(Object::<Typed>::len(&object), object.members().count());
                all.collect::<serde_json::Map<_, _>>()
            });
            assert_eq!(members.as_ref(), json.as_object(), "{json}");
            for other in &values {
                assert_eq!(typed.equals_value(other), json == other, "{json} {other}");
            }
        }
    }

    #[test]
    fn values_with_types_have_the_parts_of_their_json_form() {
        let big: Value = "9007199254740993".parse::<BigInt>().unwrap().into();
        let node = TypedNode::Value(&big);
        let seen = node.as_number().unwrap();
        assert_eq!(seen.as_str(), "9007199254740993");
        assert_eq!((seen.as_u64(), seen.as_i64()), (Some(1 << 53 | 1), Some(1 << 53 | 1)));
        assert!(seen.is_integer() && node.equals_value(&json!(9_007_199_254_740_993_u64)));
        let huge: Value = "-100000000000000000000".parse::<BigInt>().unwrap().into();
        let seen = TypedNode::Value(&huge).as_number().unwrap();
        assert_eq!((seen.as_u64(), seen.as_i64(), seen.as_f64()), (None, None, Some(-1e20)));
        assert_eq!(seen.to_number().as_f64(), Some(-1e20));

        let set = Value::Set(Set(vec![json!(1).into(), json!("a").into()]));
        let node = TypedNode::Value(&set);
        assert_eq!((node.json_type(), node.as_array().unwrap().len()), (JsonType::Array, 2));
        let map = Value::Map(crate::value::Map(vec![(json!("k").into(), json!(1).into())]));
        let entries = TypedNode::Value(&map).as_array().unwrap();
        let entry = entries.elements().next().unwrap();
        assert_eq!((entries.len(), entry.json_type()), (1, JsonType::Array));
        assert_eq!(entry.json(), json!(["k", 1]));
        assert_eq!(entry.as_array().unwrap().len(), 2);
        assert_eq!(entry.as_array().unwrap().elements().count(), 2);
        assert_eq!((entry.as_string(), entry.as_boolean()), (None, None));
        assert!(entry.equals_value(&json!(["k", 1])) && entry.identity().is_some());

        let name = TypedNode::Name("n");
        assert_eq!((name.json_type(), name.as_string().as_deref()), (JsonType::String, Some("n")));
        assert!(name.equals_value(&json!("n")) && name.identity().is_none());
        assert_eq!(name.to_value().into_owned(), json!("n"));
    }

    /// In a message a large value is not repeated.
    #[test]
    fn containers_are_abbreviated_in_messages() {
        for (value, seen) in [
            (json!([1, 2]), json!([])),
            (json!({ "a": 1 }), json!({})),
            (json!("text"), json!("text")),
            (json!(1.5), json!(1.5)),
            (json!(null), json!(null)),
        ] {
            assert_eq!(TypedNode::Value(&value.into()).to_value().into_owned(), seen);
        }
    }
}
