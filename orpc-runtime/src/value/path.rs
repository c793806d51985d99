//! Paths to places in a value.

use serde::Serialize;

/// A step of the path to a place in a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum PathSegment {
    /// A member of an object.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}
