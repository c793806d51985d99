//! Tokens for channels that are somewhere else.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::channel::DurableChannel;
use super::issuer::{Issuer, TokenOptions};
use super::iterator::DurableIterator;
use super::token::SigningKeys;
use crate::entries::RouterModule as _;

/// Maximum length of a token for a channel, in bytes: it is kept with the socket, of whose
/// attachment Cloudflare keeps 2,048.
const MAX_CHANNEL_TOKEN: usize = 1536;

/// Opens durable iterators of [channels](DurableChannel), from procedures that run anywhere: in the
/// Worker of the channels' objects, in a process. Cheap to clone.
///
/// ```
/// # use orpc_runtime::durable::{
/// #     Channel, DurableChannel, DurableIterator, DurableObject, DurableTokens, SigningKeys,
/// # };
/// # use orpc_runtime::prelude::*;
/// # pub struct Lobby;
/// # impl DurableObject for Lobby {
/// #     type Event = String;
/// #     type Context = Channel<Lobby>;
/// #     type Methods = ();
/// # }
/// # impl DurableChannel for Lobby {
/// #     const KEYS: &'static [&'static str] = &["ITERATOR_KEY"];
/// # }
/// #[procedure]
/// pub async fn open(lobbies: &DurableTokens<Lobby>, name: String) -> DurableIterator<Lobby> {
///     lobbies.iterator(name)
/// }
/// # fn main() {}
/// ```
pub struct DurableTokens<O> {
    issuer: Arc<Issuer>,
    options: TokenOptions,
    object: PhantomData<fn() -> O>,
}

impl<O: DurableChannel> DurableTokens<O> {
    /// Creates the tokens of a kind of channels, signed with their keys.
    pub fn new(keys: SigningKeys) -> Self {
        let methods = O::Methods::router().names().map(str::to_owned).collect();
        let options = TokenOptions { max_length: MAX_CHANNEL_TOKEN, ..TokenOptions::default() };
        Self { issuer: Arc::new(Issuer::new(keys, methods)), options, object: PhantomData }
    }

    /// Sets the default lifetime of tokens, in whole seconds; 24 hours by default.
    #[must_use]
    pub fn ttl(mut self, time: Duration) -> Self {
        self.options.ttl = time;
        self
    }

    /// Lets clients choose their ids, as the official plugin needs it; see
    /// [`Durable::ids_by_clients`](super#the-ids-of-clients).
    #[must_use]
    pub fn ids_by_clients(mut self) -> Self {
        self.options.ids_by_clients = true;
        self
    }

    /// Returns a durable iterator of a channel, for a procedure to return. Its token has at most
    /// 1,536 bytes, with its tags, methods and attachment.
    pub fn iterator(&self, channel: impl Into<String>) -> DurableIterator<O> {
        DurableIterator::new(Arc::clone(&self.issuer), channel.into(), self.options)
    }
}

impl<O> DurableTokens<O> {
    /// Returns the channel of a valid token in the query of an upgrade request, for the code that
    /// passes it to the channel's room; otherwise the text of the refusal, with 401. The room checks
    /// the token again, and the id with it.
    ///
    /// # Errors
    /// If the id or the token is missing, or the token is not valid.
    pub fn channel(&self, uri: &http::Uri) -> Result<String, &'static str> {
        channel_of(uri, &self.issuer.keys)
    }
}

/// Returns the channel of a valid token.
pub(super) fn channel_of(uri: &http::Uri, keys: &SigningKeys) -> Result<String, &'static str> {
    use super::credentials::{Credentials, INVALID};

    let Credentials { token, .. } = Credentials::of(uri)?;
    let claims = super::token::Claims::verify(&token, keys, crate::clock::wall());
    claims.map(|claims| claims.chn).map_err(|_| INVALID)
}

impl<O> Clone for DurableTokens<O> {
    fn clone(&self) -> Self {
        Self { issuer: Arc::clone(&self.issuer), options: self.options, object: PhantomData }
    }
}

impl<O> fmt::Debug for DurableTokens<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableTokens").finish_non_exhaustive()
    }
}
