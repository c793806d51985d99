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

impl<'de> From<Cow<'de, str>> for Text<'de> {
    fn from(text: Cow<'de, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Borrowed(text),
            Cow::Owned(text) => Self::Owned(text),
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

/// Returns `true` if a text is one value of JSON.
pub(crate) fn is_json(text: &str) -> bool {
    let mut tokens = Tokens::new(text);
    tokens.skip().is_ok() && tokens.end().is_ok()
}

/// A number as JavaScript has it: `1.0`, `1e0` and `1` are one integer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Unsigned(u64),
    /// Less than 0.
    Negative(i64),
    Float(f64),
}

/// The name of a member as most clients write it, between a comma with a quotation mark and a
/// quotation mark with a colon.
#[derive(Debug)]
pub(crate) struct PlainName {
    text: Box<str>,
    /// The first bytes, and ones in the place of each.
    first: u128,
    mask: u128,
}

/// Number of bytes of a name that are compared at once.
const FIRST: usize = size_of::<u128>();

impl PlainName {
    /// Creates the name; `None` if it has escapes.
    pub(crate) fn new(name: &str) -> Option<Self> {
        if end_of_plain(name.as_bytes(), 0) != name.len() {
            return None;
        }
        let text: Box<str> = format!(",\"{name}\":").into();
        let (mut first, mut mask) = ([0; FIRST], [0; FIRST]);
        for ((to, mask), byte) in first.iter_mut().zip(&mut mask).zip(text.bytes()) {
            (*to, *mask) = (byte, u8::MAX);
        }
        let [first, mask] = [first, mask].map(u128::from_le_bytes);
        Some(Self { text, first, mask })
    }

    /// Returns `true` if the name stands behind that offset, where a comma or the bracket of the
    /// object is.
    #[inline]
    fn is_at(&self, bytes: &[u8], start: usize, is_first: bool) -> bool {
        let Some(rest) = bytes.get(start..) else { return false };
        let Some(first) = rest.first_chunk() else { return self.begins(rest, is_first) };
        let mask = if is_first { self.mask & !0xff } else { self.mask };
        let differs = (u128::from_le_bytes(*first) ^ self.first) & mask;
        differs == 0 && (self.text.len() <= FIRST || self.begins(rest, is_first))
    }

    fn begins(&self, rest: &[u8], is_first: bool) -> bool {
        let skipped = usize::from(is_first);
        rest.get(skipped..).is_some_and(|rest| rest.starts_with(&self.text.as_bytes()[skipped..]))
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
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.at = behind_space(self.text.as_bytes(), self.at);
        self.text.as_bytes().get(self.at).copied()
    }

    /// Reads `true`, `false` or `null`.
    pub(crate) fn literal(&mut self, name: &str) -> Result<(), NotJson> {
        let is_here = self.text.as_bytes()[self.at..].starts_with(name.as_bytes());
        self.at += name.len();
        if is_here { Ok(()) } else { Err(NotJson) }
    }

    /// Goes behind a text, if it is here; otherwise nothing is read.
    pub(crate) fn take(&mut self, text: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..);
        let is_here = rest.is_some_and(|rest| rest.starts_with(text.as_bytes()));
        if is_here {
            self.at += text.len();
        }
        is_here
    }

    /// Reads a string, whose quotation mark is the next byte.
    pub(crate) fn string(&mut self) -> Result<Text<'de>, NotJson> {
        let start = self.at;
        let (end, has_escapes) = end_of_string(self.text.as_bytes(), start)?;
        self.at = end;
        if has_escapes {
            let text = serde_json::from_str(&self.text[start..end]);
            return text.map(Text::Owned).map_err(|_| NotJson);
        }
        self.text.get(start + 1..end - 1).map(Text::Borrowed).ok_or(NotJson)
    }

    /// Reads a string without its value, and returns the offset behind it.
    fn end_of_valid_string(&self, start: usize) -> Result<usize, NotJson> {
        let (end, has_escapes) = end_of_string(self.text.as_bytes(), start)?;
        if has_escapes {
            serde_json::from_str::<IgnoredAny>(&self.text[start..end]).map_err(|_| NotJson)?;
        }
        Ok(end)
    }

    /// Reads a name and its colon, and returns the offset behind them.
    fn end_of_name(&self, start: usize) -> Result<usize, NotJson> {
        let bytes = self.text.as_bytes();
        let start = behind_space(bytes, start);
        if bytes.get(start) != Some(&b'"') {
            return Err(NotJson);
        }
        let end = behind_space(bytes, self.end_of_valid_string(start)?);
        if bytes.get(end) == Some(&b':') { Ok(end + 1) } else { Err(NotJson) }
    }

    /// Goes behind a value. Of an array or object, only the strings and the brackets are looked at:
    /// it may still not be JSON.
    pub(crate) fn pass(&mut self) -> Result<(), NotJson> {
        let bytes = self.text.as_bytes();
        if !matches!(bytes.get(self.at), Some(b'{' | b'[')) {
            return self.skip();
        }
        let (mut at, mut open) = (self.at, 0_usize);
        loop {
            let byte = *bytes.get(at).ok_or(NotJson)?;
            at += 1;
            // All brackets, and outside of strings nothing else that is JSON, have these bits.
            if byte != b'"' && byte & 0xd9 != 0x59 {
                continue;
            }
            match byte {
                b'"' => at = end_of_string(bytes, at - 1)?.0,
                b'{' | b'[' => open += 1,
                b'}' | b']' => {
                    open -= 1;
                    if open == 0 {
                        self.at = at;
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
    }

    /// Reads any value.
    pub(crate) fn skip(&mut self) -> Result<(), NotJson> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) == Some(&b'"') {
            self.at = self.end_of_valid_string(self.at)?;
            return Ok(());
        }
        let mut at = self.at;
        // The lowest bit tells if the innermost open container is an object.
        let mut objects: u128 = 0;
        let mut open = 0;
        loop {
            at = behind_space(bytes, at);
            match bytes.get(at).ok_or(NotJson)? {
                b'"' => at = self.end_of_valid_string(at)?,
                b'-' | b'0'..=b'9' => at = Numeral::read(bytes, at)?.end,
                b'n' => at = end_of_literal(bytes, at, b"null")?,
                b't' => at = end_of_literal(bytes, at, b"true")?,
                b'f' => at = end_of_literal(bytes, at, b"false")?,
                bracket @ (b'{' | b'[') => {
                    if self.depth + open >= MAX_DEPTH {
                        return Err(NotJson);
                    }
                    let is_object = *bracket == b'{';
                    let first = behind_space(bytes, at + 1);
                    if bytes.get(first) == Some(&(bracket + 2)) {
                        at = first + 1;
                    } else {
                        open += 1;
                        objects = objects << 1 | u128::from(is_object);
                        at = if is_object { self.end_of_name(first)? } else { first };
                        continue;
                    }
                }
                _ => return Err(NotJson),
            }
            // Behind a value.
            while open > 0 {
                at = behind_space(bytes, at);
                let is_object = objects & 1 == 1;
                let byte = *bytes.get(at).ok_or(NotJson)?;
                at += 1;
                if byte == b',' {
                    if is_object {
                        at = self.end_of_name(at)?;
                    }
                    break;
                }
                if byte != if is_object { b'}' } else { b']' } {
                    return Err(NotJson);
                }
                open -= 1;
                objects >>= 1;
            }
            if open == 0 {
                self.at = at;
                return Ok(());
            }
        }
    }

    /// Reads a number, whose first byte is the next one.
    pub(crate) fn number(&mut self) -> Result<Number, NotJson> {
        let start = self.at;
        let numeral = Numeral::read(self.text.as_bytes(), start)?;
        self.at = numeral.end;
        if numeral.is_short_integer() {
            return Ok(Number::Unsigned(numeral.digits));
        }
        match (numeral.integer(self.since(start)), numeral.is_negative) {
            (Some(integer), false) => return Ok(Number::Unsigned(integer)),
            (Some(0), true) => return Ok(Number::Unsigned(0)),
            (Some(integer), true) => {
                if let Some(integer) = 0_i64.checked_sub_unsigned(integer) {
                    return Ok(Number::Negative(integer));
                }
            }
            (None, _) => {}
        }
        let float = match numeral.short_decimal() {
            Some(float) => float,
            None => self.since(start).parse().map_err(|_| NotJson)?,
        };
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
    #[inline]
    pub(crate) fn expected_member(
        &mut self,
        is_first: bool,
        name: &PlainName,
    ) -> Option<Text<'de>> {
        let start = self.at.checked_sub(usize::from(is_first))?;
        if !name.is_at(self.text.as_bytes(), start, is_first) {
            return None;
        }
        self.at = start + name.text.len();
        self.text.get(start + 2..self.at - 2).map(Text::Borrowed)
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

    /// Returns `true` if nothing follows.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Checks that nothing but white space follows.
    pub(crate) fn end(&mut self) -> Result<(), NotJson> {
        if self.peek().is_none() { Ok(()) } else { Err(NotJson) }
    }
}

/// The text of a number.
#[derive(Debug, Clone, Copy)]
struct Numeral {
    is_negative: bool,
    /// All digits but those of an exponent, as one integer; wrong if they are many.
    digits: u64,
    count: usize,
    /// Number of those behind the decimal point.
    fraction: usize,
    is_integer: bool,
    end: usize,
}

/// Maximum number of digits that always fit 64 bits.
const MAX_DIGITS: usize = 19;

/// Powers of ten, which are exact.
const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

impl Numeral {
    /// Reads a number, whose first byte is at that offset.
    #[inline(always)]
    fn read(bytes: &[u8], start: usize) -> Result<Self, NotJson> {
        let is_negative = bytes.get(start) == Some(&b'-');
        let first = start + usize::from(is_negative);
        let mut digits = 0_u64;
        let mut read = |mut at: usize| {
            let first = at;
            while let Some(digit) = bytes.get(at).map(|byte| byte.wrapping_sub(b'0'))
                && digit < 10
            {
                digits = digits.wrapping_mul(10).wrapping_add(digit.into());
                at += 1;
            }
            if at > first { Ok(at) } else { Err(NotJson) }
        };
        let mut end = read(first)?;
        let mut count = end - first;
        if count > 1 && bytes[first] == b'0' {
            return Err(NotJson);
        }
        let (mut fraction, mut is_integer) = (0, true);
        if bytes.get(end) == Some(&b'.') {
            is_integer = false;
            let point = end;
            end = read(point + 1)?;
            fraction = end - point - 1;
            count += fraction;
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            is_integer = false;
            let has_sign = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
            end = read(end + 1 + usize::from(has_sign))?;
            // The digits of the exponent are among those read.
            count = usize::MAX;
        }
        Ok(Self { is_negative, digits, count, fraction, is_integer, end })
    }

    /// Returns `true` if the digits are the number.
    fn is_short_integer(&self) -> bool {
        self.is_integer && !self.is_negative && self.count <= MAX_DIGITS
    }

    /// Returns the magnitude of an integer of 64 bits.
    fn integer(&self, text: &str) -> Option<u64> {
        if !self.is_integer {
            None
        } else if self.count <= MAX_DIGITS {
            Some(self.digits)
        } else {
            text.trim_start_matches('-').parse().ok()
        }
    }

    /// Returns the value of a decimal of few digits: the quotient of two floats that are exact is
    /// rounded once, and so correctly.
    #[allow(clippy::cast_precision_loss, reason = "15 digits are exact")]
    fn short_decimal(&self) -> Option<f64> {
        if self.count >= POWERS.len() {
            return None;
        }
        let magnitude = self.digits as f64 / POWERS[self.fraction];
        Some(if self.is_negative { -magnitude } else { magnitude })
    }
}

/// Returns the offset of the first byte that is no white space.
#[inline]
fn behind_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte @ ..=b' ') = bytes.get(at)
        && matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
    {
        at += 1;
    }
    at
}

/// Reads `true`, `false` or `null`, and returns the offset behind it.
fn end_of_literal(bytes: &[u8], at: usize, name: &[u8]) -> Result<usize, NotJson> {
    if bytes[at..].starts_with(name) { Ok(at + name.len()) } else { Err(NotJson) }
}

/// Returns the offset behind a string, whose quotation mark is at `start`, and `true` if it has
/// escapes, which are not checked.
fn end_of_string(bytes: &[u8], start: usize) -> Result<(usize, bool), NotJson> {
    let mut at = start + 1;
    let mut has_escapes = false;
    loop {
        at = end_of_plain(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok((at + 1, has_escapes)),
            Some(b'\\') => {
                has_escapes = true;
                at += 2;
            }
            _ => return Err(NotJson),
        }
    }
}

/// Returns the offset of the first byte that ends a part of a string: a quotation mark, a
/// backslash or a control character.
#[inline]
fn end_of_plain(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH_BITS: u64 = ONES << 7;

    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let word = u64::from_le_bytes(*word);
        // A subtraction borrows where a byte is below the limit. The lowest of the bits that are set
        // is exact: only bytes above it can be borrowed from.
        let hits = word.wrapping_sub(ONES * 0x20)
            | (word ^ (ONES * 0x22)).wrapping_sub(ONES)
            | (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
        let hits = hits & !word & HIGH_BITS;
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
