//! User-defined types, which both sides know by a code.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kind;
use super::special::deserialize_special;

/// A type that clients know by a code: those that `customJsonSerializers` of the
/// official client registers. A procedure uses it as [`Custom<T>`].
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
    /// The code, from 8 to 99,999; by convention user-defined codes start at 21.
    const CODE: u32;

    /// Form of the value in the JSON; it may contain special values itself.
    type Form: Serialize + DeserializeOwned + JsonSchema;

    /// Converts the value to its form.
    fn to_form(&self) -> Self::Form;

    /// Creates the value from its form.
    ///
    /// # Errors
    /// The fault of the form, as a message for the client.
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

    // The form's schema stays complete: a form may be of a special type itself.
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

/// A value of a user-defined type, identified by its code.
#[derive(Debug, Clone, PartialEq)]
pub struct Coded {
    code: u32,
    form: super::Value,
}

impl Coded {
    pub(crate) fn new(code: u32, form: super::Value) -> Self {
        Self { code, form }
    }

    /// Returns the code of the type.
    pub fn code(&self) -> u32 {
        self.code
    }

    /// Returns the form of the value in the JSON.
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
