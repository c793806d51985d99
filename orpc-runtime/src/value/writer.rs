//! Serialisation of a type to the parts of an envelope.

mod compound;

use std::ops::Range;

use serde::ser::{Error as _, Serialize, Serializer};

use self::compound::{Compound, Form};
use super::bigint_paths::{Place, Places};
use super::file::{File, receive};
use super::json::{
    JsonWriter, inexact, write_integer, write_name, write_number, write_short_number, write_string,
};
use super::kind::{self, Kind};
use super::meta::{Meta, Step};

type Error = serde_json::Error;

/// Encoding of integers of 64 and 128 bits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Integers<'a> {
    /// All are numbers.
    Numbers,
    /// All are numbers; one that JavaScript does not hold exactly is an error.
    ExactNumbers,
    /// All are bigints.
    BigInts,
    /// Those at the places of bigints in the schema are bigints.
    ByPlace(&'a Places),
    /// Decided later, by the declaration of an error.
    Undecided,
}

/// Result of writing a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Value,
    /// Nothing was written: the value is undefined.
    Undefined,
}

/// A value of any type. These functions are compiled for each type, and those that call them are
/// not.
pub(crate) trait Serialised {
    /// Writes plain JSON.
    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error>;

    /// Writes values that JSON lacks as well.
    fn write_typed(&self, writer: &mut Writer<'_>) -> Result<(), Error>;
}

impl<T: Serialize> Serialised for T {
    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        self.serialize(writer)
    }

    fn write_typed(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        self.serialize(writer)
    }
}

/// Appends the JSON of a value and collects the types that JSON lacks. On failure `out`
/// keeps its length.
pub(crate) fn write_value(
    value: &dyn Serialised,
    integers: Integers<'_>,
    out: &mut Vec<u8>,
    meta: &mut Meta,
) -> Result<Written, Error> {
    let start = out.len();
    let place = match integers {
        Integers::ByPlace(places) => Some(places.root()),
        _ => None,
    };
    let mut writer =
        Writer { start, out, meta, path: Vec::new(), integers, place, undefined: false };
    match value.write_typed(&mut writer) {
        Ok(()) if writer.undefined => Ok(Written::Undefined),
        Ok(()) => Ok(Written::Value),
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// A serialiser of values with types.
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Offset of the value.
    start: usize,
    meta: &'a mut Meta,
    path: Vec<Segment>,
    integers: Integers<'a>,
    place: Option<Place<'a>>,
    /// The last value is undefined: nothing was written for it.
    undefined: bool,
}

/// A step of the path to the value that is being written.
enum Segment {
    /// A member; the range of its name in the output.
    Key(Range<usize>),
    Index(usize),
}

/// Writes each step after a comma.
fn write_path(path: &[Segment], out: &[u8], text: &mut Vec<u8>) {
    for segment in path {
        text.push(b',');
        match segment {
            Segment::Key(key) => text.extend_from_slice(&out[key.clone()]),
            Segment::Index(index) => write_integer(*index, text),
        }
    }
}

impl<'a> Writer<'a> {
    fn mark(&mut self, kind: Kind) {
        let Some(code) = kind.code() else { return };
        let (path, out) = (&self.path, &*self.out);
        self.meta.push(code, |text| write_path(path, out, text));
    }

    /// Omits the file from the JSON, and records its place.
    fn detach(&mut self, file: File) {
        let (path, out) = (&self.path, &*self.out);
        self.meta.push_file(file, |text| write_path(path, out, text));
    }

    /// Returns the path in the form that the places of a type use.
    fn steps(&self) -> Result<Vec<Step>, Error> {
        let step = |segment: &Segment| match segment {
            Segment::Key(key) => serde_json::from_slice::<String>(&self.out[key.clone()])
                .map(|key| Step::Member(key.into())),
            Segment::Index(index) => Ok(Step::Item(*index)),
        };
        self.path.iter().map(step).collect()
    }

    fn integer(&mut self, integer: impl itoa::Integer) -> Result<(), Error> {
        let is_bigint = match self.integers {
            Integers::Numbers => false,
            Integers::ExactNumbers => {
                let start = self.out.len();
                write_integer(integer, self.out);
                return inexact(&self.out[start..])
                    .map_or(Ok(()), |message| Err(Error::custom(message)));
            }
            Integers::BigInts => true,
            Integers::ByPlace(_) => self.place.is_some_and(Place::is_wide),
            Integers::Undecided => {
                let start = self.out.len() - self.start;
                write_integer(integer, self.out);
                let steps = self.steps()?;
                self.mark(Kind::BigInt);
                self.meta.doubt(start..self.out.len() - self.start, steps);
                return Ok(());
            }
        };
        if is_bigint {
            self.out.push(b'"');
            write_integer(integer, self.out);
            self.out.push(b'"');
            self.mark(Kind::BigInt);
        } else {
            write_integer(integer, self.out);
        }
        Ok(())
    }

    fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    /// Writes the separator before an element or member.
    fn separate(&mut self, is_first: &mut bool) {
        if !std::mem::take(is_first) {
            self.out.push(b',');
        }
    }

    /// Writes `{"variant":`, and adds it to the path.
    fn enter_variant(&mut self, variant: &str) -> Result<(), Error> {
        self.out.push(b'{');
        let key = write_name(variant, true, self.out)?;
        self.path.push(Segment::Key(key));
        self.place = self.place.and_then(|place| place.member(variant));
        Ok(())
    }
}

/// The name under which `serde_json` passes JSON text.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

macro_rules! small_integers {
    ($($method:ident $ty:ty;)*) => {$(
        fn $method(self, integer: $ty) -> Result<(), Error> {
            write_integer(integer, self.out);
            Ok(())
        }
    )*};
}

macro_rules! large_integers {
    ($($method:ident $ty:ty;)*) => {$(
        fn $method(self, integer: $ty) -> Result<(), Error> {
            self.integer(integer)
        }
    )*};
}

impl<'w, 'a> Serializer for &'w mut Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'w, 'a>;
    type SerializeTuple = Compound<'w, 'a>;
    type SerializeTupleStruct = Compound<'w, 'a>;
    type SerializeTupleVariant = Compound<'w, 'a>;
    type SerializeMap = Compound<'w, 'a>;
    type SerializeStruct = Compound<'w, 'a>;
    type SerializeStructVariant = Compound<'w, 'a>;

    fn serialize_bool(self, bool: bool) -> Result<(), Error> {
        self.out.extend_from_slice(if bool { b"true" } else { b"false" });
        Ok(())
    }

    small_integers! {
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
    }

    large_integers! {
        serialize_i64 i64;
        serialize_i128 i128;
        serialize_u64 u64;
        serialize_u128 u128;
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        write_short_number(number, self.out);
        if number.is_nan() {
            self.mark(Kind::Nan);
        }
        Ok(())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        write_number(number, self.out);
        if number.is_nan() {
            self.mark(Kind::Nan);
        }
        Ok(())
    }

    fn serialize_char(self, char: char) -> Result<(), Error> {
        self.serialize_str(char.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        write_string(text, self.out)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.null();
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        // Only names of special types have this prefix.
        if !name.starts_with('$') {
            return value.serialize(self);
        }
        if name == kind::NUMBER {
            let integers = std::mem::replace(&mut self.integers, Integers::ExactNumbers);
            value.serialize(&mut *self)?;
            self.integers = integers;
            return Ok(());
        }
        match Kind::of_tag(name) {
            Some(Kind::Undefined) => self.undefined = true,
            Some(Kind::File) => {
                let file = receive(|| value.serialize(&mut *self))?;
                if let Some(file) = file {
                    self.detach(file);
                }
            }
            Some(kind) => {
                value.serialize(&mut *self)?;
                if std::mem::take(&mut self.undefined) {
                    self.null();
                }
                self.mark(kind);
            }
            None => value.serialize(self)?,
        }
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut object = self.compound(b"{", b"}");
        let member = object.key(variant)?;
        object.member(member, value)?;
        object.close()
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Compound<'w, 'a>, Error> {
        Ok(self.compound(b"[", b"]"))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Compound<'w, 'a>, Error> {
        Ok(self.compound(b"[", b"]"))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _len: usize,
    ) -> Result<Compound<'w, 'a>, Error> {
        if name == kind::CODED {
            return Ok(self.compound_of(Form::Coded, b"", b""));
        }
        Ok(self.compound(b"[", b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'w, 'a>, Error> {
        self.enter_variant(variant)?;
        Ok(self.compound_of(Form::Variant, b"[", b"]"))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Compound<'w, 'a>, Error> {
        Ok(self.compound(b"{", b"}"))
    }

    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Compound<'w, 'a>, Error> {
        if name == RAW_VALUE {
            return Ok(self.compound_of(Form::Raw, b"", b""));
        }
        Ok(self.compound(b"{", b"}"))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'w, 'a>, Error> {
        self.enter_variant(variant)?;
        Ok(self.compound_of(Form::Variant, b"{", b"}"))
    }
}
