//! From an envelope to a value of the user's type.

use std::marker::PhantomData;
use std::sync::Arc;

use jsonschema::Validator;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::compile::{SchemaError, compile, input_schema};
use super::issue::{Issue, collect_issues, collect_marked_issues, deserialisation_issue};
use crate::value::{Envelope, Malformed, Tree, normalise_numbers};

/// Validates inputs of one type and deserialises them.
///
/// The plain way: value tree, JSON Schema, serde. Callers see only
/// [`compile`](InputDecoder::compile) and [`decode`](InputDecoder::decode).
pub struct InputDecoder<T> {
    schema: Value,
    validator: Arc<Validator>,
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
        let schema = input_schema::<T>();
        let validator = compile(&schema)?;
        Ok(Self { schema, validator, types: PhantomData })
    }

    /// Reads a `T`. Undefined is taken as null where the schema allows null.
    pub(crate) fn decode(&self, envelope: Envelope<'_>) -> Result<T, DecodeError> {
        let Tree { value, marks } = envelope.into_tree()?;
        let undefined = value.is_none();
        let mut tree = value.unwrap_or(Value::Null);
        normalise_numbers(&mut tree);
        if !marks.is_empty() {
            let issues = collect_marked_issues(&self.validator, &tree, &marks);
            if !issues.is_empty() {
                return Err(DecodeError::Invalid(issues));
            }
        } else if !self.validator.is_valid(&tree) {
            return Err(DecodeError::Invalid(collect_issues(&self.validator, &tree, undefined)));
        }
        // The schema and serde can disagree, for example on a custom
        // `Deserialize`; then serde's word is the issue.
        T::deserialize(&tree)
            .map_err(|_| DecodeError::Invalid(vec![deserialisation_issue::<T>(&tree)]))
    }

    /// The schema that inputs are checked against.
    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }
}
