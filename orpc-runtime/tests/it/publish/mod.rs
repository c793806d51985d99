//! Guarantees of a publisher, for each of its stores.

mod world;

mod corruption;
mod crash;
mod durability;
mod fanout;
mod handoff;
mod ids;
mod memory;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "redis")]
mod redis;
mod retention;
mod retries;
mod schedules;
#[cfg(any(feature = "nats", feature = "redis"))]
pub mod servers;
mod slow_readers;
mod texts;
mod wire;
mod wire_schedules;
