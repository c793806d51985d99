//! Patterns of texts, by the rules of ECMAScript.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fancy_regex::{Error, Regex, RegexBuilder, RuntimeError};
use jsonschema_regex::to_rust_regex;

use super::sequence::Sequence;

/// Maximum number of backtracking steps of a pattern with look-around or
/// back-references for one text, beyond which the text is refused. Other patterns do
/// not backtrack.
const MAX_BACKTRACKING: usize = 20_000;

/// A regular expression that a text has to match somewhere.
#[derive(Debug)]
pub(in crate::schema) struct Pattern {
    /// As it stands in the schema.
    text: Box<str>,
    regex: Regex,
    /// The same, if one pass decides it.
    sequence: Option<Sequence>,
}

/// Result of a text that does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::schema) enum NoMatch {
    Differs,
    /// Matching takes too many steps.
    TooManySteps,
}

impl Pattern {
    /// Compiles a regular expression of ECMAScript; an error with the reason if it is none.
    pub(in crate::schema) fn new(text: &str) -> Result<Self, String> {
        let translated =
            to_rust_regex(text).map_err(|()| format!("{text:?} is not a regular expression"))?;
        let regex = RegexBuilder::new(&translated).backtrack_limit(MAX_BACKTRACKING).build();
        let regex =
            regex.map_err(|error| format!("{text:?} is not a regular expression: {error}"))?;
        Ok(Self { text: text.into(), regex, sequence: Sequence::of(&translated) })
    }

    pub(in crate::schema) fn as_str(&self) -> &str {
        &self.text
    }

    pub(in crate::schema) fn is_match(&self, text: &str) -> bool {
        self.find(text).is_ok()
    }

    /// Searches a text for a match.
    pub(super) fn find(&self, text: &str) -> Result<(), NoMatch> {
        if let Some(sequence) = &self.sequence {
            return if sequence.is_match(text) { Ok(()) } else { Err(NoMatch::Differs) };
        }
        // `regex-automata` panics on some patterns.
        match catch_unwind(AssertUnwindSafe(|| self.regex.is_match(text))) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_ecmascript() {
        for (pattern, text, expected) in [
            (r"^\d$", "1", true),
            (r"^\d$", "\u{663}", false),
            (r"^\w$", "é", false),
            (r"^\s$", "\u{feff}", true),
            (r"^.$", "\u{1f600}", true),
            (r"^\p{Lu}$", "É", true),
            ("b", "abc", true),
            (r"^a(?=b)", "ab", true),
            (r"^a(?!b)", "ab", false),
            (r"^(.)\1$", "aa", true),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().is_match(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn backtracking_has_an_end() {
        let pattern = Pattern::new(r"^(?:a|aa)+(?=c)$").unwrap();
        assert_eq!(pattern.find(&"a".repeat(100)), Err(NoMatch::TooManySteps));
        assert_eq!(pattern.find("b"), Err(NoMatch::Differs));
    }

    #[test]
    fn an_invalid_pattern_is_named() {
        let error = Pattern::new("(").unwrap_err();
        assert_eq!(error, r#""(" is not a regular expression"#);
        assert_eq!(Pattern::new("^a").unwrap().as_str(), "^a");
    }
}
