//! Integers of `num-bigint`.
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! struct Account {
//!     #[serde(with = "orpc_runtime::value::bigint")]
//!     balance: num_bigint::BigInt,
//! }
//! let account: Account = serde_json::from_str(r#"{"balance":"-123456789012345678901234567890"}"#)?;
//! assert_eq!((account.balance + 1_u8).to_string(), "-123456789012345678901234567889");
//! # Ok::<_, serde_json::Error>(())
//! ```

use crate::value::{BigInt, ParseBigIntError};

impl TryFrom<num_bigint::BigInt> for BigInt {
    type Error = ParseBigIntError;

    fn try_from(integer: num_bigint::BigInt) -> Result<Self, ParseBigIntError> {
        integer.to_string().parse()
    }
}

impl TryFrom<BigInt> for num_bigint::BigInt {
    type Error = num_bigint::ParseBigIntError;

    fn try_from(big: BigInt) -> Result<Self, Self::Error> {
        big.as_str().parse()
    }
}
