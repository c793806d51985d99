//! Values of any type.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::custom::Coded;
use super::file::take_held;
use super::kind::{self, Kind};
use super::special::Key;
use super::{BigInt, Date, File, Map, RegExp, Set, Undefined, Url};

/// The members of an object, in the order of insertion.
pub type Object = IndexMap<String, Value>;

/// A value of any type that a client can send, which a handler can return unchanged.
///
/// Below `#[serde(flatten)]` and in enums that are `untagged` or internally tagged
/// serde buffers values, and its buffer has no undefined: such an element of an array
/// becomes null. All other types are preserved.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::Value;
///
/// #[procedure]
/// pub async fn echo(input: Value) -> Value {
///     input
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// The input of a call without one. Undefined members of objects are omitted.
    #[default]
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, which may be NaN. Infinity arrives at a client as null.
    Number(f64),
    /// Text.
    String(String),
    /// An integer of any size.
    BigInt(BigInt),
    /// A point in time.
    Date(Date),
    /// A URL.
    Url(Url),
    /// A regular expression.
    RegExp(RegExp),
    /// An array.
    Array(Vec<Value>),
    /// A plain object.
    Object(Object),
    /// A set.
    Set(Set<Value>),
    /// A map.
    Map(Map<Value, Value>),
    /// A file.
    File(File),
    /// A value of a user-defined type.
    Custom(Box<Coded>),
}

impl Value {
    /// Returns the kind of the value, if JSON has no type for it.
    pub(crate) fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::BigInt(_) => Kind::BigInt,
            Self::Date(_) => Kind::Date,
            Self::Number(number) if number.is_nan() => Kind::Nan,
            Self::Undefined => Kind::Undefined,
            Self::Url(_) => Kind::Url,
            Self::RegExp(_) => Kind::RegExp,
            Self::Set(_) => Kind::Set,
            Self::Map(_) => Kind::Map,
            Self::File(_) => Kind::File,
            Self::Custom(coded) => Kind::Custom(coded.code()),
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::String(_)
            | Self::Array(_)
            | Self::Object(_) => return None,
        })
    }

    /// Returns the value as in the JSON of an envelope, without its types.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;

        match self {
            Self::Undefined | Self::Null => Json::Null,
            Self::Bool(bool) => Json::Bool(*bool),
            Self::Number(number) => json_number(*number).map_or(Json::Null, Json::Number),
            Self::String(text) => Json::String(text.clone()),
            Self::BigInt(big) => Json::String(big.as_str().to_owned()),
            Self::Date(date) => date.iso().map_or(Json::Null, Json::String),
            Self::Url(url) => Json::String(url.as_str().to_owned()),
            Self::RegExp(pattern) => Json::String(pattern.to_string()),
            Self::Array(items) | Self::Set(Set(items)) => items.iter().map(Self::to_json).collect(),
            Self::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), value.to_json())).collect()
            }
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| Json::Array(vec![key.to_json(), value.to_json()]))
                .collect(),
            Self::File(_) => Json::Object(serde_json::Map::new()),
            Self::Custom(coded) => coded.form().to_json(),
        }
    }
}

/// Converts a number to JSON: an integer if JavaScript treats it as one.
pub(crate) fn json_number(number: f64) -> Option<serde_json::Number> {
    super::json::exact_integer(number)
        .map(Into::into)
        .or_else(|| serde_json::Number::from_f64(number))
}

macro_rules! conversions {
    ($($ty:ty => $variant:ident)*) => {$(
        impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

conversions! {
    bool => Bool
    i8 => Number
    i16 => Number
    i32 => Number
    u8 => Number
    u16 => Number
    u32 => Number
    f32 => Number
    f64 => Number
    i64 => BigInt
    u64 => BigInt
    i128 => BigInt
    u128 => BigInt
    &str => String
    String => String
    BigInt => BigInt
    Date => Date
    Url => Url
    RegExp => RegExp
    Vec<Value> => Array
    Object => Object
    Set<Value> => Set
    Map<Value, Value> => Map
    File => File
}

impl From<Undefined> for Value {
    fn from(Undefined: Undefined) -> Self {
        Self::Undefined
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::Null
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Json;

        match value {
            Json::Null => Self::Null,
            Json::Bool(bool) => Self::Bool(bool),
            Json::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::String(text),
            Json::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Json::Object(members) => Self::Object(
                members.into_iter().map(|(name, value)| (name, Self::from(value))).collect(),
            ),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Undefined => Undefined.serialize(serializer),
            Self::Null => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::String(text) => serializer.serialize_str(text),
            Self::BigInt(big) => big.serialize(serializer),
            Self::Date(date) => date.serialize(serializer),
            Self::Url(url) => url.serialize(serializer),
            Self::RegExp(pattern) => pattern.serialize(serializer),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(members) => serializer.collect_map(members),
            Self::Set(set) => set.serialize(serializer),
            Self::Map(map) => map.serialize(serializer),
            Self::File(file) => file.serialize(serializer),
            Self::Custom(coded) => coded.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(kind::VALUE, ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    // As numbers of JavaScript: integers beyond 2^53 are rounded.
    #[allow(clippy::cast_precision_loss)]
    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(Value::Number(integer as f64))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        Ok(Value::Number(integer as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Object::new();
        while let Some(key) = map.next_key()? {
            match key {
                Key::Name(name) => {
                    members.insert(name, map.next_value()?);
                }
                Key::Tag(kind) => return tagged(kind, map),
            }
        }
        Ok(Value::Object(members))
    }
}

/// Reads a value of a kind from its plain form.
fn tagged<'de, A: MapAccess<'de>>(kind: Kind, mut map: A) -> Result<Value, A::Error> {
    fn text<'de, A: MapAccess<'de>, T>(map: &mut A) -> Result<T, A::Error>
    where
        T: std::str::FromStr<Err: fmt::Display>,
    {
        map.next_value::<Cow<'de, str>>()?.parse().map_err(de::Error::custom)
    }

    Ok(match kind {
        Kind::Undefined => map.next_value::<()>().map(|()| Value::Undefined)?,
        Kind::Nan => map.next_value::<()>().map(|()| Value::Number(f64::NAN))?,
        Kind::BigInt => Value::BigInt(text(&mut map)?),
        Kind::Url => Value::Url(text(&mut map)?),
        Kind::RegExp => Value::RegExp(text(&mut map)?),
        Kind::Date => Value::Date(match map.next_value::<Option<Cow<'de, str>>>()? {
            Some(text) => text.parse().map_err(de::Error::custom)?,
            None => Date::INVALID,
        }),
        Kind::Set => Value::Set(Set(map.next_value()?)),
        Kind::Map => Value::Map(Map(map.next_value()?)),
        Kind::File => Value::File(take_held(&mut map)?),
        Kind::Custom(code) => Value::Custom(Box::new(Coded::new(code, map.next_value()?))),
    })
}

impl JsonSchema for Value {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        true.into()
    }
}
