//! Events that are published to all who read a channel, and are never lost
//! without a word.
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
//! # What does a reader get?
//!
//! Behind event `k` it gets exactly `k + 1`, `k + 2` and so on, each once and in
//! order, whenever it comes. There is one source, the channel's log: what is
//! replayed and what is live are read from there, by the reader's position. An
//! event is shown to readers once it is kept, not before.
//!
//! Where that cannot be it gets a [`Gap`] before any later event, and goes on
//! behind it:
//!
//! | reason | what happened | where it goes on |
//! |---|---|---|
//! | `epoch` | the reader's event is not there: a start in memory, a file that lost events, a copy that was put back | behind the last event that it shares with the channel, else at the oldest one |
//! | `trimmed` | the events behind the reader's id are older than what is retained | at the oldest event |
//! | `slow` | the same, for a reader that was subscribed and did not read | at the oldest event |
//! | `ahead` | the channel does not have the reader's event: it lost its end, or the id is made up | behind the newest event |
//!
//! Without an id a subscription begins with what is published from then on, so a
//! client that has not seen any event yet and loses its connection misses what
//! comes meanwhile. Where that matters begin at [`Start::Oldest`].
//!
//! # What does an id name?
//!
//! One event. Each event has a number and an [epoch](Epoch), as entries have terms in
//! Raft, and an id resumes exactly if the event of that number has that epoch, be it
//! retained or the last one that was trimmed. Events keep their epochs; new ones get
//! another epoch where the store cannot prove that nothing was lost:
//!
//! | | new epoch |
//! |---|---|
//! | in memory | at each start: nobody knows what was published before its end |
//! | in a file, after a clean end or `kill -9` | no |
//! | in a file, after the machine was started, or on another one | yes: without syncs the end may be lost, and a machine may be put back as a whole |
//! | in a file that was copied, put back, written over or damaged | yes |
//!
//! A new epoch costs readers nothing who stand at events that are there. Whoever stands
//! at one that is not is told when it comes back, also when another event has its
//! number by then. One that had not seen the lost events yet is told of them only where
//! the file knows of them.
//!
//! The proof is a file of 85 bytes beside the file of events, `<path>.mark`: the number
//! of the last transaction, and which file that was, when it was changed last, in which
//! start of the machine. Leave it out of backups; without it a new epoch begins. If both
//! are written over in place within a minute of the last event, nothing tells. Elsewhere
//! than on Linux each start begins a new epoch.
//!
//! # What does a TypeScript client see?
//!
//! Events have their id as event id; the official client attaches it to values
//! that are **objects or arrays** and sends the last one back. It has nowhere to put
//! the id of a text or a number: publish objects where clients should resume.
//!
//! * With the client's retry plugin a reader that loses its connection comes back
//!   by itself. A gap is a failure like any other to it: it comes back with the id
//!   of the gap's event, which is behind the gap, and goes on. `onRetry` and
//!   `shouldRetry` see the error.
//! * Without the plugin `next()` rejects with an `ORPCError` that is typed and
//!   defined: code `EVENT_GAP`, status 410, data [`GapData`] `{ reason, last, resume }`.
//!   Calling again with `lastEventId: error.data.resume` goes on.
//! * A malformed id is BAD_REQUEST, 400, before the stream begins. The end of the
//!   publisher is SERVICE_UNAVAILABLE, 503, a failure of its file
//!   INTERNAL_SERVER_ERROR, 500.
//! * With [`Subscription::gaps_as`] a gap is an event of your own instead, such as
//!   a line in the room, and the stream goes on.
//!
//! # When is an event published?
//!
//! When [`publish`](Publisher::publish) gives its id. What it survives then is
//! said when the publisher is opened, with the feature `redb` for files:
//!
//! | | `kill -9` | loss of power | costs |
//! |---|---|---|---|
//! | [`Durability::Memory`] | no | no | nothing |
//! | [`Durability::Process`] | yes | no: it may lose events or damage the file, which is told | a write |
//! | [`Durability::Commit`] | yes | yes | a sync, shared by all that wait |
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
//! # What if publishing fails, or takes too long?
//!
//! [`PublishError::Failed`] is certain: the event is not there and will not be.
//! [`PublishError::OutcomeUnknown`] is not, nor is a future that is dropped: the
//! event may be there. Publish again with the same
//! [`retry_key`](Publish::retry_key), and there is one event, whose id all get.
//!
//! A full disk fails to publish and leaves what is there as it was. After a failure
//! the file is opened anew: what was not synced is held back, so that events are read
//! as before, and is written through another descriptor before the publisher goes on.
//! While that does not succeed nothing is accepted; it is tried again by publishing and
//! by time, after 50 ms at first and 5 s at last. A file that cannot be read is opened
//! again by the next reader.
//!
//! # How long are events retained?
//!
//! By age (300 s unless set), number and size of each channel; see
//! [`PublisherBuilder`]. No event is trimmed by age before its time, and none is
//! read that is a sixteenth older. Time never decides on order: that is the
//! number's.
//!
//! A channel is forgotten when it has no readers and no events, and had none for
//! the time of the retention. If it comes back its numbers go on behind those of all
//! channels that were forgotten: whoever has an old id is told. A reader of a channel
//! that never had an event misses nothing when it comes back.
//!
//! # What does a slow reader cost?
//!
//! A subscription reads when it is polled, one event of what is in memory. What is in
//! the file alone is read by four threads for all subscriptions, at most 64 events or
//! 64 KiB at once for each, and waits for it within a budget that all share
//! ([`PublisherBuilder::replay_bytes`]). One that stops gives up what was read for it as
//! soon as others need the room, and reads it again when it goes on: it holds nobody
//! up. When it is overtaken by what is trimmed it is told.
//!
//! # What if the file is damaged?
//!
//! Each page, event and channel has a checksum, and all are checked when the file
//! is opened. A channel that lost events goes on with those behind them: readers of
//! what is before are told. A file that does not hold together at all is not opened.
//! One that was put back from a backup is found out by the mark beside it, and each
//! reader that has seen more is told.
//!
//! # Who gets an event?
//!
//! Everyone, or those in its [`Audience`]: with one of some tags, of a list, not of
//! another. A subscription for a [`Recipient`] leaves out what is for others; its
//! position moves on all the same.

mod audience;
#[cfg_attr(not(feature = "redb"), allow(dead_code, reason = "for files"))]
mod clock;
mod error;
mod gap;
#[cfg_attr(not(feature = "redb"), allow(dead_code, reason = "for files"))]
mod id;
#[cfg_attr(not(feature = "redb"), allow(dead_code, reason = "for files"))]
mod log;
mod published;
mod publisher;
#[cfg_attr(not(feature = "redb"), allow(dead_code, reason = "for files"))]
mod store;
mod subscription;

pub use audience::{Audience, Recipient};
pub use clock::{Clock, SystemClock};
pub use error::{PublishError, ReadError, StoreError, SubscribeError};
pub use gap::{Gap, GapData, GapReason};
pub use id::{Epoch, EventId, ParseEventIdError};
pub use published::{Encoded, Published};
pub use publisher::{Durability, Publish, Publisher, PublisherBuilder};
pub use store::Start;
pub use subscription::{IntoStart, Subscription};
