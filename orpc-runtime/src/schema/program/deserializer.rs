//! Deserialisation of checked text, and of the values of a source.
//!
//! The functions of [`Deserializer`] are compiled for each type of an input. They leave to others,
//! which are compiled once, all but the call of the visitor. Those that read a text are inlined
//! where speed matters more than the time of a build and the size of the program.

use std::borrow::Cow;

use serde::de::value::CowStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::input::{Input, Items, Literal, Members, Refused};
use super::{Checks, Node};
use crate::schema::refs::Types;
use crate::value::tokens::{Number, Text};
use crate::value::{Ask, Given, RAW_VALUE, ReadError as Error};

#[cold]
fn error(Refused: Refused) -> Error {
    Error::refused()
}

/// The next value of a text, and its node.
pub(in crate::schema) struct Place<'r, 'p, 'de> {
    pub(super) input: &'r mut Input<'p, 'de>,
    pub(super) node: &'p Node,
}

/// The beginning of a value of any type.
enum Any<'r, 'p, 'de> {
    Unit,
    Bool(bool),
    Number(Number),
    /// A value that no text has.
    Given(Given<'de>),
    Text(Text<'de>),
    Items(Items<'r, 'p, 'de>),
    Members(Members<'r, 'p, 'de>),
}

/// The beginning of a struct.
enum Fields<'r, 'p, 'de> {
    Named(Members<'r, 'p, 'de>),
    Unnamed(Items<'r, 'p, 'de>),
}

/// The beginning of a newtype struct.
enum Newtype<'r, 'p, 'de> {
    Inner(Place<'r, 'p, 'de>),
    Members(Members<'r, 'p, 'de>),
}

impl<'r, 'p, 'de> Place<'r, 'p, 'de> {
    /// Asks the source, if there is one.
    #[cold]
    fn ask(&mut self, ask: Ask, expected: &dyn Expected) -> Result<Given<'de>, Error> {
        match &mut self.input.source {
            Some(source) => source.value(ask, expected),
            None => Err(Error::refused()),
        }
    }

    /// Asks the source for a value that is neither a list nor a map.
    #[cold]
    fn ask_any(mut self, ask: Ask, expected: &dyn Expected) -> Result<Any<'r, 'p, 'de>, Error> {
        Ok(match self.ask(ask, expected)? {
            Given::Unit => Any::Unit,
            Given::Bool(bool) => Any::Bool(bool),
            Given::Unsigned(number) => Any::Number(Number::Unsigned(number)),
            Given::Negative(number) => Any::Number(Number::Negative(number)),
            Given::Float(number) => Any::Number(Number::Float(number)),
            Given::Text(text) => Any::Text(text.into()),
            Given::Items => Any::Items(Items::elsewhere(self.input)),
            Given::Members => Any::Members(Members::elsewhere(self.input)),
            given @ (Given::Wide(_) | Given::NegativeWide(_)) => Any::Given(given),
            given @ (Given::Huge | Given::Inner) => return Err(given.refused(expected)),
        })
    }

    /// Begins a value of any type that `types` has.
    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn any(
        self,
        types: Types,
        ask: Ask,
        expected: &dyn Expected,
    ) -> Result<Any<'r, 'p, 'de>, Error> {
        let Self { input, node } = self;
        let Ok(checks) = input.checks(node) else {
            return Place { input, node }.ask_any(ask, expected);
        };
        match input.tokens.peek() {
            Some(b'{') if types.has(Types::OBJECT) => {
                Members::open(input, checks).map(Any::Members).map_err(error)
            }
            Some(b'[') if types.has(Types::ARRAY) => {
                Items::open(input, checks).map(Any::Items).map_err(error)
            }
            Some(b'"') if types.has(Types::STRING) => {
                input.text(checks).map(Any::Text).map_err(error)
            }
            Some(b'-' | b'0'..=b'9') if types.has(Types::NUMBER) => {
                input.number(checks).map(Any::Number).map_err(error)
            }
            _ => match input.literal(checks).map_err(error)? {
                Literal::Null if types.has(Types::NULL) => Ok(Any::Unit),
                Literal::Bool(bool) if types.has(Types::BOOLEAN) => Ok(Any::Bool(bool)),
                _ => Err(error(Refused)),
            },
        }
    }

    fn literal(self, ask: Ask, expected: &dyn Expected) -> Result<Literal, Error> {
        let Self { input, node } = self;
        if let Ok(checks) = input.checks(node) {
            return input.literal(checks).map_err(error);
        }
        match (Place { input, node }).ask(ask, expected)? {
            Given::Unit => Ok(Literal::Null),
            Given::Bool(bool) => Ok(Literal::Bool(bool)),
            other => Err(other.refused(expected)),
        }
    }

    fn bool(self, expected: &dyn Expected) -> Result<bool, Error> {
        match self.literal(Ask::Bool, expected)? {
            Literal::Bool(bool) => Ok(bool),
            Literal::Null => Err(Given::Unit.refused(expected)),
        }
    }

    fn unit(self, expected: &dyn Expected) -> Result<(), Error> {
        match self.literal(Ask::Unit, expected)? {
            Literal::Null => Ok(()),
            Literal::Bool(bool) => Err(Given::Bool(bool).refused(expected)),
        }
    }

    /// Reads a value of the text by its first byte, or takes that of another source.
    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn read<T>(
        self,
        (ask, expected): (Ask, &dyn Expected),
        read: impl FnOnce(&'r mut Input<'p, 'de>, &'p Checks, Option<u8>) -> Result<T, Refused>,
        take: impl FnOnce(&'r mut Input<'p, 'de>, Given<'de>) -> Result<T, Given<'de>>,
    ) -> Result<T, Error> {
        let Self { input, node } = self;
        let Ok(checks) = input.checks(node) else {
            return Place { input, node }.take((ask, expected), take);
        };
        let first = input.tokens.peek();
        read(input, checks, first).map_err(error)
    }

    #[cold]
    fn take<T>(
        mut self,
        (ask, expected): (Ask, &dyn Expected),
        take: impl FnOnce(&'r mut Input<'p, 'de>, Given<'de>) -> Result<T, Given<'de>>,
    ) -> Result<T, Error> {
        let given = self.ask(ask, expected)?;
        take(self.input, given).map_err(|given| given.refused(expected))
    }

    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn number(self, ask: Ask, expected: &dyn Expected) -> Result<Number, Error> {
        self.read(
            (ask, expected),
            |input, checks, first| match first {
                Some(b'-' | b'0'..=b'9') => input.number(checks),
                _ => Err(Refused),
            },
            |_, given| match given {
                Given::Unsigned(number) => Ok(Number::Unsigned(number)),
                Given::Negative(number) => Ok(Number::Negative(number)),
                Given::Float(number) => Ok(Number::Float(number)),
                other => Err(other),
            },
        )
    }

    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn text(self, ask: Ask, expected: &dyn Expected) -> Result<Text<'de>, Error> {
        self.read(
            (ask, expected),
            |input, checks, first| match first {
                Some(b'"') => input.text(checks),
                _ => Err(Refused),
            },
            |_, given| match given {
                Given::Text(text) => Ok(text.into()),
                other => Err(other),
            },
        )
    }

    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn items(self, ask: Ask, expected: &dyn Expected) -> Result<Items<'r, 'p, 'de>, Error> {
        self.read(
            (ask, expected),
            |input, checks, first| match first {
                Some(b'[') => Items::open(input, checks),
                _ => Err(Refused),
            },
            |input, given| match given {
                Given::Items => Ok(Items::elsewhere(input)),
                other => Err(other),
            },
        )
    }

    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn members(self, ask: Ask, expected: &dyn Expected) -> Result<Members<'r, 'p, 'de>, Error> {
        self.read(
            (ask, expected),
            |input, checks, first| match first {
                Some(b'{') => Members::open(input, checks),
                _ => Err(Refused),
            },
            |input, given| match given {
                Given::Members => Ok(Members::elsewhere(input)),
                other => Err(other),
            },
        )
    }

    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn fields(self, ask: Ask, expected: &dyn Expected) -> Result<Fields<'r, 'p, 'de>, Error> {
        self.read(
            (ask, expected),
            |input, checks, first| match first {
                Some(b'{') => Members::open(input, checks).map(Fields::Named),
                Some(b'[') => Items::open(input, checks).map(Fields::Unnamed),
                _ => Err(Refused),
            },
            |input, given| match given {
                Given::Members => Ok(Fields::Named(Members::elsewhere(input))),
                Given::Items => Ok(Fields::Unnamed(Items::elsewhere(input))),
                other => Err(other),
            },
        )
    }

    /// Returns the value of an option; `None` if it is null.
    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn option(mut self, expected: &dyn Expected) -> Result<Option<Self>, Error> {
        match self.input.tokens.peek() {
            Some(b'n') => {
                let checks = self.input.checks(self.node).map_err(error)?;
                self.input.literal(checks).map_err(error)?;
                Ok(None)
            }
            None => match self.ask(Ask::Option, expected)? {
                Given::Unit => Ok(None),
                Given::Inner => Ok(Some(self)),
                other => Err(other.refused(expected)),
            },
            Some(_) => Ok(Some(self)),
        }
    }

    /// Returns the value of a newtype, or the map that it asks for by its name.
    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn newtype(
        mut self,
        name: &'static str,
        expected: &dyn Expected,
    ) -> Result<Newtype<'r, 'p, 'de>, Error> {
        if self.input.source.is_none() {
            return if name == RAW_VALUE { Err(error(Refused)) } else { Ok(Newtype::Inner(self)) };
        }
        match self.ask(Ask::Newtype(name), expected)? {
            Given::Inner => Ok(Newtype::Inner(self)),
            Given::Members => Ok(Newtype::Members(Members::elsewhere(self.input))),
            other => Err(other.refused(expected)),
        }
    }

    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    fn variant(self, ask: Ask, expected: &dyn Expected) -> Result<Variant<'r, 'p, 'de>, Error> {
        self.read(
            (ask, expected),
            |input, checks, first| match first {
                Some(b'{') => Members::open(input, checks).map(Variant::Member),
                Some(b'"') => input.text(checks).map(Variant::Text),
                _ => Err(Refused),
            },
            |input, given| match given {
                Given::Members => Ok(Variant::Member(Members::elsewhere(input))),
                Given::Text(text) => Ok(Variant::Text(text.into())),
                other => Err(other),
            },
        )
    }

    fn skip(self, expected: &dyn Expected) -> Result<(), Error> {
        let Self { input, node } = self;
        if input.source.is_some() {
            return (Place { input, node }).ask(Ask::Ignored, expected).map(drop);
        }
        input.skip(node).map_err(error)
    }

    /// Returns `true` if the value is an empty array, of a text.
    fn is_empty_array(&mut self) -> bool {
        let mut tokens = self.input.tokens.clone();
        let is_array = tokens.peek() == Some(b'[') && tokens.open().is_ok();
        is_array && tokens.next_item(true) == Ok(false)
    }
}

/// Visits a number.
macro_rules! numbers {
    ($($ask:ident: $($method:ident)*;)*) => {$($(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.number(Ask::$ask, &visitor)? {
                Number::Unsigned(number) => visitor.visit_u64(number),
                Number::Negative(number) => visitor.visit_i64(number),
                Number::Float(number) => visitor.visit_f64(number),
            }
        }
    )*)*};
}

/// Visits a text.
macro_rules! texts {
    ($($ask:ident: $($method:ident)*;)*) => {$($(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.text(Ask::$ask, &visitor)? {
                Text::Borrowed(text) => visitor.visit_borrowed_str(text),
                Text::Owned(text) => visitor.visit_string(text),
            }
        }
    )*)*};
}

// The values that a type asks for by these methods are those that `serde_json::Value` gives it.
impl<'de> Deserializer<'de> for Place<'_, '_, 'de> {
    type Error = Error;

    numbers! {
        Number: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_u8 deserialize_u16
            deserialize_u32 deserialize_f32 deserialize_f64;
        Wide: deserialize_i64 deserialize_u64;
    }

    texts! {
        Text: deserialize_str deserialize_string;
        Char: deserialize_char;
        Identifier: deserialize_identifier;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.any(Types::ANY, Ask::Any, &visitor)? {
            Any::Unit => visitor.visit_unit(),
            Any::Bool(bool) => visitor.visit_bool(bool),
            Any::Number(Number::Unsigned(number)) => visitor.visit_u64(number),
            Any::Number(Number::Negative(number)) => visitor.visit_i64(number),
            Any::Number(Number::Float(number)) => visitor.visit_f64(number),
            Any::Given(Given::Wide(number)) => visitor.visit_u128(number),
            Any::Given(Given::NegativeWide(number)) => visitor.visit_i128(number),
            Any::Given(other) => Err(other.refused(&visitor)),
            Any::Text(Text::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Any::Text(Text::Owned(text)) => visitor.visit_string(text),
            Any::Items(mut items) => {
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Any::Members(mut members) => {
                let value = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.any(Types::NUMBER, Ask::Wide, &visitor)? {
            Any::Number(Number::Unsigned(number)) => visitor.visit_u64(number),
            Any::Number(Number::Negative(number)) => visitor.visit_i64(number),
            Any::Number(Number::Float(number)) => visitor.visit_f64(number),
            Any::Given(Given::Wide(number)) => visitor.visit_u128(number),
            Any::Given(Given::NegativeWide(number)) => visitor.visit_i128(number),
            other => Err(other.refused(&visitor)),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_i128(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let bool = self.bool(&visitor)?;
        visitor.visit_bool(bool)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.any(Types::STRING.or(Types::ARRAY), Ask::Bytes, &visitor)? {
            Any::Text(Text::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Any::Text(Text::Owned(text)) => visitor.visit_string(text),
            Any::Items(mut items) => {
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            other => Err(other.refused(&visitor)),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.unit(&visitor)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip(&visitor)?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.option(&visitor)? {
            Some(value) => visitor.visit_some(value),
            None => visitor.visit_none(),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.newtype(name, &visitor)? {
            Newtype::Inner(value) => visitor.visit_newtype_struct(value),
            Newtype::Members(mut members) => visitor.visit_map(&mut members),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut items = self.items(Ask::Seq, &visitor)?;
        let value = visitor.visit_seq(&mut items)?;
        items.end()?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut items = self.items(Ask::Tuple(length), &visitor)?;
        let value = visitor.visit_seq(&mut items)?;
        items.end()?;
        Ok(value)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut members = self.members(Ask::Map, &visitor)?;
        let value = visitor.visit_map(&mut members)?;
        members.end()?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.fields(Ask::Struct(name, fields), &visitor)? {
            Fields::Named(mut members) => {
                let value = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(value)
            }
            Fields::Unnamed(mut items) => {
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut variant = self.variant(Ask::Enum(name, variants), &visitor)?;
        let value = visitor.visit_enum(&mut variant)?;
        variant.end()?;
        Ok(value)
    }
}

impl Any<'_, '_, '_> {
    /// Returns the error for a type that expects something else.
    #[cold]
    fn refused(&self, expected: &dyn Expected) -> Error {
        match self {
            Self::Unit => Given::Unit,
            Self::Bool(bool) => Given::Bool(*bool),
            Self::Number(Number::Unsigned(number)) => Given::Unsigned(*number),
            Self::Number(Number::Negative(number)) => Given::Negative(*number),
            Self::Number(Number::Float(number)) => Given::Float(*number),
            Self::Text(text) => Given::Text(text.as_str().into()),
            Self::Items(_) => Given::Items,
            Self::Members(_) => Given::Members,
            Self::Given(given) => return given.refused(expected),
        }
        .refused(expected)
    }
}

impl<'de> MapAccess<'de> for Members<'_, '_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        match self.next_key()? {
            Some(name) => Ok(Some(seed.deserialize(name)?)),
            None => Ok(None),
        }
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
        match self.next_place()? {
            Some(place) => Ok(Some(seed.deserialize(place)?)),
            None => Ok(None),
        }
    }
}

/// The variant of an enum: its name, or an object with one member.
enum Variant<'r, 'p, 'de> {
    Text(Text<'de>),
    Member(Members<'r, 'p, 'de>),
}

impl<'p, 'de> Variant<'_, 'p, 'de> {
    fn name(&mut self) -> Result<Cow<'de, str>, Error> {
        match self {
            Self::Text(text) => Ok(std::mem::replace(text, Text::Borrowed("")).into()),
            Self::Member(members) => members.variant(),
        }
    }

    /// Returns the payload; fails if there is none.
    fn payload(&mut self) -> Result<Place<'_, 'p, 'de>, Error> {
        match self {
            Self::Text(_) => Err(Error::refused()),
            Self::Member(members) => {
                members.note_payload(true);
                Ok(Place { input: members.input, node: members.node })
            }
        }
    }

    fn no_payload(&mut self) -> Result<(), Error> {
        match self {
            Self::Text(_) => Ok(()),
            Self::Member(members) => {
                members.note_payload(false);
                MapAccess::next_value(members)
            }
        }
    }

    fn end(self) -> Result<(), Error> {
        match self {
            Self::Text(_) => Ok(()),
            Self::Member(members) => members.end(),
        }
    }
}

impl<'de> EnumAccess<'de> for &mut Variant<'_, '_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name = self.name()?;
        Ok((seed.deserialize(CowStrDeserializer::new(name))?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Variant<'_, '_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.no_payload()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.payload()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        let mut payload = self.payload()?;
        // `serde_json::Value` takes an empty array for null here, which no tuple is read from.
        if payload.is_empty_array() {
            return Err(error(Refused));
        }
        payload.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut members = self.payload()?.members(Ask::Struct("", fields), &visitor)?;
        let value = visitor.visit_map(&mut members)?;
        members.end()?;
        Ok(value)
    }
}
