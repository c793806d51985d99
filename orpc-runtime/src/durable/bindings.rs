//! The binding of clients' ids to tokens in the memory of a process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::ids::{
    BadId, Hash32, MAX_TOKENS, Millis, Origin, TokenHash, TooManyRevoked, as_millis, grant, millis,
    origin,
};
use super::remembered::{Bounds, Place, Remembered};
use super::token::Claims;

/// Bounds of the chosen ids without a socket. Beyond them the least recently used one
/// is dropped, so that no client is refused.
const CHOSEN: Bounds = Bounds { per_channel: 10_000, bytes: 32 * 1024 * 1024, overhead: 1024 };

/// Bounds of the revoked clients. Beyond them a further revocation is refused.
const REVOKED: Bounds = Bounds { per_channel: 10_000, bytes: 16 * 1024 * 1024, overhead: 512 };

/// Ids of clients.
///
/// A token names the id that it is valid with, as `cid`: nothing is stored for it. With
/// a token of the official format, which names none, the client chooses: the first id
/// that a socket is opened with is bound to the token, and to other tokens that grant
/// the same. The binding is kept until the token expires, in this process, within
/// [`CHOSEN`].
pub(super) struct Ids(Mutex<State>);

struct State {
    chosen: Remembered<Owner>,
    /// Places of the chosen ids, by the tokens bound to them.
    by_token: HashMap<Hash32, Place>,
    revoked: Remembered<()>,
}

/// The owner of a chosen id.
struct Owner {
    /// Hash of the claims that its tokens grant.
    grant: Hash32,
    /// Hashes of its tokens, the newest one last.
    tokens: VecDeque<Hash32>,
}

/// A chosen id that a socket holds, to be [released](Ids::release) when it ends.
#[derive(Debug)]
pub(super) struct Held(Place);

impl Default for Ids {
    fn default() -> Self {
        Self::new(CHOSEN, REVOKED)
    }
}

impl Ids {
    fn new(chosen: Bounds, revoked: Bounds) -> Self {
        let (chosen, revoked) = (Remembered::new(chosen), Remembered::new(revoked));
        Self(Mutex::new(State { chosen, by_token: HashMap::new(), revoked }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks the id in a client's upgrade request. Nothing is stored, because the
    /// request may still be refused.
    pub(super) fn check(
        &self,
        id: &str,
        claims: &Claims,
        token: &TokenHash,
        now: SystemTime,
    ) -> Result<(), BadId> {
        self.state().check(id, claims, token, Some(grant(claims)), millis(now))
    }

    /// Binds the id of an open socket to its token. Returns the binding that the socket
    /// holds, if there is one.
    pub(super) fn bind(
        &self,
        id: &str,
        claims: &Claims,
        token: &TokenHash,
        now: SystemTime,
    ) -> Result<Option<Held>, BadId> {
        let (grant, mut state) = (grant(claims), self.state());
        state.check(id, claims, token, Some(grant), millis(now))?;
        if claims.cid.is_some() {
            return Ok(None);
        }
        let place = state.own(id, claims, token, grant, millis(now));
        state.chosen.hold(&place);
        Ok(Some(Held(place)))
    }

    /// Releases the binding of a socket.
    pub(super) fn release(&self, Held(place): &Held) {
        let mut state = self.state();
        state.chosen.release(place);
        let surplus = state.chosen.take_surplus(&place.0);
        state.forget(surplus);
    }

    /// Binds the id of an open socket to a newer token, which may grant other claims.
    pub(super) fn renew(
        &self,
        id: &str,
        claims: &Claims,
        token: &TokenHash,
        now: SystemTime,
    ) -> Result<(), BadId> {
        let mut state = self.state();
        state.check(id, claims, token, None, millis(now))?;
        if claims.cid.is_none() {
            state.own(id, claims, token, grant(claims), millis(now));
        }
        Ok(())
    }

    /// Returns `true` if a client is revoked.
    #[cfg(test)]
    fn is_revoked(&self, channel: &str, id: &str, now: SystemTime) -> bool {
        self.state().is_revoked(channel, id, millis(now))
    }

    /// Revokes a client for a time.
    pub(super) fn revoke(
        &self,
        channel: &str,
        id: &str,
        time: Duration,
        now: SystemTime,
    ) -> Result<(), TooManyRevoked> {
        let mut state = self.state();
        state.revoked.take_ended(millis(now));
        if !state.revoked.has_room(channel, id) {
            return Err(TooManyRevoked);
        }
        let time = Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX);
        state.revoked.insert(channel, id, (), millis(now).saturating_add(time));
        Ok(())
    }
}

impl State {
    fn check(
        &self,
        id: &str,
        claims: &Claims,
        TokenHash(token): &TokenHash,
        grant: Option<Hash32>,
        now: Millis,
    ) -> Result<(), BadId> {
        if self.is_revoked(&claims.chn, id, now) {
            return Err(BadId::Revoked);
        }
        let is_own = match origin(id, claims)? {
            Origin::Given => true,
            Origin::Chosen => {
                let bound = self.by_token.get(token);
                let owner = self.chosen.get(&claims.chn, id, now);
                bound.is_none_or(|place| &*place.1 == id)
                    && owner.is_none_or(|owner| grant.is_none_or(|grant| grant == owner.grant))
            }
        };
        if is_own { Ok(()) } else { Err(BadId::Taken) }
    }

    /// Binds a chosen id to a token.
    fn own(
        &mut self,
        id: &str,
        claims: &Claims,
        TokenHash(token): &TokenHash,
        grant: Hash32,
        now: Millis,
    ) -> Place {
        let ended = self.chosen.take_ended(now);
        self.forget(ended);
        let known = self.chosen.get_mut(&claims.chn, id);
        let mut tokens = known.map(|owner| std::mem::take(&mut owner.tokens)).unwrap_or_default();
        if !tokens.contains(token) {
            tokens.push_back(*token);
            if tokens.len() > MAX_TOKENS
                && let Some(oldest) = tokens.pop_front()
            {
                self.by_token.remove(&oldest);
            }
        }
        let until = as_millis(claims.exp.as_f64().unwrap_or_default());
        let place = self.chosen.insert(&claims.chn, id, Owner { grant, tokens }, until);
        self.by_token.insert(*token, place.clone());
        place
    }

    fn forget(&mut self, owners: Vec<Owner>) {
        for token in owners.iter().flat_map(|owner| &owner.tokens) {
            self.by_token.remove(token);
        }
    }

    fn is_revoked(&self, channel: &str, id: &str, now: Millis) -> bool {
        self.revoked.get(channel, id, now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::value::RawValue;

    use super::super::ids::{MAX_ID, new_id};
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
            jti: None,
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn admit(ids: &Ids, id: &str, token: &str, claims: &Claims, now: u64) -> Result<(), BadId> {
        let token = TokenHash::of(token);
        ids.check(id, claims, &token, at(now))?;
        if let Some(held) = ids.bind(id, claims, &token, at(now))? {
            ids.release(&held);
        }
        Ok(())
    }

    fn renew(ids: &Ids, id: &str, token: &str, claims: &Claims, now: u64) -> Result<(), BadId> {
        ids.renew(id, claims, &TokenHash::of(token), at(now))
    }

    fn known(ids: &Ids) -> (usize, usize) {
        let state = ids.state();
        (state.chosen.len(), state.by_token.len())
    }

    #[test]
    fn an_id_that_was_given_out_is_good_with_its_token_alone_and_leaves_nothing_behind() {
        let ids = Ids::default();
        let (own, other) = (new_id().unwrap(), new_id().unwrap());
        let claims = Claims { cid: Some(own.clone()), ..claims("ada", 9) };
        for id in ["x", &other] {
            assert_eq!(admit(&ids, id, "t", &claims, 1), Err(BadId::Taken));
            assert_eq!(renew(&ids, id, "t", &claims, 1), Err(BadId::Taken));
        }
        // This does not lock its owner out.
        assert_eq!(admit(&ids, &own, "t", &claims, 1), Ok(()));
        assert_eq!(renew(&ids, &own, "u", &claims, 1), Ok(()));
        let without = Claims { cid: None, ..claims };
        assert_eq!(admit(&ids, &own, "t2", &without, 1), Err(BadId::Taken));
        assert_eq!(known(&ids), (0, 0));
    }

    #[test]
    fn a_check_binds_nothing() {
        let ids = Ids::default();
        let (ada, bob) = (claims("ada", 9), claims("bob", 9));
        let token = TokenHash::of("bob 1");
        assert_eq!(ids.check("x", &bob, &token, at(1)), Ok(()));
        assert_eq!(ids.check("y", &bob, &token, at(1)), Ok(()));
        assert_eq!(admit(&ids, "x", "ada 1", &ada, 1), Ok(()));
        // Two that were checked at the same time: one of them is bound.
        assert_eq!(ids.bind("x", &bob, &token, at(1)).unwrap_err(), BadId::Taken);
    }

    #[test]
    fn a_chosen_id_belongs_to_the_first_token_that_opens_a_socket_with_it() {
        let ids = Ids::default();
        let (ada, bob) = (claims("ada", 9), claims("bob", 9));
        assert_eq!(admit(&ids, "x", "ada 1", &ada, 1), Ok(()));
        // The same socket again, and with a newer token of the same kind.
        assert_eq!(admit(&ids, "x", "ada 1", &ada, 2), Ok(()));
        assert_eq!(admit(&ids, "x", "ada 2", &ada, 2), Ok(()));
        // Another's id, and the client's own token with another id.
        assert_eq!(admit(&ids, "x", "bob 1", &bob, 2), Err(BadId::Taken));
        assert_eq!(admit(&ids, "y", "ada 1", &ada, 2), Err(BadId::Taken));
        assert_eq!(renew(&ids, "y", "ada 1", &ada, 2), Err(BadId::Taken));
        assert_eq!(admit(&ids, &"x".repeat(MAX_ID + 1), "z", &ada, 2), Err(BadId::Taken));
        // A newer token may grant other claims.
        assert_eq!(renew(&ids, "x", "ada 3", &claims("grace", 9), 2), Ok(()));
        assert_eq!(admit(&ids, "x", "ada 1", &ada, 2), Err(BadId::Taken));
        assert_eq!(admit(&ids, "x", "ada 3", &claims("grace", 9), 2), Ok(()));
    }

    #[test]
    fn a_token_that_came_with_an_id_is_good_with_no_other_however_it_is_written() {
        let ids = Ids::default();
        let ada = claims("ada", 99);
        assert_eq!(admit(&ids, "x", "text.signature", &ada, 1), Ok(()));
        assert_eq!(admit(&ids, "y", "text.signature=", &ada, 2), Err(BadId::Taken));
        assert_eq!(admit(&ids, "x", "text.signature=", &ada, 2), Ok(()));
    }

    #[test]
    fn a_flood_of_chosen_ids_is_bounded_and_refuses_no_client() {
        let ids = Ids::new(Bounds { per_channel: 100, ..CHOSEN }, REVOKED);
        let held = ids.bind("held", &claims("ada", 9), &TokenHash::of("ada"), at(1)).unwrap();
        for number in 0..1000 {
            let id = number.to_string();
            assert_eq!(admit(&ids, &id, &id, &claims("mallory", 9), 1), Ok(()));
        }
        assert_eq!(known(&ids), (101, 101));
        // The id of an open socket stays bound to it.
        assert_eq!(admit(&ids, "held", "x", &claims("mallory", 9), 1), Err(BadId::Taken));
        ids.release(&held.unwrap());
        // Expired entries are removed by later operations.
        for number in 0..10 {
            let id = number.to_string();
            assert_eq!(admit(&ids, &id, &format!("{id} later"), &claims("ada", 99), 10), Ok(()));
        }
        assert_eq!(known(&ids), (10, 10));
    }

    #[test]
    fn the_tokens_of_one_id_are_bounded() {
        let ids = Ids::default();
        for number in 0..100 {
            assert_eq!(admit(&ids, "x", &number.to_string(), &claims("ada", 9), 1), Ok(()));
        }
        assert_eq!(known(&ids), (1, MAX_TOKENS));
        assert_eq!(admit(&ids, "y", "99", &claims("ada", 9), 1), Err(BadId::Taken));
        assert_eq!(admit(&ids, "y", "92", &claims("ada", 9), 1), Err(BadId::Taken));
        assert_eq!(admit(&ids, "y", "91", &claims("ada", 9), 1), Ok(()));
    }

    #[test]
    fn a_revoked_client_stays_out() {
        let ids = Ids::default();
        ids.revoke("room", "x", Duration::from_secs(5), at(1)).unwrap();
        assert_eq!(admit(&ids, "x", "t", &claims("ada", 9), 2), Err(BadId::Revoked));
        assert_eq!(admit(&ids, "y", "t", &claims("ada", 9), 2), Ok(()));
        // The client is admitted again when the time is over.
        assert_eq!(admit(&ids, "x", "u", &claims("ada", 9), 7), Ok(()));
    }

    #[test]
    fn a_revoked_client_stays_out_by_whatever_id_it_comes() {
        let ids = Ids::default();
        let own = new_id().unwrap();
        let claims = Claims { cid: Some(own.clone()), ..claims("ada", 99) };
        ids.revoke("room", &own, Duration::from_secs(50), at(1)).unwrap();
        for (id, refused) in [(&*own, BadId::Revoked), ("x", BadId::Taken)] {
            assert_eq!(admit(&ids, id, "t.s", &claims, 2), Err(refused));
            assert_eq!(renew(&ids, id, "t.s", &claims, 2), Err(refused));
        }
        assert!(ids.is_revoked("room", &own, at(2)) && !ids.is_revoked("room", &own, at(60)));
    }

    #[test]
    fn revocations_are_bounded_by_channel_and_the_bound_is_exact() {
        let ids = Ids::new(CHOSEN, Bounds { per_channel: 100, ..REVOKED });
        let revoke = |channel: &str, id: u64, now: u64| {
            ids.revoke(channel, &id.to_string(), Duration::from_secs(5), at(now))
        };
        for id in 0..100 {
            assert_eq!(revoke("room", id, 1), Ok(()));
        }
        assert_eq!(revoke("room", 100, 1), Err(TooManyRevoked));
        // A revoked client can be revoked again; other channels and later times have
        // room.
        assert_eq!(revoke("room", 7, 1), Ok(()));
        assert_eq!(revoke("hall", 100, 1), Ok(()));
        assert_eq!(revoke("room", 100, 7), Ok(()));
        // The maximum duration is accepted.
        assert_eq!(ids.revoke("hall", "x", Duration::MAX, at(1)), Ok(()));
        assert!(ids.is_revoked("hall", "x", at(9_999_999_999)));
    }
}
