//! Messages of processes about those who are present with them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::room::node::NodeId;

/// A message in the channel of a presence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Message {
    pub(super) node: NodeId,
    pub(super) news: News,
}

/// A member: a value as JSON text.
pub(super) type Text = Arc<str>;

/// Content of a message. Each change of the list of a process has the next number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum News {
    /// The process is there, with that version of its list; 0 is the empty one at its start.
    Beat { version: u64 },
    /// Changes that make the next version.
    Change { version: u64, joined: Vec<String>, left: Vec<String> },
    /// A part of the whole list. The parts of a version follow each other.
    List { version: u64, part: usize, is_last: bool, members: Vec<String> },
    /// Asks these processes for their lists; all, if none is named.
    Ask { of: Vec<NodeId> },
    /// The process ends.
    Goodbye,
}
