//! Keys of objects, for any Rust type.

use serde::ser::{Error as _, Impossible, Serialize, Serializer};
use serde_json::Error;

/// A serialiser that passes the text of a key to a function: strings, numbers and
/// booleans, as in `serde_json`.
pub(super) struct KeyText<F>(pub(super) F);

macro_rules! integers {
    ($($method:ident $ty:ty;)*) => {$(
        fn $method(self, integer: $ty) -> Result<R, Error> {
            (self.0)(itoa::Buffer::new().format(integer))
        }
    )*};
}

macro_rules! no_texts {
    ($($method:ident($($ty:ty),*) -> $out:ty;)*) => {$(
        fn $method(self, $(_: $ty),*) -> Result<$out, Error> {
            Err(Error::custom("key must be a string"))
        }
    )*};
}

impl<R, F: FnOnce(&str) -> Result<R, Error>> Serializer for KeyText<F> {
    type Ok = R;
    type Error = Error;
    type SerializeSeq = Impossible<R, Error>;
    type SerializeTuple = Impossible<R, Error>;
    type SerializeTupleStruct = Impossible<R, Error>;
    type SerializeTupleVariant = Impossible<R, Error>;
    type SerializeMap = Impossible<R, Error>;
    type SerializeStruct = Impossible<R, Error>;
    type SerializeStructVariant = Impossible<R, Error>;

    integers! {
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_i128 i128;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_u128 u128;
    }

    fn serialize_bool(self, bool: bool) -> Result<R, Error> {
        (self.0)(if bool { "true" } else { "false" })
    }

    fn serialize_char(self, char: char) -> Result<R, Error> {
        (self.0)(char.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<R, Error> {
        (self.0)(text)
    }

    fn serialize_f32(self, number: f32) -> Result<R, Error> {
        if !number.is_finite() {
            return Err(Error::custom("float key must be finite"));
        }
        (self.0)(ryu_js::Buffer::new().format_finite(number))
    }

    fn serialize_f64(self, number: f64) -> Result<R, Error> {
        if !number.is_finite() {
            return Err(Error::custom("float key must be finite"));
        }
        (self.0)(ryu_js::Buffer::new().format_finite(number))
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<R, Error> {
        (self.0)(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<R, Error> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<R, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<R, Error> {
        Err(Error::custom("key must be a string"))
    }

    no_texts! {
        serialize_bytes(&[u8]) -> R;
        serialize_none() -> R;
        serialize_unit() -> R;
        serialize_unit_struct(&'static str) -> R;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
