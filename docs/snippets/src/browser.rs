//! A router in a worker of the browser.

// #region router
use orpc_runtime::prelude::*;

#[router]
pub mod notes {
    use super::*;

    /// Counts the words of a text.
    #[procedure]
    pub async fn count_words(text: String) -> usize {
        text.split_whitespace().count()
    }

    /// Counts seconds.
    #[procedure]
    pub fn seconds() -> impl Stream<Item = u32> {
        orpc_runtime::futures::stream::unfold(0, |n| async move {
            orpc_runtime::host::sleep(std::time::Duration::from_secs(1)).await;
            Some((n, n + 1))
        })
    }
}
// #endregion router

// #region worker
use orpc_browser::{NotAWorker, listen};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(start)]
fn start() -> Result<(), NotAWorker> {
    let rpc = Rpc::new(notes::router());
    // One peer for each client.
    listen(move || rpc.peer(()))
}
// #endregion worker

#[cfg(test)]
mod tests {
    #[test]
    fn the_client_is_as_generated() {
        crate::check_client(&super::notes::router::<()>(), "browser");
    }
}
