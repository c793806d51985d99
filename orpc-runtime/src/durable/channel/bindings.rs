//! Clients that the storage of a channel knows: by ids that they chose, and revoked ones.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::durable::ids::{
    BadId, Hash32, MAX_ID, MAX_TOKENS, OURS, TokenHash, TooManyRevoked, as_millis, grant, millis,
};
use crate::durable::token::Claims;
use crate::stateful::{Batch, ListOptions, Storage, StorageError};

/// Prefix of the entries of chosen ids.
const CHOSEN: &str = "orpc/i/";

/// Prefix of the entries of tokens that came with chosen ids.
const TOKENS: &str = "orpc/t/";

/// Prefix of the entries of revoked clients.
const REVOKED: &str = "orpc/r/";

/// Maximum number of chosen ids; beyond it one without a socket is forgotten.
const MAX_CHOSEN: usize = 10_000;

/// Maximum number of revoked clients.
const MAX_REVOKED: usize = 10_000;

/// Number of ids among which the one is found that is forgotten.
const CANDIDATES: usize = 16;

/// Ids of clients in the storage of a room, by the same rules as those in the memory of a process.
pub(super) struct Bindings {
    storage: Storage,
    /// The number, once it was counted.
    counted: Option<Counted>,
}

struct Counted {
    chosen: usize,
    /// Time at which an entry expires, in milliseconds since 1970.
    next: Option<u64>,
}

/// The owner of a chosen id.
#[derive(Serialize, Deserialize)]
struct Owner {
    /// Hash of the claims that its tokens grant.
    grant: String,
    /// Hashes of its tokens, the newest one last.
    tokens: Vec<String>,
    until: u64,
}

fn text(hash: &Hash32) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

impl Bindings {
    pub(super) fn new(storage: Storage) -> Self {
        Self { storage, counted: None }
    }

    /// Checks the id of a client.
    pub(super) async fn check(
        &self,
        id: &str,
        claims: &Claims,
        TokenHash(token): &TokenHash,
        grant: Option<Hash32>,
        now: SystemTime,
    ) -> Result<Result<(), BadId>, StorageError> {
        if id.is_empty() || id.len() > MAX_ID {
            return Ok(Err(BadId::Taken));
        }
        let revoked = self.storage.get::<u64>(&format!("{REVOKED}{id}")).await?;
        if revoked.is_some_and(|until| millis(now) < until) {
            return Ok(Err(BadId::Revoked));
        }
        let is_own = match claims.cid.as_deref() {
            Some(own) => own == id,
            None if id.starts_with(OURS) => false,
            None => {
                let bound = self.storage.get::<String>(&format!("{TOKENS}{}", text(token))).await?;
                let owner = self.owner(id).await?.filter(|owner| millis(now) <= owner.until);
                bound.is_none_or(|bound| bound == id)
                    && owner.is_none_or(|owner| grant.is_none_or(|g| text(&g) == owner.grant))
            }
        };
        Ok(if is_own { Ok(()) } else { Err(BadId::Taken) })
    }

    async fn owner(&self, id: &str) -> Result<Option<Owner>, StorageError> {
        self.storage.get(&format!("{CHOSEN}{id}")).await
    }

    /// Binds the id of an open socket to its token, unless the token names it. `is_open` tells
    /// which clients have sockets.
    pub(super) async fn bind(
        &mut self,
        id: &str,
        claims: &Claims,
        TokenHash(token): &TokenHash,
        now: SystemTime,
        is_open: impl Fn(&str) -> bool,
    ) -> Result<(), StorageError> {
        if claims.cid.is_some() {
            return Ok(());
        }
        let counted = self.counted(now).await?;
        let known = self.owner(id).await?;
        let is_new = known.is_none();
        let batch = self.storage.batch();
        let (mut batch, forgotten) = match is_new && counted >= MAX_CHOSEN {
            true => self.forget_one(batch, id, is_open).await?,
            false => (batch, 0),
        };
        let mut tokens = known.map(|owner| owner.tokens).unwrap_or_default();
        let token = text(token);
        if !tokens.contains(&token) {
            tokens.push(token.clone());
            if tokens.len() > MAX_TOKENS {
                batch = batch.delete(&format!("{TOKENS}{}", tokens.remove(0)))?;
            }
        }
        let until = as_millis(claims.exp.as_f64().unwrap_or_default());
        let owner = Owner { grant: text(&grant(claims)), tokens, until };
        let batch = batch.put(&format!("{CHOSEN}{id}"), &owner)?;
        batch.put(&format!("{TOKENS}{token}"), id)?.write().await?;
        if let Some(counted) = &mut self.counted {
            counted.chosen = counted.chosen + usize::from(is_new) - forgotten;
        }
        self.expires(until);
        Ok(())
    }

    /// Forgets one of a few ids without a socket, beginning anywhere: they are random.
    async fn forget_one<'a>(
        &'a self,
        mut batch: Batch<'a>,
        near: &str,
        is_open: impl Fn(&str) -> bool,
    ) -> Result<(Batch<'a>, usize), StorageError> {
        let options = ListOptions {
            limit: CANDIDATES,
            after: Some(format!("{CHOSEN}{near}")),
            ..ListOptions::default()
        };
        let mut found = self.storage.list_with::<Owner>(CHOSEN, &options).await?;
        if found.is_empty() {
            found = self.storage.list_with(CHOSEN, &ListOptions { after: None, ..options }).await?;
        }
        let unused = |key: &str| key.strip_prefix(CHOSEN).is_some_and(|id| !is_open(id));
        let Some((key, owner)) = found.into_iter().find(|(key, _)| unused(key)) else {
            return Ok((batch, 0));
        };
        batch = batch.delete(&key)?;
        for token in owner.tokens {
            batch = batch.delete(&format!("{TOKENS}{token}"))?;
        }
        Ok((batch, 1))
    }

    /// Revokes a client for a time.
    pub(super) async fn revoke(
        &mut self,
        id: &str,
        time: Duration,
        now: SystemTime,
    ) -> Result<Result<(), TooManyRevoked>, StorageError> {
        let limit = ListOptions { limit: MAX_REVOKED, ..ListOptions::default() };
        let key = format!("{REVOKED}{id}");
        let revoked = self.storage.list_with::<u64>(REVOKED, &limit).await?;
        let is_full = revoked.len() >= MAX_REVOKED;
        if id.len() > MAX_ID || (is_full && !revoked.iter().any(|(known, _)| *known == key)) {
            return Ok(Err(TooManyRevoked));
        }
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let until = millis(now).saturating_add(time);
        self.storage.put(&key, &until).await?;
        self.expires(until);
        Ok(Ok(()))
    }

    fn expires(&mut self, at: u64) {
        if let Some(counted) = &mut self.counted {
            counted.next = Some(counted.next.map_or(at, |next| next.min(at)));
        }
    }

    /// Returns the number of chosen ids.
    async fn counted(&mut self, now: SystemTime) -> Result<usize, StorageError> {
        self.remove_expired(now).await?;
        Ok(self.counted.as_ref().map_or(0, |counted| counted.chosen))
    }

    /// Removes what has expired. Returns the time of the next expiry, in milliseconds since 1970.
    pub(super) async fn remove_expired(
        &mut self,
        now: SystemTime,
    ) -> Result<Option<u64>, StorageError> {
        let now = millis(now);
        if let Some(Counted { next, .. }) = &self.counted
            && next.is_none_or(|next| now <= next)
        {
            return Ok(*next);
        }
        let mut counted = Counted { chosen: 0, next: None };
        let mut after = None;
        loop {
            let options = ListOptions { after: after.take(), ..ListOptions::default() };
            let page = self.storage.list_with::<Owner>(CHOSEN, &options).await?;
            after = page.last().map(|(key, _)| key.clone());
            let is_last = page.len() < options.limit;
            let mut batch = self.storage.batch();
            for (key, owner) in page {
                if owner.until < now {
                    batch = batch.delete(&key)?;
                    for token in owner.tokens {
                        batch = batch.delete(&format!("{TOKENS}{token}"))?;
                    }
                } else {
                    counted.chosen += 1;
                    counted.next = Some(counted.next.map_or(owner.until, |at| at.min(owner.until)));
                }
            }
            batch.write().await?;
            if is_last {
                break;
            }
        }
        let all = ListOptions { limit: MAX_REVOKED, ..ListOptions::default() };
        let mut batch = self.storage.batch();
        for (key, until) in self.storage.list_with::<u64>(REVOKED, &all).await? {
            if until < now {
                batch = batch.delete(&key)?;
            } else {
                counted.next = Some(counted.next.map_or(until, |at| at.min(until)));
            }
        }
        batch.write().await?;
        let next = counted.next;
        self.counted = Some(counted);
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::Value;

    use super::*;
    use crate::stateful::MemoryStorage;

    fn claims(exp: u64) -> Claims {
        serde_json::from_str(&format!(r#"{{"chn":"room","iat":0,"exp":{exp}}}"#)).unwrap()
    }

    fn at(milliseconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(milliseconds)
    }

    fn bindings() -> (Bindings, Storage) {
        let storage = Storage::new(MemoryStorage::default());
        (Bindings::new(storage.clone()), storage)
    }

    async fn bind(bindings: &mut Bindings, id: &str, token: &str, exp: u64) {
        let (claims, token) = (claims(exp), TokenHash::of(token));
        bindings.bind(id, &claims, &token, at(1), |_| false).await.unwrap();
    }

    async fn check(bindings: &Bindings, id: &str, token: &str, now: u64) -> Result<(), BadId> {
        let (claims, token) = (claims(9), TokenHash::of(token));
        bindings.check(id, &claims, &token, Some(grant(&claims)), at(now)).await.unwrap()
    }

    /// Numbers of the entries of ids, of tokens and of revoked clients.
    async fn entries(storage: &Storage) -> [usize; 3] {
        let mut counts = [0; 3];
        for (count, prefix) in counts.iter_mut().zip([CHOSEN, TOKENS, REVOKED]) {
            let all = ListOptions { limit: usize::MAX, ..ListOptions::default() };
            *count = storage.list_with::<Value>(prefix, &all).await.unwrap().len();
        }
        counts
    }

    #[tokio::test]
    async fn an_id_has_its_newest_tokens_and_a_bounded_length() {
        let (mut bindings, storage) = bindings();
        for number in 0..=MAX_TOKENS {
            bind(&mut bindings, "ada", &format!("token {number}"), 9).await;
        }
        bind(&mut bindings, "ada", "token 5", 9).await;
        assert_eq!(entries(&storage).await, [1, MAX_TOKENS, 0]);
        assert_eq!(check(&bindings, "bob", "token 0", 1).await, Ok(()), "the oldest is free");
        assert_eq!(check(&bindings, "bob", "token 1", 1).await, Err(BadId::Taken));
        assert_eq!(check(&bindings, "ada", "token 1", 1).await, Ok(()));
        for (length, expected) in
            [(0, Err(BadId::Taken)), (MAX_ID, Ok(())), (MAX_ID + 1, Err(BadId::Taken))]
        {
            assert_eq!(
                check(&bindings, &"x".repeat(length), "other", 1).await,
                expected,
                "{length}"
            );
        }
    }

    #[tokio::test]
    async fn what_has_expired_is_removed_with_its_tokens_and_not_before() {
        let (mut bindings, storage) = bindings();
        assert_eq!(bindings.remove_expired(at(1)).await.unwrap(), None);
        bind(&mut bindings, "bob", "b", 9).await;
        bind(&mut bindings, "ada", "a", 5).await;
        bindings.revoke("eve", Duration::from_secs(6), at(1000)).await.unwrap().unwrap();
        // Both as it counts and as the storage has it.
        let cases = [
            (5000, Some(5000), [2, 2, 1]),
            (5001, Some(7000), [1, 1, 1]),
            (7000, Some(7000), [1, 1, 1]),
            (7001, Some(9000), [1, 1, 0]),
            (9001, None, [0, 0, 0]),
        ];
        for (now, next, expected) in cases {
            assert_eq!(bindings.remove_expired(at(now)).await.unwrap(), next, "at {now}");
            let mut anew = Bindings::new(storage.clone());
            assert_eq!(anew.remove_expired(at(now)).await.unwrap(), next, "anew at {now}");
            assert_eq!(entries(&storage).await, expected, "at {now}");
            assert_eq!(bindings.counted(at(now)).await.unwrap(), expected[0], "at {now}");
        }
    }

    #[tokio::test]
    async fn a_client_is_revoked_until_its_time_is_over_and_a_bounded_number_are() {
        let (mut bindings, storage) = bindings();
        bindings.revoke("eve", Duration::from_secs(6), at(1000)).await.unwrap().unwrap();
        assert_eq!(check(&bindings, "eve", "e", 6999).await, Err(BadId::Revoked));
        assert_eq!(check(&bindings, "eve", "e", 7000).await, Ok(()));
        let mut batch = storage.batch();
        for number in 2..MAX_REVOKED {
            batch = batch.put(&format!("{REVOKED}{number}"), &99_000).unwrap();
        }
        batch.write().await.unwrap();
        let longest = "x".repeat(MAX_ID);
        for (id, is_revoked) in
            [(&*"x".repeat(MAX_ID + 1), false), (&*longest, true), ("new", false), ("eve", true)]
        {
            let revoked = bindings.revoke(id, Duration::from_secs(1), at(1000)).await.unwrap();
            assert_eq!(revoked.is_ok(), is_revoked, "{id}");
        }
        assert_eq!(entries(&storage).await[2], MAX_REVOKED);
        assert_eq!(check(&bindings, "eve", "e", 2000).await, Ok(()), "the later time counts");
        // All of them expire.
        assert_eq!(Bindings::new(storage.clone()).remove_expired(at(99_001)).await.unwrap(), None);
        assert_eq!(entries(&storage).await, [0, 0, 0]);
    }

    #[tokio::test]
    async fn beyond_the_maximum_one_of_the_next_ids_without_a_socket_is_forgotten() {
        let (mut bindings, storage) = bindings();
        let mut batch = storage.batch();
        for number in 0..MAX_CHOSEN {
            let (key, tokens) = (format!("{CHOSEN}{number:05}"), vec![number.to_string()]);
            let owner = Owner { grant: String::new(), tokens, until: 9000 };
            batch = batch.put(&key, &owner).unwrap();
            batch = batch.put(&format!("{TOKENS}{number}"), &format!("{number:05}")).unwrap();
        }
        batch.write().await.unwrap();
        let (claims, first) = (claims(9), 5001);
        let is_known = async |id: usize| {
            let token = storage.get::<String>(&format!("{TOKENS}{id}")).await.unwrap();
            (bindings_has(&storage, &format!("{id:05}")).await, token.is_some())
        };
        let open = |id: &str| id == "05001";
        let token = TokenHash::of("new");
        bindings.bind("05000a", &claims, &token, at(1), open).await.unwrap();
        assert_eq!(
            (is_known(first).await, is_known(first + 1).await),
            ((true, true), (false, false))
        );
        assert_eq!(bindings.counted(at(1)).await.unwrap(), MAX_CHOSEN);
        // Behind the last one it is one of the first.
        bindings.bind("x", &claims, &TokenHash::of("x"), at(1), |_| false).await.unwrap();
        assert_eq!(is_known(0).await, (false, false));
        assert_eq!(bindings.counted(at(1)).await.unwrap(), MAX_CHOSEN);
        // One with a socket is not forgotten, nor one further away.
        let far = |id: &str| id < "00018";
        bindings.bind("00001a", &claims, &TokenHash::of("y"), at(1), far).await.unwrap();
        assert_eq!(bindings.counted(at(1)).await.unwrap(), MAX_CHOSEN + 1);
        assert_eq!(entries(&storage).await, [MAX_CHOSEN + 1, MAX_CHOSEN + 1, 0]);
        // Neither is one for an id that is known.
        bindings.bind("x", &claims, &TokenHash::of("x"), at(1), |_| false).await.unwrap();
        assert_eq!(bindings.counted(at(1)).await.unwrap(), MAX_CHOSEN + 1);
    }

    async fn bindings_has(storage: &Storage, id: &str) -> bool {
        storage.get::<Value>(&format!("{CHOSEN}{id}")).await.unwrap().is_some()
    }
}
