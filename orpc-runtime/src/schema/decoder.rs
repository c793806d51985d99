//! Decoding of an envelope to a value of the user's type.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as PlainValue;

use super::compile::{Compiled, InputSchema, SchemaError, Survey, compile_plain, compile_typed};
use super::derived::remove_marks;
use super::instance::Instance;
use super::issue::{Issue, date_issues, deserialisation_issue};
use super::probe;
use super::program::{Input, Place, Program};
use super::recursion::refuse_circles;
use crate::value::{Arrivals, Envelope, Malformed, Places, ReadError as Refusal, Reader, Value};

/// Validates inputs of one type and deserialises them.
///
/// Most inputs of plain JSON are read in one pass. Others are parsed to a tree, checked against
/// the JSON Schema and deserialised. Callers use only `compile` and `decode`.
pub struct InputDecoder<T> {
    pub(super) parts: Parts,
    types: PhantomData<fn() -> T>,
}

/// The part of a decoder that does not depend on the type, so that it is compiled once.
pub(super) struct Parts {
    /// Accepts most inputs of plain JSON in one pass.
    pub(super) program: Option<Program>,
    pub(super) plain: Compiled,
    typed: Compiled,
    /// Places of integers that may be bigints, if there are any.
    places: Option<Places>,
    /// The user-defined types.
    codes: Vec<u32>,
}

/// A function that reads a value of the type, and keeps it.
type Read<'f> = &'f mut dyn for<'r, 'p, 'de> FnMut(Place<'r, 'p, 'de>) -> Result<(), Refusal>;

impl<T> fmt::Debug for InputDecoder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InputDecoder").finish_non_exhaustive()
    }
}

/// Error of a refused input.
#[derive(Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Not an envelope, or an inconsistent one.
    Malformed,
    /// The schema or the type refuses the value; never empty.
    Invalid(Vec<Issue>),
}

impl From<Malformed> for DecodeError {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

impl<T: DeserializeOwned + JsonSchema> InputDecoder<T> {
    /// Compiles the schema of `T`.
    pub(crate) fn compile() -> Result<Self, SchemaError> {
        let parts = Parts::compile(InputSchema::of::<T>(), probe::read::<T>)?;
        Ok(Self { parts, types: PhantomData })
    }

    /// Decodes a `T` from the text of an envelope.
    // `bench/counts.mjs` counts the instructions of this function.
    #[inline(never)]
    pub(crate) fn decode_text(&self, text: &str) -> Result<T, DecodeError> {
        match self.read(text, true) {
            Some(value) => Ok(value),
            None => self.decode(Envelope::parse(text.as_bytes())?),
        }
    }

    /// Decodes a `T`. Undefined is treated as null if the schema allows null.
    pub(crate) fn decode(&self, envelope: Envelope<'_>) -> Result<T, DecodeError> {
        if let Some(text) = envelope.plain_text()
            && let Some(value) = self.read(text, false)
        {
            return Ok(value);
        }
        let mut value = None;
        self.parts.decode(&envelope, &mut |place| {
            value = Some(T::deserialize(place)?);
            Ok(())
        })?;
        value.ok_or_else(unread)
    }

    /// Reads the text of a value, or of an envelope, in one pass.
    #[inline]
    fn read(&self, text: &str, is_envelope: bool) -> Option<T> {
        let mut input = self.parts.program.as_ref()?.enter(text, is_envelope)?;
        match T::deserialize(input.root()) {
            Ok(value) if input.leave(is_envelope) => Some(value),
            _ => None,
        }
    }
}

/// Returns the error of a type that has not read its value.
#[cold]
fn unread() -> DecodeError {
    let message = "Invalid input".to_owned();
    DecodeError::Invalid(vec![Issue { message, path: Vec::new() }])
}

impl Parts {
    fn compile(schema: InputSchema, read: probe::Read) -> Result<Self, SchemaError> {
        let type_name = schema.type_name;
        if let Some(fault) = probe::endless(type_name, read) {
            return Err(SchemaError::Faults(vec![fault]));
        }
        let mut schema = schema.generate()?;
        refuse_circles(&schema)?;
        let faults = probe::faults(&schema, type_name, read);
        if !faults.is_empty() {
            return Err(SchemaError::Faults(faults));
        }
        remove_marks(&mut schema);
        let Survey { wide, codes } = Survey::of(&schema);
        let plain = compile_plain(&schema)?;
        Ok(Self {
            program: plain.program(),
            plain,
            typed: compile_typed(&schema)?,
            places: wide.then(|| Places::of(&schema)).transpose()?,
            codes,
        })
    }

    /// Decodes an input in several steps.
    #[cold]
    fn decode(&self, envelope: &Envelope<'_>, read: Read<'_>) -> Result<(), DecodeError> {
        match envelope.plain_json()? {
            Some(json) => self.decode_plain(&json, read),
            None => self.decode_typed(envelope, read),
        }
    }

    pub(super) fn decode_plain(
        &self,
        tree: &PlainValue,
        read: Read<'_>,
    ) -> Result<(), DecodeError> {
        let value = Instance::Plain(tree);
        if !self.plain.is_valid(value) {
            return Err(DecodeError::Invalid(self.plain.issues(value, tree, false)));
        }
        if let Some(issue) = self.plain.excess(value) {
            return Err(DecodeError::Invalid(vec![issue]));
        }
        // The schema and serde can disagree, for example on a custom `Deserialize`; then serde's
        // error is the issue.
        if read_plain(tree, read) {
            return Ok(());
        }
        read_typed(&Value::from(tree.clone()), None, read)?;
        // The values of the tree are not those of JSON: numbers are floats.
        Err(unread())
    }

    fn decode_typed(&self, envelope: &Envelope<'_>, read: Read<'_>) -> Result<(), DecodeError> {
        let (tree, unreadable) = envelope.value(&self.codes)?;
        if !unreadable.is_empty() {
            return Err(DecodeError::Invalid(date_issues(unreadable)));
        }
        let value = Instance::Typed(&tree);
        if !self.typed.is_valid(value) {
            let undefined = tree == Value::Undefined;
            let issues = self.typed.issues(value, &tree.to_json(), undefined);
            return Err(DecodeError::Invalid(issues));
        }
        if let Some(issue) = self.typed.excess(value) {
            return Err(DecodeError::Invalid(vec![issue]));
        }
        let _arrivals = Arrivals::open();
        read_typed(&tree, self.places.as_ref(), read)
    }
}

/// Reads a tree of plain JSON. Returns `false` if the type refuses it.
fn read_plain(tree: &PlainValue, read: Read<'_>) -> bool {
    // A type is compiled for texts already, with another deserialiser it were once more.
    let text = tree.to_string();
    let mut input = Input::anything(&text);
    read(input.root()).is_ok() && input.leave(false)
}

/// Reads a tree of values.
fn read_typed(tree: &Value, places: Option<&Places>, read: Read<'_>) -> Result<(), DecodeError> {
    let mut reader = Reader::new(tree, places);
    let Err(error) = read(Input::of(&mut reader).root()) else { return Ok(()) };
    let issue = deserialisation_issue(&error, reader.path(&error), tree);
    Err(DecodeError::Invalid(vec![issue]))
}

/// Reads a tree of values without types.
pub(crate) fn read_tree<T: DeserializeOwned>(tree: &Value) -> Option<T> {
    let mut reader = Reader::new(tree, None);
    T::deserialize(Input::of(&mut reader).root()).ok()
}

/// Decoder of one type for values that this program wrote.
struct Reading {
    places: Option<Places>,
    codes: Vec<u32>,
}

impl Reading {
    /// Returns the decoder of a type, which is created once.
    fn of(id: TypeId, schema: InputSchema) -> Result<Arc<Self>, SchemaError> {
        static READINGS: RwLock<BTreeMap<TypeId, Arc<Reading>>> = RwLock::new(BTreeMap::new());

        let known = READINGS.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(reading) = known {
            return Ok(reading);
        }
        let mut schema = schema.generate()?;
        remove_marks(&mut schema);
        refuse_circles(&schema)?;
        let Survey { wide, codes } = Survey::of(&schema);
        let places = wide.then(|| Places::of(&schema)).transpose()?;
        let reading = Arc::new(Self { places, codes });
        let mut readings = READINGS.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(readings.entry(id).or_insert(reading)))
    }
}

/// Error of decoding an envelope of this program.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the value is not a `{0}`")]
    Refused(&'static str),
}

/// Decodes an envelope that this program wrote. The schema's constraints apply to
/// inputs only, and are not checked.
pub(crate) fn read_envelope<T>(envelope: &[u8]) -> Result<T, ReadError>
where
    T: DeserializeOwned + JsonSchema + 'static,
{
    let (id, schema) = (TypeId::of::<T>(), InputSchema::of::<T>());
    let mut value = None;
    read_own(envelope, id, schema, &mut |place| {
        value = Some(T::deserialize(place)?);
        Ok(())
    })?;
    value.ok_or(ReadError::Refused(schema.type_name))
}

fn read_own(
    envelope: &[u8],
    id: TypeId,
    schema: InputSchema,
    read: Read<'_>,
) -> Result<(), ReadError> {
    let envelope = Envelope::parse(envelope)?;
    let refused = ReadError::Refused(schema.type_name);
    if let Some(json) = envelope.plain_json()? {
        return if read_plain(&json, read) { Ok(()) } else { Err(refused) };
    }
    let reading = Reading::of(id, schema)?;
    let (tree, unreadable) = envelope.value(&reading.codes)?;
    if !unreadable.is_empty() {
        return Err(refused);
    }
    let _arrivals = Arrivals::open();
    let mut reader = Reader::new(&tree, reading.places.as_ref());
    read(Input::of(&mut reader).root()).map_err(|_| refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{BigInt, Date};

    #[test]
    fn an_input_is_decoded_or_refused_with_its_issues() {
        let decoder = InputDecoder::<u8>::compile().unwrap();
        assert_eq!(format!("{decoder:?}"), "InputDecoder { .. }");
        assert_eq!(decoder.decode_text(r#"{"json":7}"#), Ok(7));
        assert_eq!(decoder.decode_text(r#"{"json":7"#), Err(DecodeError::Malformed));
        for envelope in [r#"{"json":256}"#, r#"{"json":"7"}"#, "{}"] {
            let Err(DecodeError::Invalid(issues)) = decoder.decode_text(envelope) else {
                panic!("{envelope}")
            };
            assert_eq!(issues.len(), 1, "{issues:?}");
        }
    }

    #[test]
    fn an_envelope_of_this_program_is_read_without_its_constraints() {
        #[derive(Debug, PartialEq, serde::Deserialize, JsonSchema)]
        struct Small(#[schemars(range(max = 9))] u8);

        assert_eq!(read_envelope::<Small>(br#"{"json":10}"#).unwrap(), Small(10));
        let refused = read_envelope::<Small>(br#"{"json":256}"#).unwrap_err().to_string();
        assert!(refused.starts_with("the value is not a `"), "{refused}");
        assert!(matches!(read_envelope::<Small>(b"{"), Err(ReadError::Malformed(_))));
        let big = read_envelope::<BigInt>(br#"{"json":"7","meta":[[0]]}"#).unwrap();
        assert_eq!(big.to_string(), "7");
        let date = br#"{"json":"2020-01-01T00:00:00.000Z","meta":[[1]]}"#;
        assert_eq!(read_envelope::<Date>(date).unwrap(), "2020-01-01T00:00:00Z".parse().unwrap());
        // Time zone and engine decide what this one is.
        let local = br#"{"json":"2020-01-01 12:00","meta":[[1]]}"#;
        assert!(matches!(read_envelope::<Date>(local), Err(ReadError::Refused(_))));
    }
}
