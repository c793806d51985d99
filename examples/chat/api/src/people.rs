//! Who calls: what middlewares make of a call before its procedure runs.

use std::sync::Arc;

use orpc_runtime::prelude::*;
use percent_encoding::percent_decode_str;

use crate::room::Room;

/// The most characters of a name.
const LONGEST_NAME: usize = 40;

/// Who calls: somebody with a name, or a reader whom nobody notices.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The name, 1 to 40 characters.
    pub name: Option<String>,
}

/// Somebody with a name.
#[derive(Debug, Clone)]
pub struct Author {
    /// The name, 1 to 40 characters.
    pub name: String,
}

/// Why nobody can be called that.
#[derive(Debug, RpcError)]
pub enum NameError {
    /// It is empty, longer than 40 characters, or no UTF-8.
    #[rpc_error(code = "INVALID_NAME", status = 400, message = "That is no name")]
    Invalid,
}

/// Why somebody may not do that.
#[derive(Debug, RpcError)]
pub enum AuthError {
    /// Only those with a name may.
    #[rpc_error(code = "UNAUTHORIZED", message = "Say who you are first")]
    Nameless,
}

/// Why a message was not sent.
#[derive(Debug, RpcError)]
pub enum SendError {
    /// The author sends too fast.
    #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow down")]
    #[serde(rename_all = "camelCase")]
    TooFast {
        /// Seconds until the next message is welcome.
        retry_after: u32,
    },
}

/// The name in the `authorization: Bearer …` header, percent-encoded as in a URL. A
/// room of one's own would look up a session here.
#[middleware]
pub async fn visit(call: &Call) -> Result<Visitor, NameError> {
    let Some(token) = call.bearer_token() else { return Ok(Visitor { name: None }) };
    let name = percent_decode_str(token).decode_utf8().map_err(|_| NameError::Invalid)?;
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Err(NameError::Invalid);
    }
    Ok(Visitor { name: Some(name.into_owned()) })
}

/// Lets those pass who have a name.
#[middleware]
pub async fn authenticate(visitor: &Visitor) -> Result<Author, AuthError> {
    let name = visitor.name.clone().ok_or(AuthError::Nameless)?;
    Ok(Author { name })
}

/// Lets an author pass who does not send too fast.
#[middleware]
pub async fn limit(room: &Arc<Room>, author: &Author) -> Result<(), SendError> {
    room.admit(&author.name)
        .map_err(|wait| SendError::TooFast { retry_after: wait.as_secs_f64().ceil() as u32 })
}
