#![doc = include_str!("../README.md")]
#![warn(missing_debug_implementations)]

mod attachment;
mod channels;
mod entry;
mod hub;
mod object;
mod publisher;
mod rate_limits;
mod serve;
mod storage;

pub use channels::Channels;
pub use entry::{RoomRoutes, proxy};
pub use object::{Cloudflare, RoomObject};
pub use publisher::{PublisherObject, PublisherObjects};
pub use rate_limits::{RateLimitObject, RateLimitObjects};
pub use serve::serve;

/// Returns a secret or variable of the Worker.
fn secret(env: &worker::Env, name: &str) -> Option<String> {
    let secret = env.secret(name).map(|secret| secret.to_string());
    let secret = secret.or_else(|_| env.var(name).map(|variable| variable.to_string()));
    secret.ok().filter(|secret| !secret.is_empty())
}

#[doc(hidden)]
pub use futures;
pub use {orpc_runtime, worker};

/// Declares a Durable Object whose state is a [`StatefulRoom`](orpc_runtime::stateful::StatefulRoom):
/// `durable_object!(pub struct ChatRoom(Chat));`.
///
/// Workers find it by the name of the struct, `class_name` in `wrangler.jsonc`. The crate that
/// writes it depends on `worker` itself, whose attribute it uses.
#[macro_export]
macro_rules! durable_object {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident($room:ty);) => {
        $(#[$attribute])*
        #[::worker::durable_object]
        $visibility struct $name {
            room: ::std::panic::AssertUnwindSafe<$crate::RoomObject<$room>>,
        }

        impl ::worker::DurableObject for $name {
            fn new(state: ::worker::State, env: ::worker::Env) -> Self {
                let room = $crate::RoomObject::new(state, env);
                Self { room: ::std::panic::AssertUnwindSafe(room) }
            }

            async fn fetch(&self, request: ::worker::Request) -> ::worker::Result<::worker::Response> {
                self.room.fetch(request).await
            }

            async fn websocket_message(
                &self,
                socket: ::worker::WebSocket,
                message: ::worker::WebSocketIncomingMessage,
            ) -> ::worker::Result<()> {
                self.room.message(&socket, message).await
            }

            async fn websocket_close(
                &self,
                socket: ::worker::WebSocket,
                code: usize,
                reason: ::std::string::String,
                was_clean: bool,
            ) -> ::worker::Result<()> {
                self.room.closed(&socket, code, reason, was_clean).await
            }

            async fn websocket_error(
                &self,
                socket: ::worker::WebSocket,
                error: ::worker::Error,
            ) -> ::worker::Result<()> {
                self.room.failed(&socket, &error).await
            }

            async fn alarm(&self) -> ::worker::Result<::worker::Response> {
                self.room.alarm().await
            }
        }
    };
}
