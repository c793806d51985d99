//! Publishing by other services over HTTP, authenticated by a key.
//!
//! The endpoint is an RPC procedure: other services call it as any, with `curl` or the official
//! client.
//!
//! ```
//! use orpc_runtime::prelude::*;
//! use orpc_runtime::publish::Publisher;
//! use orpc_runtime::publishing::{PublishEndpoint, PublishKeys};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # struct Env;
//! # impl Env { fn key(&self) -> &'static str { "a secret of 32 random bytes" } }
//! # let env = Env;
//! let messages: Publisher<String> = Publisher::memory();
//! let keys = PublishKeys::new([env.key()])?;
//! let endpoint = PublishEndpoint::new::<String>(messages.clone(), keys);
//! let app: axum::Router = axum::Router::new().nest_service("/events", endpoint.http());
//! # Ok(()) }
//! ```
//!
//! ```sh
//! curl https://api.example/events/publish -H "authorization: Bearer $KEY" \
//!   -H 'content-type: application/json' \
//!   -d '{"json": {"channel": "lobby", "event": "hello", "idempotencyKey": "order-17"}}'
//! ```
//!
//! The answer is `{"json":{"id":"…"}}`, with the id of the event.
//!
//! | member of the input | meaning |
//! |---|---|
//! | `channel` | name of the channel, 1 to 512 bytes |
//! | `event` | the event, validated as the type of the channel's events |
//! | `tags`, `targets`, `exclude` | its [audience](crate::publish::Audience); everyone by default |
//! | `idempotencyKey` | 1 to 256 bytes: an event of the channel with the same key is stored once, and every attempt gets its id, for as long as events are retained |
//!
//! | status | code | cause |
//! |---|---|---|
//! | 400 | `BAD_REQUEST` | a malformed body, or an invalid input, with its issues |
//! | 401 | `UNAUTHORIZED` | no key, or an unknown one |
//! | 403 | `FORBIDDEN` | the key is not for this channel; or a page of another origin |
//! | 413 | `PAYLOAD_TOO_LARGE` | a body above [`body_limit`](crate::http::HttpService::body_limit), or an event above the limit of the publisher |
//! | 503 | `SERVICE_UNAVAILABLE` | nothing was published |
//! | 503 | `OUTCOME_UNKNOWN` | the event may have been published: repeat it with the same `idempotencyKey` |

mod endpoint;
mod keys;

pub use endpoint::{KnownService, PublishEndpoint};
pub use keys::{PublishKeyError, PublishKeys};
