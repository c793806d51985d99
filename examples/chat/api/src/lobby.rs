//! The way to the room.

use std::sync::Arc;

use orpc_runtime::CloseFrame;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::SubscribeError;
use orpc_runtime::stateful::{RoomHandle, StatefulRoom};
use tokio::sync::OnceCell;

use crate::hibernating::{self, leave};
use crate::room::Room;

/// The chat room as the context of procedures with hibernating iterators: open already, or a room with state
/// that is opened when it is needed, such as a Durable Object that was evicted.
pub struct Lobby {
    /// `None` for a room that is open.
    host: Option<RoomHandle>,
    room: OnceCell<Arc<Room>>,
}

impl From<Arc<Room>> for Lobby {
    fn from(room: Arc<Room>) -> Self {
        Self { host: None, room: OnceCell::new_with(Some(room)) }
    }
}

impl Lobby {
    async fn room(&self) -> Result<Arc<Room>, SubscribeError> {
        let open = async || match &self.host {
            Some(host) => Room::on(host).await,
            None => Err(SubscribeError::Closed),
        };
        self.room.get_or_try_init(open).await.cloned()
    }
}

/// Lends the room to the procedures.
#[middleware]
pub(crate) async fn enter(lobby: &Lobby) -> Result<Arc<Room>, Error> {
    Ok(lobby.room().await?)
}

/// The procedures of a room with state.
pub struct Procedures;

impl orpc_runtime::RouterModule<Lobby> for Procedures {
    fn router() -> Router<Lobby> {
        hibernating::router()
    }
}

impl StatefulRoom for Lobby {
    type Procedures = Procedures;

    fn new(room: RoomHandle) -> Self {
        Self { host: Some(room), room: OnceCell::new() }
    }

    async fn user_left(&self, socket: &Socket, _: &CloseFrame) {
        match self.room().await {
            Ok(room) => leave(&room, socket),
            Err(error) => eprintln!("a departure is not announced: {error}"),
        }
    }
}
