//! State of a connection, from its first message to its last close frame.

use std::mem;

use crate::clock::TimerInstant as Instant;
use crate::serve::peer::Calls;
use crate::socket::CloseFrame;

/// State of a connection. Lost connections end in any state.
///
/// ```text
///        the server shuts down
///   Open ─────────────────────> Finishing ─────────────────────────────┐
///    │                           │      calls have ended, or the time  │
///    │  Socket::close, or an     │                                     │
///    │  error of the client      │                                     │
///    ├───────────────────────────┴──> Flushing ─────────────────────┐  │
///    │                                  everything is written,      │  │
///    │                                  or the time                 V  V
///    └────────────────────────────────────────────────────────────> Closing ──> ended
///       the client closes, the socket is idle, or an error after which
///       no frame can be written in between
/// ```
///
/// A close frame is sent or answered on the way to `Closing`. After an error of the client
/// nothing is read, and the connection ends when the close frame is written, without one of the client.
pub(super) enum State<C> {
    /// Calls run.
    Open(Calls<C>),
    /// Running calls may end until then. No call begins.
    Finishing { calls: Calls<C>, until: Instant, close: CloseFrame },
    /// The calls have ended. Their frames are written until then.
    Flushing { until: Instant, close: CloseFrame, failed: bool },
    /// The client may answer the close frame until then.
    Closing { until: Instant, failed: bool },
}

impl<C: Send + Sync + 'static> State<C> {
    /// Returns `true` until the connection begins to close.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// Returns `true` if a close frame was sent or received.
    pub(super) fn is_closing(&self) -> bool {
        matches!(self, Self::Closing { .. })
    }

    /// Returns `true` if the client violated the protocol.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self, Self::Flushing { failed: true, .. } | Self::Closing { failed: true, .. })
    }

    /// Returns the calls, while they may run.
    pub(super) fn calls(&self) -> Option<&Calls<C>> {
        match self {
            Self::Open(calls) | Self::Finishing { calls, .. } => Some(calls),
            Self::Flushing { .. } | Self::Closing { .. } => None,
        }
    }

    /// Returns the calls, while they may run.
    pub(super) fn calls_mut(&mut self) -> Option<&mut Calls<C>> {
        match self {
            Self::Open(calls) | Self::Finishing { calls, .. } => Some(calls),
            Self::Flushing { .. } | Self::Closing { .. } => None,
        }
    }

    /// Returns the time by which the state ends, if it has one.
    pub(super) fn until(&self) -> Option<Instant> {
        match self {
            Self::Open(_) => None,
            Self::Finishing { until, .. }
            | Self::Flushing { until, .. }
            | Self::Closing { until, .. } => Some(*until),
        }
    }

    /// Returns the close frame to send: once `is_drained`, or when the time has passed.
    pub(super) fn due_close(&self, now: Instant, is_drained: bool) -> Option<CloseFrame> {
        match self {
            Self::Finishing { until, close, .. } | Self::Flushing { until, close, .. } => {
                (is_drained || now >= *until).then(|| close.clone())
            }
            Self::Open(_) | Self::Closing { .. } => None,
        }
    }

    /// Lets the running calls of an open connection end until then.
    pub(super) fn finish(&mut self, until: Instant, close: CloseFrame) {
        *self = match mem::replace(self, Self::Closing { until, failed: false }) {
            Self::Open(mut calls) => {
                calls.begin_closing();
                Self::Finishing { calls, until, close }
            }
            other => other,
        };
    }

    /// Ends the calls; their frames are written until then. While closing, only `failed` is
    /// noted.
    pub(super) fn flush(&mut self, until: Instant, close: CloseFrame, failed: bool) {
        *self = match *self {
            Self::Closing { until, .. } => Self::Closing { until, failed },
            _ => Self::Flushing { until, close, failed },
        };
    }

    /// Ends the calls; only the exchange of close frames remains.
    pub(super) fn close(&mut self, until: Instant, failed: bool) {
        *self = Self::Closing { until, failed };
    }
}
