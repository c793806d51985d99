//! Levels of durability.

/// Failure that an event survives once it is published, the same for every store. A store
/// whose servers have levels of their own maps them to these.
///
/// The order is that of the levels: each one includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// None: events end with the process, and each start has a new epoch.
    Memory,
    /// The end of the process that stores the event, `kill -9` included. A loss of power may
    /// lose events, or damage what is stored; both are reported.
    ///
    /// In a file: the event is written to the operating system.
    Process,
    /// A loss of power of the machine that stores the event.
    ///
    /// In a file: the event is on the disk (`fdatasync`). All waiting events share one sync.
    Commit,
}
