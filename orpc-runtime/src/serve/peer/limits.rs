//! Limits of one socket.

use super::rate::Rates;

/// Limits of one socket.
#[derive(Debug, Clone)]
pub(crate) struct PeerLimits {
    /// Maximum number of running calls with one result.
    pub(crate) running: usize,
    /// Maximum number of queued calls.
    pub(crate) waiting: usize,
    /// Maximum bytes of the messages of queued calls.
    pub(crate) waiting_bytes: usize,
    /// Maximum number of open event iterators.
    pub(crate) streams: usize,
    /// Maximum number of calls in one message.
    pub(crate) batch: usize,
    /// Unsent bytes beyond which calls hold their results and streams are not polled.
    pub(crate) unsent: usize,
    /// Maximum bytes of the unread events of input iterators.
    pub(crate) unread: usize,
    /// Maximum number of files in one message.
    pub(crate) files: usize,
    /// Maximum bytes of the files of one result.
    pub(crate) result_files: usize,
    /// Maximum bytes of memory of the socket.
    pub(crate) memory: usize,
    /// Rates of calls.
    pub(crate) rates: Rates,
}

impl Default for PeerLimits {
    fn default() -> Self {
        Self {
            running: 64,
            waiting: 4096,
            waiting_bytes: 8 * 1024 * 1024,
            streams: 128,
            batch: 10,
            unsent: 1024 * 1024,
            unread: 1024 * 1024,
            files: 100,
            result_files: 32 * 1024 * 1024,
            memory: 40 * 1024 * 1024,
            rates: Rates::default(),
        }
    }
}
