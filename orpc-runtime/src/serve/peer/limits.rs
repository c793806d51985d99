//! What one socket may ask for.

use super::rate::Rates;

/// The bounds of one socket.
#[derive(Debug, Clone)]
pub(crate) struct PeerLimits {
    /// Calls with one result that run at a time.
    pub(crate) running: usize,
    /// Calls that wait for one of these to end.
    pub(crate) waiting: usize,
    /// Bytes of the messages of calls that wait.
    pub(crate) waiting_bytes: usize,
    /// Open event iterators.
    pub(crate) streams: usize,
    /// Calls in one message.
    pub(crate) batch: usize,
    /// Bytes that are not sent yet: beyond them calls wait with their results
    /// and streams are not polled.
    pub(crate) unsent: usize,
    /// Bytes of the events of input iterators that procedures have not read.
    pub(crate) unread: usize,
    /// Files in one message.
    pub(crate) files: usize,
    /// Bytes of the files of one result.
    pub(crate) result_files: usize,
    /// Bytes of all that is kept for the socket together.
    pub(crate) memory: usize,
    /// How often the socket may call.
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
