//! Patterns that one pass without a search decides, as those of most codes and numbers.

/// Characters of ASCII classes one after the other, from the start of a text to its end.
#[derive(Debug)]
pub(super) struct Sequence(Box<[Step]>);

/// Characters of one class.
#[derive(Debug)]
struct Step {
    class: Ascii,
    min: usize,
    max: usize,
}

/// A class of ASCII characters, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ascii([u64; 2]);

impl Ascii {
    fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut class = Self::default();
        for byte in bytes {
            class.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        class
    }

    fn has(self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|bits| bits >> (byte & 63) & 1 == 1)
    }

    fn meets(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(one, other)| one & other != 0)
    }

    fn or(self, other: Self) -> Self {
        Self([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }

    /// Returns the character of a class of one.
    fn only(self) -> Option<u8> {
        let mut bytes = (0..128).filter(|byte| self.has(*byte));
        bytes.next().filter(|_| bytes.next().is_none())
    }
}

impl Sequence {
    /// Creates the sequence of a regular expression of ECMAScript; `None` if it is none, or has
    /// parts that a sequence seldom has.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        let pattern = pattern.strip_prefix('^')?.strip_suffix('$')?;
        let steps = steps(pattern.as_bytes())?;
        is_decided(&steps).then(|| Self(steps.into()))
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        for Step { class, min, max } in &self.0 {
            let count = rest.iter().take(*max).take_while(|byte| class.has(**byte)).count();
            if count < *min {
                return false;
            }
            rest = &rest[count..];
        }
        rest.is_empty()
    }
}

/// Reads terms (ECMA-262, section 22.2.1). Groups around them that are not repeated say nothing.
fn steps(mut pattern: &[u8]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut open = 0_usize;
    loop {
        pattern = match pattern {
            [] => return (open == 0).then_some(steps),
            [b'(', b'?', b':', rest @ ..] => {
                open += 1;
                rest
            }
            [b'(', b'?', ..] | [b')', b'*' | b'+' | b'?' | b'{', ..] => return None,
            [b'(', rest @ ..] => {
                open += 1;
                rest
            }
            [b')', rest @ ..] => {
                open = open.checked_sub(1)?;
                rest
            }
            term => {
                let (class, rest) = class(term)?;
                let (min, max, rest) = count(rest)?;
                steps.push(Step { class, min, max });
                rest
            }
        };
    }
}

/// Reads a class, or one character.
fn class(pattern: &[u8]) -> Option<(Ascii, &[u8])> {
    let [b'[', members @ ..] = pattern else { return atom(pattern, b"^$.*+?()[]{}|") };
    let mut class = Ascii::default();
    let mut rest = members;
    loop {
        let (mut member, after) = match rest {
            [b']', rest @ ..] if rest.len() + 1 < members.len() => return Some((class, rest)),
            [b'^', ..] if rest.len() == members.len() => return None,
            _ => atom(rest, b"[]")?,
        };
        rest = after;
        if let [b'-', end @ ..] = rest
            && end.first() != Some(&b']')
        {
            let (last, after) = atom(end, b"[]")?;
            let (first, last) = (member.only()?, last.only()?);
            if first > last {
                return None;
            }
            member = Ascii::of(first..=last);
            rest = after;
        }
        class = class.or(member);
    }
}

/// Reads a character that is none of some, or an escape.
fn atom<'p>(pattern: &'p [u8], reserved: &[u8]) -> Option<(Ascii, &'p [u8])> {
    let letters = (b'a'..=b'z').chain(b'A'..=b'Z');
    Some(match pattern {
        [b'\\', b'd', rest @ ..] => (Ascii::of(b'0'..=b'9'), rest),
        [b'\\', b'w', rest @ ..] => (Ascii::of(letters.chain(b'0'..=b'9').chain([b'_'])), rest),
        [b'\\', byte, rest @ ..] if b"^$\\.*+?()[]{}|/-".contains(byte) => {
            (Ascii::of([*byte]), rest)
        }
        [b'\\', ..] => return None,
        [byte @ b' '..=b'~', rest @ ..] if !reserved.contains(byte) => (Ascii::of([*byte]), rest),
        _ => return None,
    })
}

/// Reads the quantifier of a term, which may lack one.
fn count(pattern: &[u8]) -> Option<(usize, usize, &[u8])> {
    Some(match pattern {
        [b'*', rest @ ..] => (0, usize::MAX, rest),
        [b'+', rest @ ..] => (1, usize::MAX, rest),
        [b'?', rest @ ..] => (0, 1, rest),
        [b'{', rest @ ..] => {
            let (min, rest) = number(rest)?;
            let (max, rest) = match rest {
                [b',', b'}', ..] => (usize::MAX, &rest[1..]),
                [b',', rest @ ..] => number(rest)?,
                _ => (min, rest),
            };
            match rest {
                [b'}', rest @ ..] if min <= max => (min, max, rest),
                _ => return None,
            }
        }
        _ => (1, 1, pattern),
    })
}

/// Reads a number in decimal.
fn number(pattern: &[u8]) -> Option<(usize, &[u8])> {
    let end = pattern.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = pattern.split_at(end);
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// Returns `true` if each step ends where the next one begins: none of several lengths may take a
/// character that a later step could begin with.
fn is_decided(steps: &[Step]) -> bool {
    steps.iter().enumerate().filter(|(_, step)| step.min < step.max).all(|(index, step)| {
        let later = &steps[index + 1..];
        let end = later.iter().position(|next| next.min > 0).map_or(later.len(), |at| at + 1);
        later[..end].iter().all(|next| !step.class.meets(next.class))
    })
}

#[cfg(all(test, feature = "pattern"))]
mod tests {
    use fancy_regex::Regex;
    use jsonschema_regex::to_rust_regex;
    use proptest::prelude::*;

    use super::*;

    /// Patterns of one pass.
    const DECIDED: [&str; 18] = [
        "^$",
        "^[A-Z]{3}-[0-9]{4}$",
        r"^[A-Z]{3}-\d{4}$",
        "^a$",
        "^[a-b]*$",
        "^a?b+c{2,3}$",
        "^(a)(bc)$",
        "^(?:[ab]{1,2}c)$",
        "^[a-c]+-?$",
        "^[-a]+$",
        "^[a-]+$",
        "^[--a]+$",
        r"^[\w-]{2,}$",
        r"^a\-b\.$",
        "^a*b*c*$",
        "^a{0}b$",
        "^aa{2}a$",
        "^[a^]b$",
    ];

    #[test]
    fn patterns_that_a_search_decides_are_no_sequences() {
        for pattern in [
            "",
            "a",
            "^a",
            "a$",
            "^a+a$",
            "^a?b?a$",
            "^a*b*a*$",
            "^[ab]+b$",
            "^a|b$",
            "^(?:ab)+$",
            "^(a){2}$",
            "^é$",
            "^[é]$",
            "^.$",
            "^[^a]$",
            "^[]$",
            r"^\bab$",
            r"^\D$",
            r"^\s$",
            r"^a\$",
            "^(?:a|bc)$",
            "^a+b*a$",
            "^(?=a)a$",
            "^(?<name>a)$",
            "^(a$",
            "^a)$",
            "^[a$",
            "^[b-a]$",
            r"^[\d-z]$",
            "^a{2,1}$",
            "^a{,1}$",
            "^a{1$",
            "^a{99999999999999999999}$",
            "^a+?$",
            "^a**$",
            "^*$",
            "^]$",
            "^}$",
            "^^a$",
            "^a$$",
        ] {
            assert!(Sequence::of(pattern).is_none(), "{pattern}");
        }
    }

    /// Parts of patterns, of which many together are none.
    fn pattern() -> impl Strategy<Value = String> {
        let term = prop::sample::select(vec![
            "a", "b", "c", "-", "[a-c]", "[ab-]", "[-c]", "[--b]", "[a^]", "[^a]", "[]", "[b-a]",
            r"\d", r"\w", r"[\d-]", r"[\d-c]", r"\.", r"\-", r"\D", ".", "é", "(", "(?:", ")", "|",
            "]", "&&", "[&&a]", "[a--b]", "[[a]", "^", "$",
        ]);
        let count = prop::sample::select(vec![
            "", "", "", "?", "*", "+", "{2}", "{1,2}", "{1,}", "{2,1}", "{,2}", "{", "}", "+?",
        ]);
        prop::collection::vec((term, count), 0..5).prop_map(|parts| {
            let parts: String =
                parts.into_iter().map(|(term, count)| format!("{term}{count}")).collect();
            format!("^{parts}$")
        })
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[abc-]{0,6}", "[A-Z]{2,4}-[0-9]{3,5}", "[aAbé\\n0._&^\\[-]{0,3}"]
    }

    /// Returns whether a pattern matches, by the parsers of others.
    fn expected(pattern: &str, text: &str) -> bool {
        let translated = to_rust_regex(pattern).unwrap();
        Regex::new(&translated).unwrap().is_match(text).unwrap()
    }

    #[test]
    fn sequences_are_found() {
        for pattern in DECIDED {
            assert!(Sequence::of(pattern).is_some(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn a_sequence_matches_as_a_regular_expression_does(
            index in 0..DECIDED.len(),
            text in text(),
        ) {
            let pattern = DECIDED[index];
            let sequence = Sequence::of(pattern).unwrap();
            prop_assert_eq!(sequence.is_match(&text), expected(pattern, &text), "{} {:?}", pattern, text);
        }

        #[test]
        fn a_pattern_that_is_a_sequence_is_a_regular_expression(
            pattern in pattern(),
            texts in prop::collection::vec(text(), 8),
        ) {
            let Some(sequence) = Sequence::of(&pattern) else { return Ok(()) };
            for text in texts {
                prop_assert_eq!(sequence.is_match(&text), expected(&pattern, &text), "{} {:?}", pattern, text);
            }
        }
    }
}
