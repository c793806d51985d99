//! A room in the hands of its host.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::FutureExt as _;
use http::request::Parts;
use http::{Request, Response};

use super::StatefulRoom;
use super::backend::{AlarmSlot, StorageError, Write};
use super::handle::RoomHandle;
use super::storage::millis;
use crate::clock;
use crate::core::{Error, panic_text};
use crate::rpc::Rpc;
use crate::serve::Peer;
use crate::socket::{CloseCode, CloseFrame, Socket, SocketConfig};

/// An instance of a room, for hosts: what they do with it on the events of its sockets and its
/// alarms. Cheap to clone. Panics of the room's code are caught and logged.
pub struct HostedRoom<R> {
    room: Arc<R>,
    handle: RoomHandle,
}

impl<R: StatefulRoom> HostedRoom<R> {
    /// Creates the instance.
    pub fn new(handle: RoomHandle) -> Self {
        Self { room: Arc::new(R::new(handle.clone())), handle }
    }

    /// Returns the room: the context of its procedures.
    pub fn room(&self) -> &Arc<R> {
        &self.room
    }

    /// Returns its handle.
    pub fn handle(&self) -> &RoomHandle {
        &self.handle
    }

    /// Adds the room, its turns and what [`StatefulRoom::configure`] adds to the configuration of
    /// a socket.
    pub fn configure(&self, config: SocketConfig) -> SocketConfig {
        let config = self.room.configure(config);
        config.room(self.handle.sockets()).in_turn(self.handle.turns())
    }

    /// Serves the procedures of the room on a socket, whose configuration is complete.
    pub fn peer(&self, rpc: &Rpc<R>, request: Parts, config: SocketConfig) -> Peer<R> {
        rpc.peer_gated(Arc::clone(&self.room), request, config, R::gate())
    }

    /// Passes a request to the room that is not an upgrade.
    ///
    /// # Errors
    /// If the room refuses it, or panics.
    pub async fn request(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let answer = AssertUnwindSafe(async { self.room.request(request).await }).catch_unwind();
        let answer = answer.await.unwrap_or_else(|panic| Err(self.panicked("request", &*panic)));
        answer.inspect_err(|error| error.log("request"))
    }

    /// Asks the room about a new socket.
    ///
    /// # Errors
    /// If the room refuses it.
    pub async fn accept(&self, request: &Parts) -> Result<SocketConfig, Error> {
        let accepted = AssertUnwindSafe(async { self.room.accept(request).await }).catch_unwind();
        let accepted = accepted.await.unwrap_or_else(|panic| Err(self.panicked("accept", &*panic)));
        Ok(self.configure(accepted.inspect_err(|error| error.log("accept"))?))
    }

    /// Tells the room of a new socket, which is open.
    ///
    /// The turn is requested when the returned future is polled first: before the socket's calls,
    /// so that they run behind it.
    pub async fn joined(&self, socket: Socket) {
        let _turn = self.handle.turns().turn().await;
        self.guarded("user_joined", async { self.room.user_joined(&socket).await }).await;
        if let Some(limit) = R::IDLE_TIMEOUT
            && let Err(error) = self.watch(limit).await
        {
            tracing::error!(%error, room = self.handle.name(), "idle sockets are not watched");
        }
    }

    /// Tells the room of a socket that has ended.
    pub async fn left(&self, socket: Socket, close: CloseFrame) {
        let _turn = self.handle.turns().turn().await;
        self.guarded("user_left", async { self.room.user_left(&socket, &close).await }).await;
    }

    /// Runs the alarms whose time has come.
    ///
    /// # Errors
    /// If the room's alarm fails, or the storage: they are to be run again.
    pub async fn ring(&self, now: SystemTime) -> Result<(), Error> {
        self.ring_once(now, &mut None).await
    }

    /// Runs the alarms whose time has come, that of the room only if it has not run for the time in
    /// `rang`. There its time is noted while it has run and cannot be cleared in the storage.
    pub(super) async fn ring_once(
        &self,
        now: SystemTime,
        rang: &mut Option<u64>,
    ) -> Result<(), Error> {
        let turn = self.handle.turns().turn().await;
        let due = millis(now);
        let backend = self.handle.storage().backend();
        let room = backend.alarm(AlarmSlot::Room).await?;
        let mut failed = None;
        if let Some(at) = room.filter(|at| *at <= due) {
            let alarm = async {
                if *rang == Some(at) {
                    return Ok(());
                }
                let alarm = AssertUnwindSafe(async { self.room.alarm().await }).catch_unwind();
                alarm.await.unwrap_or_else(|panic| Err(self.panicked("alarm", &*panic)))
            };
            match alarm.await {
                Ok(()) => {
                    *rang = Some(at);
                    backend.write(vec![Write::Rang { slot: AlarmSlot::Room, at }]).await?;
                    *rang = None;
                }
                Err(error) => failed = Some(error),
            }
        }
        drop(turn);
        let idle = backend.alarm(AlarmSlot::Idle).await?;
        if idle.is_some_and(|at| at <= due) {
            self.close_idle().await?;
        }
        failed.map_or(Ok(()), Err)
    }

    /// Sets the alarm for idle sockets, unless it is set.
    async fn watch(&self, limit: Duration) -> Result<(), StorageError> {
        let backend = self.handle.storage().backend();
        if backend.alarm(AlarmSlot::Idle).await?.is_none() {
            let at = Some(millis(clock::wall() + limit));
            backend.write(vec![Write::Alarm { slot: AlarmSlot::Idle, at }]).await?;
        }
        Ok(())
    }

    /// Closes idle sockets, and sets the alarm for the others.
    async fn close_idle(&self) -> Result<(), StorageError> {
        let mut next = None;
        if let Some(limit) = R::IDLE_TIMEOUT {
            for socket in self.handle.sockets().everyone() {
                let silent = socket.idle_time();
                match limit.checked_sub(silent).filter(|left| !left.is_zero()) {
                    Some(left) => next = Some(next.map_or(left, |next: Duration| next.min(left))),
                    None => socket.close(CloseCode::NORMAL, "Idle timeout"),
                }
            }
        }
        let at = next.map(|left| millis(clock::wall() + left));
        let write = Write::Alarm { slot: AlarmSlot::Idle, at };
        self.handle.storage().backend().write(vec![write]).await.map(drop)
    }

    async fn guarded(&self, hook: &'static str, run: impl Future<Output = ()>) {
        if let Err(panic) = AssertUnwindSafe(run).catch_unwind().await {
            self.panicked(hook, &*panic);
        }
    }

    fn panicked(&self, hook: &'static str, panic: &(dyn Any + Send)) -> Error {
        let room = self.handle.name();
        tracing::error!(hook, room, panic = panic_text(panic), "a room panicked");
        Error::hidden()
    }
}

impl<R> Clone for HostedRoom<R> {
    fn clone(&self) -> Self {
        Self { room: Arc::clone(&self.room), handle: self.handle.clone() }
    }
}

impl<R> fmt::Debug for HostedRoom<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostedRoom").field("handle", &self.handle).finish_non_exhaustive()
    }
}
