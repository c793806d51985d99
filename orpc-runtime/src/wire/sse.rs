//! Lines of server-sent events (WHATWG HTML Standard, section "Server-sent events").

use std::io::Write as _;

use crate::core::EventMeta;

/// Writes the lines of an event before its data.
pub(super) fn begin(name: &str, meta: &EventMeta, out: &mut Vec<u8>) {
    for text in meta.comments() {
        write_line(out, ": ", text);
    }
    write_line(out, "event: ", name);
    if let Some(retry) = meta.retry() {
        // Writing to a `Vec` cannot fail.
        _ = writeln!(out, "retry: {}", retry.as_millis());
    }
    if let Some(id) = meta.id() {
        write_line(out, "id: ", id);
    }
    out.extend_from_slice(b"data: ");
}

/// Writes the end of an event.
pub(super) fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\n\n");
}

/// Writes a comment on its own, which flushes the head or keeps a connection alive.
#[cfg(feature = "http")]
pub(crate) fn comment(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for line in text.split(['\r', '\n']) {
        write_line(&mut out, ": ", line);
    }
    out.push(b'\n');
    out
}

fn write_line(out: &mut Vec<u8>, field: &str, text: &str) {
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
}
