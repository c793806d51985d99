//! Names of members as keys of maps.

use std::borrow::Cow;

use serde::de::value::CowStrDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Expected, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::source::Error;

/// The name of a member, which is the text of the key: as in `serde_json`, of a number as JSON
/// writes it, or of a boolean.
pub(crate) struct Name<'de> {
    text: Cow<'de, str>,
    /// It is the tag of a special value, which consists of bytes: JSON has none.
    is_tag: bool,
}

impl<'de> Name<'de> {
    pub(crate) fn new(name: impl Into<Cow<'de, str>>) -> Self {
        Self { text: name.into(), is_tag: false }
    }

    pub(crate) fn tag(tag: Cow<'static, str>) -> Self {
        Self { text: tag, is_tag: true }
    }

    pub(crate) fn into_text(self) -> Cow<'de, str> {
        self.text
    }

    fn parse<T: DeserializeOwned>(&self, expected: &dyn Expected) -> Result<T, Error> {
        if self.is_tag {
            return Err(Error::invalid_type(Unexpected::Bytes(self.text.as_bytes()), expected));
        }
        // JSON may have white space around a value, a key may not.
        let has_space = self.text.contains(|char: char| char.is_ascii_whitespace());
        let parsed = if has_space { None } else { serde_json::from_str(&self.text).ok() };
        parsed.ok_or_else(|| Error::invalid_type(Unexpected::Str(&self.text), expected))
    }
}

macro_rules! values_in_text {
    ($($method:ident $visit:ident $ty:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let value = self.parse::<$ty>(&visitor)?;
            visitor.$visit(value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.text {
            _ if self.is_tag => visitor.visit_bytes(self.text.as_bytes()),
            Cow::Borrowed(name) => visitor.visit_borrowed_str(name),
            Cow::Owned(name) => visitor.visit_string(name),
        }
    }

    values_in_text! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
        deserialize_bool visit_bool bool;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(CowStrDeserializer::new(self.text))
    }

    forward_to_deserialize_any! {
        <V: Visitor<'de>>
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    enum Unit {
        Metre,
    }

    /// Compares the key with that of `serde_json`.
    #[track_caller]
    fn agrees<K: DeserializeOwned + Ord + Debug>(name: &str) {
        let map = serde_json::from_value::<BTreeMap<K, ()>>(json!({ name: null }));
        let expected = map.ok().and_then(|map| map.into_keys().next());
        assert_eq!(K::deserialize(Name::new(name)).ok(), expected, "{name:?}");
    }

    #[test]
    fn keys_are_those_of_serde_json() {
        for name in [
            "",
            "0",
            "7",
            "-7",
            "+7",
            "07",
            "-0",
            "7.0",
            "1e2",
            " 7",
            "7 ",
            "7\n",
            "255",
            "256",
            "0x1",
            "\"7\"",
            "null",
            "true",
            "false",
            "True",
            "Metre",
            "metre",
            "18446744073709551616",
            "-9223372036854775809",
        ] {
            agrees::<u8>(name);
            agrees::<i64>(name);
            agrees::<u64>(name);
            agrees::<u128>(name);
            agrees::<i128>(name);
            agrees::<bool>(name);
            agrees::<char>(name);
            agrees::<String>(name);
            agrees::<Option<u8>>(name);
            agrees::<Unit>(name);
            agrees::<()>(name);
        }
    }

    #[test]
    fn floats_are_numbers_of_json() {
        for (name, number) in
            [("1.5", Some(1.5)), ("1e2", Some(100.0)), ("NaN", None), ("inf", None)]
        {
            assert_eq!(f64::deserialize(Name::new(name)).ok(), number, "{name}");
        }
    }
}
