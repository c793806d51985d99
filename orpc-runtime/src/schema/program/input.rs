//! Deserialisation of checked text.

use serde::Deserialize;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::{ANYTHING, Checks, Node, ONLY_NULL, Program, Rest, Tagged};
use crate::schema::refs::Types;
use crate::value::RAW_VALUE;
use crate::value::normalise_numbers;
use crate::value::tokens::{NotJson, Number, Text, Tokens};

type Error = serde_json::Error;

/// A value that the program refuses: the validator finds out why.
#[derive(Debug, Clone, Copy)]
struct Refused;

impl From<NotJson> for Refused {
    fn from(NotJson: NotJson) -> Self {
        Self
    }
}

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

/// A text on its way through a program.
struct Input<'p, 'de> {
    program: &'p Program,
    tokens: Tokens<'de>,
    /// Bytes that may still be read twice: to find the tag of an object, or for a validator.
    ahead: usize,
    /// Hashes of the names in open objects that are not those of properties.
    names: Vec<u64>,
}

/// A scalar value.
enum Scalar<'de> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Text<'de>),
}

/// A node that accepts any value.
static ANY: Node = Node::Any;

impl<'p, 'de> Input<'p, 'de> {
    fn new(program: &'p Program, text: &'de str) -> Self {
        /// Times that a text may be read ahead.
        const TIMES_AHEAD: usize = 4;

        let ahead = text.len().saturating_mul(TIMES_AHEAD);
        Self { program, tokens: Tokens::new(text), ahead, names: Vec::new() }
    }

    fn node(&self, rest: Rest) -> Result<&'p Node, Refused> {
        match rest {
            Rest::Any => Ok(&ANY),
            Rest::Refused => Err(Refused),
            Rest::Of(node) => Ok(&self.program.nodes[node]),
        }
    }

    /// Returns the constraints of the next value.
    fn checks(&mut self, mut node: &'p Node) -> Result<&'p Checks, Refused> {
        loop {
            match node {
                Node::Any => return Ok(&ANYTHING),
                Node::Same(target) => node = &self.program.nodes[*target],
                Node::Checks(checks) => return Ok(checks),
                Node::Nullable(inner) => {
                    if self.tokens.peek() == Some(b'n') {
                        return Ok(&ONLY_NULL);
                    }
                    node = &self.program.nodes[*inner];
                }
                Node::Tagged(tagged) => node = self.variant(tagged)?,
                Node::Other(validator) => {
                    let text = self.look_ahead(|input| {
                        input.tokens.peek();
                        let start = input.tokens.at();
                        input.skip(&ANY)?;
                        Ok(input.tokens.since(start))
                    })?;
                    let mut value: Value = serde_json::from_str(text).map_err(|_| Refused)?;
                    normalise_numbers(&mut value);
                    return if validator.is_valid(&value) { Ok(&ANYTHING) } else { Err(Refused) };
                }
            }
        }
    }

    /// Reads without going on.
    fn look_ahead<R>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<R, Refused>,
    ) -> Result<R, Refused> {
        let tokens = self.tokens.clone();
        let result = read(self)?;
        let length = self.tokens.at() - tokens.at();
        self.ahead = self.ahead.checked_sub(length).ok_or(Refused)?;
        self.tokens = tokens;
        Ok(result)
    }

    /// Returns the variant that the tag of the next object names.
    fn variant(&mut self, tagged: &Tagged) -> Result<&'p Node, Refused> {
        let node = self.look_ahead(|input| {
            if input.tokens.peek() != Some(b'{') {
                return Err(Refused);
            }
            input.tokens.open()?;
            let mut is_first = true;
            while let Some(name) = input.tokens.next_member(is_first)? {
                is_first = false;
                if name.as_str() == &*tagged.tag {
                    if input.tokens.peek() != Some(b'"') {
                        return Err(Refused);
                    }
                    let name = input.tokens.string()?;
                    return tagged.variant(name.as_str()).ok_or(Refused);
                }
                input.skip(&ANY)?;
            }
            Err(Refused)
        })?;
        Ok(&self.program.nodes[node])
    }

    fn scalar(&mut self, checks: &Checks) -> Result<Scalar<'de>, Refused> {
        let tokens = &mut self.tokens;
        let (scalar, of) = match tokens.peek().ok_or(Refused)? {
            b'"' => {
                let text = tokens.string()?;
                if !checks.text.accept(text.as_str()) {
                    return Err(Refused);
                }
                (Scalar::Text(text), Types::STRING)
            }
            b'-' | b'0'..=b'9' => {
                let number = tokens.number()?;
                if !checks.number.accept(number) {
                    return Err(Refused);
                }
                (Scalar::Number(number), Types::NUMBER)
            }
            b'n' => {
                tokens.literal("null")?;
                (Scalar::Null, Types::NULL)
            }
            b't' => {
                tokens.literal("true")?;
                (Scalar::Bool(true), Types::BOOLEAN)
            }
            b'f' => {
                tokens.literal("false")?;
                (Scalar::Bool(false), Types::BOOLEAN)
            }
            _ => return Err(Refused),
        };
        if checks.types.has(of) { Ok(scalar) } else { Err(Refused) }
    }

    /// Checks the next value, which nobody wants.
    fn skip(&mut self, node: &'p Node) -> Result<(), Refused> {
        let checks = self.checks(node)?;
        match self.tokens.peek() {
            Some(b'{') => {
                let mut members = Members::open(self, checks)?;
                while members.next()?.is_some() {
                    let node = members.node;
                    members.input.skip(node)?;
                }
            }
            Some(b'[') => {
                let mut items = Items::open(self, checks)?;
                while let Some(node) = items.next()? {
                    items.input.skip(node)?;
                }
            }
            _ => drop(self.scalar(checks)?),
        }
        Ok(())
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
            Some(b'{' | b'[') => Err(error(Refused)),
            _ => match input.scalar(checks).map_err(error)? {
                Scalar::Null if types.has(Types::NULL) => visitor.visit_unit(),
                Scalar::Bool(bool) if types.has(Types::BOOLEAN) => visitor.visit_bool(bool),
                Scalar::Number(number) if types.has(Types::NUMBER) => match number {
                    Number::Unsigned(number) => visitor.visit_u64(number),
                    Number::Negative(number) => visitor.visit_i64(number),
                    Number::Float(number) => visitor.visit_f64(number),
                },
                Scalar::Text(text) if types.has(Types::STRING) => match text {
                    Text::Borrowed(text) => visitor.visit_borrowed_str(text),
                    Text::Owned(text) => visitor.visit_string(text),
                },
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
        self.input.scalar(checks).map_err(error)?;
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
        if input.tokens.peek() != Some(b'{') {
            let Scalar::Text(name) = input.scalar(checks).map_err(error)? else {
                return Err(error(Refused));
            };
            return visitor.visit_enum(name.as_str().into_deserializer());
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

/// The members of an object.
struct Members<'r, 'p, 'de> {
    input: &'r mut Input<'p, 'de>,
    checks: &'p Checks,
    /// Node of the member whose name has been read.
    node: &'p Node,
    count: usize,
    is_ended: bool,
    /// Index of the property that is expected next.
    next: usize,
    /// Bits of the properties that have been read.
    found: u64,
    /// Index of the object's first name among the names.
    names: usize,
}

impl<'r, 'p, 'de> Members<'r, 'p, 'de> {
    fn open(input: &'r mut Input<'p, 'de>, checks: &'p Checks) -> Result<Self, Refused> {
        if !checks.types.has(Types::OBJECT) {
            return Err(Refused);
        }
        input.tokens.open()?;
        let names = input.names.len();
        Ok(Self { input, checks, node: &ANY, count: 0, is_ended: false, next: 0, found: 0, names })
    }

    /// Goes to the value of the next member, and returns its name.
    fn next(&mut self) -> Result<Option<Text<'de>>, Refused> {
        if self.is_ended {
            return Ok(None);
        }
        let object = &self.checks.object;
        let is_first = self.count == 0;
        // Members are often in the order of the properties, of which some are left out.
        for (index, property) in object.properties.iter().enumerate().skip(self.next).take(2) {
            if let Some(expected) = &property.text
                && let Some(name) = self.input.tokens.expected_member(is_first, expected)
            {
                self.property(index)?;
                return Ok(Some(name));
            }
        }
        let Some(name) = self.input.tokens.next_member(is_first)? else {
            self.close()?;
            return Ok(None);
        };
        match object.find(name.as_str()) {
            Some(index) => self.property(index)?,
            None => {
                self.count += 1;
                self.node = self.input.node(object.others)?;
                self.input.names.push(hash(name.as_str()));
            }
        }
        Ok(Some(name))
    }

    /// Notes that the next value is that of a property.
    fn property(&mut self, index: usize) -> Result<(), Refused> {
        let bit = 1 << index;
        if self.found & bit != 0 {
            return Err(Refused);
        }
        self.found |= bit;
        self.count += 1;
        self.next = index + 1;
        self.node = &self.input.program.nodes[self.checks.object.properties[index].node];
        Ok(())
    }

    /// Checks the object as a whole. Of two members of one name only the last would count.
    fn close(&mut self) -> Result<(), Refused> {
        self.is_ended = true;
        let object = &self.checks.object;
        let names = &mut self.input.names[self.names..];
        names.sort_unstable();
        let is_unique = names.is_sorted_by(|one, other| one < other);
        self.input.names.truncate(self.names);
        let is_complete = object.required & !self.found == 0 && object.length.contain(self.count);
        if is_unique && is_complete { Ok(()) } else { Err(Refused) }
    }

    /// Checks that the object ends here.
    fn end(mut self) -> Result<(), Refused> {
        match self.next()? {
            None => Ok(()),
            Some(_) => Err(Refused),
        }
    }
}

/// Hashes a name. Two names of one hash are taken for one.
fn hash(name: &str) -> u64 {
    // FNV-1a.
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl<'de> MapAccess<'de> for Members<'_, '_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.next().map_err(error)?.map(|name| seed.deserialize(Name(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Place { input: self.input, node: self.node })
    }
}

/// The items of an array.
struct Items<'r, 'p, 'de> {
    input: &'r mut Input<'p, 'de>,
    checks: &'p Checks,
    count: usize,
    is_ended: bool,
}

impl<'r, 'p, 'de> Items<'r, 'p, 'de> {
    fn open(input: &'r mut Input<'p, 'de>, checks: &'p Checks) -> Result<Self, Refused> {
        if !checks.types.has(Types::ARRAY) {
            return Err(Refused);
        }
        input.tokens.open()?;
        Ok(Self { input, checks, count: 0, is_ended: false })
    }

    /// Goes to the next item, and returns its node.
    fn next(&mut self) -> Result<Option<&'p Node>, Refused> {
        if self.is_ended {
            return Ok(None);
        }
        if !self.input.tokens.next_item(self.count == 0)? {
            self.is_ended = true;
            let is_complete = self.checks.array.length.contain(self.count);
            return if is_complete { Ok(None) } else { Err(Refused) };
        }
        let node = self.input.node(self.checks.array.item(self.count))?;
        self.count += 1;
        Ok(Some(node))
    }

    /// Checks that the array ends here.
    fn end(mut self) -> Result<(), Refused> {
        match self.next()? {
            None => Ok(()),
            Some(_) => Err(Refused),
        }
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
        Ok((seed.deserialize(Name(name))?, self))
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

/// The name of a member, which may be the text of a number.
struct Name<'de>(Text<'de>);

impl Name<'_> {
    /// Reads the name as `serde_json` does.
    fn scalar<T>(
        &self,
        read: impl FnOnce(
            &mut serde_json::Deserializer<serde_json::de::StrRead<'_>>,
        ) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let name = self.0.as_str();
        let is_number = name.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            && name.ends_with(|last: char| last.is_ascii_digit());
        if !is_number {
            return Err(error(Refused));
        }
        let mut deserializer = serde_json::Deserializer::from_str(name);
        let number = read(&mut deserializer)?;
        deserializer.end()?;
        Ok(number)
    }
}

macro_rules! numbers_in_text {
    ($($method:ident $visit:ident $ty:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.scalar(|number| <$ty>::deserialize(number))?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Text::Borrowed(name) => visitor.visit_borrowed_str(name),
            Text::Owned(name) => visitor.visit_string(name),
        }
    }

    numbers_in_text! {
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
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.as_str() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(error(Refused)),
        }
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
        visitor.visit_enum(de::value::CowStrDeserializer::new(self.0.into()))
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}
