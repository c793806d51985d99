//! Ticks at an interval, of tokio or by the timers of a browser.

#[cfg(not(target_family = "wasm"))]
pub(crate) use tokio::time::interval;

#[cfg(target_family = "wasm")]
pub(crate) fn interval(every: std::time::Duration) -> Interval {
    Interval { every, is_first: true }
}

#[cfg(target_family = "wasm")]
pub(crate) struct Interval {
    every: std::time::Duration,
    is_first: bool,
}

#[cfg(target_family = "wasm")]
impl Interval {
    /// Waits for the next tick; the first one is at once.
    pub(crate) async fn tick(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            orpc_runtime::host::sleep(self.every).await;
        }
    }
}
