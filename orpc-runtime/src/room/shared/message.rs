//! Messages to sockets of several processes.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::publish::PublishError;
use crate::room::node::{NodeId, SharedSocketId};
use crate::room::recipients::Sockets;
use crate::room::rooms::Room;
use crate::socket::{CloseCode, Frame};

/// A message in the channel of a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Message {
    to: Selector,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    except: Vec<SharedSocketId>,
    action: Action,
}

/// The sockets that a message is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Selector {
    Everyone,
    Tag(String),
    Socket(SharedSocketId),
}

/// Effect on each of the sockets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Action {
    Text(String),
    /// Bytes, as hexadecimal digits.
    Binary(String),
    Close {
        code: u16,
        reason: String,
    },
}

impl Message {
    pub(super) fn new(to: Selector, except: Vec<SharedSocketId>, action: Action) -> Self {
        Self { to, except, action }
    }

    /// Applies the message to the sockets of the room in this process.
    pub(super) fn deliver(self, room: &Room, own: NodeId) {
        let mut sockets = match &self.to {
            Selector::Everyone => room.everyone(),
            Selector::Tag(tag) => room.tagged(tag),
            Selector::Socket(id) if id.node == own => {
                Sockets::new(room.socket(id.socket).into_iter().collect())
            }
            Selector::Socket(_) => return,
        };
        for id in self.except.iter().filter(|id| id.node == own) {
            sockets.remove(id.socket);
        }
        match self.action {
            Action::Text(text) => {
                sockets.send_raw(Frame::Text(text.into()));
            }
            Action::Binary(digits) => match bytes_of(&digits) {
                Some(bytes) => {
                    sockets.send_raw(Frame::Binary(bytes));
                }
                None => tracing::error!(room = room.name(), "a message to a room is damaged"),
            },
            Action::Close { code, reason } => {
                sockets.close(CloseCode::new(code).unwrap_or(CloseCode::NORMAL), &reason);
            }
        }
    }
}

impl TryFrom<Frame> for Action {
    type Error = PublishError;

    fn try_from(frame: Frame) -> Result<Self, PublishError> {
        match frame {
            Frame::Text(text) => match String::from_utf8(text.into()) {
                Ok(text) => Ok(Self::Text(text)),
                Err(error) => Err(PublishError::Unserialisable(error.into())),
            },
            Frame::Binary(bytes) => {
                let digit = |half: u8| char::from_digit(u32::from(half), 16);
                let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
                Ok(Self::Binary(digits.flatten().collect()))
            }
        }
    }
}

/// Returns the bytes that hexadecimal digits stand for.
fn bytes_of(digits: &str) -> Option<Bytes> {
    let halves =
        digits.chars().map(|digit| digit.to_digit(16).and_then(|half| half.try_into().ok()));
    let halves: Vec<u8> = halves.collect::<Option<_>>()?;
    let (pairs, rest) = halves.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_digits_and_read_again() {
        let all: Vec<u8> = (0..=255).collect();
        let Action::Binary(digits) = Frame::Binary(all.clone().into()).try_into().unwrap() else {
            panic!("not bytes");
        };
        assert!(digits.starts_with("000102") && digits.ends_with("fdfeff"), "{digits}");
        assert_eq!(bytes_of(&digits).unwrap(), all);
        assert_eq!(bytes_of("").unwrap(), "");
        for digits in ["0", "0g", "00ü", "+0"] {
            assert_eq!(bytes_of(digits), None, "{digits}");
        }
    }

    #[test]
    fn a_text_that_is_not_one_is_refused() {
        let frame = Frame::Text(Bytes::from_static(b"\xff"));
        assert!(matches!(Action::try_from(frame), Err(PublishError::Unserialisable(_))));
    }

    /// Other versions of a service read it.
    #[test]
    fn a_message_has_a_stable_form() {
        let id: SharedSocketId = "00000000000000ab-7".parse().unwrap();
        for (message, text) in [
            (
                Message::new(Selector::Everyone, vec![id], Action::Text("hi".into())),
                r#"{"to":"everyone","except":["00000000000000ab-7"],"action":{"text":"hi"}}"#,
            ),
            (
                Message::new(Selector::Tag("staff".into()), vec![], Action::Binary("0a".into())),
                r#"{"to":{"tag":"staff"},"action":{"binary":"0a"}}"#,
            ),
            (
                Message::new(
                    Selector::Socket(id),
                    vec![],
                    Action::Close { code: 1000, reason: "bye".into() },
                ),
                r#"{"to":{"socket":"00000000000000ab-7"},"action":{"close":{"code":1000,"reason":"bye"}}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&message).unwrap(), text);
            assert_eq!(serde_json::from_str::<Message>(text).unwrap(), message);
        }
    }
}
