//! Callers of the room, as middlewares derive them from a call.

use std::sync::Arc;

use orpc_runtime::prelude::*;
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};

use crate::room::Room;

/// Maximum number of characters of a name.
const LONGEST_NAME: usize = 40;

/// The lengths of a session's secret, in bytes.
const SESSION_LENGTH: std::ops::RangeInclusive<usize> = 16..=128;

/// Somebody in the room: two people may have the same name, never the same id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// The public id of the person's session.
    pub id: String,
    /// The name, 1 to 40 characters.
    pub name: String,
}

/// A caller: somebody with a name, or a reader who is not announced.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The public id of the caller's session.
    pub id: Option<String>,
    /// The caller, once they have a name.
    pub person: Option<Person>,
}

/// A caller with a name.
#[derive(Debug, Clone)]
pub struct Author(pub Person);

/// Error of an invalid name or session.
#[derive(Debug, RpcError)]
pub enum VisitorError {
    /// The name is empty, longer than 40 characters, or not UTF-8.
    #[rpc_error(code = "INVALID_NAME", status = 400, message = "Names have 1 to 40 characters")]
    Name,
    /// The session is shorter than 16 bytes or longer than 128.
    #[rpc_error(code = "INVALID_SESSION", status = 400, message = "Sessions have 16 to 128 bytes")]
    Session,
}

/// Error of a call that needs a name.
#[derive(Debug, RpcError)]
pub enum AuthError {
    /// The caller gave no name.
    #[rpc_error(code = "UNAUTHORIZED", message = "Choose a name first")]
    Nameless,
}

/// Error of a refused message.
#[derive(Debug, RpcError)]
pub enum SendError {
    /// The author sends too fast.
    #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow down")]
    #[serde(rename_all = "camelCase")]
    TooFast {
        /// Seconds until the next message is allowed.
        retry_after: u32,
    },
}

/// Reads the name in the header `authorization: Bearer …`, percent-encoded as in a URL,
/// and the secret of the session in `x-session`. A caller without a session is known by
/// the name alone. An application with accounts looks up a session here.
#[middleware]
pub async fn visit(call: &Call) -> Result<Visitor, VisitorError> {
    let session = call.headers().get("x-session").map(|value| value.as_bytes());
    if session.is_some_and(|secret| !SESSION_LENGTH.contains(&secret.len())) {
        return Err(VisitorError::Session);
    }
    let id = session.map(|secret| public_id("session", secret));
    let Some(token) = call.bearer_token() else { return Ok(Visitor { id, person: None }) };
    let name = percent_decode_str(token).decode_utf8().map_err(|_| VisitorError::Name)?;
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Err(VisitorError::Name);
    }
    let id = id.unwrap_or_else(|| public_id("name", name.as_bytes()));
    let person = Person { id: id.clone(), name: name.into_owned() };
    Ok(Visitor { id: Some(id), person: Some(person) })
}

/// Returns 96 bits of a hash, in hex: others see it, and cannot tell the secret from it.
fn public_id(kind: &str, secret: &[u8]) -> String {
    let hash = Sha256::new().chain_update(kind).chain_update([0]).chain_update(secret).finalize();
    hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses callers without a name.
#[middleware]
pub async fn authenticate(visitor: &Visitor) -> Result<Author, AuthError> {
    visitor.person.clone().map(Author).ok_or(AuthError::Nameless)
}

/// Refuses authors who send too fast.
#[middleware]
pub async fn limit(room: &Arc<Room>, author: &Author) -> Result<(), SendError> {
    room.admit(&author.0.id)
        .map_err(|wait| SendError::TooFast { retry_after: wait.as_secs_f64().ceil() as u32 })
}
