//! Regular expressions that take a search.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fancy_regex::{Error, Regex, RegexBuilder, RuntimeError};
use jsonschema_regex::to_rust_regex;

use super::pattern::NoMatch;

/// Maximum number of backtracking steps of a pattern with look-around or
/// back-references for one text, beyond which the text is refused. Other patterns do
/// not backtrack.
const MAX_BACKTRACKING: usize = 20_000;

/// A compiled regular expression.
#[derive(Debug)]
pub(super) struct Expression(Box<Regex>);

impl Expression {
    /// Compiles a regular expression of ECMAScript; an error with the reason if it is none.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let translated =
            to_rust_regex(text).map_err(|()| format!("{text:?} is not a regular expression"))?;
        let regex = RegexBuilder::new(&translated).backtrack_limit(MAX_BACKTRACKING).build();
        let regex =
            regex.map_err(|error| format!("{text:?} is not a regular expression: {error}"))?;
        Ok(Self(Box::new(regex)))
    }

    /// Searches a text for a match.
    pub(super) fn find(&self, text: &str) -> Result<(), NoMatch> {
        // `regex-automata` panics on some patterns.
        match catch_unwind(AssertUnwindSafe(|| self.0.is_match(text))) {
            Ok(Ok(true)) => Ok(()),
            Ok(Err(Error::RuntimeError(RuntimeError::BacktrackLimitExceeded))) => {
                Err(NoMatch::TooManySteps)
            }
            Ok(Ok(false) | Err(_)) | Err(_) => Err(NoMatch::Differs),
        }
    }
}

/// Returns whether a text is a regular expression of ECMAScript.
pub(super) fn is_regex(text: &str) -> bool {
    jsonschema_regex::is_valid_ecma_regex(text)
}
