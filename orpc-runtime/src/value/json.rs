//! JSON text in JavaScript's own number format, and JavaScript's view of numbers.

use std::cmp::Ordering;
use std::io;
use std::ops::Range;

use serde_json::ser::Formatter;
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use super::writer::Serialised;

/// Integers up to here are exact in JavaScript: `Number.MAX_SAFE_INTEGER` + 1.
const SAFE_INTEGER_BOUND: f64 = 9_007_199_254_740_992.0;

/// Writes numbers as `Number.prototype.toString` does (ECMA-262, section 6.1.6.1.20):
/// `1` for 1.0, `1e+21`, `0` for -0. Everything else is `serde_json`'s compact form,
/// the same as that of `JSON.stringify`.
pub(crate) struct JsFormatter;

impl Formatter for JsFormatter {
    fn write_u64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        write_exact(value, writer)
    }

    fn write_i64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        write_exact(value, writer)
    }

    fn write_u128<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: u128) -> io::Result<()> {
        write_exact(value, writer)
    }

    fn write_i128<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: i128) -> io::Result<()> {
        write_exact(value, writer)
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(ryu_js::Buffer::new().format_finite(value).as_bytes())
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        writer.write_all(ryu_js::Buffer::new().format_finite(value).as_bytes())
    }

    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        write_raw(fragment, writer)
    }
}

/// Writes an integer that JavaScript holds exactly; other ones would be rounded there without a word.
fn write_exact<W: ?Sized + io::Write>(integer: impl itoa::Integer, out: &mut W) -> io::Result<()> {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(integer);
    match inexact(digits.as_bytes()) {
        None => out.write_all(digits.as_bytes()),
        Some(message) => Err(io::Error::new(io::ErrorKind::InvalidData, message)),
    }
}

/// Returns the message for an integer that is no exact `number` (ECMA-262, section 21.1.2.6).
pub(super) fn inexact(digits: &[u8]) -> Option<String> {
    const MAX_SAFE_INTEGER: &[u8] = b"9007199254740991";

    let magnitude = digits.strip_prefix(b"-").unwrap_or(digits);
    let is_exact = match magnitude.len().cmp(&MAX_SAFE_INTEGER.len()) {
        Ordering::Less => true,
        Ordering::Equal => magnitude <= MAX_SAFE_INTEGER,
        Ordering::Greater => false,
    };
    let message = || {
        let digits = String::from_utf8_lossy(digits);
        format!(
            "{digits} is beyond 2^53 - 1 and no exact `number`: return a `u64` or `i64`, which is a `bigint`"
        )
    };
    (!is_exact).then(message)
}

/// Appends `value` as JSON text. On failure `out` keeps its length.
pub(super) fn write_json(
    value: &dyn Serialised,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let start = out.len();
    let written = value.write_json(&mut JsonWriter::with_formatter(&mut *out, JsFormatter));
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// A serialiser of JSON in JavaScript's format.
pub(crate) type JsonWriter<'a> = serde_json::Serializer<&'a mut Vec<u8>, JsFormatter>;

/// Writes JSON text from elsewhere on one line, as event streams need it: line breaks
/// between tokens become spaces.
pub(super) fn write_raw<W: ?Sized + io::Write>(text: &str, out: &mut W) -> io::Result<()> {
    let mut lines = text.split(['\n', '\r']);
    out.write_all(lines.next().unwrap_or_default().as_bytes())?;
    lines.try_for_each(|line| {
        out.write_all(b" ")?;
        out.write_all(line.as_bytes())
    })
}

/// Appends a string as JSON text.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    if has_escapes(text) {
        return serde_json::to_writer(out, text);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

/// Appends the name of a member with its colon, and with a comma before it unless it is the
/// first one. Returns the range of the quoted name.
pub(super) fn write_name(
    name: &str,
    is_first: bool,
    out: &mut Vec<u8>,
) -> Result<Range<usize>, serde_json::Error> {
    out.reserve(name.len() + 4);
    let start = out.len() + usize::from(!is_first);
    if has_escapes(name) {
        out.extend_from_slice(if is_first { b"" } else { b"," });
        serde_json::to_writer(&mut *out, name)?;
        out.push(b':');
    } else {
        out.extend_from_slice(if is_first { b"\"" } else { b",\"" });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
    }
    Ok(start..out.len() - 1)
}

/// Returns `true` if a string needs escapes in JSON.
#[inline]
fn has_escapes(text: &str) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH_BITS: u64 = ONES << 7;

    // A high bit is set if a byte is less than `limit`: it borrows. Checking all words
    // is faster than stopping at the first.
    let is_below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let hits = |word: u64| {
        let is_equal = |byte: u8| is_below(word ^ (ONES * u64::from(byte)), 1);
        is_below(word, b' ') | is_equal(b'"') | is_equal(b'\\')
    };
    let bytes = text.as_bytes();
    let Some(last) = bytes.last_chunk() else {
        return bytes.iter().fold(false, |found, byte| found | IS_ESCAPED[usize::from(*byte)]);
    };
    // The last word overlaps the one before.
    let (words, _) = bytes.as_chunks();
    let found = words.iter().fold(0, |found, word| found | hits(u64::from_ne_bytes(*word)));
    (found | hits(u64::from_ne_bytes(*last))) & HIGH_BITS != 0
}

/// Bytes that need an escape in JSON.
static IS_ESCAPED: [bool; 256] = {
    let mut all = [false; 256];
    let mut byte = 0;
    while byte < b' ' as usize {
        all[byte] = true;
        byte += 1;
    }
    all[b'"' as usize] = true;
    all[b'\\' as usize] = true;
    all
};

/// Appends an integer.
pub(super) fn write_integer(integer: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
}

/// Appends a number; `null` if it is not finite.
pub(super) fn write_number(number: f64, out: &mut Vec<u8>) {
    if !number.is_finite() {
        out.extend_from_slice(b"null");
    } else if !write_short_decimal(number, out) {
        out.extend_from_slice(ryu_js::Buffer::new().format_finite(number).as_bytes());
    }
}

/// Appends a number that has at most three digits behind the point and fifteen in all, as most
/// prices and measures have; `false` leaves another one to Ryu, which takes many times as long.
///
/// No other decimal of fifteen digits or fewer is the same float, so that these digits are the
/// shortest.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "integers below 10^15 are exact"
)]
fn write_short_decimal(number: f64, out: &mut Vec<u8>) -> bool {
    let magnitude = number.abs();
    let scaled = (magnitude * 1e3).round();
    if scaled >= 1e15 || scaled / 1e3 != magnitude {
        return false;
    }
    let thousandths = scaled as u64;
    // -0 is written as 0.
    if number < 0.0 {
        out.push(b'-');
    }
    write_integer(thousandths / 1000, out);
    let fraction = (thousandths % 1000) as u16;
    if fraction > 0 {
        let digit = |value: u16| b'0' + (value % 10) as u8;
        let digits = [b'.', digit(fraction / 100), digit(fraction / 10), digit(fraction)];
        let last = digits.iter().rposition(|digit| *digit != b'0').unwrap_or_default();
        out.extend_from_slice(&digits[..=last]);
    }
    true
}

/// Appends a single-precision number, with its shortest digits in that precision.
pub(super) fn write_short_number(number: f32, out: &mut Vec<u8>) {
    if number.is_finite() {
        out.extend_from_slice(ryu_js::Buffer::new().format_finite(number).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

/// Serialises a value to JSON text.
pub(crate) fn to_raw(value: &dyn Serialised) -> Result<Box<RawValue>, serde_json::Error> {
    let mut text = Vec::new();
    write_json(value, &mut text)?;
    let text = String::from_utf8(text).map_err(serde::ser::Error::custom)?;
    RawValue::from_string(text)
}

/// JavaScript has one kind of number: `1.0`, `1e0` and `-0` are the integers 1 and 0
/// there, and a Rust integer accepts them too.
pub(crate) fn normalise_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(integer) = integral(number) {
                *number = integer;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalise_numbers),
        Value::Object(members) => members.values_mut().for_each(normalise_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Returns the integer of the same value, for a number that is written as a float.
fn integral(number: &Number) -> Option<Number> {
    if !number.is_f64() {
        return None;
    }
    exact_integer(number.as_f64()?).map(Number::from)
}

/// Converts a float to an integer, if JavaScript holds it exactly.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::float_cmp)]
pub(crate) fn exact_integer(float: f64) -> Option<i64> {
    // Within the bound, which is far inside the range of `i64`, the conversion loses
    // only a fraction.
    let integer = float as i64;
    (integer as f64 == float && float.abs() <= SAFE_INTEGER_BOUND).then_some(integer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written<T: serde::Serialize>(value: &T) -> String {
        to_raw(value).unwrap().get().to_owned()
    }

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        let cases: [(f64, &str); 10] = [
            (1.0, "1"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (1e21, "1e+21"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e-7, "1e-7"),
            (5e-324, "5e-324"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e+308"),
            (-1.5, "-1.5"),
            (1e-6, "0.000001"),
        ];
        for (number, text) in cases {
            assert_eq!(written(&number), text);
        }
        assert_eq!(written(&0.1_f32), "0.1");
        assert_eq!(written(&f64::NAN), "null");
    }

    #[test]
    fn decimals_are_written_as_ryu_writes_them() {
        let check = |number: f64| {
            let (mut own, mut buffer) = (Vec::new(), ryu_js::Buffer::new());
            write_number(number, &mut own);
            assert_eq!(std::str::from_utf8(&own).unwrap(), buffer.format_finite(number));
        };
        let limits = [1e-3, 9.5e-4, 5e-4, 4.9e-4, 999_999_999_999.999, 1e12, 1e15, 1e21, 1e300];
        for number in limits.into_iter().chain([0.0, f64::MIN_POSITIVE]) {
            for number in [number, number.next_up(), number.next_down()] {
                check(number);
                check(-number);
            }
        }
        // Decimals of up to four digits behind the point, and the floats beside them.
        let mut seed = 1_u64;
        for round in 0..200_000_u32 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let integer = (seed >> 11) >> (round % 53);
            #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
            let number = integer as f64 / [1.0, 10.0, 100.0, 1000.0, 10_000.0][round as usize % 5];
            for number in [number, -number, number.next_up(), number.next_down()] {
                check(number);
            }
        }
    }

    #[test]
    fn strings_are_escaped_as_json_stringify_escapes_them() {
        assert_eq!(
            written(&"\u{8}\t\n\u{c}\r\"\\\u{1}\u{1f}/\u{7f}\u{2028}é"),
            "\"\\b\\t\\n\\f\\r\\\"\\\\\\u0001\\u001f/\u{7f}\u{2028}é\""
        );
    }

    #[test]
    fn integral_floats_become_integers_and_others_stay() {
        let mut value: Value =
            serde_json::from_str(r#"[1.0, 1e2, -0, -0.0, 1.5, 1e300, [{"a": 2.0}]]"#).unwrap();
        normalise_numbers(&mut value);
        assert_eq!(value, json!([1, 100, 0, 0, 1.5, 1e300, [{"a": 2}]]));
    }

    #[test]
    fn a_failed_write_leaves_the_buffer_as_it_was() {
        let odd_keys = std::collections::HashMap::from([(vec![1], 2)]);
        let mut out = b"before".to_vec();
        assert!(write_json(&odd_keys, &mut out).is_err());
        assert_eq!(out, b"before");
    }
}
