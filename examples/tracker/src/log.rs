//! A line in the log for every call.

use std::time::Duration;

use orpc_runtime::{Call, CallEnd, Hooks};

/// Logs the ends of calls: at `info`, internal failures at `error`.
#[derive(Debug)]
pub(crate) struct CallLog;

impl<C> Hooks<C> for CallLog {
    fn on_finish(&self, _: &C, call: &Call, end: CallEnd<'_>, elapsed: Duration) {
        let procedure = call.path();
        match end {
            CallEnd::Error(error) if error.status() >= 500 => {
                tracing::error!(procedure, ?elapsed, code = error.code(), "call failed");
            }
            end => tracing::info!(procedure, ?elapsed, "call {end}"),
        }
    }
}
