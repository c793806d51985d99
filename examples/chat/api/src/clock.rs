//! The clock of the host that measures times: that of tokio, which tests pause, or of a browser.

#[cfg(not(target_family = "wasm"))]
pub(crate) use tokio::time::{Instant, sleep_until};

#[cfg(target_family = "wasm")]
pub(crate) use web_time::Instant;

#[cfg(target_family = "wasm")]
pub(crate) async fn sleep_until(at: Instant) {
    orpc_runtime::host::sleep(at.saturating_duration_since(Instant::now())).await;
}
