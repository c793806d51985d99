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
        let all = ListOptions { limit: MAX_REVOKED + 1, ..ListOptions::default() };
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
