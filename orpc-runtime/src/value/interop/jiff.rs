//! Times of `jiff`.
//!
//! ```
//! use orpc_runtime::value::Date;
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! struct Visit {
//!     #[serde(with = "orpc_runtime::value::date")]
//!     at: jiff::Timestamp,
//! }
//! let visit: Visit = serde_json::from_str(r#"{"at":"1969-12-31T23:59:59.999Z"}"#)?;
//! assert_eq!(Date::from(visit.at).millis(), Some(-1));
//! # Ok::<_, serde_json::Error>(())
//! ```

use crate::value::{Date, DateRangeError};

impl From<jiff::Timestamp> for Date {
    fn from(time: jiff::Timestamp) -> Self {
        let millis = time.as_nanosecond().div_euclid(1_000_000);
        i64::try_from(millis).map_or(Self::INVALID, Self::from_millis)
    }
}

impl TryFrom<Date> for jiff::Timestamp {
    type Error = DateRangeError;

    fn try_from(date: Date) -> Result<Self, DateRangeError> {
        let millis = date.millis().ok_or(DateRangeError)?;
        Self::from_millisecond(millis).map_err(|_| DateRangeError)
    }
}
