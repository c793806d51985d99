//! Ids of clients, and the tokens that they are bound to.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::token::{Claims, seconds};

/// Prefix of the ids that this server assigns; chosen ids may not have it.
pub(super) const OURS: &str = "c.";

/// Maximum length of an id, in bytes.
pub(super) const MAX_ID: usize = 256;

/// Maximum number of tokens remembered for one chosen id; older ones are dropped.
pub(super) const MAX_TOKENS: usize = 8;

/// Returns an id that cannot be guessed: 128 random bits.
pub(super) fn new_id() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(format!("{OURS}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// Reason why an id is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadId {
    /// The token is for another id, or the id is bound to another token.
    Taken,
    /// The client is revoked.
    Revoked,
}

/// Origin of a client's id.
#[cfg(feature = "websocket")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The token names it.
    Given,
    /// The client chose it: others may have chosen it before.
    Chosen,
}

/// Returns the origin of the id that a token is used with.
#[cfg(feature = "websocket")]
pub(super) fn origin(id: &str, claims: &Claims) -> Result<Origin, BadId> {
    match claims.cid.as_deref() {
        _ if id.len() > MAX_ID => Err(BadId::Taken),
        Some(own) if own == id => Ok(Origin::Given),
        Some(_) => Err(BadId::Taken),
        None if id.starts_with(OURS) => Err(BadId::Taken),
        None => Ok(Origin::Chosen),
    }
}

/// No further client can be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooManyRevoked;

pub(super) type Hash32 = [u8; 32];

/// Milliseconds since 1970.
pub(super) type Millis = u64;

/// Hash of the signed part of a token, because its signature has several encodings.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenHash(pub(super) Hash32);

impl TokenHash {
    pub(super) fn of(token: &str) -> Self {
        Self(hash(token.rsplit_once('.').map_or(token, |(text, _)| text).as_bytes()))
    }
}

fn hash(bytes: &[u8]) -> Hash32 {
    Sha256::digest(bytes).into()
}

/// Hashes the claims that a token grants, without its times.
pub(super) fn grant(claims: &Claims) -> Hash32 {
    let att = claims.att.as_ref().map(|att| att.get());
    hash(format!("{:?}", (&claims.chn, &claims.tags, att, &claims.rpc)).as_bytes())
}

pub(super) fn millis(time: SystemTime) -> Millis {
    as_millis(seconds(time))
}

/// Negative times become zero, times beyond the range its maximum.
pub(super) fn as_millis(seconds: f64) -> Millis {
    (seconds * 1000.0) as Millis
}
