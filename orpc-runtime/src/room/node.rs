//! Processes that share rooms.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::Error;
use crate::socket::Socket;

/// A process, or one of several registries in it, by a random number: 16 hexadecimal digits. Another start
/// has another one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub(super) struct NodeId(u64);

/// Id of a socket that is valid in all processes that share its room. As a text, also with serde, it is one word
/// of at most 37 characters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct SharedSocketId {
    pub(super) node: NodeId,
    /// Its [`Socket::id`] there.
    pub(super) socket: u64,
}

/// Error of a text that is not the id of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a socket of shared rooms")]
pub struct ParseSocketIdError(());

impl NodeId {
    /// Creates a new one.
    pub(super) fn random() -> Result<Self, Error> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::internal(std::io::Error::other(error)))?;
        Ok(Self(u64::from_ne_bytes(bytes)))
    }

    #[cfg(test)]
    pub(super) fn of(number: u64) -> Self {
        Self(number)
    }
}

impl SharedSocketId {
    pub(super) fn of(node: NodeId, socket: &Socket) -> Self {
        Self { node, socket: socket.id() }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for NodeId {
    type Err = ParseSocketIdError;

    fn from_str(text: &str) -> Result<Self, ParseSocketIdError> {
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 16 || !is_hex {
            return Err(ParseSocketIdError(()));
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| ParseSocketIdError(()))
    }
}

impl fmt::Display for SharedSocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.node, self.socket)
    }
}

impl FromStr for SharedSocketId {
    type Err = ParseSocketIdError;

    fn from_str(text: &str) -> Result<Self, ParseSocketIdError> {
        let (node, socket) = text.split_once('-').ok_or(ParseSocketIdError(()))?;
        let number = socket.parse().ok().filter(|number: &u64| number.to_string() == socket);
        Ok(Self { node: node.parse()?, socket: number.ok_or(ParseSocketIdError(()))? })
    }
}

/// Conversions from and to texts, for serde.
macro_rules! as_text {
    ($type:ty) => {
        impl TryFrom<String> for $type {
            type Error = ParseSocketIdError;

            fn try_from(text: String) -> Result<Self, ParseSocketIdError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(id: $type) -> Self {
                id.to_string()
            }
        }
    };
}

as_text!(NodeId);
as_text!(SharedSocketId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_the_text_that_it_is_written_as_and_from_no_other() {
        let id = SharedSocketId { node: NodeId::of(0xab), socket: u64::MAX };
        assert_eq!(id.to_string(), "00000000000000ab-18446744073709551615");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<SharedSocketId>(&format!("\"{id}\"")).unwrap(), id);
        for text in [
            "",
            "-",
            "7",
            "00000000000000ab",
            "00000000000000ab-",
            "00000000000000ab-07",
            "00000000000000ab-+7",
            "00000000000000ab-18446744073709551616",
            "00000000000000AB-7",
            "+0000000000000ab-7",
            "ab-7",
            "00000000000000ab-7-7",
        ] {
            assert!(text.parse::<SharedSocketId>().is_err(), "{text}");
        }
    }

    #[test]
    fn nodes_differ() {
        assert_ne!(NodeId::random().unwrap(), NodeId::random().unwrap());
    }
}
