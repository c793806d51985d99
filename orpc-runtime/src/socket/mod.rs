//! The server's end of a socket: its upgrade request, its tags and attachment, and a
//! way to send. This module does not depend on procedures.

mod accept;
mod attachment;
mod frame;
mod group;
mod hibernating;
mod kept;
mod notice;
mod outbox;
mod request;
mod turns;

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::TimerInstant as Instant;
use http::{Extensions, HeaderMap, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use accept::{SocketConfig, TagError};
pub use attachment::AttachmentError;
pub use frame::{CloseCode, CloseFrame, Frame};
pub(crate) use group::Group;
pub use kept::{KeepError, KeptSocket, SocketKeeper};
pub use notice::{Notice, NoticeError};
#[cfg(feature = "websocket")]
pub(crate) use outbox::Part;
pub(crate) use outbox::{Frames, Outbox};
pub use turns::{Turn, Turns};

use crate::budget::{Budget, Reservation};
use crate::wire::Protocol;
use attachment::Attachment;
use group::Groups;
use hibernating::HibernatingIterator;
use outbox::Refused;
use request::Request;

/// The server's end of a socket. A procedure gets it by an argument of type `&Socket`;
/// clones are handles of the same socket.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::Socket;
///
/// /// Leaves a name with the socket, for later calls and for other sockets.
/// #[procedure]
/// pub async fn introduce(socket: &Socket, name: String) -> Result<(), Error> {
///     socket.attach(&name)?;
///     Ok(())
/// }
/// ```
///
/// A procedure that takes a `&Socket` cannot be called over HTTP, where it fails
/// with `UPGRADE_REQUIRED`, 426; one that takes an `Option<&Socket>` can.
#[derive(Clone)]
pub struct Socket(Arc<Shared>);

struct Shared {
    id: u64,
    request: Request,
    tags: Box<[Box<str>]>,
    /// Protocol of its calls.
    protocol: Protocol,
    outbox: Arc<Outbox>,
    memory: Arc<Budget>,
    /// Memory of the socket itself.
    _held: Reservation,
    opened: Instant,
    /// Milliseconds from `opened` to the last frame that arrived.
    last_seen: AtomicU64,
    /// `true` if the state has a close frame to send.
    is_closing: AtomicBool,
    /// Number of the hibernating iterators in the state.
    hibernating: AtomicUsize,
    turns: Option<Turns>,
    #[cfg_attr(not(feature = "websocket"), expect(dead_code, reason = "for rooms of a process"))]
    owner: Option<Arc<dyn Any + Send + Sync>>,
    state: Mutex<State>,
}

struct State {
    attachment: Option<Attachment>,
    /// Attachment of the framework.
    own: Option<Attachment>,
    groups: Groups,
    hibernating: Vec<HibernatingIterator>,
    /// Memory of the tags, which stay as they are.
    tags: usize,
    /// Memory of tags, attachment and ids, beyond the first bytes.
    kept: Reservation,
    /// Close frame to send.
    closing: Option<CloseFrame>,
    /// The socket has ended.
    ended: bool,
    keeper: Option<Arc<dyn SocketKeeper>>,
}

/// Error of a message that was not sent on a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The socket is closed, or closes.
    #[error("the socket is closed")]
    Closed,
    /// The client does not read, and the buffer is full. Because a message would be
    /// lost, the socket is closed with 1013.
    #[error("the client does not read its messages")]
    Full,
    /// The client has stopped the iterator.
    #[error("the client has stopped the iterator")]
    Released,
}

impl Socket {
    /// Creates a socket on which `unsent` bytes may wait to be sent. Its further memory
    /// counts towards `memory`; `held` is that of the socket itself.
    pub(crate) fn new(
        request: http::request::Parts,
        accept: SocketConfig,
        unsent: usize,
        memory: Arc<Budget>,
        held: Reservation,
    ) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);

        let tags = accept.tags.iter().map(|tag| size_of_val(tag) + tag.len()).sum();
        let hibernating = accept.hibernating.into_iter().map(HibernatingIterator::new);
        let hibernating: Vec<_> = hibernating.collect();
        let now = Instant::now();
        let socket = Self(Arc::new(Shared {
            id: accept.id.unwrap_or_else(|| NEXT_ID.fetch_add(1, Ordering::Relaxed)),
            protocol: Protocol::of_socket(&request.headers),
            request: Request::own(request, accept.uri, accept.extensions),
            tags: accept.tags.into(),
            outbox: Outbox::counted(unsent, memory.nothing()),
            opened: now.checked_sub(accept.silent_for).unwrap_or(now),
            last_seen: AtomicU64::new(0),
            is_closing: AtomicBool::new(false),
            hibernating: AtomicUsize::new(hibernating.len()),
            turns: accept.turns,
            owner: accept.owner,
            state: Mutex::new(State {
                attachment: accept.attachment,
                own: accept.own,
                groups: Groups::default(),
                hibernating,
                tags,
                kept: memory.nothing(),
                closing: None,
                ended: false,
                keeper: accept.keeper,
            }),
            memory,
            _held: held,
        }));
        socket.state().count();
        socket.keep_or_log(&socket.state());
        for group in accept.groups {
            group.take(&socket);
        }
        socket
    }

    /// Creates a socket without a connection.
    pub(crate) fn detached() -> Self {
        let request = http::Request::new(()).into_parts().0;
        let memory = Budget::new(usize::MAX);
        Self::new(request, SocketConfig::default(), 1024 * 1024, memory, Reservation::unbounded())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a number that no other socket of this process has or had, unless the transport
    /// [counts its sockets](SocketConfig::id) itself.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// Returns the URI of the upgrade request, as the service received it.
    pub fn uri(&self) -> &Uri {
        &self.0.request.uri
    }

    /// Returns the headers of that request, without those of the handshake itself.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.request.headers
    }

    /// Returns the extensions that layers in front of the service added to that
    /// request.
    pub fn extensions(&self) -> &Extensions {
        &self.0.request.extensions
    }

    /// Returns the tags that the socket was [accepted](SocketConfig::tag) with.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.0.tags.iter().map(|tag| &**tag)
    }

    /// Returns `true` if the socket was accepted with the tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags().any(|own| own == tag)
    }

    /// Returns the time since the last frame of the client arrived, pongs included: the
    /// one by which idle sockets are closed, to the millisecond.
    pub fn idle_time(&self) -> Duration {
        let last = Duration::from_millis(self.0.last_seen.load(Ordering::Relaxed));
        self.0.opened.elapsed().saturating_sub(last)
    }

    /// Attaches a value to the socket, which replaces the previous one.
    ///
    /// It is stored as JSON text, so that it keeps its meaning if a socket outlives the
    /// process that runs its calls.
    ///
    /// # Errors
    /// If the value cannot be serialised, or its text is longer than 2,048 bytes; if the
    /// transport has to keep it, and has no room for it.
    pub fn attach<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), AttachmentError> {
        self.attach_to(|state| &mut state.attachment, Attachment::new(value)?)
    }

    /// Attaches a value of the framework likewise.
    #[cfg(feature = "durable")]
    pub(crate) fn attach_own<T: Serialize>(&self, value: &T) -> Result<(), AttachmentError> {
        self.attach_to(|state| &mut state.own, Attachment::new(value)?)
    }

    fn attach_to(
        &self,
        place: fn(&mut State) -> &mut Option<Attachment>,
        attachment: Attachment,
    ) -> Result<(), AttachmentError> {
        let mut state = self.state();
        let former = place(&mut state).replace(attachment);
        if let Err(error) = self.keep(&state) {
            *place(&mut state) = former;
            return Err(error.into());
        }
        state.count();
        Ok(())
    }

    /// Returns the value that the socket holds, if it is of that type.
    #[cfg(feature = "websocket")]
    pub(crate) fn owner<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.0.owner.clone()?.downcast().ok()
    }

    /// Returns the turns of the calls.
    pub(crate) fn turns(&self) -> Option<&Turns> {
        self.0.turns.as_ref()
    }

    /// Returns the value attached to the socket, if there is one.
    ///
    /// # Errors
    /// If it is not a valid `T`.
    pub fn attachment<T: DeserializeOwned>(&self) -> Result<Option<T>, AttachmentError> {
        let attachment = self.state().attachment.clone();
        attachment.map(|attachment| attachment.read()).transpose()
    }

    /// Sends a message beside those of calls, which the official client ignores.
    ///
    /// # Errors
    /// If the socket is closed, or its client does not read.
    pub fn send(&self, notice: &Notice) -> Result<(), SendError> {
        self.send_raw(notice)
    }

    /// Sends a message of any form, for clients of your own.
    ///
    /// The official client reads it with those of calls. It ignores a JSON object whose member
    /// `p` is an object, such as `{"p":{"welcome":"Ada"}}`; at any other message it has an
    /// unhandled rejection, so send a [`Notice`] to it.
    ///
    /// # Errors
    /// If the socket is closed, or its client does not read.
    pub fn send_raw(&self, frame: impl Into<Frame>) -> Result<(), SendError> {
        let frame = frame.into();
        self.write(frame.is_text(), |out| out.extend_from_slice(frame.as_bytes()))
    }

    /// Sends what a closure writes.
    fn write(&self, is_text: bool, frame: impl FnOnce(&mut Vec<u8>)) -> Result<(), SendError> {
        let pushed = if self.0.outbox.is_over_memory() {
            Err(Refused::Full)
        } else {
            self.0.outbox.push(is_text, frame)
        };
        pushed.map_err(|refused| match refused {
            Refused::Closed => SendError::Closed,
            Refused::Full => {
                self.close(CloseCode::OVERLOAD, "the client does not read");
                SendError::Full
            }
        })
    }

    /// Waits until the client has read enough that there is room for more; returns at
    /// once if the socket is closed. Use it between many messages, such as a history,
    /// which together would exceed the socket's buffer.
    pub async fn ready(&self) {
        self.outbox().ready().await;
    }

    /// Closes the socket once its queued messages are sent: its calls end, and nothing
    /// more is received. Only the first call takes effect; a reason of more than 123
    /// bytes is cut.
    pub fn close(&self, code: CloseCode, reason: &str) {
        self.state().closing.get_or_insert_with(|| CloseFrame::ours(code, reason));
        self.0.is_closing.store(true, Ordering::Release);
        self.0.outbox.refuse();
    }

    /// Returns the close frame to send; `None` unless the socket closes.
    pub(crate) fn closing(&self) -> Option<CloseFrame> {
        if !self.is_closing() {
            return None;
        }
        self.state().closing.clone()
    }

    /// Returns `true` if the application has closed it.
    pub(crate) fn is_closing(&self) -> bool {
        self.0.is_closing.load(Ordering::Acquire)
    }

    /// Returns `true` if the socket has ended.
    pub fn is_closed(&self) -> bool {
        self.state().ended
    }

    /// Returns the memory budget of the socket.
    pub(crate) fn memory(&self) -> &Arc<Budget> {
        &self.0.memory
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.0.protocol
    }

    pub(crate) fn outbox(&self) -> &Arc<Outbox> {
        &self.0.outbox
    }

    /// Notes that a frame of the client arrived.
    pub(crate) fn seen(&self, now: Instant) {
        let since = now.saturating_duration_since(self.0.opened).as_millis();
        self.0.last_seen.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Adds a group that holds the socket. Returns `false` if the socket has ended.
    pub(crate) fn enter(&self, group: Arc<dyn Group>) -> bool {
        let mut state = self.state();
        if !state.ended {
            state.groups.enter(group);
        }
        !state.ended
    }

    pub(crate) fn leave(&self, group: &Arc<dyn Group>) {
        self.state().groups.leave(group);
    }

    /// Returns the groups that the socket is in.
    pub(crate) fn groups(&self) -> Vec<Arc<dyn Group>> {
        self.state().groups.all().to_vec()
    }

    /// Ends the socket: nothing is sent any more.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        let keeper = state.keeper.take();
        let released = std::mem::take(&mut state.hibernating);
        state.count();
        self.0.hibernating.store(0, Ordering::Release);
        drop(state);
        drop((released, keeper));
        self.0.outbox.end();
    }

    /// Removes the socket from its groups.
    pub(crate) fn leave_groups(&self) {
        let groups = std::mem::take(&mut self.state().groups);
        for group in groups.all() {
            group.forget(self);
        }
    }
}

/// Number of bytes of tags, attachment and ids that count as part of the socket itself.
const FEW_BYTES: usize = 512;

impl State {
    /// Counts what is kept for the client beside the socket itself.
    fn count(&mut self) {
        let ids: usize = self.hibernating.iter().map(HibernatingIterator::len).sum();
        let attached = self.attachment.iter().chain(&self.own);
        let attachment: usize = attached.map(Attachment::len).sum();
        self.kept.cover((self.tags + ids + attachment).saturating_sub(FEW_BYTES));
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Socket {}

impl fmt::Debug for Socket {
    // Omits the headers and the attachment, which hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.id())
            .field("tags", &self.0.tags)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
