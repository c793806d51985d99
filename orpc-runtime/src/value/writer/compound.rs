//! Arrays, objects and the other compounds of serde.

use std::ops::Range;

use serde::ser::{self, Error as _, Serialize};

use super::{Error, Segment, Writer};
use crate::value::bigint_paths::Place;
use crate::value::json::{write_name, write_raw};
use crate::value::key::KeyText;
use crate::value::kind::Kind;

/// A compound value that is being written.
pub(crate) struct Compound<'w, 'a> {
    writer: &'w mut Writer<'a>,
    is_first: bool,
    index: usize,
    /// Place of the compound.
    place: Option<Place<'a>>,
    close: &'static [u8],
    /// Member whose value comes next.
    member: Option<Member>,
    form: Form,
}

/// A member whose name is written.
pub(super) struct Member {
    /// Start of the member, with its separator.
    start: usize,
    name: Range<usize>,
}

/// Encoding of one of serde's compounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    /// Content of an enum's variant, which is part of the path.
    Variant,
    /// JSON text.
    Raw,
    /// A user-defined value; its code comes first.
    Coded,
    /// A user-defined value of that code.
    Custom(u32),
}

impl<'a> Compound<'_, 'a> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let writer = &mut *self.writer;
        writer.separate(&mut self.is_first);
        writer.path.push(Segment::Index(self.index));
        writer.place = self.place.and_then(|place| place.item(self.index));
        self.index += 1;
        value.serialize(&mut *writer)?;
        if std::mem::take(&mut writer.undefined) {
            writer.null();
            writer.mark(Kind::Undefined);
        }
        writer.path.pop();
        Ok(())
    }

    /// Writes the name of a member, whose value comes next.
    pub(super) fn key(&mut self, name: &str) -> Result<Member, Error> {
        let writer = &mut *self.writer;
        let start = writer.out.len();
        let name_range = write_name(name, self.is_first, writer.out)?;
        writer.place = self.place.and_then(|place| place.member(name));
        Ok(Member { start, name: name_range })
    }

    pub(super) fn member<T: Serialize + ?Sized>(
        &mut self,
        member: Member,
        value: &T,
    ) -> Result<(), Error> {
        let writer = &mut *self.writer;
        writer.path.push(Segment::Key(member.name));
        value.serialize(&mut *writer)?;
        writer.path.pop();
        if std::mem::take(&mut writer.undefined) {
            writer.out.truncate(member.start);
        } else {
            self.is_first = false;
        }
        Ok(())
    }

    fn coded<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let writer = &mut *self.writer;
        if self.form == Form::Coded {
            let start = writer.out.len();
            value.serialize(&mut *writer)?;
            let code =
                std::str::from_utf8(&writer.out[start..]).ok().and_then(|code| code.parse().ok());
            writer.out.truncate(start);
            self.form = Form::Custom(code.ok_or_else(|| Error::custom("a code is a number"))?);
            return Ok(());
        }
        value.serialize(&mut *writer)
    }

    pub(super) fn close(self) -> Result<(), Error> {
        let writer = self.writer;
        writer.place = self.place;
        match self.form {
            Form::Json => writer.out.extend_from_slice(self.close),
            Form::Variant => {
                writer.out.extend_from_slice(self.close);
                writer.out.push(b'}');
                writer.path.pop();
            }
            Form::Custom(code) => writer.mark(Kind::Custom(code)),
            Form::Raw | Form::Coded => {}
        }
        Ok(())
    }
}

impl<'a> Writer<'a> {
    /// Begins an array or object.
    pub(super) fn compound(&mut self, open: &[u8], close: &'static [u8]) -> Compound<'_, 'a> {
        self.compound_of(Form::Json, open, close)
    }

    /// Begins a compound of that form.
    pub(super) fn compound_of(
        &mut self,
        form: Form,
        open: &[u8],
        close: &'static [u8],
    ) -> Compound<'_, 'a> {
        self.out.extend_from_slice(open);
        let place = self.place;
        Compound { writer: self, is_first: true, index: 0, place, close, member: None, form }
    }
}

impl ser::SerializeSeq for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeTuple for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeTupleStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        match self.form {
            Form::Coded | Form::Custom(_) => self.coded(value),
            _ => self.item(value),
        }
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeTupleVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.member = Some(key.serialize(KeyText(|name: &str| self.key(name)))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let member = self.member.take().ok_or_else(|| Error::custom("a value without a key"))?;
        self.member(member, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeStruct for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        if self.form == Form::Raw {
            let write = |text: &str| write_raw(text, self.writer.out).map_err(Error::custom);
            return value.serialize(KeyText(write));
        }
        let member = self.key(name)?;
        self.member(member, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeStructVariant for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let member = self.key(name)?;
        self.member(member, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}
