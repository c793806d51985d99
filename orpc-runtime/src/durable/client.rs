//! The client at the other end of a socket, as its token describes it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Extensions;
use serde::de::DeserializeOwned;

use super::channel::Member;
#[cfg(feature = "websocket")]
use super::session::Seat;
use super::token::Claims;
use crate::core::Error;
use crate::procedure::Call;
use crate::socket::{AttachmentError, CloseCode, Socket};

/// Upper bound of expiry times, in seconds since 1970.
const FAR: f64 = 1e11;

/// The client of a durable iterator, as its token describes it. Cheap to clone; clones
/// refer to the same client and see its newest token.
///
/// Methods get it by [`of`](DurableClient::of), hooks by
/// [`of_socket`](DurableClient::of_socket) and [`of_request`](DurableClient::of_request).
#[derive(Clone)]
pub struct DurableClient(Arc<Shared>);

struct Shared {
    id: Box<str>,
    /// Equal in all tokens of a socket.
    channel: Box<str>,
    /// Replaced by a new token.
    claims: Mutex<Arc<Claims>>,
}

impl DurableClient {
    pub(super) fn new(id: &str, claims: Claims) -> Self {
        let (id, channel) = (id.into(), claims.chn.as_str().into());
        Self(Arc::new(Shared { id, channel, claims: Mutex::new(Arc::new(claims)) }))
    }

    /// Returns the client of a call.
    ///
    /// # Errors
    /// An internal error, if the call was not made on a durable iterator.
    pub fn of(call: &Call) -> Result<&Self, Error> {
        call.socket().and_then(Self::of_socket).ok_or_else(|| Error::internal(NoClient))
    }

    /// Returns the client of a socket; `None` if it is not one of a durable iterator.
    pub fn of_socket(socket: &Socket) -> Option<&Self> {
        Self::among(socket.extensions())
    }

    /// Returns the client of an upgrade request, for
    /// [`SocketHooks::upgrade`](crate::websocket::SocketHooks::upgrade).
    pub fn of_request(request: &http::request::Parts) -> Option<&Self> {
        Self::among(&request.extensions)
    }

    fn among(extensions: &Extensions) -> Option<&Self> {
        if let Some(member) = extensions.get::<Arc<Member>>() {
            return Some(&member.client);
        }
        #[cfg(feature = "websocket")]
        let client = Seat::among(extensions).map(|seat| &seat.client);
        #[cfg(not(feature = "websocket"))]
        let client = None;
        client
    }

    fn state(&self) -> MutexGuard<'_, Arc<Claims>> {
        self.0.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn claims(&self) -> Arc<Claims> {
        Arc::clone(&self.state())
    }

    pub(super) fn renew(&self, claims: Claims) {
        *self.state() = Arc::new(claims);
    }

    /// Returns the id of the client. All sockets of one iterator have the same id,
    /// which no other client has.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Returns the channel that the client reads.
    pub fn channel(&self) -> &str {
        &self.0.channel
    }

    /// Returns its tags.
    pub fn tags(&self) -> Vec<String> {
        self.claims().tags().to_vec()
    }

    /// Returns `true` if it has the tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.claims().tags().iter().any(|own| own == tag)
    }

    /// Returns the [attachment](super::DurableIterator::attachment) of the token, if there
    /// is one.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn attachment<T: DeserializeOwned>(&self) -> Result<Option<T>, AttachmentError> {
        let claims = self.claims();
        let text = claims.att.as_ref().map(|att| att.get());
        text.map(serde_json::from_str).transpose().map_err(AttachmentError::Read)
    }

    /// Returns `true` if it may call the methods of that first name.
    pub fn may_call(&self, method: &str) -> bool {
        self.claims().methods().iter().any(|own| own == method)
    }

    /// Returns the time when its token expires.
    pub fn expires_at(&self) -> SystemTime {
        // `SystemTime` has a limited range.
        let seconds = self.claims().exp.as_f64().unwrap_or_default().clamp(0.0, FAR);
        UNIX_EPOCH + Duration::from_secs_f64(seconds)
    }

    /// Closes the client's socket if its token has expired. Returns `true` if it has
    /// not.
    pub(super) fn may_go_on(&self, socket: &Socket, now: SystemTime) -> bool {
        let has_expired = self.claims().has_expired(now);
        if has_expired {
            socket.close(CloseCode::POLICY, "Token expired");
        }
        !has_expired
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the call was not made on a durable iterator")]
struct NoClient;

impl fmt::Debug for DurableClient {
    // Omits the attachment, which may be confidential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims = self.claims();
        f.debug_struct("DurableClient")
            .field("id", &self.id())
            .field("channel", &claims.chn)
            .field("tags", &claims.tags())
            .finish_non_exhaustive()
    }
}
