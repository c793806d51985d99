//! Freed memory.

use std::hint::black_box;
use std::time::Duration;

/// Interval at which freed memory is given back.
const INTERVAL: Duration = Duration::from_secs(2);

/// Length of an allocation that has a page of its own.
const PAGE: usize = 1024 * 1024;

/// Gives freed memory back to the operating system while nothing else happens: mimalloc
/// does so when it frees a page, and not by time.
pub(crate) async fn give_back() {
    loop {
        tokio::time::sleep(INTERVAL).await;
        drop(black_box(Vec::<u8>::with_capacity(PAGE)));
    }
}
