//! Built-in procedures on every socket of a channel, beside the methods.
#![allow(unreachable_pub, reason = "procedures are `pub`")]

use schemars::JsonSchema;
use serde::Deserialize;

use super::member::Member;
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
        let channel = Member::of(socket)?.channel.upgrade().ok_or_else(Error::hidden)?;
        let start = channel.start(call.last_event_id()).await?;
        if call.headers().contains_key(POSITION) {
            let position = start.as_ref().map_or_else(|gap| gap.last(), |position| *position);
            let position = position.to_string();
            call.response().insert_header(POSITION, position).map_err(Error::internal)?;
        }
        Ok(HibernatingIterator::on_socket(move |socket, id| {
            channel.begin(socket, id, start)?;
            Ok(())
        }))
    }

    /// Accepts a newer token for the same channel with the same tags.
    #[orpc_runtime_macros::procedure(crate = "crate")]
    pub async fn update_token(socket: &Socket, input: NewToken) -> Result<(), Error> {
        let member = Member::of(socket)?;
        let channel = member.channel.upgrade().ok_or_else(Error::hidden)?;
        channel.renew(socket, member, &input.token).await
    }
}
