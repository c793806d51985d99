//! Deserialisation of special values: by name with our own deserialiser, in their plain
//! form with any other, and tagged if serde has buffered them.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::kind::Kind;

/// Deserialises a value of the kind `name` from its plain form `P`.
pub(super) fn deserialize_special<'de, D, P, T, E>(
    deserializer: D,
    name: &'static str,
    convert: impl FnOnce(P) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    P: Deserialize<'de>,
    E: fmt::Display,
{
    let plain = deserializer
        .deserialize_newtype_struct(name, SpecialVisitor { name, plain: PhantomData })?;
    convert(plain).map_err(de::Error::custom)
}

struct SpecialVisitor<P> {
    name: &'static str,
    plain: PhantomData<P>,
}

/// Forwards a scalar to the plain form.
macro_rules! forward {
    ($($method:ident($ty:ty))*) => {$(
        fn $method<E: de::Error>(self, value: $ty) -> Result<P, E> {
            P::deserialize(Present(value.into_deserializer()))
        }
    )*};
}

impl<'de, P: Deserialize<'de>> Visitor<'de> for SpecialVisitor<P> {
    type Value = P;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Kind::of_tag(self.name).map_or("a value", Kind::name))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<P, D::Error> {
        deserializer.deserialize_any(self)
    }

    forward! {
        visit_bool(bool)
        visit_i64(i64)
        visit_u64(u64)
        visit_i128(i128)
        visit_u128(u128)
        visit_f64(f64)
        visit_str(&str)
        visit_string(String)
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<P, E> {
        P::deserialize(Present(de::value::BorrowedStrDeserializer::new(text)))
    }

    fn visit_unit<E: de::Error>(self) -> Result<P, E> {
        P::deserialize(Null(PhantomData))
    }

    fn visit_none<E: de::Error>(self) -> Result<P, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<P, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<P, A::Error> {
        P::deserialize(Present(SeqAccessDeserializer::new(seq)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<P, A::Error> {
        match map.next_key()? {
            Some(Key::Tag(kind)) if Kind::of_tag(self.name) == Some(kind) => map.next_value(),
            Some(Key::Tag(kind)) => {
                Err(de::Error::invalid_type(de::Unexpected::Other(kind.name()), &self))
            }
            Some(Key::Name(name)) => {
                P::deserialize(Present(MapAccessDeserializer::new(Rest { name: Some(name), map })))
            }
            None => P::deserialize(Present(MapAccessDeserializer::new(map))),
        }
    }
}

/// Key of a map in serde's data model: a name, or the tag of a special value. A tag
/// consists of bytes, which JSON does not have, so that no client can forge one.
pub(super) enum Key {
    Name(String),
    Tag(Kind),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Key, E> {
                Ok(Key::Name(name.to_owned()))
            }

            fn visit_string<E: de::Error>(self, name: String) -> Result<Key, E> {
                Ok(Key::Name(name))
            }

            fn visit_bytes<E: de::Error>(self, tag: &[u8]) -> Result<Key, E> {
                let kind = std::str::from_utf8(tag).ok().and_then(Kind::of_tag);
                let unexpected = || E::invalid_value(de::Unexpected::Bytes(tag), &self);
                kind.map(Key::Tag).ok_or_else(unexpected)
            }
        }

        deserializer.deserialize_any(KeyVisitor)
    }
}

/// A map whose first key has been read.
struct Rest<A> {
    name: Option<String>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<A> {
    type Error = A::Error;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.name.take() {
            Some(name) => seed.deserialize(name.into_deserializer()).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A present value, which an option deserialises as `Some`.
struct Present<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Present<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Null, which an option deserialises as `None`.
struct Null<E>(PhantomData<E>);

impl<'de, E: de::Error> Deserializer<'de> for Null<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
