//! Procedures about the caller and the response.

use orpc_runtime::cookie::Cookie;
use orpc_runtime::prelude::*;

use crate::Session;

/// Who calls.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Caller {
    name: String,
}

/// `account.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// The caller's name.
    #[procedure]
    pub async fn who_am_i(session: &Session) -> Result<Caller, Error> {
        Ok(Caller { name: session.caller()?.to_owned() })
    }

    /// Sets a header and a cookie of the response.
    #[procedure]
    pub async fn headers(call: &Call) -> Result<&'static str, Error> {
        call.response()
            .insert_header("x-conformance", "yes")?
            .set_cookie(&Cookie::new("seen", "1"))?;
        Ok("ok")
    }
}
