//! Configuration of an accepted socket.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Extensions, Uri};
use serde::Serialize;
#[cfg(feature = "durable")]
use serde::de::DeserializeOwned;

use super::attachment::{Attachment, AttachmentError};
use super::group::Group;
use super::kept::{KeptSocket, SocketKeeper};
use super::turns::Turns;

/// Maximum number of tags of a socket, as on Cloudflare.
const MAX_TAGS: usize = 10;

/// Maximum length of a tag in characters, as on Cloudflare.
const MAX_TAG: usize = 256;

/// Configuration of an accepted socket: its tags, its attachment, its rooms.
#[derive(Default)]
pub struct SocketConfig {
    pub(super) tags: Vec<Box<str>>,
    pub(super) attachment: Option<Attachment>,
    /// Attachment of the framework, apart from that of the application.
    pub(super) own: Option<Attachment>,
    pub(super) groups: Vec<Arc<dyn Group>>,
    /// `None` for a new id.
    pub(super) id: Option<u64>,
    /// Ids of the iterators that hibernate on a kept socket.
    pub(super) hibernating: Vec<Box<str>>,
    pub(super) silent_for: Duration,
    pub(super) keeper: Option<Arc<dyn SocketKeeper>>,
    pub(super) turns: Option<Turns>,
    pub(super) owner: Option<Arc<dyn Any + Send + Sync>>,
    /// `None` for that of the request.
    pub(super) uri: Option<Uri>,
    pub(super) extensions: Extensions,
}

/// Error of an invalid tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// The tag is longer than 256 characters.
    #[error("a tag has at most {MAX_TAG} characters")]
    TooLong,
    /// The socket has ten tags already.
    #[error("a socket has at most {MAX_TAGS} tags")]
    TooMany,
}

impl SocketConfig {
    /// Creates an empty configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tag, by which a room finds the socket. Duplicates are ignored.
    ///
    /// # Errors
    /// If it has more than 256 characters, or is one too many: a socket has at most 10.
    pub fn tag(mut self, tag: impl Into<String>) -> Result<Self, TagError> {
        let tag = tag.into();
        if tag.chars().count() > MAX_TAG {
            return Err(TagError::TooLong);
        }
        if !self.tags.iter().any(|own| **own == *tag) {
            if self.tags.len() == MAX_TAGS {
                return Err(TagError::TooMany);
            }
            self.tags.push(tag.into());
        }
        Ok(self)
    }

    /// Attaches a value to the socket; see [`Socket::attach`](super::Socket::attach).
    ///
    /// # Errors
    /// If the value cannot be serialised, or its JSON text is longer than 2,048 bytes.
    pub fn attach<T: Serialize + ?Sized>(mut self, value: &T) -> Result<Self, AttachmentError> {
        self.attachment = Some(Attachment::new(value)?);
        Ok(self)
    }

    /// Sets the [id](super::Socket::id), for sockets that are counted elsewhere. Two sockets of
    /// one id are the same to rooms.
    #[must_use]
    pub fn id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    /// Continues a socket with its id, its attachment and its hibernating iterators, to which
    /// events can be sent as before. Pass [`KeptSocket::request`] with it to
    /// [`Rpc::peer_with`](crate::Rpc::peer_with).
    ///
    /// ```
    /// use orpc_runtime::prelude::*;
    /// use orpc_runtime::{KeptSocket, SocketConfig};
    ///
    /// # #[router]
    /// # pub mod api {
    /// #     use super::*;
    /// #     #[procedure]
    /// #     pub async fn ping() {}
    /// # }
    /// # fn main() {
    /// let rpc = Rpc::new(api::router());
    /// let kept: KeptSocket = rpc.peer(()).socket().kept();
    /// // The code was restarted, the connection is the same.
    /// let peer = rpc.peer_with((), kept.request(), SocketConfig::new().kept(&kept));
    /// assert_eq!(peer.socket().id(), kept.id());
    /// # }
    /// ```
    #[must_use]
    pub fn kept(mut self, kept: &KeptSocket) -> Self {
        self.id = Some(kept.id);
        self.attachment = kept.attachment.as_deref().map(Attachment::kept);
        self.own = kept.own.as_deref().map(Attachment::kept);
        self.hibernating.clone_from(&kept.hibernating);
        self
    }

    /// Sets the keeper of the socket's state; see [`SocketKeeper`].
    #[must_use]
    pub fn kept_by(mut self, keeper: impl SocketKeeper) -> Self {
        self.keeper = Some(Arc::new(keeper));
        self
    }

    /// Sets the time for which the client of a kept socket has sent nothing; see
    /// [`Socket::idle_time`](super::Socket::idle_time).
    #[must_use]
    pub fn silent_for(mut self, time: Duration) -> Self {
        self.silent_for = time;
        self
    }

    /// Runs calls of sockets with the same turns one at a time; see [`Turns`].
    #[must_use]
    pub fn in_turn(mut self, turns: &Turns) -> Self {
        self.turns = Some(turns.clone());
        self
    }

    /// Attaches a value of the framework.
    #[cfg(feature = "durable")]
    pub(crate) fn attach_own<T: Serialize>(mut self, value: &T) -> Result<Self, AttachmentError> {
        self.own = Some(Attachment::new(value)?);
        Ok(self)
    }

    /// Returns the value of the framework, such as that of a [kept](SocketConfig::kept) socket.
    #[cfg(feature = "durable")]
    pub(crate) fn own<T: DeserializeOwned>(&self) -> Result<Option<T>, AttachmentError> {
        self.own.as_ref().map(Attachment::read).transpose()
    }

    /// Sets the [URI](super::Socket::uri) that the socket keeps, instead of that of its upgrade
    /// request: one without the credentials in its query.
    #[must_use]
    pub fn uri(mut self, uri: Uri) -> Self {
        self.uri = Some(uri);
        self
    }

    /// Adds a value in memory, which [`Socket::extensions`](super::Socket::extensions) returns. It
    /// is not part of a [`KeptSocket`].
    #[must_use]
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// Returns `true` if there is an extension of that type.
    #[cfg(feature = "durable")]
    pub(crate) fn has_extension<T: Send + Sync + 'static>(&self) -> bool {
        self.extensions.get::<T>().is_some()
    }

    /// Sets a value that the socket holds.
    #[cfg(feature = "websocket")]
    pub(crate) fn owner(mut self, owner: Arc<dyn Any + Send + Sync>) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Adds a group that the socket joins when it opens.
    pub(crate) fn group(mut self, group: Arc<dyn Group>) -> Self {
        self.groups.push(group);
        self
    }
}

impl fmt::Debug for SocketConfig {
    // Omits the attachment, which may hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketConfig").field("tags", &self.tags).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_the_tags_and_no_attachment() {
        let config = SocketConfig::new().tag("a").unwrap().attach("secret").unwrap();
        assert_eq!(format!("{config:?}"), "SocketConfig { tags: [\"a\"], .. }");
    }

    #[cfg(feature = "durable")]
    #[test]
    fn an_extension_is_found_by_its_type() {
        let config = SocketConfig::new().extension(7_u8);
        assert!(config.has_extension::<u8>() && !config.has_extension::<u16>());
        assert!(!SocketConfig::new().has_extension::<u8>());
    }

    #[test]
    fn a_socket_has_at_most_ten_tags_of_256_characters() {
        let mut accept = SocketConfig::new();
        for number in 0..10 {
            accept = accept.tag(number.to_string()).unwrap();
        }
        accept = accept.tag("3").unwrap();
        assert_eq!(accept.tags.len(), 10);
        assert_eq!(accept.tag("eleventh").unwrap_err(), TagError::TooMany);
        assert!(SocketConfig::new().tag("ü".repeat(256)).is_ok());
        assert_eq!(SocketConfig::new().tag("x".repeat(257)).unwrap_err(), TagError::TooLong);
    }
}
