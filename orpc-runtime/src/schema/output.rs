//! Outputs: written, and checked if that is enabled.

use super::compile::{Compiled, SchemaError, Survey, compile_typed, output_schema};
use super::encoder::OutputEncoder;
use super::instance::Instance;
use super::issue::Issue;
use super::lint::files_of_events;
use super::type_schema::TypeSchema;
use crate::value::{Envelope, File, Serialised, Value};

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
#[derive(Debug, thiserror::Error)]
#[error("the JSON Schema of the output refuses it: {0:?}")]
pub(crate) struct InvalidOutput(Vec<Issue>);

/// Envelope of undefined.
const UNDEFINED: &[u8] = b"{}";

impl OutputWriter {
    /// Creates the writer of a type.
    pub(crate) fn of(schema: TypeSchema, is_checked: bool) -> Result<Self, SchemaError> {
        Self::of_schema(&output_schema(schema)?, is_checked)
    }

    /// Creates the writer of a type of events, or of the values with which their streams end.
    pub(crate) fn of_events(schema: TypeSchema, is_checked: bool) -> Result<Self, SchemaError> {
        let schema = output_schema(schema)?;
        let faults = files_of_events(&schema);
        if !faults.is_empty() {
            return Err(SchemaError::Faults(faults));
        }
        Self::of_schema(&schema, is_checked)
    }

    fn of_schema(schema: &serde_json::Value, is_checked: bool) -> Result<Self, SchemaError> {
        let check = if is_checked { Some(OutputCheck::of(schema)?) } else { None };
        Ok(Self { encoder: OutputEncoder::of_schema(schema)?, check })
    }

    /// Appends the envelope of a value; `{}` if it is undefined.
    pub(crate) fn write(
        &self,
        value: Option<&dyn Serialised>,
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
    pub(crate) fn write_with_files(
        &self,
        value: Option<&dyn Serialised>,
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
    fn of(schema: &serde_json::Value) -> Result<Self, SchemaError> {
        let Survey { codes, .. } = Survey::of(schema);
        Ok(Self { validator: compile_typed(schema)?, codes })
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

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Small {
        #[schemars(range(max = 9))]
        number: u8,
    }

    fn written<T: Serialize + JsonSchema>(is_checked: bool, value: Option<&T>) -> Option<String> {
        let mut out = b"before".to_vec();
        let writer = OutputWriter::of(TypeSchema::of::<T>(), is_checked).unwrap();
        let written = writer.write(value.map(|value| value as _), &mut out);
        written.ok().map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn values_are_checked_if_the_writer_checks_them() {
        let json = |number: u8| Some(format!("before{{\"json\":{{\"number\":{number}}}}}"));
        assert_eq!(written(true, Some(&Small { number: 9 })), json(9));
        assert_eq!(written(true, Some(&Small { number: 10 })), None);
        assert_eq!(written(false, Some(&Small { number: 10 })), json(10));
    }

    #[test]
    fn undefined_is_not_checked() {
        assert_eq!(written::<Small>(true, None).as_deref(), Some("before{}"));
        let writer = OutputWriter::of(TypeSchema::of::<Small>(), true).unwrap();
        let mut out = Vec::new();
        writer.write_encoded(b"{}", &mut out).unwrap();
        assert!(writer.write_with_files(None, &mut out).unwrap().is_empty());
        assert_eq!(out, b"{}{}");
    }

    #[test]
    fn an_invalid_output_tells_its_issues() {
        let writer = OutputWriter::of(TypeSchema::of::<Small>(), true).unwrap();
        let text = br#"{"json":{"number":10}}"#;
        let error = writer.write_encoded(text, &mut Vec::new()).unwrap_err();
        let OutputError::Invalid(invalid) = error else { panic!("{error}") };
        let message = invalid.to_string();
        assert!(
            message.starts_with("the JSON Schema of the output refuses it: [Issue"),
            "{message}"
        );
        assert!(message.contains(r#"path: [Key("number")]"#), "{message}");
    }

    /// An enum in the members of a struct: a variant without a payload adds none.
    #[test]
    fn a_flattened_variant_without_a_payload_is_valid() {
        #[derive(Serialize, JsonSchema)]
        #[serde(untagged)]
        enum More {
            Nothing,
            Named { name: u8 },
        }

        #[derive(Serialize, JsonSchema)]
        struct Outer {
            id: u8,
            #[serde(flatten)]
            more: More,
        }

        let json = |more| written(true, Some(&Outer { id: 1, more }));
        assert_eq!(json(More::Nothing).as_deref(), Some(r#"before{"json":{"id":1}}"#));
        let named = json(More::Named { name: 2 });
        assert_eq!(named.as_deref(), Some(r#"before{"json":{"id":1,"name":2}}"#));
    }
}
