//! Description of a router.

use serde::Deserialize;
use serde_json::Value;

/// A router, and the types that its schemas name.
#[derive(Debug, Deserialize)]
pub(crate) struct Description {
    /// A schema refers to one of them as `{"$type": index}`.
    #[serde(default)]
    pub(crate) types: Vec<Type>,
    pub(crate) entries: Vec<Entry>,
}

/// A type with a name.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Type {
    pub(crate) name: String,
    /// Its modules and its name.
    pub(crate) id: String,
    pub(crate) schema: Value,
    /// Type of the input, if it differs.
    pub(crate) input: Option<Value>,
}

/// Entry under a name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    Router { name: String, entries: Vec<Entry> },
    Procedure(Box<Procedure>),
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Procedure {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) docs: String,
    /// Since when, and what to use instead.
    pub(crate) deprecated: Option<[String; 2]>,
    #[serde(default)]
    pub(crate) get: bool,
    pub(crate) input: Value,
    pub(crate) output: Value,
    /// Four at most.
    #[serde(default)]
    pub(crate) errors: Vec<Error>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Error {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}
