//! The errors that a procedure declares, and whether one that leaves it is among them.

use std::sync::Arc;

use jsonschema::Validator;

use super::call::Call;
use super::error::{Error, ErrorDeclaration};
use crate::schema::{SchemaError, compile_output};

/// The declared errors of one procedure, with their data schemas compiled.
pub(crate) struct DeclaredErrors(Vec<Declared>);

struct Declared {
    code: &'static str,
    status: u16,
    data: Option<Arc<Validator>>,
}

impl DeclaredErrors {
    pub(crate) fn compile(declarations: Vec<ErrorDeclaration>) -> Result<Self, SchemaError> {
        let compiled = declarations.into_iter().map(|declaration| {
            Ok(Declared {
                code: declaration.code(),
                status: declaration.http_status(),
                data: declaration.data_schema().map(compile_output).transpose()?,
            })
        });
        compiled.collect::<Result<_, _>>().map(Self)
    }

    /// The error as it leaves the procedure: an error that matches a declaration
    /// in code, status and data is a declared one, however it was made. What is
    /// behind an internal error is logged here.
    pub(crate) fn settle(&self, call: &Call, error: Error) -> Error {
        error.log(call.path());
        if !error.is_defined() && self.declares(&error) { error.into_defined() } else { error }
    }

    fn declares(&self, error: &Error) -> bool {
        let Some(declared) = self.0.iter().find(|declared| declared.code == error.code()) else {
            return false;
        };
        declared.status == error.status()
            && declared.data.as_ref().is_none_or(|schema| {
                error
                    .data()
                    .and_then(|data| serde_json::from_str(data).ok())
                    .is_some_and(|data| schema.is_valid(&data))
            })
    }
}
