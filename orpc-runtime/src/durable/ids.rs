//! Whose id is whose: the ids of clients are bound to their tokens.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::token::{Claims, seconds};

/// What the ids begin with that this server gives out, and no others may.
const OURS: &str = "c.";

/// The longest id, in bytes.
const MAX_ID: usize = 256;

/// How many ids of other making are remembered.
const MAX_KNOWN: usize = if cfg!(test) { 1_000 } else { 100_000 };

/// An id that nobody can guess.
pub(super) fn new_id() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(format!("{OURS}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// Whether an id is of the form of those that this server gives out.
fn is_ours(id: &str) -> bool {
    id.starts_with(OURS)
}

/// Why an id is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadId {
    /// It belongs to another token, or is none.
    Taken,
    /// Its client was shut out.
    Revoked,
    /// Nothing more can be remembered.
    Full,
}

type Hash32 = [u8; 32];

/// Which ids are taken.
///
/// An id that this server gave out stands in the token, and is good with no other.
/// A client may also choose an id, as the official one does: the first token that
/// comes with it takes it, and is good with no other id from then on. That is
/// remembered until the token expires, in this process.
#[derive(Default)]
pub(super) struct Ids(Mutex<State>);

#[derive(Default)]
struct State {
    /// The id that a token came with.
    by_token: Remembered<Hash32, Box<str>>,
    /// What the token of an id entitles to, by channel and id.
    by_id: Remembered<(Box<str>, Box<str>), Hash32>,
    revoked: Remembered<(Box<str>, Box<str>), ()>,
}

impl Ids {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client comes with an id and a token.
    pub(super) fn admit(
        &self,
        id: &str,
        token: &str,
        claims: &Claims,
        now: SystemTime,
    ) -> Result<(), BadId> {
        self.check(id, token, claims, now, true)
    }

    /// A client has a new token for the socket that it opened with the id.
    pub(super) fn renew(
        &self,
        id: &str,
        token: &str,
        claims: &Claims,
        now: SystemTime,
    ) -> Result<(), BadId> {
        self.check(id, token, claims, now, false)
    }

    fn check(
        &self,
        id: &str,
        token: &str,
        claims: &Claims,
        now: SystemTime,
        is_new: bool,
    ) -> Result<(), BadId> {
        if id.len() > MAX_ID {
            return Err(BadId::Taken);
        }
        let now = seconds(now);
        let mut state = self.state();
        if state.is_revoked(id, claims, now) {
            return Err(BadId::Revoked);
        }
        let (token, grant) = (hash(signed(token).as_bytes()), grant(claims));
        if state.by_token.get(&token, now).is_some_and(|own| **own != *id) {
            return Err(BadId::Taken);
        }
        if is_ours(id) {
            let is_own = claims.cid.as_deref() == Some(id);
            return if is_own { Ok(()) } else { Err(BadId::Taken) };
        }
        let place = (claims.chn.as_str().into(), id.into());
        if is_new && state.by_id.get(&place, now).is_some_and(|own| *own != grant) {
            return Err(BadId::Taken);
        }
        let until = claims.exp.as_f64().unwrap_or_default();
        state.by_token.insert(token, id.into(), until, now)?;
        state.by_id.insert(place, grant, until, now)
    }

    /// Whether a client that was let in has been shut out meanwhile.
    pub(super) fn is_revoked(&self, id: &str, claims: &Claims, now: SystemTime) -> bool {
        self.state().is_revoked(id, claims, seconds(now))
    }

    /// Shuts a client out for a time.
    pub(super) fn revoke(
        &self,
        channel: &str,
        id: &str,
        time: Duration,
        now: SystemTime,
    ) -> Result<(), BadId> {
        let now = seconds(now);
        let place = (channel.into(), id.into());
        self.state().revoked.insert(place, (), now + time.as_secs_f64(), now)
    }
}

impl State {
    /// Whether the id is shut out, or the one that the token was given for: another
    /// id is no way around it.
    fn is_revoked(&self, id: &str, claims: &Claims, now: f64) -> bool {
        [Some(id), claims.cid.as_deref()].into_iter().flatten().any(|id| {
            let place = (claims.chn.as_str().into(), id.into());
            self.revoked.get(&place, now).is_some()
        })
    }
}

/// What is kept until a time, and no more than so much.
struct Remembered<K, V> {
    entries: HashMap<K, (V, f64)>,
    /// At how many entries those are dropped whose time is over.
    sweep_at: usize,
}

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), sweep_at: 64 }
    }
}

impl<K: Hash + Eq, V> Remembered<K, V> {
    /// What is known, until its time is over.
    fn get(&self, key: &K, now: f64) -> Option<&V> {
        self.entries.get(key).filter(|(_, until)| *until >= now).map(|(value, _)| value)
    }

    fn insert(&mut self, key: K, value: V, until: f64, now: f64) -> Result<(), BadId> {
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, (_, until)| *until >= now);
            self.sweep_at = (self.entries.len() * 2).clamp(64, MAX_KNOWN);
        }
        if self.entries.len() >= MAX_KNOWN && !self.entries.contains_key(&key) {
            return Err(BadId::Full);
        }
        let until = self.entries.get(&key).map_or(until, |(_, own)| own.max(until));
        self.entries.insert(key, (value, until));
        Ok(())
    }
}

/// What is signed of a token: its signature can be written in several ways.
fn signed(token: &str) -> &str {
    token.rsplit_once('.').map_or(token, |(text, _)| text)
}

fn hash(bytes: &[u8]) -> Hash32 {
    Sha256::digest(bytes).into()
}

/// What a token entitles to, whenever it was signed.
fn grant(claims: &Claims) -> Hash32 {
    let att = claims.att.as_ref().map(|att| att.get());
    hash(format!("{:?}", (&claims.chn, &claims.tags, att, &claims.rpc)).as_bytes())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::value::RawValue;

    use super::*;

    fn claims(att: &str, exp: u64) -> Claims {
        Claims {
            chn: "room".to_owned(),
            tags: None,
            att: Some(RawValue::from_string(format!("{att:?}")).unwrap()),
            rpc: None,
            iat: 0.into(),
            exp: exp.into(),
            cid: None,
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn an_id_that_was_given_out_is_good_with_its_token_alone() {
        let ids = Ids::default();
        let (own, other) = (new_id().unwrap(), new_id().unwrap());
        let claims = Claims { cid: Some(own.clone()), ..claims("ada", 9) };
        assert_eq!(ids.admit(&own, "t", &claims, at(1)), Ok(()));
        assert_eq!(ids.admit(&other, "t", &claims, at(1)), Err(BadId::Taken));
        let without = Claims { cid: None, ..claims };
        assert_eq!(ids.admit(&own, "t2", &without, at(1)), Err(BadId::Taken));
    }

    #[test]
    fn a_chosen_id_belongs_to_whom_came_first() {
        let ids = Ids::default();
        let (ada, bob) = (claims("ada", 9), claims("bob", 9));
        assert_eq!(ids.admit("x", "ada 1", &ada, at(1)), Ok(()));
        // The same socket again, and with a newer token of the same kind.
        assert_eq!(ids.admit("x", "ada 1", &ada, at(2)), Ok(()));
        assert_eq!(ids.admit("x", "ada 2", &ada, at(2)), Ok(()));
        // Another's id, and one's own token with another id.
        assert_eq!(ids.admit("x", "bob 1", &bob, at(2)), Err(BadId::Taken));
        assert_eq!(ids.admit("y", "ada 1", &ada, at(2)), Err(BadId::Taken));
        assert_eq!(ids.renew("y", "ada 1", &ada, at(2)), Err(BadId::Taken));
        assert_eq!(ids.admit(&"x".repeat(MAX_ID + 1), "z", &ada, at(2)), Err(BadId::Taken));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_ends_with_the_tokens() {
        let ids = Ids::default();
        for number in 0..MAX_KNOWN {
            let id = number.to_string();
            ids.admit(&id, &id, &claims("ada", 9), at(1)).unwrap();
        }
        assert_eq!(ids.admit("one more", "t", &claims("ada", 9), at(1)), Err(BadId::Full));
        assert_eq!(ids.admit("one more", "t", &claims("ada", 99), at(10)), Ok(()));
        assert_eq!(ids.state().by_token.entries.len(), 1);
    }

    #[test]
    fn a_revoked_client_stays_out() {
        let ids = Ids::default();
        ids.revoke("room", "x", Duration::from_secs(5), at(1)).unwrap();
        assert_eq!(ids.admit("x", "t", &claims("ada", 9), at(2)), Err(BadId::Revoked));
        assert_eq!(ids.admit("y", "t", &claims("ada", 9), at(2)), Ok(()));
        // And is let in again when the time is over.
        assert_eq!(ids.admit("x", "u", &claims("ada", 9), at(7)), Ok(()));
    }

    #[test]
    fn a_revoked_client_stays_out_by_whatever_id_it_comes() {
        let ids = Ids::default();
        let own = new_id().unwrap();
        let claims = Claims { cid: Some(own.clone()), ..claims("ada", 99) };
        ids.revoke("room", &own, Duration::from_secs(50), at(1)).unwrap();
        for id in [&own, "x"] {
            assert_eq!(ids.admit(id, "t.s", &claims, at(2)), Err(BadId::Revoked));
            assert_eq!(ids.renew(id, "t.s", &claims, at(2)), Err(BadId::Revoked));
            assert!(ids.is_revoked(id, &claims, at(2)));
        }
        assert!(!ids.is_revoked("x", &claims, at(60)));
    }

    #[test]
    fn a_token_that_came_with_an_id_is_good_with_no_other() {
        let ids = Ids::default();
        let own = new_id().unwrap();
        let claims = Claims { cid: Some(own.clone()), ..claims("ada", 99) };
        assert_eq!(ids.admit("x", "text.signature", &claims, at(1)), Ok(()));
        // Not with that which it was given for, and not by another way to write it.
        assert_eq!(ids.admit(&own, "text.signature", &claims, at(2)), Err(BadId::Taken));
        assert_eq!(ids.admit("y", "text.signature=", &claims, at(2)), Err(BadId::Taken));
        assert_eq!(ids.admit("x", "text.signature=", &claims, at(2)), Ok(()));
    }
}
