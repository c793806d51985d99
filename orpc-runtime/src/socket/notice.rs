//! Messages beside those of calls.

use bytes::Bytes;
use serde::Serialize;

use super::frame::Frame;

/// A message beside those of calls, serialised once: `{"p":{"notice":…}}`.
///
/// The official client reads all messages of its socket and ignores objects of that form,
/// so an application reads them with a listener of its own. The value is JSON as serde
/// writes it, without the types of [`value`](crate::value).
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::{Notice, Socket};
///
/// #[derive(Serialize)]
/// struct Welcome { name: String }
///
/// #[procedure]
/// pub async fn introduce(socket: &Socket, name: String) -> Result<(), Error> {
///     socket.send(&Notice::new(&Welcome { name })?)?;
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice(Bytes);

/// Error of a value that is not serialised as JSON.
#[derive(Debug, thiserror::Error)]
#[error("the notice cannot be serialised")]
pub struct NoticeError(#[source] serde_json::Error);

/// The object that clients of calls ignore.
#[derive(Serialize)]
struct Ignored<'v, T: ?Sized> {
    p: Payload<'v, T>,
}

#[derive(Serialize)]
struct Payload<'v, T: ?Sized> {
    notice: &'v T,
}

impl Notice {
    /// Serialises a value.
    ///
    /// # Errors
    /// If the value cannot be serialised as JSON, such as a map whose keys are not text.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, NoticeError> {
        let ignored = Ignored { p: Payload { notice: value } };
        Ok(Self(serde_json::to_vec(&ignored).map_err(NoticeError)?.into()))
    }
}

impl From<&Notice> for Frame {
    fn from(notice: &Notice) -> Self {
        Self::Text(notice.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_value_is_in_an_object_that_clients_of_calls_ignore() {
        let text = |value: serde_json::Value| {
            let frame = Frame::from(&Notice::new(&value).unwrap());
            assert!(frame.is_text());
            serde_json::from_slice::<serde_json::Value>(frame.as_bytes()).unwrap()
        };
        for value in [
            serde_json::json!(null),
            serde_json::json!("text"),
            serde_json::json!([1]),
            serde_json::json!({ "i": "1", "p": { "u": "/ping" } }),
        ] {
            assert_eq!(text(value.clone()), serde_json::json!({ "p": { "notice": value } }));
        }
    }

    #[test]
    fn a_value_that_is_not_json_is_an_error() {
        let keys = BTreeMap::from([([1_u8, 2], "not a text")]);
        assert!(Notice::new(&keys).is_err());
    }
}
