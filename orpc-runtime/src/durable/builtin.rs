//! Built-in procedures on every socket of a durable iterator, beside the methods.
#![allow(unreachable_pub, reason = "procedures are `pub`")]

use schemars::JsonSchema;
use serde::Deserialize;

use super::session::Seat;
use crate::core::Error;
use crate::procedure::{Call, HibernatingIterator};
use crate::publish::ReadError;
use crate::socket::Socket;
use crate::value::Value;
use crate::wire::POSITION;

/// A token that replaces the one that the socket was opened with.
#[derive(Deserialize, JsonSchema)]
pub struct NewToken {
    token: String,
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
        let (iterator, position) = Seat::of(socket)?.subscribe(call.last_event_id()).await?;
        if call.headers().contains_key(POSITION) {
            let position = position.to_string();
            call.response().insert_header(POSITION, position).map_err(Error::internal)?;
        }
        Ok(iterator)
    }

    /// Accepts a newer token for the same channel with the same tags.
    #[orpc_runtime_macros::procedure(crate = "crate")]
    pub async fn update_token(socket: &Socket, input: NewToken) -> Result<(), Error> {
        Seat::of(socket)?.renew(socket, &input.token)
    }
}
