//! Events that are published to all readers of a channel; every gap is reported.
//!
//! ```
//! use orpc_runtime::prelude::*;
//! use orpc_runtime::publish::{EventId, PublishError, Published, Publisher, ReadError, SubscribeError};
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! pub struct Message { text: String }
//!
//! pub struct App { messages: Publisher<Message> }
//!
//! #[router(context = App)]
//! pub mod chat {
//!     use super::*;
//!
//!     #[procedure]
//!     pub async fn send(app: &App, message: Message) -> Result<(), Error> {
//!         app.messages.publish("lobby", &message).await?;
//!         Ok(())
//!     }
//!
//!     /// Every message from now on, or behind the last one that the client saw.
//!     #[procedure]
//!     pub fn on_message(
//!         app: &App,
//!         last: Option<&LastEventId>,
//!     ) -> Result<impl Stream<Item = Result<Published<Message>, ReadError>>, SubscribeError> {
//!         app.messages.subscribe("lobby", last)
//!     }
//! }
//! # fn main() {
//! let app = App { messages: Publisher::memory() };
//! # drop(Rpc::new(chat::router()).http(app));
//! # }
//! ```
//!
//! # Delivery
//!
//! Behind event `k` it gets exactly `k + 1`, `k + 2` and so on, each once and in order,
//! whenever it connects. There is one source, the channel's log: replayed and live
//! events are both read from it, by the reader's position. Readers see an event once it
//! is stored, not before.
//!
//! If events are missing it gets a [`Gap`] before any later event, and continues
//! behind it:
//!
//! | reason | cause | continues |
//! |---|---|---|
//! | `epoch` | the reader's event does not exist: a restart in memory, a file that lost events, a restored copy | behind the last event that it shares with the channel, otherwise at the oldest one |
//! | `trimmed` | the events behind the reader's id are older than what is retained | at the oldest event |
//! | `slow` | the same, for a reader that was subscribed and did not read | at the oldest event |
//! | `ahead` | the channel does not have the reader's event: it lost its end, or the id is made up | behind the newest event |
//!
//! Without an id a subscription begins with the next published event, so a client that
//! has not received any event yet and loses its connection misses the events in
//! between. Where that matters, begin at [`Start::Earliest`].
//!
//! # Ids and epochs
//!
//! One event. Each event has a number and an [epoch](Epoch), as entries have terms in
//! Raft, and an id resumes exactly if the event of that number has that epoch, whether
//! it is retained or the last one that was trimmed. Events keep their epochs; new ones
//! get another epoch if the store cannot prove that nothing was lost:
//!
//! | | new epoch |
//! |---|---|
//! | in memory | at each start: the events before it are unknown |
//! | in a file, after a clean end or `kill -9` | no |
//! | in a file, after a reboot, or on another machine | yes: without syncs the end may be lost, and a machine may be restored from a snapshot |
//! | in a file that was copied, restored, overwritten or damaged | yes |
//! | on Redis, by the same process of the server | no |
//! | on Redis, after a restart, by another server, or after keys were deleted | yes |
//! | on NATS, by the same process of the server | no |
//! | on NATS, after a restart, or after the stream was purged or deleted | yes |
//!
//! A new epoch has no effect on readers whose event still exists. A reader whose event
//! does not is told when it returns, even if another event has its number by then. A
//! reader that had not read the lost events yet is told of them only if the file knows
//! of them.
//!
//! The proof is a file of 85 bytes beside the file of events, `<path>.mark`: the number
//! of the last transaction, the identity of the file, the time of its last change, and
//! the boot id of the machine. Leave it out of backups; without it a new epoch begins.
//! If both are overwritten in place within a minute of the last event, the loss is not
//! detected. On systems other than Linux each start begins a new epoch.
//!
//! # TypeScript clients
//!
//! Events are sent with their id as event id. The official client attaches it to values
//! that are **objects or arrays** and sends the last one back. It cannot attach an id
//! to a string or a number: publish objects if clients should resume.
//!
//! * With the client's retry plugin a reader that loses its connection reconnects by
//!   itself. It treats a gap like any other failure: it reconnects with the id of the
//!   gap's event, which is behind the gap, and continues. `onRetry` and `shouldRetry`
//!   see the error.
//! * Without the plugin `next()` rejects with an `ORPCError` that is typed and defined:
//!   code `EVENT_GAP`, status 410, data [`GapData`] `{ reason, last, resume }`. Calling
//!   again with `lastEventId: error.data.resume` continues.
//! * A malformed id is BAD_REQUEST, 400, before the stream begins. A closed publisher
//!   is SERVICE_UNAVAILABLE, 503; a failure of its file is INTERNAL_SERVER_ERROR, 500.
//! * With [`Subscription::map_gaps`] a gap is an event of your own instead, such as a
//!   line in the room, and the stream continues.
//!
//! # Durability
//!
//! When [`publish`](Publisher::publish) returns its id. The durability that it has then
//! is chosen when the publisher is opened, with the feature `redb` for files:
//!
//! | | `kill -9` | loss of power | costs |
//! |---|---|---|---|
//! | [`Durability::Memory`] | no | no | nothing |
//! | [`Durability::Process`] | yes | no: it may lose events or damage the file, which is reported | a write |
//! | [`Durability::Commit`] | yes | yes | a sync, shared by all waiting publishers |
//!
//! [`Publisher::durability`] returns it. On Redis it is that of the server's settings: `Commit` with
//! `appendfsync always`, otherwise `Memory`. On NATS it is `Process`: the server does not tell when it
//! syncs its files.
//!
//! ```
//! # #[cfg(feature = "redb")]
//! # fn open(path: &std::path::Path) -> Result<(), orpc_runtime::publish::StoreError> {
//! use std::time::Duration;
//! use orpc_runtime::publish::{Durability, Publisher};
//!
//! let messages: Publisher<String> = Publisher::builder()
//!     .retention(Duration::from_secs(3600))
//!     .max_events(100_000)
//!     .open(path, Durability::Commit)?;
//! # drop(messages);
//! # Ok(())
//! # }
//! ```
//!
//! # Failures of publishing
//!
//! [`PublishError::Failed`] is certain: the event is not stored and will not be.
//! [`PublishError::OutcomeUnknown`] is not, nor is a dropped future: the event may be
//! stored. Publish again with the same [`idempotency_key`](Publish::idempotency_key): then there is
//! one event, and every attempt returns its id.
//!
//! On a full disk publishing fails, and stored events are unaffected. After a failure
//! the file is opened again: unsynced writes are held in memory, so that events are
//! read as before, and are written through another descriptor before the publisher
//! continues. Until that succeeds no event is accepted; it is retried by publishing and
//! by time, after 50 ms at first and up to 5 s. A file that cannot be read is opened
//! again by the next reader.
//!
//! # Retention
//!
//! By age (300 s unless set), number and size of each channel; see
//! [`PublisherBuilder`]. No event is trimmed by age before its time, and none is read
//! that is a sixteenth older. The order of events is that of their numbers, never of
//! time.
//!
//! A channel is evicted once it has had no readers and no events for the time of the
//! retention. If it is created again its numbers continue behind those of all evicted
//! channels, so that old ids are detected. A reader of a channel that never had an
//! event misses nothing when it returns.
//!
//! # Slow readers
//!
//! A subscription reads when it is polled, one event from memory. Events that are only
//! in the file are read by four threads for all subscriptions, at most 64 events or 64
//! KiB at once for each, and are buffered within a budget that all share
//! ([`PublisherBuilder::replay_bytes`]). A subscription that stops reading loses its
//! buffer as soon as others need the room, and reads again when it continues: it does
//! not delay others. If events are trimmed before it reads them it gets a gap.
//!
//! # Damaged files
//!
//! Each page, event and channel has a checksum, and all are checked when the file is
//! opened. A channel that lost events continues with those behind them: readers of the
//! earlier ones get a gap. A corrupt file is not opened. A file that was restored from
//! a backup is detected by the mark beside it, and each reader that has read further
//! gets a gap.
//!
//! # Audiences
//!
//! Everyone, or the recipients in its [`Audience`]: by tags, by a list of ids, or
//! without some ids. A subscription for a [`Subscriber`] skips events for others; its
//! position moves nevertheless.

mod audience;
mod builder;
mod clock;
mod durability;
mod error;
mod fanout;
mod gap;
mod id;
mod log;
mod outcome;
mod published;
mod publisher;
mod reader;
#[cfg(all(feature = "durable", feature = "websocket"))]
#[cfg_attr(
    not(any(feature = "nats", feature = "redis")),
    expect(dead_code, reason = "stores on servers have the only registries")
)]
mod registry;
mod sink;
mod store;
mod subscription;

pub use audience::{Audience, Subscriber};
pub use builder::PublisherBuilder;
pub use clock::{Clock, SystemClock};
pub(crate) use clock::{Moment, Timeline};
pub use durability::Durability;
pub use error::{PublishError, ReadError, StoreError, StoreErrorKind, SubscribeError};
pub(crate) use fanout::Receiver;
pub use gap::{Gap, GapData, GapReason};
pub use id::{Epoch, EventId, ParseEventIdError};
pub(crate) use outcome::{read_outcome, write_outcome};
pub use published::{Encoded, Published};
pub use publisher::{Publish, Publisher};
#[cfg(all(feature = "durable", feature = "websocket"))]
pub(crate) use registry::{Admission, Choice, ClientRegistry, ClientWatcher, Verdict};
pub use sink::{NewEvent, PublishSink};
#[cfg(all(feature = "redb", feature = "websocket"))]
pub(crate) use store::redb as file;
pub(crate) use store::{
    Mark, Message, OpenError, Opening, ReadMessage, Reader, Store, StoredEvent, Window,
};
pub use store::{RemoteChannels, RemoteConnection, Start};
pub use subscription::{IntoStart, Subscription};
