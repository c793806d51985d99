//! The issuing of tokens.

use std::time::{Duration, SystemTime};

use percent_encoding::percent_decode;
use serde_json::value::RawValue;

use super::ids::new_id;
use super::token::{Claims, MAX_TOKEN, SigningKeys, seconds};
use crate::clock;
use crate::core::Error;
use crate::procedure::Call;

/// Header of a call with the client's last token, percent-encoded, to keep its id.
const LAST_TOKEN: &str = "x-orpc-durable-iterator-token";

/// The keys of tokens, and the methods that they may grant.
pub(super) struct Issuer {
    pub(super) keys: SigningKeys,
    /// The first names of the methods.
    pub(super) methods: Vec<String>,
}

/// Settings of tokens, which differ between handles.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenOptions {
    /// Lifetime of tokens.
    pub(super) ttl: Duration,
    /// `true` if clients choose their ids.
    pub(super) ids_by_clients: bool,
    /// Maximum length of a token in bytes.
    pub(super) max_length: usize,
}

impl Default for TokenOptions {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(24 * 60 * 60),
            ids_by_clients: false,
            max_length: MAX_TOKEN,
        }
    }
}

/// The content of a token.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) channel: String,
    pub(super) tags: Option<Vec<String>>,
    pub(super) attachment: Option<Box<RawValue>>,
    pub(super) methods: Option<Vec<String>>,
    pub(super) options: TokenOptions,
}

impl Issuer {
    pub(super) fn new(keys: SigningKeys, methods: Vec<String>) -> Self {
        Self { keys, methods }
    }

    /// Returns a token for the client of a call, or for any client.
    pub(super) fn issue(&self, grant: &Grant, call: Option<&Call>) -> Result<String, Error> {
        let TokenOptions { ttl, ids_by_clients, max_length } = grant.options;
        let id = call.and_then(|call| self.kept_id(call, grant)).map_or_else(new_id, Ok)?;
        let (cid, jti) = if ids_by_clients { (None, Some(id)) } else { (Some(id), None) };
        let now = clock::wall();
        // Whole seconds, as the official signer writes them.
        let issued = seconds(now).max(0.0) as u64;
        let claims = Claims {
            chn: grant.channel.clone(),
            tags: grant.tags.clone(),
            att: grant.attachment.clone(),
            rpc: grant.methods.clone(),
            iat: issued.into(),
            exp: issued.saturating_add(ttl.as_secs()).into(),
            cid,
            jti,
        };
        let token = claims.sign(&self.keys)?;
        if token.len() > max_length {
            return Err(Error::internal(TokenTooLong(token.len(), max_length)));
        }
        Ok(token)
    }

    /// Returns the id in the client's last token, if it is for the same channel. An
    /// expired token is accepted for as long again as tokens live.
    fn kept_id(&self, call: &Call, grant: &Grant) -> Option<String> {
        let header = call.headers().get(LAST_TOKEN)?;
        let token = percent_decode(header.as_bytes()).decode_utf8().ok()?;
        let claims = Claims::read(&token, &self.keys)?;
        let oldest = clock::wall().checked_sub(grant.options.ttl);
        let oldest = oldest.unwrap_or(SystemTime::UNIX_EPOCH);
        let is_own = claims.chn == grant.channel && !claims.has_expired(oldest);
        claims.cid.filter(|_| is_own)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a token of {0} bytes is too long, {1} are allowed: shorten its tags or attachment")]
struct TokenTooLong(usize, usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_issued_that_is_too_long_to_be_read() {
        let issuer = Issuer::new(SigningKeys::new(["k"]).unwrap(), Vec::new());
        let issue = |channel: usize| {
            let (channel, options) = ("x".repeat(channel), TokenOptions::default());
            let grant = Grant { channel, tags: None, attachment: None, methods: None, options };
            issuer.issue(&grant, None)
        };
        let room = MAX_TOKEN - issue(0).unwrap().len();
        let longest = issue(room).unwrap();
        assert!(Claims::read(&longest, &issuer.keys).is_some());
        assert_eq!(issue(room + 1).unwrap_err().code(), "INTERNAL_SERVER_ERROR");
    }
}
