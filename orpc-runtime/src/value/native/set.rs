//! Sets, in the order of insertion.

use std::borrow::Cow;
use std::convert::Infallible;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{As, DeserializeAs, SerializeAs};
use crate::value::kind;
use crate::value::special::deserialize_special;

/// A `Set` of JavaScript: members in the order of insertion.
///
/// If a client sends members that are equal in JavaScript, one is kept (ECMA-262,
/// SameValueZero: primitives of equal value; two objects are never equal). Duplicates
/// from a handler are sent, and removed by the client.
///
/// For a Rust set use `#[serde(with = "orpc_runtime::value::set::<T>")]`.
///
/// ```
/// use orpc_runtime::value::Set;
///
/// let tags: Set<String> = ["new", "hot"].map(str::to_owned).into_iter().collect();
/// assert_eq!(tags.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Set<T>(pub(crate) Vec<T>);

impl<T> Set<T> {
    /// Returns the members, in the order of insertion.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if it has no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> From<Vec<T>> for Set<T> {
    fn from(members: Vec<T>) -> Self {
        Self(members)
    }
}

impl<T> From<Set<T>> for Vec<T> {
    fn from(set: Set<T>) -> Self {
        set.0
    }
}

impl<T> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(kind::SET, &self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_special(deserializer, kind::SET, |members| Ok::<_, Infallible>(Self(members)))
    }
}

impl<T: JsonSchema> JsonSchema for Set<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Set_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": generator.subschema_for::<T>(),
            "x-native-type": "set",
        })
    }
}

/// Serialises a field with a collection of `T`s, such as a `HashSet`, as a `Set`:
/// `#[serde(with = "orpc_runtime::value::set::<String>")]`.
#[allow(non_camel_case_types, reason = "it stands in `with` like a module")]
pub type set<T> = As<Set<T>>;

impl<T, C> SerializeAs<Set<T>> for C
where
    T: Serialize,
    for<'a> &'a C: IntoIterator<Item = &'a T>,
{
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.into_iter().collect::<Set<&T>>().serialize(serializer)
    }
}

impl<'de, T, C> DeserializeAs<'de, Set<T>> for C
where
    T: Deserialize<'de>,
    C: IntoIterator<Item = T> + FromIterator<T>,
{
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Set::<T>::deserialize(deserializer)?.into_iter().collect())
    }
}
