//! Procedures that fail.

use orpc_runtime::prelude::*;

/// An error that is declared to clients.
#[derive(Debug, RpcError)]
pub enum RateLimit {
    /// Too many calls.
    #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow down")]
    #[serde(rename_all = "camelCase")]
    RateLimited {
        /// Seconds until the next call is welcome.
        retry_after: u32,
    },
}

/// The error to fail with.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Common {
    code: String,
    #[serde(default)]
    message: String,
}

/// The data of the error to fail with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Retry {
    #[schemars(range(max = 3600))]
    retry_after: u32,
}

/// An error that no client is meant to read.
#[derive(Debug)]
struct Secret;

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("secret-db-password")
    }
}

impl std::error::Error for Secret {}

/// `errors.*`
#[router]
pub mod procedures {
    use super::*;

    /// Fails with a code of the caller's.
    #[procedure]
    pub async fn common(input: Common) -> Result<(), Error> {
        Err(Error::custom(input.code).with_message(input.message))
    }

    /// Fails with a declared error.
    #[procedure]
    pub async fn typed(input: Retry) -> Result<(), RateLimit> {
        Err(RateLimit::RateLimited { retry_after: input.retry_after })
    }

    /// Fails with an error whose text must stay here.
    #[procedure]
    pub async fn secret() -> Result<(), Error> {
        Err(Secret)?
    }

    /// Panics with a text that must stay here.
    #[procedure]
    pub async fn panic() {
        panic!("secret-panic");
    }
}
