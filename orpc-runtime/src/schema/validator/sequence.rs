//! Patterns that one pass without a search decides, as those of most codes and numbers.

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

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
    fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    fn has(self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|bits| bits >> (byte & 63) & 1 == 1)
    }

    fn meets(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(one, other)| one & other != 0)
    }

    /// Returns the characters of an expression that matches exactly one.
    fn of(expression: &Hir) -> Option<Self> {
        let mut class = Self::default();
        match expression.kind() {
            HirKind::Literal(literal) => match &*literal.0 {
                [byte] if byte.is_ascii() => class.insert(*byte),
                _ => return None,
            },
            HirKind::Class(Class::Unicode(ranges)) => {
                for range in ranges.ranges() {
                    let (start, end) = (u8::try_from(range.start()), u8::try_from(range.end()));
                    let (start, end) = (start.ok()?, end.ok()?);
                    if !end.is_ascii() {
                        return None;
                    }
                    (start..=end).for_each(|byte| class.insert(byte));
                }
            }
            HirKind::Capture(group) => return Self::of(&group.sub),
            _ => return None,
        }
        Some(class)
    }
}

impl Sequence {
    /// Creates the sequence of a regular expression; `None` if it is none.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        let expression = regex_syntax::parse(pattern).ok()?;
        let HirKind::Concat(parts) = expression.kind() else { return None };
        let [first, parts @ .., last] = &parts[..] else { return None };
        if *first.kind() != HirKind::Look(Look::Start) || *last.kind() != HirKind::Look(Look::End) {
            return None;
        }
        let mut steps = Vec::new();
        parts.iter().try_for_each(|part| add(part, &mut steps))?;
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

/// Adds the steps of a part.
fn add(part: &Hir, steps: &mut Vec<Step>) -> Option<()> {
    match part.kind() {
        HirKind::Empty => {}
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| add(part, steps))?,
        HirKind::Capture(group) => add(&group.sub, steps)?,
        HirKind::Literal(literal) => {
            for byte in &literal.0 {
                if !byte.is_ascii() {
                    return None;
                }
                let mut class = Ascii::default();
                class.insert(*byte);
                steps.push(Step { class, min: 1, max: 1 });
            }
        }
        HirKind::Class(_) => steps.push(Step { class: Ascii::of(part)?, min: 1, max: 1 }),
        HirKind::Repetition(Repetition { min, max, sub, .. }) => {
            let length = |length: u32| usize::try_from(length).ok();
            let max = max.map_or(Some(usize::MAX), length)?;
            steps.push(Step { class: Ascii::of(sub)?, min: length(*min)?, max });
        }
        HirKind::Look(_) | HirKind::Alternation(_) => return None,
    }
    Some(())
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

#[cfg(test)]
mod tests {
    use fancy_regex::Regex;
    use proptest::prelude::*;

    use super::*;

    /// Patterns of one pass.
    const DECIDED: [&str; 13] = [
        "^$",
        "^[A-Z]{3}-[0-9]{4}$",
        "^a$",
        "^[a-b]*$",
        "^a?b+c{2,3}$",
        "^(a)(bc)$",
        "^(?:[ab]{1,2}c)$",
        "^[a-c]+-?$",
        "^a*b*c*$",
        "^a{0}b$",
        "^[^\\x00-\\x60\\x62-\\u{10ffff}]+b$",
        "^aa{2}a$",
        "^(?i:a)b$",
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
            "^é$",
            "^[é]$",
            "^.$",
            "^[^a]$",
            r"^\bab$",
            "(?m)^a$",
            "^(?:a|bc)$",
            "^a+b*a$",
            "^(?=a)a$",
        ] {
            assert!(Sequence::of(pattern).is_none(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn a_sequence_matches_as_a_regular_expression_does(
            index in 0..DECIDED.len(),
            text in prop_oneof!["[abc-]{0,6}", "[A-Z]{2,4}-[0-9]{3,5}", "[aAbé\\n]{0,3}"],
        ) {
            let pattern = DECIDED[index];
            let sequence = Sequence::of(pattern).unwrap();
            let expected = Regex::new(pattern).unwrap().is_match(&text).unwrap();
            prop_assert_eq!(sequence.is_match(&text), expected, "{} {:?}", pattern, text);
        }
    }
}
