//! Signed tokens: the permissions of a client on the socket of a durable iterator.
//!
//! A token is the JSON text of its claims, a dot, and the HMAC-SHA256 (RFC 2104)
//! of that text in base64url without padding (RFC 4648, section 5). It is signed,
//! not encrypted: the client reads it.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;
use serde_json::value::RawValue;
use sha2::Sha256;

use super::credentials::INVALID;
use crate::core::{Code, Error};

/// Maximum length of a token, in bytes. Servers accept URLs of some 8 KiB.
pub(super) const MAX_TOKEN: usize = 16 * 1024;

/// Decodes signatures like JavaScript decoders: the unused bits of the last character are
/// ignored.
const SIGNATURE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Keys that sign tokens.
///
/// The first one signs; all of them are accepted. To rotate keys put the new one first,
/// and remove the old one when the last of its tokens has expired.
#[derive(Clone)]
pub struct SigningKeys(Vec<Hmac<Sha256>>);

/// Error of creating [`SigningKeys`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key.
    #[error("there is no signing key")]
    None,
    /// A key is empty: every client could sign.
    #[error("a signing key is empty")]
    Empty,
}

impl SigningKeys {
    /// Creates keys from text or bytes; the first one signs. RFC 2104 advises 32 random
    /// bytes or more for each.
    ///
    /// # Errors
    /// If there is no key, or one is empty.
    ///
    /// ```
    /// use orpc_runtime::durable::SigningKeys;
    ///
    /// let keys = SigningKeys::new(["today's secret", "yesterday's secret"])?;
    /// # drop(keys);
    /// assert!(SigningKeys::new([""]).is_err());
    /// # Ok::<(), orpc_runtime::durable::KeyError>(())
    /// ```
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Result<Self, KeyError> {
        let key = |key: K| match key.as_ref() {
            [] => Err(KeyError::Empty),
            key => Hmac::new_from_slice(key).map_err(|_| KeyError::Empty),
        };
        let keys: Vec<_> = keys.into_iter().map(key).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(KeyError::None) } else { Ok(Self(keys)) }
    }

    /// Appends the signature to a text.
    fn sign(&self, text: &str) -> String {
        // There is always a first key.
        let signature = self.0.first().map(|key| key.clone().chain_update(text).finalize());
        let signature = signature
            .map_or_else(String::new, |signature| URL_SAFE_NO_PAD.encode(signature.into_bytes()));
        format!("{text}.{signature}")
    }

    /// Returns the text of a signed one. The comparison takes constant time.
    fn verify<'t>(&self, signed: &'t str) -> Option<&'t str> {
        let (text, signature) = signed.rsplit_once('.')?;
        let signature = signature.trim_end_matches('=').replace('+', "-").replace('/', "_");
        let signature = SIGNATURE.decode(signature).ok()?;
        let is_signed =
            |key: &Hmac<Sha256>| key.clone().chain_update(text).verify_slice(&signature).is_ok();
        self.0.iter().any(is_signed).then_some(text)
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").field("len", &self.0.len()).finish()
    }
}

/// Claims of a token. Unknown members are ignored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    /// The channel.
    pub(super) chn: String,
    /// The tags of the socket.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<Vec<String>>,
    /// Attachment, for the server's own use.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(super) att: Option<Box<RawValue>>,
    /// Methods that may be called, by their first names.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(super) rpc: Option<Vec<String>>,
    /// Seconds since 1970.
    pub(super) iat: Number,
    /// Seconds since 1970.
    pub(super) exp: Number,
    /// Id that the token is valid with. The official format has no such claim.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(super) cid: Option<String>,
    /// Distinguishes a token without `cid` from others with the same claims.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(super) jti: Option<String>,
}

/// Requires a member to have its type if it is present: `null` is refused.
fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Reason why a token was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadToken {
    /// Not signed with one of the keys, or without valid claims.
    Invalid,
    /// It has expired.
    Expired,
}

impl Claims {
    /// Signs the claims.
    pub(super) fn sign(&self, keys: &SigningKeys) -> Result<String, serde_json::Error> {
        Ok(keys.sign(&serde_json::to_string(self)?))
    }

    /// Verifies a token.
    pub(super) fn verify(
        token: &str,
        keys: &SigningKeys,
        now: SystemTime,
    ) -> Result<Self, BadToken> {
        let claims = Self::read(token, keys).ok_or(BadToken::Invalid)?;
        if claims.has_expired(now) { Err(BadToken::Expired) } else { Ok(claims) }
    }

    /// Verifies a token that is to replace another one on its socket: for the same channel, with
    /// the same tags.
    pub(super) fn renewal(
        token: &str,
        keys: &SigningKeys,
        own: &Self,
        now: SystemTime,
    ) -> Result<Self, Error> {
        let refused = |text: &'static str| Error::new(Code::Unauthorized).with_message(text);
        let new = Self::verify(token, keys, now).map_err(|_| refused(INVALID))?;
        if new.chn != own.chn {
            return Err(refused(
                "Updated token must have the same channel with the original token",
            ));
        }
        if new.tags != own.tags {
            return Err(refused(
                "Updated token must have the exact same tags with the original token",
            ));
        }
        Ok(new)
    }

    /// Verifies a token that may have expired.
    pub(super) fn read(token: &str, keys: &SigningKeys) -> Option<Self> {
        if token.len() > MAX_TOKEN {
            return None;
        }
        serde_json::from_str(keys.verify(token)?).ok()
    }

    pub(super) fn has_expired(&self, now: SystemTime) -> bool {
        // A number outside the range of `f64` is not a valid time.
        self.exp.as_f64().is_none_or(|exp| exp < seconds(now))
    }

    pub(super) fn tags(&self) -> &[String] {
        self.tags.as_deref().unwrap_or_default()
    }

    pub(super) fn methods(&self) -> &[String] {
        self.rpc.as_deref().unwrap_or_default()
    }
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> f64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;

    /// Tokens that the official signer created, or refuses.
    fn vectors() -> Vec<Value> {
        let text = include_str!("../../tests/vectors/durable/tokens.json");
        let mut file: Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(file["vectors"].take()).unwrap()
    }

    fn keys(vector: &Value) -> SigningKeys {
        SigningKeys::new([vector["secret"].as_str().unwrap()]).unwrap()
    }

    #[test]
    fn texts_are_signed_as_the_official_signer_does() {
        let mut count = 0;
        for vector in vectors().iter().filter(|vector| vector.get("value").is_some()) {
            let signed = keys(vector).sign(vector["value"].as_str().unwrap());
            assert_eq!(signed, vector["token"].as_str().unwrap(), "{}", vector["name"]);
            count += 1;
        }
        assert_eq!(count, 4);
    }

    #[test]
    fn signatures_are_checked_as_the_official_reader_does() {
        for vector in vectors() {
            let token = vector["token"].as_str().unwrap();
            let expected = vector.get("value").or(vector.get("unsigned")).unwrap();
            assert_eq!(keys(&vector).verify(token), expected.as_str(), "{}", vector["name"]);
        }
    }

    #[test]
    fn claims_are_written_byte_for_byte_as_they_were_read() {
        for vector in vectors() {
            let token = vector["token"].as_str().unwrap();
            let Some(claims) = Claims::read(token, &keys(&vector)) else { continue };
            let signed = claims.sign(&keys(&vector)).unwrap();
            let is_odd = ["token.padded", "token.std-base64"].iter().any(|n| vector["name"] == *n);
            assert_eq!(signed == token, !is_odd, "{}", vector["name"]);
        }
    }

    fn claims(exp: u64) -> Claims {
        Claims {
            chn: "room".to_owned(),
            tags: Some(vec!["a".to_owned()]),
            att: None,
            rpc: None,
            iat: 1.into(),
            exp: exp.into(),
            cid: None,
            jti: None,
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_expires_after_its_last_second() {
        let keys = SigningKeys::new(["k"]).unwrap();
        let token = claims(100).sign(&keys).unwrap();
        assert!(Claims::verify(&token, &keys, at(100)).is_ok());
        let later = at(100) + Duration::from_millis(1);
        assert_eq!(Claims::verify(&token, &keys, later).unwrap_err(), BadToken::Expired);
        assert!(!claims(u64::MAX).has_expired(later));
    }

    #[test]
    fn times_before_1970_are_negative() {
        assert_eq!(seconds(at(5)), 5.0);
        assert_eq!(seconds(UNIX_EPOCH - Duration::from_secs(5)), -5.0);
        assert!(!claims(0).has_expired(UNIX_EPOCH - Duration::from_secs(5)));
    }

    #[test]
    fn a_token_has_16_kib_at_most() {
        let keys = SigningKeys::new(["k"]).unwrap();
        let token = |channel: usize| {
            let claims = Claims { chn: "x".repeat(channel), ..claims(100) };
            claims.sign(&keys).unwrap()
        };
        let room = MAX_TOKEN - token(0).len();
        assert_eq!(token(room).len(), 16 * 1024);
        assert!(Claims::read(&token(room), &keys).is_some());
        assert!(Claims::read(&token(room + 1), &keys).is_none());
    }

    #[test]
    fn a_token_that_is_changed_anywhere_is_refused() {
        let keys = SigningKeys::new(["k"]).unwrap();
        let token = claims(100).sign(&keys).unwrap();
        for at_byte in 0..token.len() {
            for change in [1, 2, 32] {
                let mut changed = token.clone().into_bytes();
                changed[at_byte] ^= change;
                let Ok(changed) = String::from_utf8(changed) else { continue };
                let last = at_byte + 1 == token.len();
                // The last character of a signature has two unused bits.
                if last && keys.verify(&changed).is_some() {
                    continue;
                }
                assert_eq!(Claims::verify(&changed, &keys, at(1)).unwrap_err(), BadToken::Invalid);
            }
        }
    }

    #[test]
    fn keys_rotate() {
        let (old, new) = (SigningKeys::new(["old"]).unwrap(), SigningKeys::new(["new"]).unwrap());
        let both = SigningKeys::new(["new", "old"]).unwrap();
        let by_old = claims(100).sign(&old).unwrap();
        assert!(Claims::verify(&by_old, &both, at(1)).is_ok());
        assert!(Claims::verify(&by_old, &new, at(1)).is_err());
        assert_eq!(claims(100).sign(&both).unwrap(), claims(100).sign(&new).unwrap());
    }

    #[test]
    fn claims_of_a_wrong_shape_are_no_token() {
        let keys = SigningKeys::new(["k"]).unwrap();
        let read = |text: &str| Claims::read(&keys.sign(text), &keys);
        assert!(read(r#"{"chn":"c","iat":1,"exp":2,"more":{"x":1}}"#).is_some());
        assert!(read(r#"{"chn":"c","iat":1.5,"exp":2.5,"att":null}"#).is_some());
        for text in [
            r#"{"chn":1,"iat":1,"exp":2}"#,
            r#"{"chn":"c","iat":"1","exp":2}"#,
            r#"{"chn":"c","exp":2}"#,
            r#"{"chn":"c","iat":1,"exp":2,"tags":null}"#,
            r#"{"chn":"c","iat":1,"exp":2,"tags":"a"}"#,
            r#"{"chn":"c","iat":1,"exp":2,"rpc":[1]}"#,
            "[]",
            "",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(
            read(&format!(r#"{{"chn":"{}","iat":1,"exp":2}}"#, "c".repeat(MAX_TOKEN))).is_none()
        );
    }

    #[test]
    fn keys_are_not_shown() {
        let keys = SigningKeys::new(["hidden-key"]).unwrap();
        assert_eq!(format!("{keys:?}"), "SigningKeys { len: 1 }");
    }
}
