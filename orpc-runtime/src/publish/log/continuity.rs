//! `true` if a store that is opened goes on where it ended, or may have lost events.

use super::super::id::Epoch;
use super::bug::Bug;

/// A store's data as they are found when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Found {
    /// The epoch that new entries had.
    pub(crate) epoch: Epoch,
    /// The number of the last transaction.
    pub(crate) commit: u64,
    pub(crate) place: Place,
}

/// The facts that a machine knows of a store's data without reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    /// The start of the machine; none if it does not tell.
    pub(crate) boot: Option<u128>,
    /// The file that the data are in; none if the machine does not tell.
    pub(crate) file: Option<(u64, u64)>,
    /// When the file was last changed, in nanoseconds. Nobody can set that.
    pub(crate) changed: u64,
}

/// The note beside the data from when they were last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Witness {
    pub(crate) found: Found,
    /// `true` if the store was closed: then its data are not changed any more.
    pub(crate) is_closed: bool,
}

/// The time by which an open file may have been changed later than was written down: as
/// long as a transaction may take, in milliseconds.
pub(crate) const SLACK: u64 = 60_000_000_000;

/// Returns whether it is certain that the data found are all that were written. Else a new
/// epoch begins for new entries: with it readers find out, whatever was lost.
///
/// Every line is a way in which data can be other than what they were.
pub(crate) fn is_continued(found: &Found, witness: Option<&Witness>, bug: Bug) -> bool {
    // Nothing is known, as on a machine that gets a copy.
    let Some(Witness { found: before, is_closed }) = witness else {
        return bug == Bug::TrustsCopies;
    };
    let (now, then) = (found.place, before.place);
    // Somebody else has gone on with the data.
    let is_line = found.epoch == before.epoch;
    // Their end is lost, or they are a copy from before. A transaction may have been
    // committed and not written down.
    let is_whole = found.commit == before.commit || found.commit == before.commit + 1;
    // The machine ended: what was not synced is lost, and the machine itself may have
    // been put back with all that it knows.
    let is_same_start = now.boot.is_some() && now.boot == then.boot;
    // They are a copy in the place of what they were.
    let is_file = now.file.is_some() && now.file == then.file;
    // They were written over, together with what was written down.
    let is_unchanged = if *is_closed {
        now.changed == then.changed
    } else {
        now.changed <= then.changed.saturating_add(SLACK)
    };
    (is_line || bug == Bug::IgnoresLine)
        && (is_whole || bug == Bug::IgnoresLostCommits)
        && (is_same_start || bug == Bug::IgnoresBoot)
        && (is_file || bug == Bug::IgnoresFile)
        && (is_unchanged || bug == Bug::IgnoresChange)
}
