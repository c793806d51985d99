//! Decoding of an envelope to a value of the user's type.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as PlainValue;

use super::compile::{Compiled, SchemaError, Survey, compile_plain, compile_typed, input_schema};
use super::derived::remove_marks;
use super::instance::Instance;
use super::issue::{Issue, date_issues, deserialisation_issue};
use super::probe;
use super::program::Program;
use super::recursion::refuse_circles;
use crate::value::{Arrivals, Envelope, Malformed, Places, Reader, Value};

/// Validates inputs of one type and deserialises them.
///
/// An input of plain JSON is parsed to a tree, checked against the JSON Schema and
/// deserialised. One with types takes the same steps with a tree, a validator and a
/// deserialiser that support them. Callers use only `compile` and `decode`.
pub struct InputDecoder<T> {
    /// Accepts most inputs of plain JSON in one pass.
    pub(super) program: Option<Program>,
    pub(super) plain: Compiled,
    typed: Compiled,
    /// Places of integers that may be bigints, if there are any.
    places: Option<Places>,
    /// The user-defined types.
    codes: Vec<u32>,
    types: PhantomData<fn() -> T>,
}

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
        if let Some(fault) = probe::endless::<T>(std::any::type_name::<T>()) {
            return Err(SchemaError::Faults(vec![fault]));
        }
        let mut schema = input_schema::<T>()?;
        refuse_circles(&schema)?;
        let faults = probe::faults::<T>(&schema, std::any::type_name::<T>());
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
            types: PhantomData,
        })
    }

    /// Decodes a `T` from the text of an envelope.
    // `bench/counts.mjs` counts the instructions of this function.
    #[inline(never)]
    pub(crate) fn decode_text(&self, text: &str) -> Result<T, DecodeError> {
        let value = self.program.as_ref().and_then(|program| program.read_envelope(text));
        value.map_or_else(|| self.decode(Envelope::parse(text.as_bytes())?), Ok)
    }

    /// Decodes a `T`. Undefined is treated as null if the schema allows null.
    pub(crate) fn decode(&self, envelope: Envelope<'_>) -> Result<T, DecodeError> {
        if let Some(program) = &self.program
            && let Some(text) = envelope.plain_text()
            && let Some(value) = program.read(text)
        {
            return Ok(value);
        }
        match envelope.plain_json()? {
            Some(json) => self.decode_plain(json, &envelope),
            None => self.decode_typed(&envelope),
        }
    }

    pub(super) fn decode_plain(
        &self,
        tree: PlainValue,
        envelope: &Envelope<'_>,
    ) -> Result<T, DecodeError> {
        let value = Instance::Plain(&tree);
        if !self.plain.is_valid(value) {
            return Err(DecodeError::Invalid(self.plain.issues(value, &tree, false)));
        }
        if let Some(issue) = self.plain.excess(value) {
            return Err(DecodeError::Invalid(vec![issue]));
        }
        // The schema and serde can disagree, for example on a custom `Deserialize`;
        // then serde's error is the issue. Serde consumes the tree, which saves a copy,
        // so the envelope is parsed once more for that; the type is read as from any other
        // value then, for which its code with paths is compiled alone.
        T::deserialize(tree).or_else(|_| {
            let tree = Value::from(envelope.plain_json()?.unwrap_or_default());
            let issue = deserialisation_issue::<T>(Reader::new(&tree, None), &tree);
            Err(DecodeError::Invalid(vec![issue]))
        })
    }

    fn decode_typed(&self, envelope: &Envelope<'_>) -> Result<T, DecodeError> {
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
        let reader = Reader::new(&tree, self.places.as_ref());
        T::deserialize(reader)
            .map_err(|_| DecodeError::Invalid(vec![deserialisation_issue::<T>(reader, &tree)]))
    }
}

/// Decoder of one type for values that this program wrote.
struct Reading {
    places: Option<Places>,
    codes: Vec<u32>,
}

impl Reading {
    /// Returns the decoder of a type, which is created once.
    fn of<T: JsonSchema + 'static>() -> Result<Arc<Self>, SchemaError> {
        static READINGS: RwLock<BTreeMap<TypeId, Arc<Reading>>> = RwLock::new(BTreeMap::new());

        let id = TypeId::of::<T>();
        let known = READINGS.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(reading) = known {
            return Ok(reading);
        }
        let mut schema = input_schema::<T>()?;
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
    let envelope = Envelope::parse(envelope)?;
    let refused = || ReadError::Refused(std::any::type_name::<T>());
    if let Some(json) = envelope.plain_json()? {
        return T::deserialize(json).map_err(|_| refused());
    }
    let reading = Reading::of::<T>()?;
    let (tree, unreadable) = envelope.value(&reading.codes)?;
    if !unreadable.is_empty() {
        return Err(refused());
    }
    let _arrivals = Arrivals::open();
    T::deserialize(Reader::new(&tree, reading.places.as_ref())).map_err(|_| refused())
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
