//! Version 2 of the protocol. It is only detected: its calls get an error in the format
//! that their clients read.
//!
//! A message of a socket shows its version. Over HTTP most requests are equal in both.
//! A batch, and a body that is a file or a stream, have a header that clients of
//! version 1 never send, and the types of `meta` are names.

use std::io::Write as _;

#[cfg(feature = "http")]
pub(crate) mod http;

/// Status of the error: not implemented.
pub(crate) const STATUS: u16 = 501;

/// The error, as the body of a response.
pub(crate) const ERROR: &str = r#"{"json":{"defined":false,"inferable":false,"code":"NOT_IMPLEMENTED","message":"This server speaks version 1 of the oRPC protocol, not version 2: use @orpc/client 1.x"}}"#;

/// Writes the answer to the call of that id, which is JSON text, as a message.
pub(crate) fn write_refusal(id: &str, out: &mut Vec<u8>) {
    // Writing to a `Vec` cannot fail.
    _ = write!(
        out,
        r#"{{"id":{id},"kind":"response","json":{{"status":{STATUS},"headers":{{}},"bodyHint":"json","body":{ERROR}}}}}"#
    );
}
