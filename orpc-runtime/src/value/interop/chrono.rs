//! Times of `chrono`.
//!
//! ```
//! use orpc_runtime::value::Date;
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! struct Visit {
//!     #[serde(with = "orpc_runtime::value::date")]
//!     at: chrono::DateTime<chrono::Utc>,
//! }
//! let visit: Visit = serde_json::from_str(r#"{"at":"1969-12-31T23:59:59.999Z"}"#)?;
//! assert_eq!(Date::from(visit.at).millis(), Some(-1));
//! # Ok::<_, serde_json::Error>(())
//! ```

use crate::value::{Date, DateRangeError};

impl From<chrono::DateTime<chrono::Utc>> for Date {
    fn from(time: chrono::DateTime<chrono::Utc>) -> Self {
        Self::from_millis(time.timestamp_millis())
    }
}

impl TryFrom<Date> for chrono::DateTime<chrono::Utc> {
    type Error = DateRangeError;

    fn try_from(date: Date) -> Result<Self, DateRangeError> {
        let millis = date.millis().ok_or(DateRangeError)?;
        Self::from_timestamp_millis(millis).ok_or(DateRangeError)
    }
}
