//! URLs.
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! struct Link {
//!     #[serde(with = "orpc_runtime::value::url")]
//!     target: url::Url,
//! }
//! ```

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{As, DeserializeAs, SerializeAs};
use crate::value::kind;
use crate::value::special::deserialize_special;

/// A `URL` of JavaScript, absolute and normalised (WHATWG URL Standard).
///
/// ```
/// use orpc_runtime::value::Url;
///
/// let address: Url = "HTTP://EXAMPLE.com:80/../a b".parse()?;
/// assert_eq!(address.as_str(), "http://example.com/a%20b");
/// assert_eq!(address.as_ref().host_str(), Some("example.com"));
/// # Ok::<_, url::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Url(::url::Url);

impl Url {
    /// Returns the text of the URL.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The URL with its parts.
impl AsRef<::url::Url> for Url {
    fn as_ref(&self) -> &::url::Url {
        &self.0
    }
}

impl FromStr for Url {
    type Err = ::url::ParseError;

    fn from_str(text: &str) -> Result<Self, ::url::ParseError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<::url::Url> for Url {
    fn from(url: ::url::Url) -> Self {
        Self(url)
    }
}

impl From<Url> for ::url::Url {
    fn from(url: Url) -> Self {
        url.0
    }
}

impl Serialize for Url {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(kind::URL, self.as_str())
    }
}

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_special(deserializer, kind::URL, |text: Cow<'de, str>| text.parse())
    }
}

impl JsonSchema for Url {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "URL".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uri", "x-native-type": "url" })
    }
}

/// Serialises a field of type `url::Url` as a `URL`: `#[serde(with =
/// "orpc_runtime::value::url")]`.
#[allow(non_camel_case_types, reason = "it stands in `with` like a module")]
pub type url = As<Url>;

impl SerializeAs<Url> for ::url::Url {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(kind::URL, self.as_str())
    }
}

impl<'de> DeserializeAs<'de, Url> for ::url::Url {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Url::deserialize(deserializer).map(Self::from)
    }
}

impl SerializeAs<Url> for Url {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

impl<'de> DeserializeAs<'de, Url> for Url {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}
