//! Keys of other services.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Minimum length of a key, in bytes.
const MIN_KEY: usize = 16;

/// Keys with which other services may publish: to all channels, or to those whose names begin with
/// a text. To change a key accept both for a while.
///
/// Keys are compared in constant time: their codes by HMAC-SHA256 under a random key of this process
/// are, so that neither the texts nor their lengths can be found out by time.
#[derive(Clone)]
pub struct PublishKeys {
    code: Hmac<Sha256>,
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    code: Vec<u8>,
    /// Beginning of the channels' names.
    prefix: String,
}

/// Error of creating [`PublishKeys`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishKeyError {
    /// There is no key.
    #[error("there is no key for publishing")]
    None,
    /// A key is short enough to be guessed.
    #[error("a key for publishing has {MIN_KEY} bytes or more: write 32 random ones")]
    TooShort,
    /// The operating system has no random numbers.
    #[error("there are no random numbers")]
    NoRandom,
}

/// The channels that a key is for, as beginnings of their names.
#[derive(Debug)]
pub(super) struct Permission(Vec<String>);

impl PublishKeys {
    /// Creates keys for all channels.
    ///
    /// # Errors
    /// If there is no key, or one has fewer than 16 bytes.
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Result<Self, PublishKeyError> {
        let mut own = Self::empty()?;
        for key in keys {
            own = own.with_prefix("", key)?;
        }
        if own.keys.is_empty() { Err(PublishKeyError::None) } else { Ok(own) }
    }

    /// Creates a key for the channels whose names begin with `prefix`.
    ///
    /// ```
    /// use orpc_runtime::publishing::PublishKeys;
    ///
    /// # fn keys() -> Result<PublishKeys, orpc_runtime::publishing::PublishKeyError> {
    /// let keys = PublishKeys::for_channels("orders/", "the secret of the shop")?
    ///     .with_prefix("chat/", "the secret of the chat")?;
    /// # Ok(keys) }
    /// # keys().unwrap();
    /// ```
    ///
    /// # Errors
    /// If the key has fewer than 16 bytes.
    pub fn for_channels(
        prefix: impl Into<String>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, PublishKeyError> {
        Self::empty()?.with_prefix(prefix, key)
    }

    /// Adds a key for the channels whose names begin with `prefix`.
    ///
    /// # Errors
    /// If the key has fewer than 16 bytes.
    pub fn with_prefix(
        mut self,
        prefix: impl Into<String>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, PublishKeyError> {
        let key = key.as_ref();
        if key.len() < MIN_KEY {
            return Err(PublishKeyError::TooShort);
        }
        let code = self.code.clone().chain_update(key).finalize().into_bytes().to_vec();
        self.keys.push(Key { code, prefix: prefix.into() });
        Ok(self)
    }

    fn empty() -> Result<Self, PublishKeyError> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|_| PublishKeyError::NoRandom)?;
        let code = Hmac::new_from_slice(&random).map_err(|_| PublishKeyError::NoRandom)?;
        Ok(Self { code, keys: Vec::new() })
    }

    /// Returns the channels that a key is for; `None` if it is unknown. Every key is compared.
    pub(super) fn permission(&self, key: &str) -> Option<Permission> {
        let code = self.code.clone().chain_update(key);
        let is_own = |own: &&Key| code.clone().verify_slice(&own.code).is_ok();
        let prefixes: Vec<_> =
            self.keys.iter().filter(is_own).map(|own| own.prefix.clone()).collect();
        (!prefixes.is_empty()).then_some(Permission(prefixes))
    }
}

impl Permission {
    pub(super) fn includes(&self, channel: &str) -> bool {
        self.0.iter().any(|prefix| channel.starts_with(prefix))
    }
}

impl fmt::Debug for PublishKeys {
    // Omits the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishKeys").field("len", &self.keys.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_for_the_channels_of_its_prefixes() {
        let (shop, chat) = ("the key of the shop", "the key of the chat");
        let keys = PublishKeys::for_channels("orders/", shop).unwrap();
        let keys = keys.with_prefix("chat/", chat).unwrap().with_prefix("bills/", shop).unwrap();
        let permission = keys.permission(shop).unwrap();
        for (channel, is_included) in
            [("orders/1", true), ("bills/1", true), ("chat/1", false), ("orders", false)]
        {
            assert_eq!(permission.includes(channel), is_included, "{channel}");
        }
        for unknown in ["", "the key of the sho", "the key of the shop ", "The key of the shop"] {
            assert!(keys.permission(unknown).is_none(), "{unknown}");
        }
        assert_eq!(format!("{keys:?}"), "PublishKeys { len: 3, .. }");
    }

    #[test]
    fn keys_that_can_be_guessed_are_refused() {
        assert_eq!(PublishKeys::new([""; 0]).unwrap_err(), PublishKeyError::None);
        assert_eq!(PublishKeys::new(["123456789012345"]).unwrap_err(), PublishKeyError::TooShort);
        assert!(PublishKeys::new(["1234567890123456"]).is_ok());
    }
}
