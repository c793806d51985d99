//! Values: JavaScript types that JSON lacks, the envelope that carries them, and JSON
//! in JavaScript's format.
//!
//! A handler uses Rust's own types wherever JSON has an equivalent. For the others this
//! module has types that can be used anywhere in a struct:
//!
//! | JavaScript | Rust |
//! |---|---|
//! | `bigint` | [`BigInt`], `u64`, `i64`, `u128`, `i128` |
//! | `number` | [`Number`] of those; smaller integers, `usize`, `isize`, floats |
//! | `NaN` | `f64` (as an input only [`Float`]) |
//! | `undefined` | [`Undefined`], [`Option`] as an input |
//! | `Date`, `URL`, `RegExp` | [`Date`] (as an input [`AnyDate`] may be invalid), [`Url`], [`RegExp`] |
//! | `Set`, `Map` | [`Set`], [`Map`] |
//! | `File`, `Blob` | [`File`] |
//! | a type of your own | [`Custom`] |
//! | any type | [`Value`] |
//!
//! An integer of 64 or 128 bits is a bigint because a number of JavaScript could not
//! hold it. As an input it may also be a number, if that is exact. `usize` and `isize`
//! are plain numbers, because they count things in memory. A `serde_json::Value` is
//! plain JSON.
//!
//! With any other format of serde these types except [`File`] are plain text, arrays and
//! null, and they read that form, too. In an `untagged` enum, where serde tries one
//! variant after the other, put a `String` or `Vec` before a [`Date`] or [`Set`]: it
//! accepts the plain values and leaves the others.
//!
//! Types of other crates come in with the features `chrono`, `jiff`, `time`, `url`, `uuid`,
//! `num-bigint`, `bytes` and `indexmap`. By themselves they serialise as JSON, such as text;
//! [`date`], [`url`](type@url), [`bigint`], [`set`] and [`map`] make a field the type of
//! JavaScript instead, and [`As`] one that is an `Option`, a `Vec` or a map of them.
//! `minItems` and so on apply to a bigint, set or map as to a number or array.
//! The range of a date is `formatMinimum`, `formatMaximum`,
//! `formatExclusiveMinimum` and `formatExclusiveMaximum`:
//!
//! ```
//! use orpc_runtime::prelude::*;
//! use orpc_runtime::value::{BigInt, Date, Set};
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Booking {
//!     #[schemars(extend("formatMinimum" = "2024-01-01T00:00:00Z"))]
//!     from: Date,
//!     #[schemars(length(min = 1, max = 9))]
//!     seats: Set<u8>,
//!     #[schemars(range(min = 1))]
//!     price: BigInt,
//! }
//! ```

mod bigint_paths;
mod custom;
mod dynamic;
mod envelope;
mod file;
mod interop;
mod json;
mod key;
mod kind;
mod meta;
mod name;
mod native;
mod path;
mod reader;
mod regexp;
mod same_value_zero;
mod source;
mod special;
pub(crate) mod tokens;
mod undefined;
mod writer;

pub use custom::{Coded, Custom, CustomType};
pub use dynamic::{Object, Value};
#[doc(hidden)]
pub use envelope::Envelope;
pub use file::{File, FileReader};
pub use native::bigint::{BigInt, BigIntRangeError, ParseBigIntError, bigint};
pub use native::date::{AnyDate, Date, DateRangeError, ParseDateError, date};
pub use native::map::{Map, map};
pub use native::number::{Float, Number, number};
pub use native::set::{Set, set};
pub use native::url::{Url, url};
pub use native::{As, DeserializeAs, SerializeAs};
pub use path::PathSegment;
pub use regexp::{ParseRegExpError, RegExp};
pub use undefined::Undefined;

pub(crate) use bigint_paths::{Places, TooManyPlaces, is_wide};
pub(crate) use dynamic::json_number;
pub(crate) use envelope::{Files, Malformed, OwnedEnvelope, write_plain, write_typed};
pub(crate) use file::Arrivals;
pub(crate) use file::{Disk, Space};
pub(crate) use json::{normalise_numbers, to_raw};
pub(crate) use kind::{CODE_KEYWORD, KEYWORD, Kind};
pub(crate) use meta::{Meta, Step};
pub(crate) use name::Name;
pub(crate) use reader::{RAW_VALUE, Reader};
pub(crate) use source::{Ask, Error as ReadError, Given, Key as SourceKey, Reason, Source};
pub(crate) use writer::{Integers, Serialised, Written, write_value};
