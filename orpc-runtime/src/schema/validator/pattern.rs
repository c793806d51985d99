//! Patterns of texts, by the rules of ECMAScript.

#[cfg(feature = "pattern")]
use super::expression::Expression;
#[cfg(not(feature = "pattern"))]
use super::no_expression::Expression;
use super::sequence::Sequence;

/// A regular expression that a text has to match somewhere.
#[derive(Debug)]
pub(in crate::schema) struct Pattern {
    /// As it stands in the schema.
    text: Box<str>,
    matcher: Matcher,
}

#[derive(Debug)]
enum Matcher {
    /// One pass decides it.
    Sequence(Sequence),
    Expression(Expression),
}

/// Result of a text that does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::schema) enum NoMatch {
    Differs,
    /// Matching takes too many steps.
    TooManySteps,
}

impl Pattern {
    /// Compiles a regular expression of ECMAScript; an error with the reason if that cannot be
    /// done.
    pub(in crate::schema) fn new(text: &str) -> Result<Self, String> {
        let matcher = match Sequence::of(text) {
            Some(sequence) => Matcher::Sequence(sequence),
            None => Matcher::Expression(Expression::new(text)?),
        };
        Ok(Self { text: text.into(), matcher })
    }

    pub(in crate::schema) fn as_str(&self) -> &str {
        &self.text
    }

    pub(in crate::schema) fn is_match(&self, text: &str) -> bool {
        self.find(text).is_ok()
    }

    /// Searches a text for a match.
    pub(super) fn find(&self, text: &str) -> Result<(), NoMatch> {
        match &self.matcher {
            Matcher::Sequence(sequence) if sequence.is_match(text) => Ok(()),
            Matcher::Sequence(_) => Err(NoMatch::Differs),
            Matcher::Expression(expression) => expression.find(text),
        }
    }
}

#[cfg(all(test, feature = "pattern"))]
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
