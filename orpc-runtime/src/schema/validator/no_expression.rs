//! In the place of regular expressions, without the feature `pattern`.

use super::pattern::NoMatch;

/// A compiled regular expression, of which there are none.
#[derive(Debug)]
pub(super) enum Expression {}

impl Expression {
    /// Returns the reason why there are none.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        Err(format!("the pattern {text:?} needs the feature `pattern` of `orpc-runtime`"))
    }

    pub(super) fn find(&self, _: &str) -> Result<(), NoMatch> {
        match *self {}
    }
}
