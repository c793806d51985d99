//! Admission of calls: their number, their memory, and the queue of those that wait.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;

use super::batches::run_batch;
use super::{CALL, Calls, Fresh, FreshRun, OpenCall, Waiting, Work};
use crate::budget::{Exhausted, Reservation};
use crate::core::{Code, Error};
use crate::procedure::ProcedureKind;
use crate::wire::CallId;

/// Reason why a call is not admitted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refused {
    TooMany,
    TooFast(Duration),
    /// The memory of the service is exhausted.
    NoMemory,
    ShuttingDown,
}

impl Refused {
    pub(super) fn error(self) -> Error {
        Error::new(match self {
            Self::TooMany | Self::TooFast(_) => Code::TooManyRequests,
            Self::NoMemory | Self::ShuttingDown => Code::ServiceUnavailable,
        })
    }

    /// Returns whole seconds, rounded up.
    pub(super) fn retry_after(self) -> Option<u64> {
        match self {
            Self::TooFast(wait) => Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            Self::TooMany | Self::NoMemory | Self::ShuttingDown => None,
        }
    }
}

/// Numbers of the calls of a socket.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Running calls with one result.
    pub(super) unary: usize,
    /// Open or opening event iterators.
    streams: usize,
    /// Bytes of the messages of calls that wait.
    waiting_bytes: usize,
}

impl Counts {
    fn of(&mut self, kind: ProcedureKind) -> &mut usize {
        match kind {
            ProcedureKind::Unary => &mut self.unary,
            ProcedureKind::Stream => &mut self.streams,
        }
    }

    /// Counts a call that runs from now on.
    fn enter(&mut self, kind: ProcedureKind) {
        *self.of(kind) += 1;
    }

    /// Counts a call that no longer runs.
    pub(super) fn leave(&mut self, kind: ProcedureKind) {
        let count = self.of(kind);
        debug_assert!(*count > 0, "a call leaves that did not enter");
        *count = count.saturating_sub(1);
    }

    /// Counts a call that waits.
    fn wait(&mut self, weight: usize) {
        self.waiting_bytes += weight;
    }

    /// Counts a call that waits no longer.
    fn resume(&mut self, weight: usize) {
        debug_assert!(self.waiting_bytes >= weight, "a call resumes that did not wait");
        self.waiting_bytes = self.waiting_bytes.saturating_sub(weight);
    }
}

impl<C: Send + Sync + 'static> Calls<C> {
    /// Starts a call, or queues it.
    pub(super) fn queue(&mut self, open: OpenCall, call: Waiting<C>) {
        if open.kind == ProcedureKind::Unary && self.counts.unary >= self.shared.limits.running {
            self.counts.wait(call.weight);
            self.open.insert(call.id.clone(), open);
            self.waiting.push_back(call);
        } else {
            self.start(open, call);
        }
    }

    /// Admits one more call of that kind, and reserves its memory until it ends, in `spare` if
    /// there is some.
    pub(super) fn admit(
        &self,
        kind: ProcedureKind,
        weight: usize,
        spare: Option<Reservation>,
    ) -> Result<Reservation, Refused> {
        let limits = &self.shared.limits;
        if self.closing {
            return Err(Refused::ShuttingDown);
        }
        let crowded = match kind {
            ProcedureKind::Stream => {
                self.counts.streams + self.shared.socket.hibernating() >= limits.streams
            }
            ProcedureKind::Unary => {
                self.counts.unary >= limits.running
                    && (self.waiting.len() >= limits.waiting
                        || self.counts.waiting_bytes + weight > limits.waiting_bytes)
            }
        };
        if crowded {
            return Err(Refused::TooMany);
        }
        let bytes = weight + CALL;
        let held = match spare {
            Some(mut held) => held.resize(bytes).map(|()| held),
            None => self.shared.socket.memory().reserve(bytes),
        };
        held.map_err(|exhausted| match exhausted {
            Exhausted::Own => Refused::TooMany,
            Exhausted::Parent => Refused::NoMemory,
        })
    }

    /// Starts a call whose turn has come.
    fn start(&mut self, mut open: OpenCall, call: Waiting<C>) {
        let Waiting { id, work, .. } = call;
        self.counts.enter(open.kind);
        if open.kind == ProcedureKind::Stream {
            open.sink = Some(self.shared.sink(&id));
        }
        let run = match work {
            Work::Call { call, route, received } => FreshRun::Call { call, route, received },
            Work::Batch { mode, calls } => {
                let shared = Arc::clone(&self.shared);
                FreshRun::Batch(run_batch(shared, id.clone(), mode, calls).boxed())
            }
        };
        self.fresh.push_back(Fresh { id, open, run });
    }

    /// Ends a call without an answer. Its id can be reused at once.
    pub(super) fn abort(&mut self, id: &CallId) {
        if let Some(at) = self.fresh.iter().position(|call| call.id == *id)
            && let Some(call) = self.fresh.remove(at)
        {
            return self.counts.leave(call.open.kind);
        }
        let Some(call) = self.open.remove(id) else {
            self.shared.socket.release(id.as_str());
            return;
        };
        if let Some(handle) = call.abort {
            handle.abort();
            self.counts.leave(call.kind);
        } else if let Some(at) = self.waiting.iter().position(|call| call.id == *id)
            && let Some(call) = self.waiting.remove(at)
        {
            self.counts.resume(call.weight);
        }
    }

    /// Starts queued calls while there is room.
    pub(super) fn start_waiting(&mut self) {
        while self.counts.unary < self.shared.limits.running
            && let Some(call) = self.waiting.pop_front()
        {
            self.counts.resume(call.weight);
            if let Some(open) = self.open.remove(&call.id) {
                self.start(open, call);
            }
        }
    }
}
