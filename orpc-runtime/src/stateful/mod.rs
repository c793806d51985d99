//! Rooms with state: one object for each name, with its sockets, storage of its own and an alarm.
//!
//! A [`StatefulRoom`] is written once and hosted in a process by [`StatefulRooms`], which keeps
//! storage and alarms of all rooms in one file, or as a Durable Object on Cloudflare by the crate
//! `orpc-cloudflare`. There is one instance for each name at a time, on demand; what has to
//! outlive it is in its [`Storage`].
//!
//! - Calls, [`user_joined`](StatefulRoom::user_joined), [`user_left`](StatefulRoom::user_left) and
//!   the alarm of a room run one at a time, see [`Turns`](crate::Turns).
//! - A write is durable when its future is ready: in a process it is on the disk, on Cloudflare
//!   nothing is sent before it is.
//! - The alarm survives a restart, and is repeated until its handler succeeds.
//!
//! ```
//! use orpc_runtime::prelude::*;
//! use orpc_runtime::stateful::{RoomHandle, StatefulRoom};
//!
//! pub struct Counter { room: RoomHandle }
//!
//! impl StatefulRoom for Counter {
//!     type Procedures = counter::router;
//!
//!     fn new(room: RoomHandle) -> Self {
//!         Self { room }
//!     }
//! }
//!
//! #[router(context = Counter)]
//! pub mod counter {
//!     use super::*;
//!
//!     /// Adds one. No other call of the room runs between reading and writing.
//!     #[procedure]
//!     pub async fn add(counter: &Counter) -> Result<u32, Error> {
//!         let storage = counter.room.storage();
//!         let count = storage.get::<u32>("count").await?.unwrap_or(0) + 1;
//!         storage.put("count", &count).await?;
//!         Ok(count)
//!     }
//! }
//! # fn main() {}
//! ```

#[cfg(feature = "websocket")]
mod alarms;
mod backend;
mod events;
mod handle;
mod host;
mod log;
mod memory;
#[cfg(feature = "websocket")]
mod process;
mod readers;
#[cfg(all(feature = "redb", feature = "websocket"))]
mod redb;
mod storage;

use std::future::ready;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};

use crate::core::Error;
use crate::entries::RouterModule;
use crate::socket::{CloseFrame, Socket, SocketConfig};

pub use backend::{
    AlarmSlot, ListOptions, StorageBackend, StorageError, StorageFuture, Write, Written, prefix_end,
};
#[cfg(feature = "durable")]
pub(crate) use events::spawn;
pub use handle::RoomHandle;
pub use host::HostedRoom;
pub(crate) use log::store_error;
#[cfg(feature = "durable")]
pub(crate) use log::{Appended, EventLog, Keys, Limits, LoggedEvent, SharedLog};
pub use memory::MemoryStorage;
#[cfg(feature = "websocket")]
pub use process::StatefulRooms;
pub use readers::{PublisherChannel, ReaderSocket};
pub use storage::{Batch, Storage};

#[doc(hidden)]
pub use crate::serve::SocketGate;

/// A kind of rooms with state; the context of their procedures.
///
/// See the [module](self) for an example.
pub trait StatefulRoom: Sized + Send + Sync + 'static {
    /// The procedures, as the type `router` of their module.
    type Procedures: RouterModule<Self>;

    /// Time without a message after which a socket is closed with 1000 `Idle timeout`; checked by
    /// an alarm of the room's host, which is apart from the room's own. `None` by default.
    const IDLE_TIMEOUT: Option<Duration> = None;

    /// Creates the instance of a room. Its storage is read where it is needed.
    fn new(room: RoomHandle) -> Self;

    /// A client requests a socket. Sets its tags and its attachment, or refuses it: the response
    /// has the status of the error. It does not wait for a turn.
    fn accept(&self, request: &Parts) -> impl Future<Output = Result<SocketConfig, Error>> + Send {
        let _ = request;
        ready(Ok(SocketConfig::new()))
    }

    /// Completes the configuration of each socket, new or restored from what was kept of it, such
    /// as by values in memory that its [attachment](SocketConfig::attach) describes.
    fn configure(&self, config: SocketConfig) -> SocketConfig {
        config
    }

    /// Answers a request that is not an upgrade, which code of the host sends to the room; clients
    /// cannot. It does not wait for a turn. UPGRADE_REQUIRED, 426, by default.
    fn request(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, Error>> + Send {
        let _ = request;
        let error = Error::custom("UPGRADE_REQUIRED").with_status(426);
        ready(Err(error.with_message("Expected WebSocket upgrade")))
    }

    #[doc(hidden)]
    fn gate() -> Option<SocketGate> {
        None
    }

    /// A socket is open and in the room. Its calls wait until this ends.
    fn user_joined(&self, socket: &Socket) -> impl Future<Output = ()> + Send {
        let _ = socket;
        ready(())
    }

    /// A socket has ended: nothing can be sent on it.
    fn user_left(&self, socket: &Socket, close: &CloseFrame) -> impl Future<Output = ()> + Send {
        let _ = (socket, close);
        ready(())
    }

    /// The time of the [alarm](Storage::set_alarm) has come. If it fails, or the process ends before
    /// the storage has noted that it has run, it is called again.
    fn alarm(&self) -> impl Future<Output = Result<(), Error>> + Send {
        ready(Ok(()))
    }
}
