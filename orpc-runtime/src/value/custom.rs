//! Types of the user's own, known to both sides by a code.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kind;
use super::special::deserialize_special;

/// A type that clients know by a code: what `customJsonSerializers` of the
/// official client registers. In a procedure it stands as [`Custom<T>`].
///
/// ```
/// use orpc_runtime::value::{Custom, CustomType};
///
/// pub struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// impl CustomType for Point {
///     const CODE: u32 = 21;
///     type Form = (f64, f64);
///
///     fn to_form(&self) -> (f64, f64) {
///         (self.x, self.y)
///     }
///
///     fn from_form((x, y): (f64, f64)) -> Result<Self, String> {
///         Ok(Self { x, y })
///     }
/// }
///
/// # use orpc_runtime::procedure;
/// #[procedure]
/// pub async fn mirror(input: Custom<Point>) -> Custom<Point> {
///     Custom(Point { x: -input.0.x, y: input.0.y })
/// }
/// ```
pub trait CustomType: Sized {
    /// The code, from 8 to 99,999; by convention users' codes start at 21.
    const CODE: u32;

    /// What stands in the JSON; it may hold special values itself.
    type Form: Serialize + DeserializeOwned + JsonSchema;

    /// The value as its form.
    fn to_form(&self) -> Self::Form;

    /// The value of a form.
    ///
    /// # Errors
    /// What is wrong with the form, for the client to read.
    fn from_form(form: Self::Form) -> Result<Self, String>;
}

/// A value of a [`CustomType`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Custom<T>(pub T);

/// The name of a type, with its code at the end.
struct Name<T>(T);

impl<T: CustomType> Name<T> {
    const LENGTH: usize = kind::CUSTOM.len() + 5;

    const BYTES: [u8; 32] = {
        assert!(T::CODE > 7 && T::CODE <= kind::MAX_CODE, "the code is out of range");
        let mut bytes = [0; 32];
        let mut at = 0;
        while at < kind::CUSTOM.len() {
            bytes[at] = kind::CUSTOM.as_bytes()[at];
            at += 1;
        }
        let mut rest = T::CODE;
        let mut at = Self::LENGTH;
        while at > kind::CUSTOM.len() {
            at -= 1;
            bytes[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        bytes
    };

    const TEXT: &'static str = match str::from_utf8(Self::BYTES.split_at(Self::LENGTH).0) {
        Ok(text) => text,
        Err(_) => panic!("digits are text"),
    };
}

impl<T: CustomType> Serialize for Custom<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Name::<T>::TEXT, &self.0.to_form())
    }
}

impl<'de, T: CustomType> Deserialize<'de> for Custom<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_special(deserializer, Name::<T>::TEXT, |form| T::from_form(form).map(Self))
    }
}

impl<T: CustomType> JsonSchema for Custom<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Custom_{}", T::CODE).into()
    }

    // The form's schema stays whole: a form may be of a special type itself.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Schema::default();
        schema.insert(
            "allOf".to_owned(),
            vec![generator.subschema_for::<T::Form>().to_value()].into(),
        );
        schema.insert(kind::KEYWORD.to_owned(), "custom".into());
        schema.insert(kind::CODE_KEYWORD.to_owned(), T::CODE.into());
        schema
    }
}

/// A value of a user-defined type that is known by its code alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Coded {
    code: u32,
    form: super::Value,
}

impl Coded {
    pub(crate) fn new(code: u32, form: super::Value) -> Self {
        Self { code, form }
    }

    /// The code of the type.
    pub fn code(&self) -> u32 {
        self.code
    }

    /// What stands in the JSON.
    pub fn form(&self) -> &super::Value {
        &self.form
    }
}

impl Serialize for Coded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTupleStruct as _;

        let mut coded = serializer.serialize_tuple_struct(kind::CODED, 2)?;
        coded.serialize_field(&self.code)?;
        coded.serialize_field(&self.form)?;
        coded.end()
    }
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of the user-defined type {}", self.code)
    }
}
