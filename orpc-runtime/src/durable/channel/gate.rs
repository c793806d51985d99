//! The gate of the sockets of channels.

use std::sync::LazyLock;

#[cfg(feature = "websocket")]
use futures::future::BoxFuture;
#[cfg(feature = "websocket")]
use http::request::Parts;

use super::member::Member;
use crate::clock;
use crate::durable::routing::Routing;
#[cfg(feature = "websocket")]
use crate::serve::{Asking, Refusal};
use crate::serve::{Blocked, Gate};
use crate::socket::Socket;
use crate::wire::Request;

/// Routes calls to the methods that the client's token lists, and closes sockets whose tokens have
/// expired. The room admits sockets itself.
pub(super) struct ChannelGate;

/// The same for all channels.
static ROUTING: LazyLock<Routing> = LazyLock::new(Routing::new);

impl Gate for ChannelGate {
    #[cfg(feature = "websocket")]
    fn admit(&self, _: &mut Parts) -> Result<Option<Asking>, Refusal> {
        Ok(None)
    }

    #[cfg(feature = "websocket")]
    fn open(&self, _: &Socket) -> Option<BoxFuture<'static, ()>> {
        None
    }

    fn may_go_on(&self, socket: &Socket) -> bool {
        Member::of(socket).is_ok_and(|member| member.client.may_go_on(socket, clock::wall()))
    }

    fn route(&self, socket: &Socket, request: &mut Request) -> Result<(), Blocked> {
        let member = Member::of(socket).map_err(Blocked::Failed)?;
        if let Some(channel) = member.channel.upgrade() {
            // An iterator that was catching up when the room was evicted.
            channel.catch_up(socket, member);
        }
        ROUTING.route(socket, &member.client, request)
    }
}
