//! Sockets that outlive the memory of their process: the part of them that is kept elsewhere.

use std::fmt;

use http::Uri;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::attachment::Attachment;
use super::{Socket, State};

/// State of a socket that another one can [continue](super::SocketConfig::kept), in a later life
/// of the process: id, URI, attachment, hibernating iterators. With serde it is a small map.
///
/// For transports whose connections outlive the code that serves them, such as the hibernating
/// WebSockets of a Durable Object. Tags, which such a transport has itself, and the headers of the
/// upgrade request are not part of it: put what calls need of them into the attachment.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeptSocket {
    #[serde(rename = "i")]
    pub(super) id: u64,
    /// Path and query of the upgrade request.
    #[serde(rename = "u")]
    pub(super) uri: String,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(super) attachment: Option<Box<RawValue>>,
    /// Attachment of the framework.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub(super) own: Option<Box<RawValue>>,
    /// Ids of the hibernating iterators, as JSON text.
    #[serde(rename = "h", default, skip_serializing_if = "Vec::is_empty")]
    pub(super) hibernating: Vec<Box<str>>,
}

impl KeptSocket {
    /// Returns the [id](super::Socket::id) of the socket.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns the number of iterators that hibernate on it.
    pub fn hibernating(&self) -> usize {
        self.hibernating.len()
    }

    /// Returns the upgrade request with its URI, for [`Rpc::peer_with`](crate::Rpc::peer_with).
    pub fn request(&self) -> Parts {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.uri = self.uri.parse::<Uri>().unwrap_or_default();
        parts
    }
}

impl fmt::Debug for KeptSocket {
    // Omits the URI and the attachment, which may hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptSocket")
            .field("id", &self.id)
            .field("hibernating", &self.hibernating.len())
            .finish_non_exhaustive()
    }
}

/// Keeper of the state of a socket, outside of the memory of the process.
///
/// It is called with each new state: when the socket is created, when a value is attached, when an
/// iterator begins to hibernate and when it ends; before anybody is told of the change. It must
/// return at once, and must not use the socket.
pub trait SocketKeeper: Send + Sync + 'static {
    /// Keeps the state, which replaces the previous one.
    ///
    /// # Errors
    /// If it cannot be kept. Then [`Socket::attach`](super::Socket::attach) fails with
    /// [`AttachmentError::NotKept`](super::AttachmentError::NotKept) and the call of a procedure
    /// that hibernates with TOO_MANY_REQUESTS; both leave the socket as it was.
    fn keep(&self, state: &KeptSocket) -> Result<(), KeepError>;
}

/// Error of the state of a socket that cannot be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The state is too long.
    #[error(
        "the state of a socket takes {length} bytes with its attachment and the ids of its \
         hibernating iterators, {limit} are allowed: attach less, or stop iterators"
    )]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The allowed length.
        limit: usize,
    },
    /// The transport failed.
    #[error("the state of the socket cannot be kept: {0}")]
    Failed(String),
}

impl Socket {
    /// Returns the state of the socket, for another one to continue: see [`KeptSocket`].
    pub fn kept(&self) -> KeptSocket {
        self.state_to_keep(&self.state())
    }

    fn state_to_keep(&self, state: &State) -> KeptSocket {
        let uri = self.uri().path_and_query().map(|target| target.as_str().to_owned());
        KeptSocket {
            id: self.id(),
            uri: uri.unwrap_or_default(),
            attachment: state.attachment.as_ref().and_then(Attachment::raw),
            own: state.own.as_ref().and_then(Attachment::raw),
            hibernating: state.hibernating.iter().map(|own| own.id.clone()).collect(),
        }
    }

    /// Gives the state to the keeper, if there is one.
    pub(super) fn keep(&self, state: &State) -> Result<(), KeepError> {
        let Some(keeper) = &state.keeper else { return Ok(()) };
        keeper.keep(&self.state_to_keep(state))
    }

    /// Gives a state to the keeper that takes no more room than the previous one.
    pub(super) fn keep_or_log(&self, state: &State) {
        if let Err(error) = self.keep(state) {
            tracing::error!(%error, socket = self.id(), "the state of a socket is not kept");
        }
    }
}
