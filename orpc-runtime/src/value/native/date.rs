//! Points in time with the precision of JavaScript. Fractions of a millisecond are
//! truncated.
//!
//! ```
//! use std::time::SystemTime;
//!
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! struct Visit {
//!     #[serde(with = "orpc_runtime::value::date")]
//!     at: SystemTime,
//! }
//! ```

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{As, DeserializeAs, SerializeAs};
use crate::clock;
use crate::value::kind;
use crate::value::special::deserialize_special;

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// Maximum distance from the epoch: 100,000,000 days (ECMA-262, section 21.4.1.1).
const MAX_MILLIS: i64 = 100_000_000 * DAY;

/// A `Date` of JavaScript: milliseconds since 1970-01-01T00:00:00Z, at most
/// 100,000,000 days from there, or the invalid date.
///
/// As an input it is a valid date; use [`AnyDate`] to accept the invalid one, too.
///
/// ```
/// use orpc_runtime::value::Date;
///
/// let date: Date = "2024-02-29T12:00:00+02:00".parse()?;
/// assert_eq!(date.to_string(), "2024-02-29T10:00:00.000Z");
/// assert_eq!(date.millis(), Some(1_709_200_800_000));
/// assert_eq!(Date::INVALID.millis(), None);
/// # Ok::<_, orpc_runtime::value::ParseDateError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(Option<i64>);

/// Error of text that is neither a date as `Date.prototype.toISOString` writes it, nor
/// one of the simpler forms of ECMA-262, section 21.4.1.32, with a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a date in ISO 8601 form with a time zone")]
pub struct ParseDateError;

/// Error of a date that a Rust type cannot hold, such as the invalid date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the date is invalid or out of range")]
pub struct DateRangeError;

impl Date {
    /// The invalid date, which JavaScript creates from text that is not a date.
    pub const INVALID: Self = Self(None);

    /// Creates a date from milliseconds since the epoch; the invalid date beyond the
    /// range of dates.
    pub fn from_millis(millis: i64) -> Self {
        Self((-MAX_MILLIS..=MAX_MILLIS).contains(&millis).then_some(millis))
    }

    /// Returns the milliseconds since the epoch; `None` for the invalid date.
    pub fn millis(self) -> Option<i64> {
        self.0
    }

    /// Returns the current time.
    pub fn now() -> Self {
        let since = clock::wall().duration_since(UNIX_EPOCH);
        Self::from_millis(
            since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// Parses a date like `new Date(text)`, where engines agree: text without a digit
    /// is an invalid date; other text that is not ISO 8601 depends on time zone and
    /// engine, and is refused.
    pub(crate) fn of_javascript(text: &str) -> Result<Self, ParseDateError> {
        if text.bytes().any(|byte| byte.is_ascii_digit()) {
            text.parse()
        } else {
            Ok(Self::INVALID)
        }
    }

    /// Formats the date like `toISOString`; `None` for the invalid date.
    pub(crate) fn iso(self) -> Option<String> {
        let millis = self.0?;
        let (year, month, day) = civil(millis.div_euclid(DAY));
        let time = millis.rem_euclid(DAY);
        let (hour, minute) = (time / 3_600_000, time / 60_000 % 60);
        let (second, milli) = (time / 1000 % 60, time % 1000);
        let year = match year {
            0..=9999 => format!("{year:04}"),
            _ => format!("{year:+07}"),
        };
        Some(format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
    }
}

/// Returns the year, month and day of a day since the epoch, in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Eras of 400 years that begin in March, so that leap days come last.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Returns the day since the epoch of a year, month and day. A day beyond the end of
/// its month is one of the next.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A text that is parsed from its start.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn sign(&mut self) -> Option<i64> {
        if self.take(b'+') { Some(1) } else { self.take(b'-').then_some(-1) }
    }

    /// Parses that many digits, as a number within the range.
    fn number(&mut self, digits: usize, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let number = number.iter().try_fold(0, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
        })?;
        self.0 = rest;
        range.contains(&number).then_some(number)
    }

    /// Parses the milliseconds of a fraction; digits beyond the third are ignored.
    fn fraction(&mut self) -> Option<i64> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, rest) = self.0.split_at(digits);
        self.0 = rest;
        let digit = |at: usize| i64::from(fraction.get(at).map_or(0, |byte| byte - b'0'));
        (digits > 0).then(|| digit(0) * 100 + digit(1) * 10 + digit(2))
    }

    fn date(&mut self) -> Option<i64> {
        let year = match self.sign() {
            Some(sign) => {
                let year = self.number(6, 0..=999_999)?;
                // The year 0 has one spelling.
                if sign < 0 && year == 0 {
                    return None;
                }
                sign * year
            }
            None => self.number(4, 0..=9999)?,
        };
        let month = if self.take(b'-') { self.number(2, 1..=12)? } else { 1 };
        let day = if self.take(b'-') { self.number(2, 1..=31)? } else { 1 };
        let midnight = days(year, month, day) * DAY;
        if self.0.is_empty() {
            return Some(midnight);
        }
        if !self.take(b'T') {
            return None;
        }
        let hour = self.number(2, 0..=24)?;
        let minute = self.take(b':').then(|| self.number(2, 0..=59))??;
        let second = if self.take(b':') { self.number(2, 0..=59)? } else { 0 };
        let milli = if self.take(b'.') { self.fraction()? } else { 0 };
        if hour == 24 && (minute, second, milli) != (0, 0, 0) {
            return None;
        }
        let offset = if self.take(b'Z') {
            0
        } else {
            let sign = self.sign()?;
            let hours = self.number(2, 0..=23)?;
            sign * (hours * 60 + self.take(b':').then(|| self.number(2, 0..=59))??)
        };
        let time = ((hour * 60 + minute - offset) * 60 + second) * 1000 + milli;
        self.0.is_empty().then_some(midnight + time)
    }
}

impl FromStr for Date {
    type Err = ParseDateError;

    fn from_str(text: &str) -> Result<Self, ParseDateError> {
        let millis = Cursor(text.as_bytes()).date().ok_or(ParseDateError)?;
        match Self::from_millis(millis) {
            Self::INVALID => Err(ParseDateError),
            date => Ok(date),
        }
    }
}

/// As `toISOString` writes it, or `Invalid Date`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.iso().as_deref().unwrap_or("Invalid Date"))
    }
}

impl From<SystemTime> for Date {
    fn from(time: SystemTime) -> Self {
        let millis = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()),
            // Rounded down to a millisecond, as after the epoch.
            Err(error) => i64::try_from(error.duration().as_nanos().div_ceil(1_000_000))
                .map(std::ops::Neg::neg),
        };
        millis.map_or(Self::INVALID, Self::from_millis)
    }
}

impl TryFrom<Date> for SystemTime {
    type Error = DateRangeError;

    fn try_from(date: Date) -> Result<Self, DateRangeError> {
        let millis = date.0.ok_or(DateRangeError)?;
        let distance = Duration::from_millis(millis.unsigned_abs());
        let time = if millis < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        time.ok_or(DateRangeError)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(kind::DATE, &self.iso())
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_special(deserializer, kind::DATE, |text: Option<Cow<'de, str>>| {
            text.map_or(Ok(Self::INVALID), |text| text.parse())
        })
    }
}

impl JsonSchema for Date {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "x-native-type": "date" })
    }
}

/// Serialises a field of a type that converts into a [`Date`] and back as a `Date`:
/// `#[serde(with = "orpc_runtime::value::date")]`.
#[allow(non_camel_case_types, reason = "it stands in `with` like a module")]
pub type date = As<Date>;

#[diagnostic::do_not_recommend]
impl<T: Clone + Into<Date>> SerializeAs<Date> for T {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.clone().into().serialize(serializer)
    }
}

#[diagnostic::do_not_recommend]
impl<'de, T: TryFrom<Date, Error: fmt::Display>> DeserializeAs<'de, Date> for T {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::try_from(Date::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A date that, as an input, may be the invalid date, unlike a plain [`Date`]. The
/// handler has to check it.
///
/// As outputs both are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnyDate(pub Date);

impl From<Date> for AnyDate {
    fn from(date: Date) -> Self {
        Self(date)
    }
}

impl From<AnyDate> for Date {
    fn from(date: AnyDate) -> Self {
        date.0
    }
}

impl JsonSchema for AnyDate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AnyDate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "x-native-type": "date",
            "x-invalid-date": true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written_as_ecma_262_says() {
        // Computed by Node 20.
        let cases = [
            ("1970", 0),
            ("1970-01-01T00:00Z", 0),
            ("2000-02", 949_363_200_000),
            ("2024-02-29", 1_709_164_800_000),
            ("2024-02-29T24:00:00Z", 1_709_251_200_000),
            ("2023-02-30", 1_677_715_200_000),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2024-01-01T00:00:00.1239-01:30", 1_704_072_600_123),
            ("+275760-09-13T00:00:00.000Z", 8_640_000_000_000_000),
            ("-271821-04-20T00:00:00.000Z", -8_640_000_000_000_000),
            ("-000001-01-01T00:00:00.000Z", -62_198_755_200_000),
            ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
            ("+012345-01-01T00:00:00.000Z", 327_403_382_400_000),
        ];
        for (text, millis) in cases {
            assert_eq!(text.parse(), Ok(Date::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "garbage",
            "2024-13-01",
            "2024-01-32",
            "2024-01-01T25:00Z",
            "2024-01-01T24:01Z",
            "2024-01-01T00:00",
            "2024-1-1",
            "-000000-01-01",
            "+275760-09-13T00:00:00.001Z",
            "2024-01-01T00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01 00:00Z",
            "2024-01-01Z",
            "２０２４",
        ] {
            assert_eq!(text.parse::<Date>(), Err(ParseDateError), "{text}");
        }
    }

    #[test]
    fn every_day_has_one_date() {
        for day in (-100_000_000..=100_000_000).step_by(9973) {
            let (year, month, date) = civil(day);
            assert_eq!(days(year, month, date), day);
            let date = Date::from_millis(day * DAY + 1);
            assert!(day == 100_000_000 || date.to_string().parse() == Ok(date), "{date}");
        }
    }

    #[test]
    fn system_times_are_rounded_down() {
        let before = UNIX_EPOCH - Duration::from_micros(1500);
        assert_eq!(Date::from(before), Date::from_millis(-2));
        assert_eq!(Date::from(UNIX_EPOCH + Duration::from_micros(1500)), Date::from_millis(1));
    }
}
