//! Outputs: written, and checked if that is enabled.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::compile::{Compiled, SchemaError, Survey, compile_typed, output_schema};
use super::encoder::OutputEncoder;
use super::instance::Instance;
use super::issue::Issue;
use super::type_schema::TypeSchema;
use crate::value::{Envelope, File, Value};

/// Writes the values of one type, and may check them against its JSON Schema.
pub(crate) struct OutputWriter {
    encoder: OutputEncoder,
    check: Option<OutputCheck>,
}

/// Error of a value that was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    #[error(transparent)]
    Serialise(#[from] serde_json::Error),
    #[error(transparent)]
    Invalid(InvalidOutput),
}

/// A value that violates its own schema.
#[derive(Debug)]
pub(crate) struct InvalidOutput(Vec<Issue>);

impl fmt::Display for InvalidOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the JSON Schema of the output refuses it: {:?}", self.0)
    }
}

impl std::error::Error for InvalidOutput {}

/// Envelope of undefined.
const UNDEFINED: &[u8] = b"{}";

impl OutputWriter {
    /// Creates the writer of a type.
    pub(crate) fn of<T: JsonSchema>(is_checked: bool) -> Result<Self, SchemaError> {
        let check = is_checked.then(OutputCheck::of::<T>).transpose()?;
        Ok(Self { encoder: OutputEncoder::of::<T>()?, check })
    }

    /// Appends the envelope of a value; `{}` if it is undefined.
    pub(crate) fn write<T: Serialize + ?Sized>(
        &self,
        value: Option<&T>,
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        let start = out.len();
        self.encoder.write(value, out)?;
        self.check(value.is_some(), &out[start..], &[])
    }

    /// Appends the envelope of a value that was serialised before.
    pub(crate) fn write_encoded(
        &self,
        envelope: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), OutputError> {
        out.extend_from_slice(envelope);
        self.check(envelope != UNDEFINED, envelope, &[])
    }

    /// Appends the envelope of a value with its files, whose places it contains.
    pub(crate) fn write_with_files<T: Serialize + ?Sized>(
        &self,
        value: Option<&T>,
        out: &mut Vec<u8>,
    ) -> Result<Vec<File>, OutputError> {
        let start = out.len();
        let files = self.encoder.write_with_files(value, out)?;
        self.check(value.is_some(), &out[start..], &files)?;
        Ok(files)
    }

    fn check(&self, is_value: bool, envelope: &[u8], files: &[File]) -> Result<(), OutputError> {
        match &self.check {
            Some(check) if is_value => check.check(envelope, files).map_err(OutputError::Invalid),
            _ => Ok(()),
        }
    }
}

/// Compiled schema of the values that a type serialises to.
struct OutputCheck {
    validator: Compiled,
    codes: Vec<u32>,
}

impl OutputCheck {
    fn of<T: JsonSchema>() -> Result<Self, SchemaError> {
        let schema = output_schema(TypeSchema::of::<T>())?;
        let Survey { codes, .. } = Survey::of(&schema);
        Ok(Self { validator: compile_typed(&schema)?, codes })
    }

    fn check(&self, envelope: &[u8], files: &[File]) -> Result<(), InvalidOutput> {
        let unreadable = |_| InvalidOutput(Vec::new());
        let envelope = if files.is_empty() {
            Envelope::parse(envelope)
        } else {
            let files = files.iter().cloned().enumerate().collect();
            Envelope::parse_form(envelope, &files)
        };
        let envelope = envelope.map_err(unreadable)?;
        let (value, _) = envelope.value(&self.codes).map_err(unreadable)?;
        let instance = Instance::Typed(&value);
        if self.validator.is_valid(instance) {
            return Ok(());
        }
        let undefined = value == Value::Undefined;
        Err(InvalidOutput(self.validator.issues(instance, &value.to_json(), undefined)))
    }
}
