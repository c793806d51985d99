//! Integers as plain numbers, and floats that may be NaN.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{As, DeserializeAs, SerializeAs};
use crate::value::kind;

/// An integer that is serialised as a `number`, although its type alone would make it a
/// `bigint`.
///
/// To keep a field's type use `#[serde(with = "orpc_runtime::value::number::<u64>")]`.
///
/// As an input it accepts the integers that JavaScript holds exactly, up to
/// 2<sup>53</sup> - 1. As an output a larger one is an error, since clients would round it.
///
/// ```
/// use orpc_runtime::value::Number;
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct Usage {
///     bytes: Number<u64>,
///     lines: Number<u32>,
///     #[serde(with = "orpc_runtime::value::number::<u64>")]
///     files: u64,
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number<T>(pub T);

impl<T> From<T> for Number<T> {
    fn from(integer: T) -> Self {
        Self(integer)
    }
}

impl<T: Serialize> Serialize for Number<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_as(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Number<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

macro_rules! schemas {
    ($($ty:ty: $minimum:expr;)*) => {$(
        impl JsonSchema for Number<$ty> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                concat!("Number_of_", stringify!($ty)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "integer",
                    "minimum": $minimum,
                    "maximum": 9_007_199_254_740_991_i64,
                })
            }
        }
    )*};
}

schemas! {
    u64: 0;
    u128: 0;
    i64: -9_007_199_254_740_991_i64;
    i128: -9_007_199_254_740_991_i64;
}

/// Integers that are a `number` anyway.
macro_rules! own_schemas {
    ($($ty:ty)*) => {$(
        impl JsonSchema for Number<$ty> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                concat!("Number_of_", stringify!($ty)).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$ty>::json_schema(generator)
            }
        }
    )*};
}

own_schemas!(u8 u16 u32 usize i8 i16 i32 isize);

/// Serialises an integer field as a `number`: `#[serde(with =
/// "orpc_runtime::value::number::<u64>")]`.
#[allow(non_camel_case_types, reason = "it stands in `with` like a module")]
pub type number<T> = As<Number<T>>;

impl<T: Serialize> SerializeAs<Number<T>> for T {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(kind::NUMBER, self)
    }
}

impl<'de, T: Deserialize<'de>> DeserializeAs<'de, Number<T>> for T {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer)
    }
}

/// A float that, as an input, may be NaN, unlike a plain `f64`. NaN passes every range
/// check before it reaches a handler.
///
/// As outputs both are equal.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Float(pub f64);

impl From<f64> for Float {
    fn from(float: f64) -> Self {
        Self(float)
    }
}

impl From<Float> for f64 {
    fn from(float: Float) -> Self {
        float.0
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Float {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Float".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "format": "double", "x-native-type": "number" })
    }
}
