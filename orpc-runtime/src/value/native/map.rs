//! Maps with keys of any type, in the order of insertion.

use std::borrow::Cow;
use std::convert::Infallible;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{As, DeserializeAs, SerializeAs};
use crate::value::kind;
use crate::value::special::deserialize_special;

/// A `Map` of JavaScript: entries in the order of insertion, keys of any type.
///
/// If keys are equal in JavaScript the last value is used, at the position of the
/// first. (A `BTreeMap` or `HashMap` is a plain object instead.)
///
/// For a Rust map use `#[serde(with = "orpc_runtime::value::map::<K, V>")]`.
///
/// ```
/// use orpc_runtime::value::{Date, Map};
///
/// let visits = Map::from(vec![(Date::from_millis(0), 3)]);
/// assert_eq!(visits.get(&Date::from_millis(0)), Some(&3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Map<K, V>(pub(crate) Vec<(K, V)>);

impl<K, V> Map<K, V> {
    /// Returns the entries, in the order of insertion.
    pub fn iter(&self) -> std::slice::Iter<'_, (K, V)> {
        self.0.iter()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if it has no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: PartialEq, V> Map<K, V> {
    /// Returns the value of a key, by linear search.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K, V> From<Vec<(K, V)>> for Map<K, V> {
    fn from(entries: Vec<(K, V)>) -> Self {
        Self(entries)
    }
}

impl<K, V> From<Map<K, V>> for Vec<(K, V)> {
    fn from(map: Map<K, V>) -> Self {
        map.0
    }
}

impl<K, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a Map<K, V> {
    type Item = &'a (K, V);
    type IntoIter = std::slice::Iter<'a, (K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<K: Serialize, V: Serialize> Serialize for Map<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(kind::MAP, &self.0)
    }
}

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Map<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_special(deserializer, kind::MAP, |entries| Ok::<_, Infallible>(Self(entries)))
    }
}

impl<K: JsonSchema, V: JsonSchema> JsonSchema for Map<K, V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Map_of_{}_to_{}", K::schema_name(), V::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": {
                "type": "array",
                "prefixItems": [generator.subschema_for::<K>(), generator.subschema_for::<V>()],
                "minItems": 2,
                "maxItems": 2,
            },
            "x-native-type": "map",
        })
    }
}

/// Serialises a field with a Rust map as a `Map`: `#[serde(with =
/// "orpc_runtime::value::map::<u64, bool>")]`.
#[allow(non_camel_case_types, reason = "it stands in `with` like a module")]
pub type map<K, V> = As<Map<K, V>>;

impl<K, V, C> SerializeAs<Map<K, V>> for C
where
    K: Serialize,
    V: Serialize,
    for<'a> &'a C: IntoIterator<Item = (&'a K, &'a V)>,
{
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.into_iter().collect::<Map<&K, &V>>().serialize(serializer)
    }
}

impl<'de, K, V, C> DeserializeAs<'de, Map<K, V>> for C
where
    K: Deserialize<'de>,
    V: Deserialize<'de>,
    C: IntoIterator<Item = (K, V)> + FromIterator<(K, V)>,
{
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Map::<K, V>::deserialize(deserializer)?.into_iter().collect())
    }
}
