//! Who an event is for.

use serde::{Deserialize, Serialize};

/// Whom an event is for: everyone, unless it says less.
///
/// A [`Recipient`] gets it if it has one of the tags (where there are any), if it
/// is one of the targets (where there is a list), and if it is not excluded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Audience {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<String>,
}

/// A reader as audiences know it. Without an id it is no target of any list, and
/// cannot be excluded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipient {
    id: Option<String>,
    tags: Vec<String>,
}

impl Audience {
    /// Everyone.
    pub fn everyone() -> Self {
        Self::default()
    }

    /// Leaves those with at least one of the tags; no tags leave everyone.
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Leaves those with one of the ids; an empty list leaves nobody.
    #[must_use]
    pub fn targets(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.targets = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Takes out those with one of the ids.
    #[must_use]
    pub fn exclude(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.excluded = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Whether everyone is meant.
    pub fn is_everyone(&self) -> bool {
        self.tags.is_empty() && self.targets.is_none() && self.excluded.is_empty()
    }

    /// Whether the event is for the recipient.
    pub fn includes(&self, recipient: &Recipient) -> bool {
        let id = recipient.id.as_ref();
        let is_tagged =
            self.tags.is_empty() || self.tags.iter().any(|tag| recipient.tags.contains(tag));
        let is_target =
            self.targets.as_ref().is_none_or(|ids| id.is_some_and(|id| ids.contains(id)));
        let is_excluded = id.is_some_and(|id| self.excluded.contains(id));
        is_tagged && is_target && !is_excluded
    }

    /// How many bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        let targets = self.targets.iter().flatten();
        let texts = self.tags.iter().chain(targets).chain(&self.excluded);
        texts.map(|text| text.len() + size_of::<String>()).sum()
    }
}

impl Recipient {
    /// A reader with that id.
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
