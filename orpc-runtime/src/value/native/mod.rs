//! JavaScript types that JSON lacks, and fields of other types that are serialised as
//! them.

pub(crate) mod bigint;
pub(crate) mod date;
pub(crate) mod map;
pub(crate) mod number;
pub(crate) mod set;
pub(crate) mod url;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

#[cfg(feature = "indexmap")]
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The type in `#[serde(with = "…")]` for a field that is serialised as an `F`: both
/// serde and the JSON Schema use that attribute.
///
/// `F` is a type of this module, or an `Option`, `Vec`, `Box`, `HashMap`, `BTreeMap` or
/// (with its feature) `IndexMap` of one. The shorter [`date`](super::date), [`url`](type@super::url) and
/// [`bigint`](super::bigint) are fields of a type that converts into a [`Date`](super::Date),
/// [`Url`](super::Url) or [`BigInt`](super::BigInt); [`set`](super::set), [`map`](super::map)
/// and [`number`](super::number) have parameters. As with every `with` of serde, an `Option`
/// whose member may be missing needs `default` as well.
///
/// ```
/// use std::collections::{BTreeMap, BTreeSet, HashMap};
/// use std::time::SystemTime;
///
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::value::Date;
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct Visit {
///     #[serde(with = "orpc_runtime::value::date")]
///     at: SystemTime,
///     #[serde(default, with = "orpc_runtime::value::As::<Option<Date>>")]
///     left: Option<SystemTime>,
///     #[serde(with = "orpc_runtime::value::As::<Vec<Date>>")]
///     pauses: Vec<SystemTime>,
///     #[serde(with = "orpc_runtime::value::As::<HashMap<String, Vec<Date>>>")]
///     calls: HashMap<String, Vec<SystemTime>>,
///     #[serde(with = "orpc_runtime::value::set::<String>")]
///     tags: BTreeSet<String>,
///     #[serde(with = "orpc_runtime::value::map::<u64, bool>")]
///     seen: BTreeMap<u64, bool>,
///     #[serde(with = "orpc_runtime::value::number::<u64>")]
///     bytes: u64,
/// }
/// # fn main() {}
/// ```
pub struct As<F>(PhantomData<fn() -> F>);

impl<F> fmt::Debug for As<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("As")
    }
}

impl<F> As<F> {
    /// Serialises a field.
    ///
    /// # Errors
    /// Those of the serializer, and a value that `F` cannot hold.
    pub fn serialize<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: SerializeAs<F> + ?Sized,
        S: Serializer,
    {
        value.serialize_as(serializer)
    }

    /// Deserialises a field.
    ///
    /// # Errors
    /// Those of the deserializer, and a value that the field's type cannot hold, such as
    /// the invalid date.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: DeserializeAs<'de, F>,
        D: Deserializer<'de>,
    {
        T::deserialize_as(deserializer)
    }
}

impl<F: JsonSchema> JsonSchema for As<F> {
    fn inline_schema() -> bool {
        F::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        F::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        F::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        F::json_schema(generator)
    }
}

/// A type that is serialised as an `F`.
#[diagnostic::on_unimplemented(
    message = "write a field that converts into `{F}`, or the form of this one, such as `As::<Option<{F}>>`: `{Self}` is not written as `{F}`",
    label = "not written as `{F}`",
    note = "`Option`, `Vec` and maps stand on both sides: `As::<Option<Date>>` for a field of type `Option<…>`"
)]
pub trait SerializeAs<F> {
    /// Serialises the value.
    ///
    /// # Errors
    /// Those of the serializer, and a value that `F` cannot hold.
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// A type that is deserialised as an `F`.
#[diagnostic::on_unimplemented(
    message = "write a field that `{F}` converts into, or the form of this one, such as `As::<Option<{F}>>`: `{Self}` is not read as `{F}`",
    label = "not read as `{F}`",
    note = "`Option`, `Vec` and maps stand on both sides: `As::<Option<Date>>` for a field of type `Option<…>`"
)]
pub trait DeserializeAs<'de, F>: Sized {
    /// Deserialises a value.
    ///
    /// # Errors
    /// Those of the deserializer, and a value that the type cannot hold.
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// A value to be serialised.
struct Outwards<'a, T, F>(&'a T, PhantomData<fn() -> F>);

impl<'a, T, F> Outwards<'a, T, F> {
    fn new(value: &'a T) -> Self {
        Self(value, PhantomData)
    }
}

impl<T: SerializeAs<F>, F> Serialize for Outwards<'_, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_as(serializer)
    }
}

/// A value that was deserialised.
struct Inwards<T, F>(T, PhantomData<fn() -> F>);

impl<'de, T: DeserializeAs<'de, F>, F> Deserialize<'de> for Inwards<T, F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::deserialize_as(deserializer)?, PhantomData))
    }
}

impl<T: SerializeAs<F>, F> SerializeAs<Option<F>> for Option<T> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Outwards::<T, F>::new).serialize(serializer)
    }
}

impl<'de, T: DeserializeAs<'de, F>, F> DeserializeAs<'de, Option<F>> for Option<T> {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Option::<Inwards<T, F>>::deserialize(deserializer)?;
        Ok(read.map(|read| read.0))
    }
}

impl<T: SerializeAs<F>, F> SerializeAs<Box<F>> for Box<T> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize_as(serializer)
    }
}

impl<'de, T: DeserializeAs<'de, F>, F> DeserializeAs<'de, Box<F>> for Box<T> {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize_as(deserializer).map(Box::new)
    }
}

impl<T: SerializeAs<F>, F> SerializeAs<Vec<F>> for Vec<T> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Outwards::<T, F>::new))
    }
}

impl<'de, T: DeserializeAs<'de, F>, F> DeserializeAs<'de, Vec<F>> for Vec<T> {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Vec::<Inwards<T, F>>::deserialize(deserializer)?;
        Ok(read.into_iter().map(|read| read.0).collect())
    }
}

macro_rules! maps {
    ($($map:ident <$($hasher:ident)?> where $($bound:ident),*;)*) => {$(
        impl<K: Serialize, V: SerializeAs<F>, F, $($hasher)?> SerializeAs<$map<K, F, $($hasher)?>>
            for $map<K, V, $($hasher)?>
        {
            fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(self.len()))?;
                for (key, value) in self {
                    map.serialize_entry(key, &Outwards::<V, F>::new(value))?;
                }
                map.end()
            }
        }

        impl<'de, K, V, F, $($hasher)?> DeserializeAs<'de, $map<K, F, $($hasher)?>>
            for $map<K, V, $($hasher)?>
        where
            K: Deserialize<'de> $(+ $bound)*,
            V: DeserializeAs<'de, F>,
            $($hasher: BuildHasher + Default,)?
        {
            fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let read = $map::<K, Inwards<V, F>, $($hasher)?>::deserialize(deserializer)?;
                Ok(read.into_iter().map(|(key, read)| (key, read.0)).collect())
            }
        }
    )*};
}

maps! {
    HashMap<H> where Eq, Hash;
    BTreeMap<> where Ord;
}

#[cfg(feature = "indexmap")]
maps! {
    IndexMap<H> where Eq, Hash;
}
