//! Deserialisation of checked text.

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::input::{Input, Items, Literal, Members, Refused};
use super::{Node, Program};
use crate::schema::refs::Types;
use crate::value::tokens::{Number, Text};
use crate::value::{Name, RAW_VALUE};

type Error = serde_json::Error;

#[cold]
fn error(Refused: Refused) -> Error {
    Error::custom("refused")
}

impl Program {
    /// Deserialises a text that the program accepts.
    pub(in crate::schema) fn read<'de, T: Deserialize<'de>>(&self, text: &'de str) -> Option<T> {
        let mut input = Input::new(self, text);
        let root = &self.nodes[self.root];
        let value = T::deserialize(Place { input: &mut input, node: root }).ok()?;
        input.tokens.end().ok()?;
        Some(value)
    }

    /// Deserialises the value of an envelope that has nothing else.
    pub(in crate::schema) fn read_envelope<'de, T>(&self, envelope: &'de str) -> Option<T>
    where
        T: Deserialize<'de>,
    {
        let mut input = Input::new(self, envelope);
        if input.tokens.peek() != Some(b'{') {
            return None;
        }
        input.tokens.open().ok()?;
        if input.tokens.next_member(true).ok()??.as_str() != "json" {
            return None;
        }
        let root = &self.nodes[self.root];
        let value = T::deserialize(Place { input: &mut input, node: root }).ok()?;
        let is_alone = input.tokens.next_member(false).is_ok_and(|name| name.is_none());
        (is_alone && input.tokens.end().is_ok()).then_some(value)
    }
}

/// The next value of a text, and its node.
struct Place<'r, 'p, 'de> {
    input: &'r mut Input<'p, 'de>,
    node: &'p Node,
}

impl<'de> Place<'_, '_, 'de> {
    /// Visits the next value if it begins as one of these types does.
    fn visit<V: Visitor<'de>>(self, types: Types, visitor: V) -> Result<V::Value, Error> {
        let Self { input, node } = self;
        let checks = input.checks(node).map_err(error)?;
        match input.tokens.peek() {
            Some(b'{') if types.has(Types::OBJECT) => {
                let mut members = Members::open(input, checks).map_err(error)?;
                let value = visitor.visit_map(&mut members)?;
                members.end().map_err(error)?;
                Ok(value)
            }
            Some(b'[') if types.has(Types::ARRAY) => {
                let mut items = Items::open(input, checks).map_err(error)?;
                let value = visitor.visit_seq(&mut items)?;
                items.end().map_err(error)?;
                Ok(value)
            }
            Some(b'"') if types.has(Types::STRING) => match input.text(checks).map_err(error)? {
                Text::Borrowed(text) => visitor.visit_borrowed_str(text),
                Text::Owned(text) => visitor.visit_string(text),
            },
            Some(b'-' | b'0'..=b'9') if types.has(Types::NUMBER) => {
                match input.number(checks).map_err(error)? {
                    Number::Unsigned(number) => visitor.visit_u64(number),
                    Number::Negative(number) => visitor.visit_i64(number),
                    Number::Float(number) => visitor.visit_f64(number),
                }
            }
            _ => match input.literal(checks).map_err(error)? {
                Literal::Null if types.has(Types::NULL) => visitor.visit_unit(),
                Literal::Bool(bool) if types.has(Types::BOOLEAN) => visitor.visit_bool(bool),
                _ => Err(error(Refused)),
            },
        }
    }
}

/// The values that a type asks for by these methods, as `serde_json::Value` gives them.
macro_rules! visits {
    ($($types:expr => $($method:ident)*;)*) => {$($(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.visit($types, visitor)
        }
    )*)*};
}

impl<'de> Deserializer<'de> for Place<'_, '_, 'de> {
    type Error = Error;

    visits! {
        Types::ANY => deserialize_any;
        Types::BOOLEAN => deserialize_bool;
        Types::NUMBER => deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
            deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
            deserialize_u128 deserialize_f32 deserialize_f64;
        Types::STRING => deserialize_char deserialize_str deserialize_string
            deserialize_identifier;
        Types::STRING.or(Types::ARRAY) => deserialize_bytes deserialize_byte_buf;
        Types::NULL => deserialize_unit;
        Types::ARRAY => deserialize_seq;
        Types::OBJECT => deserialize_map;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.input.tokens.peek() != Some(b'n') {
            return visitor.visit_some(self);
        }
        let checks = self.input.checks(self.node).map_err(error)?;
        self.input.literal(checks).map_err(error)?;
        visitor.visit_none()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == RAW_VALUE {
            return Err(error(Refused));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.visit(Types::OBJECT.or(Types::ARRAY), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Self { input, node } = self;
        let checks = input.checks(node).map_err(error)?;
        match input.tokens.peek() {
            Some(b'{') => {}
            Some(b'"') => {
                let name = input.text(checks).map_err(error)?;
                return visitor.visit_enum(name.as_str().into_deserializer());
            }
            _ => return Err(error(Refused)),
        }
        let mut members = Members::open(input, checks).map_err(error)?;
        let value = visitor.visit_enum(Variant(&mut members))?;
        members.end().map_err(error)?;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.input.skip(self.node).map_err(error)?;
        visitor.visit_unit()
    }
}

impl<'de> MapAccess<'de> for Members<'_, '_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.next().map_err(error)?.map(|name| seed.deserialize(Name::new(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Place { input: self.input, node: self.node })
    }
}

impl<'de> SeqAccess<'de> for Items<'_, '_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(node) = self.next().map_err(error)? else { return Ok(None) };
        seed.deserialize(Place { input: self.input, node }).map(Some)
    }
}

/// The variant of an enum as an object with one member.
struct Variant<'m, 'r, 'p, 'de>(&'m mut Members<'r, 'p, 'de>);

impl<'de> EnumAccess<'de> for Variant<'_, '_, '_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name = self.0.next().and_then(|name| name.ok_or(Refused)).map_err(error)?;
        Ok((seed.deserialize(Name::new(name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_, '_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.0.next_value()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.0.next_value_seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Error> {
        // `serde_json::Value` takes an empty array for null here, which no tuple is read from.
        let mut tokens = self.0.input.tokens.clone();
        let is_array = tokens.peek() == Some(b'[') && tokens.open().is_ok();
        if is_array && tokens.next_item(true) == Ok(false) {
            return Err(error(Refused));
        }
        Place { input: self.0.input, node: self.0.node }.visit(Types::ARRAY, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Place { input: self.0.input, node: self.0.node }.visit(Types::OBJECT, visitor)
    }
}
