//! Procedures about the caller and the response.

use cookie::Cookie;
use orpc_runtime::prelude::*;

use crate::Session;

/// The caller.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Caller {
    name: String,
}

/// Lets those pass who say who they are.
#[middleware]
async fn authenticate(session: &Session) -> Result<Caller, Error> {
    Ok(Caller { name: session.caller()?.to_owned() })
}

/// `account.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// The caller's name.
    #[procedure(with = authenticate)]
    pub async fn who_am_i(caller: &Caller) -> Caller {
        caller.clone()
    }

    /// Sets a header and a cookie of the response.
    #[procedure]
    pub async fn headers(call: &Call) -> Result<&'static str, Error> {
        call.response()
            .insert_header("x-conformance", "yes")?
            .set_cookie(Cookie::new("seen", "1"))?;
        Ok("ok")
    }
}
