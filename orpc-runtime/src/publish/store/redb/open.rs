//! Publishers on a file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Disk, FileStore, SystemDisk};
use crate::publish::durability::Durability;
use crate::publish::error::StoreError;
use crate::publish::log::Limits;
use crate::publish::{Publisher, PublisherBuilder};

impl PublisherBuilder {
    /// Sets the time for which [`open`](PublisherBuilder::open) waits for a file that
    /// another process has open, such as the old process of a rolling deployment; zero by
    /// default. It blocks the thread.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Opens a publisher that keeps its events in a file, which is created if it does
    /// not exist. Every page and event of it is checked, which takes time and blocks
    /// the thread. One publisher at a time has it open; dropping the last clone waits
    /// until it is closed. A file is created under the name `<path>.new` and renamed
    /// once it is complete: a start may be interrupted at any moment. An empty file is filled
    /// in place, and symbolic links are followed.
    ///
    /// A file that can be read but not written, as on a full disk, is opened: its
    /// events can be read, and publishing fails until there is room.
    ///
    /// If events are damaged or lost, readers positioned before them get a gap, and the
    /// reason is logged. Beside the file there is another one, `<path>.mark`, by which a
    /// restored copy is distinguished from the original.
    ///
    /// # Errors
    /// If the file cannot be opened, is in use for longer than the
    /// [`lock_timeout`](PublisherBuilder::lock_timeout), or is so corrupt that nothing
    /// can be read from it. It is left unchanged: move it away to start with an empty
    /// file. With [`Durability::Memory`] there is no file, and no error.
    pub fn open<T>(
        self,
        path: impl AsRef<Path>,
        durability: Durability,
    ) -> Result<Publisher<T>, StoreError> {
        if durability == Durability::Memory {
            return Ok(self.memory());
        }
        let syncs = durability == Durability::Commit;
        self.open_disk(Box::new(SystemDisk::new(path.as_ref())), syncs)
    }

    pub(crate) fn open_disk<T>(
        self,
        disk: Box<dyn Disk>,
        syncs: bool,
    ) -> Result<Publisher<T>, StoreError> {
        let limits = Limits::in_file(self.retention, self.max_events, self.max_bytes)
            .with_total(self.max_total_bytes.unwrap_or(4 << 30));
        let timeline = self.timeline();
        let (channels, patience) = (self.max_channels, self.lock_timeout);
        let store =
            FileStore::open(disk, syncs, timeline, limits, channels, patience, self.replay_bytes)?;
        Ok(self.on(Arc::new(store)))
    }
}
