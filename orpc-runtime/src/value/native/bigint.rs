//! Integers of arbitrary size.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{As, DeserializeAs, SerializeAs};
use crate::value::kind;
use crate::value::special::deserialize_special;

/// Maximum number of digits that the official decoder accepts.
const MAX_DIGITS: usize = 4300;

/// A `bigint` of JavaScript: an integer of at most 4300 digits.
///
/// It stores the decimal digits and has no arithmetic; convert it to a Rust integer, or
/// with the feature `num-bigint` to a `num_bigint::BigInt`.
///
/// ```
/// use orpc_runtime::value::BigInt;
///
/// let big: BigInt = "123456789012345678901234567890".parse()?;
/// assert!(u64::try_from(&big).is_err());
/// assert_eq!(u128::try_from(&big)?, 123_456_789_012_345_678_901_234_567_890);
/// assert!(big > BigInt::from(7));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BigInt(Box<str>);

/// Error of text that is not a [`BigInt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an integer of at most {MAX_DIGITS} decimal digits")]
pub struct ParseBigIntError;

/// Error of a [`BigInt`] beyond the range of an integer type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bigint is out of range")]
pub struct BigIntRangeError;

impl BigInt {
    /// Returns the decimal digits, with a minus sign if the number is negative.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_negative(&self) -> bool {
        self.0.starts_with('-')
    }

    fn digits(&self) -> &str {
        self.0.strip_prefix('-').unwrap_or(&self.0)
    }

    /// Returns the nearest float, infinite beyond the range of floats.
    pub(crate) fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

/// Digits as `BigInt.prototype.toString` writes them: no plus, no leading zeros.
impl FromStr for BigInt {
    type Err = ParseBigIntError;

    fn from_str(text: &str) -> Result<Self, ParseBigIntError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let canonical = (1..=MAX_DIGITS).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        match (canonical, digits) {
            (false, _) => Err(ParseBigIntError),
            // Integers have no negative zero.
            (true, "0") => Ok(Self("0".into())),
            (true, _) => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad_integral(!self.is_negative(), "", self.digits())
    }
}

impl Ord for BigInt {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitudes = |a: &Self, b: &Self| {
            let (a, b) = (a.digits(), b.digits());
            a.len().cmp(&b.len()).then_with(|| a.cmp(b))
        };
        match (self.is_negative(), other.is_negative()) {
            (false, false) => magnitudes(self, other),
            (true, true) => magnitudes(other, self),
            (negative, _) => {
                if negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

impl PartialOrd for BigInt {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

macro_rules! integers {
    ($($ty:ty)*) => {$(
        impl From<$ty> for BigInt {
            fn from(integer: $ty) -> Self {
                Self(integer.to_string().into())
            }
        }

        impl TryFrom<&BigInt> for $ty {
            type Error = BigIntRangeError;

            fn try_from(big: &BigInt) -> Result<Self, BigIntRangeError> {
                big.as_str().parse().map_err(|_| BigIntRangeError)
            }
        }

        impl TryFrom<BigInt> for $ty {
            type Error = BigIntRangeError;

            fn try_from(big: BigInt) -> Result<Self, BigIntRangeError> {
                Self::try_from(&big)
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

impl Serialize for BigInt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(kind::BIGINT, self.as_str())
    }
}

impl<'de> Deserialize<'de> for BigInt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_special(deserializer, kind::BIGINT, |digits: Cow<'de, str>| digits.parse())
    }
}

impl JsonSchema for BigInt {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "BigInt".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "x-native-type": "bigint" })
    }
}

/// Serialises a field of a type that converts into a [`BigInt`] and back as a `bigint`:
/// `#[serde(with = "orpc_runtime::value::bigint")]`.
#[allow(non_camel_case_types, reason = "it stands in `with` like a module")]
pub type bigint = As<BigInt>;

#[diagnostic::do_not_recommend]
impl<T: Clone + TryInto<BigInt, Error: fmt::Display>> SerializeAs<BigInt> for T {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let big = self.clone().try_into().map_err(serde::ser::Error::custom)?;
        big.serialize(serializer)
    }
}

#[diagnostic::do_not_recommend]
impl<'de, T: TryFrom<BigInt, Error: fmt::Display>> DeserializeAs<'de, BigInt> for T {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::try_from(BigInt::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
