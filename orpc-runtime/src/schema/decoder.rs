//! From an envelope to a value of the user's type.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use jsonschema::json::SerdeJson;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as PlainValue;

use super::compile::{Compiled, SchemaError, Survey, compile_plain, compile_typed, input_schema};
use super::issue::{Issue, date_issues, deserialisation_issue, deserialisation_issue_of};
use super::node::{Typed, TypedNode};
use super::recursion::refuse_circles;
use crate::value::{Arrivals, Envelope, Malformed, Places, Reader, Value};

/// Validates inputs of one type and deserialises them.
///
/// An input of plain JSON goes the plain way: value tree, JSON Schema, serde. One
/// with types goes the same way with a tree, a validator and a deserialiser that
/// know them. Callers see only `compile` and
/// `decode`.
pub struct InputDecoder<T> {
    schema: PlainValue,
    plain: Compiled<SerdeJson>,
    typed: Compiled<Typed>,
    /// Where bigints may stand for integers, if anywhere.
    places: Option<Places>,
    /// The user-defined types.
    codes: Vec<u32>,
    types: PhantomData<fn() -> T>,
}

/// Why an input was refused.
#[derive(Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// No envelope, or one that contradicts itself.
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
        let schema = input_schema::<T>()?;
        let Survey { wide, codes } = Survey::of(&schema);
        Ok(Self {
            plain: compile_plain(&schema)?,
            typed: compile_typed(&schema)?,
            places: wide.then(|| Places::of(&schema)).transpose()?,
            codes,
            schema,
            types: PhantomData,
        })
    }

    /// Reads a `T`. Undefined is taken as null where the schema allows null.
    pub(crate) fn decode(&self, envelope: Envelope<'_>) -> Result<T, DecodeError> {
        match envelope.plain_json()? {
            Some(json) => self.decode_plain(json, &envelope),
            None => self.decode_typed(&envelope),
        }
    }

    fn decode_plain(&self, tree: PlainValue, envelope: &Envelope<'_>) -> Result<T, DecodeError> {
        if !self.plain.is_valid(&tree) {
            return Err(DecodeError::Invalid(self.plain.issues(&tree, &tree, false)));
        }
        // The schema and serde can disagree, for example on a custom
        // `Deserialize`; then serde's word is the issue. Serde takes the tree apart,
        // which saves a copy of all that is in it, so it is read once more for that.
        T::deserialize(tree).or_else(|_| {
            let tree = envelope.plain_json()?.unwrap_or_default();
            Err(DecodeError::Invalid(vec![deserialisation_issue::<T>(tree)]))
        })
    }

    fn decode_typed(&self, envelope: &Envelope<'_>) -> Result<T, DecodeError> {
        let (tree, unreadable) = envelope.value(&self.codes)?;
        if !unreadable.is_empty() {
            return Err(DecodeError::Invalid(date_issues(unreadable)));
        }
        let node = TypedNode::Value(&tree);
        if !self.typed.is_valid(node) {
            let undefined = tree == Value::Undefined;
            let issues = self.typed.issues(node, &tree.to_json(), undefined);
            return Err(DecodeError::Invalid(issues));
        }
        let _arrivals = Arrivals::open();
        let reader = Reader::new(&tree, self.places.as_ref());
        T::deserialize(reader)
            .map_err(|_| DecodeError::Invalid(vec![deserialisation_issue_of::<T>(reader, &tree)]))
    }

    /// The schema that inputs are checked against.
    pub(crate) fn schema(&self) -> &PlainValue {
        &self.schema
    }
}

/// How the values of one type that this program wrote are read.
struct Reading {
    places: Option<Places>,
    codes: Vec<u32>,
}

impl Reading {
    /// That of a type. It is made once.
    fn of<T: JsonSchema + 'static>() -> Result<Arc<Self>, SchemaError> {
        static READINGS: RwLock<BTreeMap<TypeId, Arc<Reading>>> = RwLock::new(BTreeMap::new());

        let id = TypeId::of::<T>();
        let known = READINGS.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(reading) = known {
            return Ok(reading);
        }
        let schema = input_schema::<T>()?;
        refuse_circles(&schema)?;
        let Survey { wide, codes } = Survey::of(&schema);
        let places = wide.then(|| Places::of(&schema)).transpose()?;
        let reading = Arc::new(Self { places, codes });
        let mut readings = READINGS.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(readings.entry(id).or_insert(reading)))
    }
}

/// Why an envelope of this program's own was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the value is no `{0}`")]
    Refused(&'static str),
}

/// Reads an envelope that this program wrote. The schema's constraints are those
/// of inputs, and are not asked.
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
