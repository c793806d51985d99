//! Clocks of the platform: those of tokio and std, and on wasm32 those of JavaScript, since std's
//! panic there.

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) use std::time::{Instant, SystemTime};
/// The clock that tests with paused time control.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) use tokio::time::Instant as TimerInstant;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) use web_time::{Instant, Instant as TimerInstant, SystemTime};
