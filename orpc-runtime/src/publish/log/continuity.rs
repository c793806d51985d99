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
    // Another process has continued the data.
    let is_line = found.epoch == before.epoch;
    // Their end is lost, or they are an earlier copy. One transaction may have been
    // committed and not noted.
    let is_whole = found.commit == before.commit || found.commit == before.commit + 1;
    is_line && is_whole && is_in_place(found.place, before.place, *is_closed)
}

/// Returns the witness of a start that has not read the data yet, to be written before
/// they are first changed: without it a process that ends between that change and its own
/// witness leaves a file of another time. `None` if the data are not as they were left.
pub(crate) fn starting(place: Place, now: u64, witness: &Witness) -> Option<Witness> {
    let Witness { found, is_closed } = *witness;
    let found = Found { place: Place { changed: now, ..place }, ..found };
    is_in_place(place, witness.found.place, is_closed)
        .then_some(Witness { found, is_closed: false })
}

/// Returns `true` if the metadata are those of the data that were written last.
fn is_in_place(now: Place, then: Place, is_closed: bool) -> bool {
    // The machine was rebooted: data that were not synced are lost, and the machine may
    // have been restored from a snapshot, witness included.
    let is_same_start = now.boot.is_some() && now.boot == then.boot;
    // They are a copy in place of the original.
    let is_file = now.file.is_some() && now.file == then.file;
    // They were overwritten, together with the witness.
    let is_unchanged = if is_closed {
        now.changed == then.changed
    } else {
        now.changed <= then.changed.saturating_add(SLACK)
    };
    is_same_start && is_file && is_unchanged
}
