//! Seeded bugs of a log.

/// A bug that the model of the log has to find. Outside of tests a log has none: the
/// checks are constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bug {
    None,
    /// Readers see events that are not committed.
    ShowsPending,
    /// More is committed than was asked for.
    CommitsAll,
    /// Appended events that were aborted stay queued.
    AbortKeeps,
    /// The epoch of a reader is ignored.
    IgnoresEpoch,
    /// The epoch of a reader is compared with that of the newest entry, not of its own.
    ComparesNewestEpoch,
    /// The epoch of the last trimmed entry is forgotten with it.
    ForgetsLastTrimmed,
    /// A new epoch also applies to the earlier entries.
    RenamesEntries,
    /// A reader of lost entries restarts at the oldest event, not behind the last one
    /// that it shares.
    RepeatsShared,
    /// A reader of lost entries continues at the end, not behind the last one that it
    /// shares.
    SkipsReplaced,
    /// A store that cannot prove anything continues in its epoch.
    #[cfg(test)]
    KeepsEpoch,
    /// Every start begins a new epoch.
    #[cfg(test)]
    AlwaysBegins,
    /// A channel that is created again after it was evicted counts from 1 again.
    ForgetsNumbers,
    /// Events behind a damaged one are joined to those before it.
    ClosesHoles,
    /// Data without a witness are trusted.
    TrustsCopies,
    /// Data that another process has continued are trusted.
    IgnoresLine,
    /// Data without their last transactions are trusted.
    IgnoresLostCommits,
    /// Data from before a reboot are trusted.
    IgnoresBoot,
    /// Another file in place of the original is trusted.
    IgnoresFile,
    /// A file that was overwritten is trusted.
    IgnoresChange,
    /// A reader one event before the oldest is accepted.
    FloorOffByOne,
    /// A reader beyond the end is treated as one that has read everything.
    AheadWaits,
    /// The last event that a reader has read is repeated.
    RepeatsLast,
    /// The first event behind a gap is omitted.
    SkipsBehindGap,
    /// A reader that was overtaken gets no gap.
    SlowIsSilent,
    /// A channel whose events are all trimmed counts from 1 again.
    RestartsWhenEmpty,
    /// The newest events are dropped from memory instead of the oldest.
    TrimsNewest,
}
