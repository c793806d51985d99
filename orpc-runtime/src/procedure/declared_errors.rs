//! Errors that a procedure declares, and the check of its errors against them.

use super::call::Call;
use crate::core::{Error, ErrorDeclaration};
use crate::schema::{ErrorDataSchema, SchemaError};

/// The declared errors of one procedure, with their data schemas compiled.
pub(crate) struct DeclaredErrors(Vec<Declared>);

struct Declared {
    code: &'static str,
    status: u16,
    data: Option<ErrorDataSchema>,
}

impl DeclaredErrors {
    pub(crate) fn compile(declarations: Vec<ErrorDeclaration>) -> Result<Self, SchemaError> {
        let compiled = declarations.into_iter().map(|declaration| {
            Ok(Declared {
                code: declaration.code(),
                status: declaration.status(),
                data: declaration.data_schema().map(ErrorDataSchema::compile).transpose()?,
            })
        });
        compiled.collect::<Result<_, _>>().map(Self)
    }

    /// Finalizes an error before it leaves the procedure: an error that matches a
    /// declaration in code, status and data becomes a declared one, however it was
    /// created. The source of an internal error is logged. A final error is returned
    /// unchanged.
    pub(crate) fn finalize(&self, call: &Call, mut error: Error) -> Error {
        if !error.set_final() {
            return error;
        }
        error.log(call.path());
        let of_code = |declared: &&Declared| declared.code == error.code();
        let Some(declared) = self.0.iter().find(of_code) else { return error };
        if let Some(schema) = &declared.data {
            error.decide_integers(|path| schema.is_bigint(path));
        }
        if !error.is_defined() && declared.describes(&error) { error.into_defined() } else { error }
    }
}

impl Declared {
    fn describes(&self, error: &Error) -> bool {
        self.status == error.status()
            && self
                .data
                .as_ref()
                .is_none_or(|schema| schema.accepts(&error.typed_data(schema.codes())))
    }
}
