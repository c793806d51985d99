//! Built-in procedures on every socket of a durable iterator, beside the methods.
#![allow(unreachable_pub, reason = "procedures are `pub`")]

use schemars::JsonSchema;
use serde::Deserialize;

use super::channel::Member;
#[cfg(feature = "websocket")]
use super::session::Seat;
use crate::core::{Error, LastEventId};
use crate::procedure::{Call, HibernatingIterator};
use crate::publish::{EventId, ReadError};
use crate::socket::Socket;
use crate::value::Value;
use crate::wire::POSITION;

/// The iterator of a channel, for any type of events.
pub(super) type ReadingIterator = HibernatingIterator<Value, (), ReadError>;

/// A token that replaces the one that the socket was opened with.
#[derive(Deserialize, JsonSchema)]
pub struct NewToken {
    token: String,
}

/// The client on a socket, as the host of its channel admitted it.
enum Client<'s> {
    /// At the endpoint of a process.
    #[cfg(feature = "websocket")]
    Seat(&'s Seat),
    /// In a room with state.
    Member(&'s Member),
}

impl<'s> Client<'s> {
    fn of(socket: &'s Socket) -> Result<Self, Error> {
        #[cfg(feature = "websocket")]
        if let Ok(seat) = Seat::of(socket) {
            return Ok(Self::Seat(seat));
        }
        Member::of(socket).map(|member| Self::Member(member))
    }

    /// Subscribes to the channel, behind the event of that id; also returns the position.
    async fn subscribe(
        &self,
        last: Option<&LastEventId>,
    ) -> Result<(ReadingIterator, EventId), Error> {
        match self {
            #[cfg(feature = "websocket")]
            Self::Seat(seat) => seat.subscribe(last).await,
            Self::Member(member) => member.subscribe(last).await,
        }
    }

    /// Accepts a newer token for the socket.
    async fn renew(&self, socket: &Socket, token: &str) -> Result<(), Error> {
        match self {
            #[cfg(feature = "websocket")]
            Self::Seat(seat) => seat.renew(socket, token).await,
            Self::Member(member) => member.channel()?.renew(socket, member, token).await,
        }
    }
}

#[orpc_runtime_macros::router(crate = "crate")]
pub(super) mod procedures {
    use super::*;

    /// Streams the events of the channel, from now on or from the last one that the
    /// client received.
    #[orpc_runtime_macros::procedure(crate = "crate")]
    pub async fn subscribe(
        call: &Call,
        socket: &Socket,
    ) -> Result<HibernatingIterator<Value, (), ReadError>, Error> {
        let (iterator, position) = Client::of(socket)?.subscribe(call.last_event_id()).await?;
        if call.headers().contains_key(POSITION) {
            let position = position.to_string();
            call.response().insert_header(POSITION, position).map_err(Error::internal)?;
        }
        Ok(iterator)
    }

    /// Accepts a newer token for the same channel with the same tags.
    #[orpc_runtime_macros::procedure(crate = "crate")]
    pub async fn update_token(socket: &Socket, input: NewToken) -> Result<(), Error> {
        Client::of(socket)?.renew(socket, &input.token).await
    }
}
