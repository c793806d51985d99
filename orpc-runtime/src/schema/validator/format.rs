//! Formats of texts (JSON Schema Validation, section 7.3).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use email_address::EmailAddress;
use fluent_uri::{Iri, IriRef, Uri, UriRef};
use idna::uts46::{AsciiDenyList, Hyphens, Uts46};

#[cfg(feature = "pattern")]
use super::expression::is_regex;

/// A format that is enforced.
#[derive(Debug, Clone, Copy)]
pub(in crate::schema) struct Format {
    pub(in crate::schema) name: &'static str,
    is_valid: fn(&str) -> bool,
}

/// All formats that are enforced. Others are annotations.
const FORMATS: &[Format] = &[
    Format { name: "date", is_valid: is_date },
    Format { name: "date-time", is_valid: is_date_time },
    Format { name: "duration", is_valid: is_duration },
    Format { name: "email", is_valid: is_email },
    Format { name: "hostname", is_valid: is_hostname },
    Format { name: "ip", is_valid: parses::<IpAddr> },
    Format { name: "ipv4", is_valid: parses::<Ipv4Addr> },
    Format { name: "ipv6", is_valid: parses::<Ipv6Addr> },
    Format { name: "iri", is_valid: |text| Iri::parse(text).is_ok() },
    Format { name: "iri-reference", is_valid: |text| IriRef::parse(text).is_ok() },
    Format { name: "json-pointer", is_valid: is_json_pointer },
    #[cfg(feature = "pattern")]
    Format { name: "regex", is_valid: is_regex },
    Format { name: "relative-json-pointer", is_valid: is_relative_json_pointer },
    Format { name: "time", is_valid: is_time },
    Format { name: "uri", is_valid: |text| Uri::parse(text).is_ok() },
    Format { name: "uri-reference", is_valid: |text| UriRef::parse(text).is_ok() },
    Format { name: "uri-template", is_valid: is_uri_template },
    Format { name: "uuid", is_valid: is_uuid },
];

impl Format {
    /// Returns the format of a name, if it is enforced.
    pub(in crate::schema) fn named(name: &str) -> Option<Self> {
        FORMATS.iter().find(|format| format.name == name).copied()
    }

    pub(in crate::schema) fn accepts(self, text: &str) -> bool {
        (self.is_valid)(text)
    }
}

fn parses<T: FromStr>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

/// Returns a number of so many digits at the beginning of a text, and the rest.
fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    let are_digits = number.bytes().all(|byte| byte.is_ascii_digit());
    if are_digits { Some((number.parse().ok()?, rest)) } else { None }
}

/// Returns `true` for `full-date` of RFC 3339, section 5.6.
fn is_date(text: &str) -> bool {
    let parse = || {
        let (year, rest) = digits(text, 4)?;
        let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u32::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (rest.is_empty() && (1..=days).contains(&day)).then_some(())
    };
    parse().is_some()
}

/// Returns `true` for `full-time` of RFC 3339, section 5.6. A leap second is at the end of
/// a day of UTC.
fn is_time(text: &str) -> bool {
    let parse = || {
        let (hour, rest) = digits(text, 2)?;
        let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
        let (second, mut rest) = digits(rest.strip_prefix(':')?, 2)?;
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        if let Some(fraction) = rest.strip_prefix('.') {
            let end = fraction.find(|char: char| !char.is_ascii_digit())?;
            rest = &fraction[end..];
            if end == 0 {
                return None;
            }
        }
        let offset = match rest.as_bytes().first()? {
            b'Z' | b'z' if rest.len() == 1 => 0,
            sign @ (b'+' | b'-') => {
                let (hours, rest) = digits(&rest[1..], 2)?;
                let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
                if hours > 23 || minutes > 59 || !rest.is_empty() {
                    return None;
                }
                // Minutes that are added to the local time.
                let ahead = hours * 60 + minutes;
                if *sign == b'+' { DAY - ahead } else { ahead }
            }
            _ => return None,
        };
        let is_last_minute = (hour * 60 + minute + offset) % DAY == DAY - 1;
        (second < 60 || is_last_minute).then_some(())
    };
    parse().is_some()
}

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// Returns `true` for `date-time` of RFC 3339, section 5.6.
fn is_date_time(text: &str) -> bool {
    text.split_once(['T', 't']).is_some_and(|(date, time)| is_date(date) && is_time(time))
}

/// Returns `true` if a text has the form of an ISO 8601 duration (section 5.5.2). Its
/// type decides whether it is valid: some accept signs and fractions, which RFC 3339
/// does not have.
fn is_duration(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some(parts) = text.strip_prefix(['P', 'p']) else { return false };
    let is_part = |char: char| char.is_ascii_digit() || "YMWDTHSymwdths.,".contains(char);
    !parts.is_empty() && parts.chars().all(is_part)
}

/// Returns `true` for a `Mailbox` of RFC 5321, section 4.1.2.
fn is_email(text: &str) -> bool {
    // The parser does not take a quoted local part without characters, which the RFC has.
    let quoted = text.strip_prefix("\"\"@").map(|domain| format!("\"a\"@{domain}"));
    let Ok(address) = EmailAddress::from_str(quoted.as_deref().unwrap_or(text)) else {
        return false;
    };
    let domain = address.domain();
    let literal = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']'));
    address.local_part().is_ascii()
        && match literal {
            Some(literal) => match literal.split_at_checked("IPv6:".len()) {
                Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => {
                    parses::<Ipv6Addr>(address)
                }
                _ => parses::<Ipv4Addr>(literal),
            },
            None => is_hostname(domain),
        }
}

/// Returns `true` for a host name of RFC 1123, section 2.1, whose internationalised labels
/// are valid by RFC 5891, section 4.4.
fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-');
        is_plain && (label.get(2..4) != Some("--") || is_a_label(label))
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// Returns `true` for a label that stands for one in Unicode.
fn is_a_label(label: &str) -> bool {
    let (unicode, result) =
        Uts46::new().to_unicode(label.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    result.is_ok() && !unicode.is_ascii()
}

/// Returns `true` for a JSON Pointer (RFC 6901, section 3).
fn is_json_pointer(text: &str) -> bool {
    let has_escapes =
        |token: &str| token.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.is_empty() || text.starts_with('/') && has_escapes(text)
}

/// Returns `true` for a Relative JSON Pointer (draft-bhutton-relative-json-pointer-00).
fn is_relative_json_pointer(text: &str) -> bool {
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (levels, rest) = text.split_at(end);
    let is_number = levels == "0" || !levels.is_empty() && !levels.starts_with('0');
    is_number && (rest == "#" || is_json_pointer(rest))
}

/// Returns `true` for a UUID of RFC 9562, section 4.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Returns `true` for a URI Template of level 4 (RFC 6570, section 2).
fn is_uri_template(text: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find(['{', '}']) {
        let (literals, expression) = rest.split_at(start);
        let Some((expression, after)) =
            expression.strip_prefix('{').and_then(|expression| expression.split_once('}'))
        else {
            return false;
        };
        if !are_literals(literals) || !is_expression(expression) {
            return false;
        }
        rest = after;
    }
    are_literals(rest)
}

fn are_literals(text: &str) -> bool {
    let is_refused = |char: char| char <= ' ' || "\"<>\\^`|\u{7f}".contains(char);
    !text.contains(is_refused) && has_percent_encodings(text)
}

fn has_percent_encodings(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        rest.get(..2).is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

fn is_expression(text: &str) -> bool {
    let variables = text.strip_prefix(|char| "+#./;?&=,!@|".contains(char)).unwrap_or(text);
    variables.split(',').all(|variable| {
        let name = match variable.split_once(':') {
            Some((name, length)) => {
                let is_length = (1..=4).contains(&length.len())
                    && !length.starts_with('0')
                    && length.bytes().all(|byte| byte.is_ascii_digit());
                if !is_length {
                    return false;
                }
                name
            }
            None => variable.strip_suffix('*').unwrap_or(variable),
        };
        let is_part = |part: &str| {
            let is_char = |char: char| char.is_ascii_alphanumeric() || "_%".contains(char);
            !part.is_empty() && part.chars().all(is_char)
        };
        name.split('.').all(is_part) && has_percent_encodings(name)
    })
}

#[cfg(test)]
mod tests {
    use jsonschema::Draft;
    use serde_json::json;

    use super::*;

    /// Texts of each format, and near misses.
    const TEXTS: &[&str] = &[
        "",
        "a",
        "2020-02-29",
        "2021-02-29",
        "1900-02-29",
        "2000-02-29",
        "2020-04-31",
        "2020-13-01",
        "2020-00-10",
        "2020-1-01",
        "2020-01-00",
        "20200101",
        "2020-12-31",
        "2020-01-31",
        "2020-01-32",
        "2020-04-30",
        "2020-06-31",
        "2020-09-31",
        "2020-11-31",
        "2021-02-28",
        "2020-02-30",
        "2100-02-29",
        "2400-02-29",
        "0000-01-01",
        "00:00:00Z",
        "12:59:59Z",
        "12:34:60Z",
        "23:59:61Z",
        "23:58:60Z",
        "11:59:60Z",
        "12:29:60-11:30",
        "11:29:60+11:30",
        "12:34:56+23:59",
        "12:34:56-23:59",
        "12:34:56-24:00",
        "12:34:56+01:00x",
        "12:34:56.",
        "２０２０-01-01",
        "2020-01-01 ",
        "12:34:56Z",
        "12:34:56z",
        "12:34:56",
        "12:34:56.5Z",
        "12:34:56.Z",
        "24:00:00Z",
        "23:59:60Z",
        "22:59:60Z",
        "23:59:60+01:00",
        "00:59:60+01:00",
        "15:59:60-08:00",
        "12:34:56+24:00",
        "12:34:56+01:60",
        "12:34:56+0100",
        "12:34:5Z",
        "12:60:00Z",
        "12:34:56Zx",
        "12:34:56.123",
        "2020-01-01T12:34:56Z",
        "2020-01-01t12:34:56z",
        "2020-01-01 12:34:56Z",
        "2020-01-01T12:34",
        "P1D",
        "ada@example.org",
        "ada@[127.0.0.1]",
        "ada@[IPv6:::1]",
        "ada@[ipv6:::1]",
        "ada@[1]",
        "\"\"@example.org",
        "\"a b\"@example.org",
        "a..b@example.org",
        ".a@example.org",
        "ada@",
        "@example.org",
        "ada@-a.org",
        "ada@ex_ample.org",
        "é@example.org",
        "ada@é.org",
        "a@b",
        "a@b@c",
        "ada@[IPv6:1]",
        "example.org",
        "example.org.",
        "a-b.c",
        "-a.b",
        "a-.b",
        "a..b",
        "xn--nxasmq6b",
        "xn--a",
        "ab--cd.org",
        "XN--NXASMQ6B",
        "a_b",
        "é.org",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b",
        "127.0.0.1",
        "127.0.0.01",
        "256.0.0.1",
        "1.2.3",
        "::1",
        "::",
        "1::2::3",
        "::ffff:1.2.3.4",
        "fe80::1%eth0",
        "12345::",
        "http://a/b?c#d",
        "http://[::1]/",
        "http://a b/",
        "urn:x:y",
        "//a/b",
        "/a/b",
        "../a",
        "#f",
        "http://é/",
        "é",
        "http://a/%zz",
        "http://a/%41",
        "http://a:b/",
        "1http://a",
        "a:b",
        ":a",
        "/a~0b/~1",
        "/a~2",
        "/~",
        "a/b",
        "/",
        "0",
        "0#",
        "01",
        "1/a",
        "10#",
        "1#a",
        "-1",
        "{a}",
        "{+a,b.c*}",
        "{a:3}",
        "{a:0}",
        "{",
        "}",
        "{}",
        "{a:10000}",
        "a%41{b}",
        "a b{c}",
        "{a:9999}",
        "{a:}",
        "{a:1x}",
        "{a:01}",
        "{a,}",
        "{a..b}",
        "{a.b}",
        "{_a%41}",
        "{a%4}",
        "{*}",
        "{a*b}",
        "{?a}{b}",
        "{a}}",
        "a%4{b}",
        "a\"{b}",
        "0/a~1",
        "0/~",
        "0##",
        "#",
        "123e4567-e89b-12d3-a456_426614174000",
        "g23e4567-e89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456-4266141740000",
        "123e4567-e89b-12d3-a456-426614174000",
        "123E4567-E89B-12D3-A456-42661417400G",
        "123e4567e89b12d3a456426614174000",
    ];

    #[test]
    fn each_format_accepts_the_texts_that_jsonschema_accepts() {
        for format in FORMATS {
            // These two are wider here.
            if ["duration", "ip"].contains(&format.name) {
                continue;
            }
            let reference = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .should_validate_formats(true)
                .build(&json!({ "format": format.name }))
                .unwrap();
            for text in TEXTS {
                // Labels have no case (RFC 5890, section 2.3.2.1).
                if *text == "XN--NXASMQ6B" {
                    assert_eq!(format.accepts(text), format.accepts("xn--nxasmq6b"));
                    continue;
                }
                let expected = reference.is_valid(&json!(text));
                assert_eq!(format.accepts(text), expected, "{} {text:?}", format.name);
            }
        }
    }

    #[test]
    fn each_format_accepts_a_text_and_refuses_another() {
        for format in FORMATS {
            assert!(TEXTS.iter().any(|text| format.accepts(text)), "{}", format.name);
            assert!(TEXTS.iter().any(|text| !format.accepts(text)), "{}", format.name);
        }
        assert_eq!(Format::named("date").map(|format| format.name), Some("date"));
        assert!(Format::named("int32").is_none());
    }

    #[test]
    fn a_host_name_has_253_bytes_and_its_labels_63() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", &label[..61]);
        assert!(is_hostname(&longest) && !is_hostname(&format!("{longest}b")));
        assert!(is_hostname(&label) && !is_hostname(&format!("{label}a")));
    }

    #[test]
    fn durations_have_a_sign_a_p_and_parts() {
        for text in ["P1D", "p1d", "-P1Y2M", "+P1W", "PT0.5S", "PT1,5H", "P1DT12H30M"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "P", "-", "1D", "T1H", "P1X", "P 1D", "P1D ", "--P1D"] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
