//! Iterators that hibernate: no task and no buffer between events.

use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::core::{Error, EventError};
use crate::socket::Socket;

/// An event iterator without a running task: the client keeps its iterator, the server
/// only the iterator's id. It takes no task and no buffer until an
/// [`EncodedEvent`](crate::EncodedEvent) is sent to that id. Its values are of type
/// `T`; it may end with a return value `R`, or with an error `E` that is part of the
/// procedure's type.
///
/// Return type of a procedure with many mostly idle subscribers. It works on sockets;
/// over HTTP it fails with `UPGRADE_REQUIRED`, 426.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::{EncodedEvent, HibernatingIterator, HibernationId, Room, Rooms, Socket};
///
/// /// What is left with each socket.
/// #[derive(Serialize, Deserialize)]
/// pub struct Reader { messages: HibernationId<String> }
///
/// #[router(context = Rooms)]
/// pub mod chat {
///     use super::*;
///
///     #[procedure]
///     pub fn on_message(rooms: &Rooms, socket: &Socket) -> HibernatingIterator<String> {
///         let (room, socket) = (rooms.get_or_create("lobby"), socket.clone());
///         HibernatingIterator::new(move |messages| {
///             socket.attach(&Reader { messages })?;
///             room.join(&socket);
///             Ok(())
///         })
///     }
///
///     #[procedure]
///     pub async fn send(rooms: &Rooms, message: String) -> Result<(), Error> {
///         let event = EncodedEvent::message(&message)?;
///         let readers = rooms.get_or_create("lobby").everyone();
///         readers.send_event(&event, |reader: &Reader| Some(&reader.messages));
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
pub struct HibernatingIterator<T, R = (), E = Infallible> {
    opened: Opened,
    types: PhantomData<fn(T, R, E)>,
}

/// Callback that runs once the client knows of its iterator, with the socket and the
/// iterator's id on it.
pub(crate) type Opened = Box<dyn FnOnce(&Socket, Box<str>) -> Result<(), Error> + Send>;

impl<T, R, E> HibernatingIterator<T, R, E> {
    /// Creates an iterator that hibernates at once. The closure gets its id, to store
    /// for the code that sends events; events sent from then on arrive. If the closure
    /// fails, the iterator ends with its error.
    pub fn new<F>(opened: F) -> Self
    where
        F: FnOnce(HibernationId<T, R, E>) -> Result<(), Error> + Send + 'static,
    {
        Self::on_socket(|_, id| opened(id))
    }

    /// Creates an iterator, whose closure gets its socket as well.
    pub(crate) fn on_socket<F>(opened: F) -> Self
    where
        F: FnOnce(&Socket, HibernationId<T, R, E>) -> Result<(), Error> + Send + 'static,
    {
        let opened = |socket: &Socket, id| opened(socket, HibernationId { id, types: PhantomData });
        Self { opened: Box::new(opened), types: PhantomData }
    }
}

impl<T, R, E> fmt::Debug for HibernatingIterator<T, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HibernatingIterator")
    }
}

/// Output of a procedure whose events are sent later: a [`HibernatingIterator`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "write `#[derive(Serialize, JsonSchema)]` for the types in `{Self}`: they are sent to clients",
    label = "its values lack `Serialize`, `JsonSchema` or both, its error `RpcError`; or it is another type of that name"
)]
pub trait Hibernating: Sealed + Send + 'static {
    /// The value of a message.
    type Value: Serialize + JsonSchema + Send + 'static;
    /// The return value.
    type Return: Serialize + JsonSchema + Send + 'static;
    /// The error that may end it.
    type Error: EventError;

    #[doc(hidden)]
    fn into_opened(self) -> Opened;
}

/// The type that may be a [`Hibernating`] output.
pub trait Sealed {}

impl<T, R, E> Sealed for HibernatingIterator<T, R, E> {}

#[diagnostic::do_not_recommend]
impl<T, R, E> Hibernating for HibernatingIterator<T, R, E>
where
    T: Serialize + JsonSchema + Send + 'static,
    R: Serialize + JsonSchema + Send + 'static,
    E: EventError,
{
    type Value = T;
    type Return = R;
    type Error = E;

    fn into_opened(self) -> Opened {
        self.opened
    }
}

/// Id of an iterator that hibernates, with the types of its events. It is valid only on
/// its own socket.
///
/// With serde it is a string, to store in an [attachment](crate::Socket::attach) or
/// elsewhere.
pub struct HibernationId<T, R = (), E = Infallible> {
    /// The call's id as JSON text.
    id: Box<str>,
    types: PhantomData<fn(T, R, E)>,
}

impl<T, R, E> HibernationId<T, R, E> {
    /// Returns the call's id as JSON text: the `i` of the client's messages.
    pub fn as_json(&self) -> &str {
        &self.id
    }

    /// Returns `true` while the client reads the iterator on its socket: until the
    /// client stops it or is sent its last event.
    pub fn is_live_on(&self, socket: &Socket) -> bool {
        socket.is_hibernating(&self.id)
    }
}

impl<T, R, E> Clone for HibernationId<T, R, E> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), types: PhantomData }
    }
}

impl<T, R, E> PartialEq for HibernationId<T, R, E> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<T, R, E> Eq for HibernationId<T, R, E> {}

impl<T, R, E> Hash for HibernationId<T, R, E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl<T, R, E> fmt::Debug for HibernationId<T, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HibernationId").field(&self.id).finish()
    }
}

impl<T, R, E> Serialize for HibernationId<T, R, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.id)
    }
}

impl<'de, T, R, E> Deserialize<'de> for HibernationId<T, R, E> {
    /// Refuses text that is not an id: messages contain it unescaped.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = Box::<str>::deserialize(deserializer)?;
        let is_scalar = id.starts_with(|first: char| "\"-0123456789".contains(first));
        let is_json = serde_json::from_str::<&RawValue>(&id).is_ok_and(|raw| raw.get() == &*id);
        if is_scalar && is_json {
            Ok(Self { id, types: PhantomData })
        } else {
            Err(serde::de::Error::custom("not the id of a call"))
        }
    }
}
