//! Tokens of JSON text (RFC 8259).

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::json::exact_integer;

/// Maximum nesting of arrays and objects, that of `serde_json`.
const MAX_DEPTH: usize = 127;

/// Text that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotJson;

/// A string of JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text<'de> {
    /// A part of the text.
    Borrowed(&'de str),
    /// A string with escapes, which are replaced.
    Owned(String),
}

impl Text<'_> {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

impl<'de> From<Text<'de>> for Cow<'de, str> {
    fn from(text: Text<'de>) -> Self {
        match text {
            Text::Borrowed(text) => Self::Borrowed(text),
            Text::Owned(text) => Self::Owned(text),
        }
    }
}

/// A number as JavaScript has it: `1.0`, `1e0` and `1` are one integer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Unsigned(u64),
    /// Less than 0.
    Negative(i64),
    Float(f64),
}

/// The name of a member as most clients write it, with its quotation marks and the colon.
#[derive(Debug)]
pub(crate) struct PlainName(Box<str>);

/// Length of what a [`PlainName`] has beside the name.
const QUOTES_AND_COLON: usize = 3;

impl PlainName {
    /// Returns the name; `None` if it has escapes.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let is_plain = end_of_plain(name.as_bytes(), 0) == name.len();
        is_plain.then(|| Self(format!("\"{name}\":").into()))
    }
}

/// A position in JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'de> {
    text: &'de str,
    at: usize,
    depth: usize,
}

impl<'de> Tokens<'de> {
    pub(crate) fn new(text: &'de str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// Returns the offset of the next byte.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Returns the text from an offset to the next byte.
    pub(crate) fn since(&self, start: usize) -> &'de str {
        &self.text[start..self.at]
    }

    /// Returns the first byte of the next token.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    /// Reads `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, name: &str) -> Result<(), NotJson> {
        let is_here = self.text.as_bytes()[self.at..].starts_with(name.as_bytes());
        self.at += name.len();
        if is_here { Ok(()) } else { Err(NotJson) }
    }

    /// Reads a string, whose quotation mark is the next byte.
    pub(crate) fn string(&mut self) -> Result<Text<'de>, NotJson> {
        let (quoted, has_escapes) = self.quoted()?;
        if !has_escapes {
            return Ok(Text::Borrowed(&quoted[1..quoted.len() - 1]));
        }
        serde_json::from_str(quoted).map(Text::Owned).map_err(|_| NotJson)
    }

    /// Reads a string without its value.
    fn skip_string(&mut self) -> Result<(), NotJson> {
        let (quoted, has_escapes) = self.quoted()?;
        if has_escapes {
            serde_json::from_str::<IgnoredAny>(quoted).map_err(|_| NotJson)?;
        }
        Ok(())
    }

    /// Returns the text of a string with its quotation marks, and whether it has escapes, which
    /// are not checked.
    fn quoted(&mut self) -> Result<(&'de str, bool), NotJson> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut at = start + 1;
        let mut has_escapes = false;
        loop {
            at = end_of_plain(bytes, at);
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    at += 2;
                }
                _ => return Err(NotJson),
            }
        }
        self.at = at + 1;
        let quoted = self.text.get(start..=at).ok_or(NotJson)?;
        Ok((quoted, has_escapes))
    }

    /// Reads any value.
    pub(crate) fn skip(&mut self) -> Result<(), NotJson> {
        match self.peek().ok_or(NotJson)? {
            b'"' => self.skip_string(),
            b'-' | b'0'..=b'9' => self.digits().map(drop),
            b'n' => self.literal("null"),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'{' => {
                self.open()?;
                let mut is_first = true;
                while self.has_next(is_first, b'}')? {
                    is_first = false;
                    if self.peek() != Some(b'"') {
                        return Err(NotJson);
                    }
                    self.skip_string()?;
                    if self.peek() != Some(b':') {
                        return Err(NotJson);
                    }
                    self.at += 1;
                    self.skip()?;
                }
                Ok(())
            }
            b'[' => {
                self.open()?;
                let mut is_first = true;
                while self.next_item(is_first)? {
                    is_first = false;
                    self.skip()?;
                }
                Ok(())
            }
            _ => Err(NotJson),
        }
    }

    /// Reads a number, whose first byte is the next one.
    pub(crate) fn number(&mut self) -> Result<Number, NotJson> {
        let start = self.at;
        match self.digits()? {
            (Some(integer), false) => return Ok(Number::Unsigned(integer)),
            (Some(0), true) => return Ok(Number::Unsigned(0)),
            (Some(integer), true) => {
                if let Some(integer) = 0_i64.checked_sub_unsigned(integer) {
                    return Ok(Number::Negative(integer));
                }
            }
            (None, _) => {}
        }
        let float: f64 = self.since(start).parse().map_err(|_| NotJson)?;
        if !float.is_finite() {
            return Err(NotJson);
        }
        Ok(match exact_integer(float) {
            Some(integer) => match u64::try_from(integer) {
                Ok(integer) => Number::Unsigned(integer),
                Err(_) => Number::Negative(integer),
            },
            None => Number::Float(float),
        })
    }

    /// Reads a number without its value. Returns its digits if it is a short integer, and
    /// `true` if it has a minus sign.
    fn digits(&mut self) -> Result<(Option<u64>, bool), NotJson> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let is_negative = bytes.get(start) == Some(&b'-');
        let mut at = start + usize::from(is_negative);
        let first = at;
        let mut integer = Some(0_u64);
        while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
            let digit = u64::from(digit - b'0');
            integer = integer.and_then(|all| all.checked_mul(10)?.checked_add(digit));
            at += 1;
        }
        let has_leading_zero = at - first > 1 && bytes[first] == b'0';
        if at == first || has_leading_zero {
            return Err(NotJson);
        }
        let digits = |mut at: usize| {
            let first = at;
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            if at > first { Ok(at) } else { Err(NotJson) }
        };
        if bytes.get(at) == Some(&b'.') {
            integer = None;
            at = digits(at + 1)?;
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            integer = None;
            let has_sign = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
            at = digits(at + 1 + usize::from(has_sign))?;
        }
        self.at = at;
        Ok((integer, is_negative))
    }

    /// Enters an array or object, whose bracket is the next byte.
    pub(crate) fn open(&mut self) -> Result<(), NotJson> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(NotJson) } else { Ok(()) }
    }

    /// Goes to the value of the next member, and returns its name; `None` at the end of
    /// the object.
    pub(crate) fn next_member(&mut self, is_first: bool) -> Result<Option<Text<'de>>, NotJson> {
        if !self.has_next(is_first, b'}')? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(NotJson);
        }
        let name = self.string()?;
        if self.peek() != Some(b':') {
            return Err(NotJson);
        }
        self.at += 1;
        Ok(Some(name))
    }

    /// Goes to the value of the next member if it has that name, written without white space and
    /// escapes as `JSON.stringify` does; otherwise nothing is read.
    pub(crate) fn expected_member(
        &mut self,
        is_first: bool,
        name: &PlainName,
    ) -> Option<Text<'de>> {
        let at = self.at;
        let rest = self.text.as_bytes().get(at..)?;
        let rest = if is_first { rest } else { rest.strip_prefix(b",")? };
        let start = at + usize::from(!is_first) + 1;
        rest.strip_prefix(name.0.as_bytes())?;
        let end = start + name.0.len() - QUOTES_AND_COLON;
        self.at = end + 2;
        Some(Text::Borrowed(self.text.get(start..end)?))
    }

    /// Goes to the next item; `false` at the end of the array.
    pub(crate) fn next_item(&mut self, is_first: bool) -> Result<bool, NotJson> {
        self.has_next(is_first, b']')
    }

    fn has_next(&mut self, is_first: bool, end: u8) -> Result<bool, NotJson> {
        match self.peek() {
            Some(byte) if byte == end => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(_) if is_first => Ok(true),
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(NotJson),
        }
    }

    /// Checks that nothing but white space follows.
    pub(crate) fn end(&mut self) -> Result<(), NotJson> {
        if self.peek().is_none() { Ok(()) } else { Err(NotJson) }
    }
}

/// Returns the offset of the first byte that ends a part of a string: a quotation mark, a
/// backslash or a control character.
fn end_of_plain(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH_BITS: u64 = ONES << 7;

    // The lowest of the bits that are set is exact: only bytes above it can be borrowed from.
    let is_below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let is_equal = |word: u64, byte: u8| is_below(word ^ (ONES * u64::from(byte)), 1);
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let word = u64::from_le_bytes(*word);
        let hits =
            (is_below(word, b' ') | is_equal(word, b'"') | is_equal(word, b'\\')) & HIGH_BITS;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|&byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;
