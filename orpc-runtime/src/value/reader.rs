//! Deserialisation of a [`Value`] to a type.

use std::borrow::Cow;

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::bigint_paths::{Place, Places};
use super::dynamic::Value;
use super::file::hold;
use super::json::{exact_integer, to_raw};
use super::kind::{self, Kind};
use super::name::Name;
use super::{Map, Set};

type Error = serde_json::Error;

/// The name under which `serde_json::value::RawValue` requests JSON text, as the only
/// entry of a map.
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Deserialises a value. Special values reach the wrapper types, and others that
/// preserve their kind, with their type; where serde buffers them, with a tag.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    value: &'a Value,
    /// Place in the type, if it has integers that may be bigints.
    place: Option<Place<'a>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(value: &'a Value, places: Option<&'a Places>) -> Self {
        Self { value, place: places.map(Places::root) }
    }

    fn items(self, items: &'a [Value]) -> Items<'a> {
        Items { rest: items.iter(), index: 0, place: self.place }
    }

    /// Visits the plain form of a special value.
    fn visit_plain<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::BigInt(big) => visitor.visit_borrowed_str(big.as_str()),
            Value::Date(date) => match date.iso() {
                Some(text) => visitor.visit_string(text),
                None => visitor.visit_unit(),
            },
            Value::Url(url) => visitor.visit_borrowed_str(url.as_str()),
            Value::RegExp(pattern) => visitor.visit_string(pattern.to_string()),
            Value::Set(Set(members)) => visitor.visit_seq(self.items(members)),
            Value::Map(Map(entries)) => {
                let place = self.place.and_then(|place| place.item(0));
                visitor.visit_seq(Entries { rest: entries.iter(), place })
            }
            Value::Custom(coded) => Reader { value: coded.form(), ..self }.deserialize_any(visitor),
            Value::File(file) => visitor.visit_u64(hold(file)),
            Value::Undefined => visitor.visit_unit(),
            _ => self.deserialize_any(visitor),
        }
    }

    fn visit_integer<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let Value::BigInt(big) = self.value else { return self.deserialize_any(visitor) };
        if let Ok(integer) = u64::try_from(big) {
            visitor.visit_u64(integer)
        } else if let Ok(integer) = i64::try_from(big) {
            visitor.visit_i64(integer)
        } else if let Ok(integer) = u128::try_from(big) {
            visitor.visit_u128(integer)
        } else if let Ok(integer) = i128::try_from(big) {
            visitor.visit_i128(integer)
        } else {
            Err(Error::invalid_value(Unexpected::Other("bigint"), &visitor))
        }
    }
}

impl<'a> Deserializer<'a> for Reader<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            // Undefined is null for all types except those that ask for it by name.
            Value::Undefined | Value::Null => visitor.visit_unit(),
            Value::Bool(bool) => visitor.visit_bool(*bool),
            Value::Number(number) => match exact_integer(*number) {
                Some(integer) => match u64::try_from(integer) {
                    Ok(integer) => visitor.visit_u64(integer),
                    Err(_) => visitor.visit_i64(integer),
                },
                None => visitor.visit_f64(*number),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(self.items(items)),
            Value::Object(members) => {
                visitor.visit_map(Members { rest: members.iter(), value: None, place: self.place })
            }
            Value::BigInt(_) if self.place.is_some_and(Place::is_wide) => {
                self.visit_integer(visitor)
            }
            special => match special.kind() {
                Some(kind) => visitor.visit_map(Tagged { kind: Some(kind), reader: self }),
                None => Err(Error::custom("a value without a kind")),
            },
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Undefined | Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let kind = self.value.kind();
        if name == kind::VALUE && kind == Some(Kind::Undefined) {
            return visitor.visit_map(Tagged { kind, reader: self });
        }
        if name == RAW_VALUE {
            let text = String::from(Box::<str>::from(to_raw(self.value)?));
            return visitor.visit_map(MapDeserializer::new(std::iter::once((RAW_VALUE, text))));
        }
        // Only names of special types have this prefix.
        let asked = if name.starts_with('$') { Kind::of_tag(name) } else { None };
        if asked.is_some() && asked == kind {
            return visitor.visit_map(Tagged { kind, reader: self });
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_i64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_integer(visitor)
    }

    fn deserialize_u64<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_integer(visitor)
    }

    fn deserialize_i128<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_integer(visitor)
    }

    fn deserialize_u128<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_integer(visitor)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Value::String(variant) => visitor.visit_enum(variant.as_str().into_deserializer()),
            Value::Object(members) if members.len() == 1 => {
                let members = Members { rest: members.iter(), value: None, place: self.place };
                visitor.visit_enum(MapAccessDeserializer::new(members))
            }
            _ => Err(Error::invalid_type(Unexpected::Other("another value"), &"an enum")),
        }
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 u8 u16 u32 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

/// A special value in its plain form.
struct Plain<'a>(Reader<'a>);

impl<'a> Deserializer<'a> for Plain<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.visit_plain(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.value {
            Value::Date(date) if date.millis().is_none() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0.value {
            // The form may have a special type again.
            Value::Custom(coded) => {
                Reader { value: coded.form(), ..self.0 }.deserialize_newtype_struct(name, visitor)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A special value with a tag, as serde buffers it.
struct Tagged<'a> {
    kind: Option<Kind>,
    reader: Reader<'a>,
}

impl<'a> MapAccess<'a> for Tagged<'a> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(kind) = self.kind.take() else { return Ok(None) };
        seed.deserialize(Tag(kind.tag())).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Plain(self.reader))
    }
}

/// A key of bytes, which JSON never has.
struct Tag(Cow<'static, str>);

impl<'a> Deserializer<'a> for Tag {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bytes(self.0.as_bytes())
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

struct Items<'a> {
    rest: std::slice::Iter<'a, Value>,
    index: usize,
    place: Option<Place<'a>>,
}

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(value) = self.rest.next() else { return Ok(None) };
        let place = self.place.and_then(|place| place.item(self.index));
        self.index += 1;
        seed.deserialize(Reader { value, place }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The entries of a map, as pairs.
struct Entries<'a> {
    rest: std::slice::Iter<'a, (Value, Value)>,
    place: Option<Place<'a>>,
}

impl<'a> SeqAccess<'a> for Entries<'a> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        let member =
            |value, index| Reader { value, place: self.place.and_then(|place| place.item(index)) };
        let pair = [member(key, 0), member(value, 1)];
        seed.deserialize(SeqDeserializer::new(pair.into_iter())).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

impl<'a> IntoDeserializer<'a, Error> for Reader<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Members<'a> {
    rest: indexmap::map::Iter<'a, String, Value>,
    value: Option<Reader<'a>>,
    place: Option<Place<'a>>,
}

impl<'a> MapAccess<'a> for Members<'a> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        let place = self.place.and_then(|place| place.member(name));
        self.value = Some(Reader { value, place });
        seed.deserialize(Name::new(name.as_str())).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(value),
            None => Err(Error::custom("a value without a key")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}
