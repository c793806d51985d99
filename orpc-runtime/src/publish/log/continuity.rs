//! Proof that a store continues where it ended.

use super::super::id::Epoch;

/// Data of a store as found when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Found {
    /// Epoch of new entries.
    pub(crate) epoch: Epoch,
    /// Number of the last transaction.
    pub(crate) commit: u64,
    pub(crate) place: Place,
}

/// Metadata of the machine and the file, known without reading the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// Boot id of the machine; `None` if it is unknown.
    pub(crate) boot: Option<u128>,
    /// Device and inode of the file; `None` if they are unknown.
    pub(crate) file: Option<(u64, u64)>,
    /// Time of the file's last change (`ctime`), in nanoseconds. It cannot be set.
    pub(crate) changed: u64,
}

/// Note beside the data from when they were last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Witness {
    pub(crate) found: Found,
    /// `true` if the store was closed: then its data do not change any more.
    pub(crate) is_closed: bool,
}

/// Maximum time by which an open file may have changed later than its witness says: the
/// longest duration of a transaction, in nanoseconds.
pub(crate) const SLACK: u64 = 60_000_000_000;

/// Returns `true` if the data found are certainly all that were written. Otherwise new
/// entries get a new epoch, by which readers detect any loss.
///
/// Each line covers one way in which data can differ from what was written.
pub(crate) fn is_continued(found: &Found, witness: Option<&Witness>) -> bool {
    // There is no witness, as on a machine that gets a copy.
    let Some(Witness { found: before, is_closed }) = witness else { return false };
    let (now, then) = (found.place, before.place);
    // Another process has continued the data.
    let is_line = found.epoch == before.epoch;
    // Their end is lost, or they are an earlier copy. One transaction may have been
    // committed and not noted.
    let is_whole = found.commit == before.commit || found.commit == before.commit + 1;
    // The machine was rebooted: data that were not synced are lost, and the machine may
    // have been restored from a snapshot, witness included.
    let is_same_start = now.boot.is_some() && now.boot == then.boot;
    // They are a copy in place of the original.
    let is_file = now.file.is_some() && now.file == then.file;
    // They were overwritten, together with the witness.
    let is_unchanged = if *is_closed {
        now.changed == then.changed
    } else {
        now.changed <= then.changed.saturating_add(SLACK)
    };
    is_line && is_whole && is_same_start && is_file && is_unchanged
}
