//! Ids of clients that all processes of a store know.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::client::DurableClient;
use super::ids::{BadId, Origin, TokenHash, grant, origin};
use super::token::{Claims, seconds};
use crate::clock;
use crate::publish::{Admission, Choice, ClientRegistry, Verdict};

/// Time for which an id is bound to a token after the token has expired: another process with a clock that is late
/// accepts the token until then.
const CLOCKS: Duration = Duration::from_secs(60 * 60);

/// Longest time for which an id is bound, in seconds.
const LONGEST: f64 = 1e9;

/// Reason why a client is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    BadId(BadId),
    /// There is no room for another id.
    Full,
    /// The store cannot be asked.
    Unreachable,
}

/// A check that waits for the store.
pub(super) type Checking = BoxFuture<'static, Result<(), Refused>>;

/// The registry of a store.
pub(super) struct SharedIds(pub(super) Arc<dyn ClientRegistry>);

impl SharedIds {
    /// Checks the id in a client's upgrade request. Nothing is stored.
    pub(super) fn check(
        &self,
        id: &str,
        claims: &Claims,
        token: &TokenHash,
    ) -> Result<Checking, BadId> {
        let choice = choice(origin(id, claims)?, claims, token);
        Ok(self.ask(id, claims, choice))
    }

    /// Binds the id of an open socket to its token; `None` if the token names it.
    pub(super) fn bind(&self, client: &DurableClient, token: &TokenHash) -> Option<Checking> {
        let claims = client.claims();
        match origin(client.id(), &claims) {
            Ok(Origin::Given) => None,
            Ok(Origin::Chosen) => {
                let bound = Some(time_of(&claims));
                let choice = choice(Origin::Chosen, &claims, token);
                let choice = choice.map(|choice| Choice { bound, ..choice });
                Some(self.ask(client.id(), &claims, choice))
            }
            Err(id) => Some(std::future::ready(Err(Refused::BadId(id))).boxed()),
        }
    }

    /// Binds the id of an open socket to a newer token, which may grant other claims.
    pub(super) async fn renew(
        &self,
        id: &str,
        claims: &Claims,
        token: &TokenHash,
    ) -> Result<(), Refused> {
        let choice = choice(origin(id, claims).map_err(Refused::BadId)?, claims, token);
        let bound = Some(time_of(claims));
        let choice = choice.map(|choice| Choice { is_renewal: true, bound, ..choice });
        self.ask(id, claims, choice).await
    }

    /// Returns `true` if this process knows that a client is revoked.
    pub(super) fn is_revoked(&self, client: &DurableClient) -> bool {
        self.0.is_revoked(client.channel(), client.id())
    }

    fn ask(&self, id: &str, claims: &Claims, choice: Option<Choice>) -> Checking {
        if self.0.is_revoked(&claims.chn, id) {
            return std::future::ready(Err(Refused::BadId(BadId::Revoked))).boxed();
        }
        let admission = Admission { channel: claims.chn.as_str().into(), id: id.into(), choice };
        let asking = self.0.admit(admission);
        async move {
            match asking.await {
                Ok(Verdict::Admitted) => Ok(()),
                Ok(Verdict::Revoked) => Err(Refused::BadId(BadId::Revoked)),
                Ok(Verdict::Taken) => Err(Refused::BadId(BadId::Taken)),
                Ok(Verdict::Full) => Err(Refused::Full),
                Err(error) => {
                    let source = std::error::Error::source(&error);
                    tracing::debug!(%error, source, "a client cannot be admitted");
                    Err(Refused::Unreachable)
                }
            }
        }
        .boxed()
    }
}

/// Returns what is asked of a client; nothing is stored for it.
fn choice(origin: Origin, claims: &Claims, TokenHash(token): &TokenHash) -> Option<Choice> {
    let choice = Choice { token: *token, grant: grant(claims), is_renewal: false, bound: None };
    (origin == Origin::Chosen).then_some(choice)
}

/// Returns the time for which an id is bound to a token.
fn time_of(claims: &Claims) -> Duration {
    let left = claims.exp.as_f64().unwrap_or_default() - seconds(clock::wall());
    CLOCKS + Duration::from_secs_f64(left.clamp(0.0, LONGEST))
}
