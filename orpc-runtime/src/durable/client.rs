//! The client at the other end of a socket, as its token describes it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Extensions;
use serde::de::DeserializeOwned;

use super::session::Seat;
use super::token::Claims;
use crate::core::Error;
use crate::procedure::Call;
use crate::socket::{AttachmentError, CloseCode, Socket};

/// Stands for never, in seconds since 1970.
const FAR: f64 = 1e11;

/// The client of a durable iterator: what its token says of it. Cheap to clone;
/// clones are of the same client and see its newest token.
///
/// For methods by [`of`](DurableClient::of), for hooks by
/// [`of_socket`](DurableClient::of_socket) and [`of_request`](DurableClient::of_request).
#[derive(Clone)]
pub struct DurableClient(Arc<Shared>);

struct Shared {
    id: Box<str>,
    /// The same for all tokens of a socket.
    channel: Box<str>,
    /// Changed by a new token.
    claims: Mutex<Arc<Claims>>,
}

impl DurableClient {
    pub(super) fn new(id: &str, claims: Claims) -> Self {
        let (id, channel) = (id.into(), claims.chn.as_str().into());
        Self(Arc::new(Shared { id, channel, claims: Mutex::new(Arc::new(claims)) }))
    }

    /// The client that calls.
    ///
    /// # Errors
    /// An internal error, if the call is not one on a durable iterator.
    pub fn of(call: &Call) -> Result<&Self, Error> {
        call.socket().and_then(Self::of_socket).ok_or_else(|| Error::internal(NoClient))
    }

    /// The client of a socket; none if it is not one of a durable iterator.
    pub fn of_socket(socket: &Socket) -> Option<&Self> {
        Self::among(socket.extensions())
    }

    /// The client of an upgrade request, for
    /// [`SocketHooks::upgrade`](crate::websocket::SocketHooks::upgrade).
    pub fn of_request(request: &http::request::Parts) -> Option<&Self> {
        Self::among(&request.extensions)
    }

    fn among(extensions: &Extensions) -> Option<&Self> {
        Some(&Seat::among(extensions)?.client)
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

    /// Which of the channel's clients it is. The same for all sockets that one
    /// iterator has in its time, and of nobody else.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The channel that the client reads.
    pub fn channel(&self) -> &str {
        &self.0.channel
    }

    /// Its tags.
    pub fn tags(&self) -> Vec<String> {
        self.claims().tags().to_vec()
    }

    /// Whether it has the tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.claims().tags().iter().any(|own| own == tag)
    }

    /// The value that was left [in the token](super::DurableIterator::attachment), if any.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn attachment<T: DeserializeOwned>(&self) -> Result<Option<T>, AttachmentError> {
        let claims = self.claims();
        let text = claims.att.as_ref().map(|att| att.get());
        text.map(serde_json::from_str).transpose().map_err(AttachmentError::Read)
    }

    /// Whether it may call the methods of that first name.
    pub fn may_call(&self, method: &str) -> bool {
        self.claims().methods().iter().any(|own| own == method)
    }

    /// When its token expires.
    pub fn expires_at(&self) -> SystemTime {
        // Clocks do not go on for ever.
        let seconds = self.claims().exp.as_f64().unwrap_or_default().clamp(0.0, FAR);
        UNIX_EPOCH + Duration::from_secs_f64(seconds)
    }

    /// Closes the client's socket if its token has expired. True if it goes on.
    pub(super) fn may_go_on(&self, socket: &Socket, now: SystemTime) -> bool {
        let has_expired = self.claims().has_expired(now);
        if has_expired {
            socket.close(CloseCode::POLICY, "Token expired");
        }
        !has_expired
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the call is not one on a durable iterator")]
struct NoClient;

impl fmt::Debug for DurableClient {
    // Attachments are nobody else's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims = self.claims();
        f.debug_struct("DurableClient")
            .field("id", &self.id())
            .field("channel", &claims.chn)
            .field("tags", &claims.tags())
            .finish_non_exhaustive()
    }
}
