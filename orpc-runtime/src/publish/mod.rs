//! Events that are published to all who read a channel, and are never lost
//! without a word.

mod audience;
mod clock;
mod error;
mod gap;
mod id;
mod log;
mod published;
mod publisher;
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
