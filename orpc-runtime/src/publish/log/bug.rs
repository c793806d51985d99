//! Ways in which a log could be wrong.

/// A mistake that the model of the log has to find. Outside of tests no log has
/// one: the checks are constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bug {
    #[cfg(test)]
    None,
    /// Readers see events that are not committed.
    ShowsPending,
    /// More is committed than was asked for.
    CommitsAll,
    /// Appended events that were not kept stay in line.
    AbortKeeps,
    /// Any epoch is taken for the own one.
    IgnoresEpoch,
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
