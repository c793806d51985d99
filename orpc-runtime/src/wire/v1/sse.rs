//! Event iterators as server-sent events.

use crate::core::EventKind;

/// Returns the name of an event.
pub(super) fn event_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Message => "message",
        EventKind::Error => "error",
        EventKind::Done => "done",
    }
}

/// Returns the kind of an event of that name.
#[cfg(feature = "http")]
pub(super) fn event_kind(name: &str) -> Option<EventKind> {
    match name {
        "message" => Some(EventKind::Message),
        "error" => Some(EventKind::Error),
        // `close` is used by clients since 1.16.
        "done" | "close" => Some(EventKind::Done),
        _ => None,
    }
}
