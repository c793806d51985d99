//! The data of a declared error.

use super::compile::{Compiled, SchemaError, Survey, compile_typed, output_schema};
use super::instance::Instance;
use super::type_schema::TypeSchema;
use crate::value::{Places, Step, Value};

/// Schema of an error's data, which are serialised before their type is known.
pub(crate) struct ErrorDataSchema {
    validator: Compiled,
    places: Option<Places>,
    codes: Vec<u32>,
}

impl ErrorDataSchema {
    pub(crate) fn compile(schema: TypeSchema) -> Result<Self, SchemaError> {
        let schema = output_schema(schema)?;
        let Survey { wide, codes } = Survey::of(&schema);
        Ok(Self {
            validator: compile_typed(&schema)?,
            places: wide.then(|| Places::of(&schema)).transpose()?,
            codes,
        })
    }

    /// Returns `true` if the integer at the path has 64 or 128 bits.
    pub(crate) fn is_bigint(&self, path: &[Step]) -> bool {
        let Some(places) = &self.places else { return false };
        let place = path.iter().try_fold(places.root(), |place, step| match step {
            Step::Member(name) => place.member(name),
            Step::Item(index) => place.item(*index),
        });
        place.is_some_and(|place| place.is_wide())
    }

    /// Returns the codes of the user-defined types.
    pub(crate) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Returns `true` if the data match the declaration.
    pub(crate) fn accepts(&self, data: &Value) -> bool {
        self.validator.is_valid(Instance::Typed(data))
    }
}
