//! Ways in which a log could be wrong.

/// A mistake that the model of the log has to find. Outside of tests no log has
/// one: the checks are constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bug {
    None,
    /// Readers see events that are not committed.
    ShowsPending,
    /// More is committed than was asked for.
    CommitsAll,
    /// Appended events that were not kept stay in line.
    AbortKeeps,
    /// The epoch of a reader is not looked at.
    IgnoresEpoch,
    /// The epoch of a reader is held against that of the newest entry, not of its own.
    ComparesNewestEpoch,
    /// The epoch of the last trimmed entry is forgotten with it.
    ForgetsLastTrimmed,
    /// A new epoch is that of the entries before as well.
    RenamesEntries,
    /// A reader of entries that are lost begins at the oldest event, not behind the
    /// last one that it shares.
    RepeatsShared,
    /// A reader of entries that are lost goes on at the end, not behind the last one
    /// that it shares.
    SkipsReplaced,
    /// A store that cannot prove anything goes on in its epoch.
    #[cfg(test)]
    KeepsEpoch,
    /// Every start begins a new epoch.
    #[cfg(test)]
    AlwaysBegins,
    /// A channel that comes back after it was forgotten counts from 1 again.
    ForgetsNumbers,
    /// Events behind a damaged one are taken for those that follow the one before.
    ClosesHoles,
    /// Data of which nothing is known are taken for those that were written.
    TrustsCopies,
    /// Data that somebody else has gone on with are taken for the own ones.
    IgnoresLine,
    /// Data without their last transactions are taken for whole.
    IgnoresLostCommits,
    /// Data of another start of the machine are taken for whole.
    IgnoresBoot,
    /// Another file in the place of the file is taken for it.
    IgnoresFile,
    /// A file that was written over is taken for what it was.
    IgnoresChange,
    /// A reader at the oldest event but one is let through.
    FloorOffByOne,
    /// A reader beyond the end is taken for one that has seen everything.
    AheadWaits,
    /// The last event that a reader has seen comes again.
    RepeatsLast,
    /// Behind a gap the first event is left out.
    SkipsBehindGap,
    /// A reader that was overtaken goes on without a word.
    SlowIsSilent,
    /// A channel of which all was trimmed counts from 1 again.
    RestartsWhenEmpty,
    /// The newest events go from memory where the oldest should.
    TrimsNewest,
}
