//! Who signs tokens, and what all sockets of one endpoint share.

use std::time::{Duration, SystemTime};

use percent_encoding::percent_decode;
use serde_json::value::RawValue;

use super::ids::{Ids, new_id};
use super::token::{Claims, MAX_TOKEN, SigningKeys, seconds};
use crate::procedure::{Call, Error};

/// The header of a call in which a client shows its last token, percent-encoded,
/// to keep its id.
const LAST_TOKEN: &str = "x-orpc-durable-iterator-token";

/// How long a token is good unless told otherwise.
const DEFAULT_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// Signs and reads tokens.
pub(super) struct Issuer {
    pub(super) keys: SigningKeys,
    pub(super) ids: Ids,
    pub(super) ttl: Duration,
    /// The first names of the methods.
    pub(super) methods: Vec<String>,
}

/// What a token is to say.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) channel: String,
    pub(super) tags: Option<Vec<String>>,
    pub(super) attachment: Option<Box<RawValue>>,
    pub(super) methods: Option<Vec<String>>,
    pub(super) ttl: Option<Duration>,
}

impl Issuer {
    pub(super) fn new(keys: SigningKeys, methods: Vec<String>) -> Self {
        Self { keys, ids: Ids::default(), ttl: DEFAULT_TTL, methods }
    }

    /// A token for the client of a call, or for any client.
    pub(super) fn issue(&self, grant: &Grant, call: Option<&Call>) -> Result<String, Error> {
        if let Some(unknown) = grant.unknown_method(&self.methods) {
            return Err(Error::internal(UnknownMethod(unknown.to_owned())));
        }
        let id = call.and_then(|call| self.kept_id(call, &grant.channel));
        let id = id.map_or_else(new_id, Ok)?;
        let now = SystemTime::now();
        // Whole seconds, as the official signer writes them.
        let issued = seconds(now).max(0.0) as u64;
        let ttl = grant.ttl.unwrap_or(self.ttl);
        let claims = Claims {
            chn: grant.channel.clone(),
            tags: grant.tags.clone(),
            att: grant.attachment.clone(),
            rpc: grant.methods.clone(),
            iat: issued.into(),
            exp: issued.saturating_add(ttl.as_secs()).into(),
            cid: Some(id),
        };
        let token = claims.sign(&self.keys)?;
        if token.len() > MAX_TOKEN {
            return Err(Error::internal(TokenTooLong(token.len())));
        }
        Ok(token)
    }

    /// The id in the last token of the client, if it is for the same channel. One
    /// that has expired will do, for as long again as tokens live.
    fn kept_id(&self, call: &Call, channel: &str) -> Option<String> {
        let header = call.headers().get(LAST_TOKEN)?;
        let token = percent_decode(header.as_bytes()).decode_utf8().ok()?;
        let claims = Claims::read(&token, &self.keys)?;
        let oldest = SystemTime::now().checked_sub(self.ttl).unwrap_or(SystemTime::UNIX_EPOCH);
        let is_own = claims.chn == channel && !claims.has_expired(oldest);
        claims.cid.filter(|_| is_own)
    }
}

impl Grant {
    fn unknown_method(&self, known: &[String]) -> Option<&str> {
        let asked = self.methods.iter().flatten();
        asked.map(String::as_str).find(|name| !known.iter().any(|known| known == name))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the durable object has no method `{0}`")]
struct UnknownMethod(String);

#[derive(Debug, thiserror::Error)]
#[error("a token of {0} bytes is too long, {MAX_TOKEN} are allowed: give it less to carry")]
struct TokenTooLong(usize);
