//! JavaScript's `undefined`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kind;
use super::special::deserialize_special;

/// JavaScript's `undefined`. An undefined member of an object is omitted, as JavaScript
/// clients omit it.
///
/// An `Option` is null when it is `None`, and accepts undefined as `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Undefined;

impl Serialize for Undefined {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(kind::UNDEFINED, &())
    }
}

impl<'de> Deserialize<'de> for Undefined {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let undefined = |()| Ok::<_, std::convert::Infallible>(Self);
        deserialize_special(deserializer, kind::UNDEFINED, undefined)
    }
}

impl JsonSchema for Undefined {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Undefined".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "null", "x-native-type": "undefined" })
    }
}
