//! Static description of a procedure.

use http::Method;
use serde::Serialize;

/// Description of a procedure, from its attribute and doc comment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Definition {
    /// The name on the wire, one segment of the path.
    pub name: &'static str,
    /// The doc comment, lines joined with LF; empty if there is none.
    pub docs: &'static str,
    /// Set by `#[deprecated]`.
    pub deprecated: Option<Deprecation>,
    /// The pairs of `meta(key = value)`, in order.
    pub meta: Vec<(&'static str, MetaValue)>,
    /// GET if the procedure may be called with GET; every procedure takes POST.
    pub method: Method,
    /// Kind of its result: one value, or an event iterator.
    pub kind: ProcedureKind,
}

/// Kind of a procedure's result. It is decided by the type of the function, never by the
/// values that a call yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ProcedureKind {
    /// One result.
    Unary,
    /// An event iterator.
    Stream,
}

/// Contents of `#[deprecated]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Deprecation {
    /// Version that deprecated the procedure, if stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<&'static str>,
    /// Replacement to use, if stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// A value of `meta(key = value)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum MetaValue {
    /// `true` or `false`.
    Bool(bool),
    /// An integer literal.
    Integer(i64),
    /// A float literal.
    Float(f64),
    /// A string literal.
    Text(&'static str),
}

impl Definition {
    /// Creates a definition with only a name and a kind.
    pub fn new(name: &'static str, kind: ProcedureKind) -> Self {
        Self { name, docs: "", deprecated: None, meta: Vec::new(), method: Method::POST, kind }
    }

    /// Sets the doc comment.
    #[must_use]
    pub fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Marks the procedure as deprecated.
    #[must_use]
    pub fn deprecated(mut self, since: Option<&'static str>, note: Option<&'static str>) -> Self {
        self.deprecated = Some(Deprecation { since, note });
        self
    }

    /// Adds a metadata pair.
    #[must_use]
    pub fn meta(mut self, key: &'static str, value: MetaValue) -> Self {
        self.meta.push((key, value));
        self
    }

    /// Allows GET.
    #[must_use]
    pub fn allow_get(mut self) -> Self {
        self.method = Method::GET;
        self
    }

    /// Returns the metadata value of a key.
    pub fn meta_value(&self, key: &str) -> Option<MetaValue> {
        self.meta.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }
}

/// Description of a middleware, from its function and doc comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MiddlewareDefinition {
    /// The name of the function.
    pub name: &'static str,
    /// The doc comment, lines joined with LF; empty if there is none.
    pub docs: &'static str,
}

impl MiddlewareDefinition {
    /// Creates a definition with only a name.
    pub fn new(name: &'static str) -> Self {
        Self { name, docs: "" }
    }

    /// Sets the doc comment.
    #[must_use]
    pub fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }
}
