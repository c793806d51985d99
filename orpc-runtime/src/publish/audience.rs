//! Audiences: the recipients of an event.

use serde::{Deserialize, Serialize};

/// The recipients of an event: everyone, unless it is restricted.
///
/// It includes a [`Subscriber`] that has one of the tags (if there are any), is one of
/// the targets (if there is a list), and is not excluded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Audience {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<String>,
}

/// A reader, as audiences select it. Without an id it is in no list of targets, and
/// cannot be excluded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscriber {
    id: Option<String>,
    tags: Vec<String>,
}

impl Audience {
    /// Creates an audience of everyone.
    pub fn everyone() -> Self {
        Self::default()
    }

    /// Restricts the audience to recipients with at least one of the tags; an empty
    /// list does not restrict it.
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Restricts the audience to recipients with one of the ids; an empty list excludes
    /// all.
    #[must_use]
    pub fn targets(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.targets = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Excludes recipients with one of the ids.
    #[must_use]
    pub fn exclude(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.excluded = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Returns `true` if the audience is everyone.
    pub fn is_everyone(&self) -> bool {
        self.tags.is_empty() && self.targets.is_none() && self.excluded.is_empty()
    }

    /// Returns `true` if the audience includes the recipient.
    pub fn includes(&self, recipient: &Subscriber) -> bool {
        let id = recipient.id.as_ref();
        let is_tagged =
            self.tags.is_empty() || self.tags.iter().any(|tag| recipient.tags.contains(tag));
        let is_target =
            self.targets.as_ref().is_none_or(|ids| id.is_some_and(|id| ids.contains(id)));
        let is_excluded = id.is_some_and(|id| self.excluded.contains(id));
        is_tagged && is_target && !is_excluded
    }

    /// Returns its size in bytes.
    pub(crate) fn weight(&self) -> usize {
        let targets = self.targets.iter().flatten();
        let texts = self.tags.iter().chain(targets).chain(&self.excluded);
        texts.map(|text| text.len() + size_of::<String>()).sum()
    }
}

impl Subscriber {
    /// Creates a recipient with an id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), tags: Vec::new() }
    }

    /// Sets its tags.
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }
}
