//! Tokens beside those of `serde_json`.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::value::json::normalise_numbers;

/// Reads a text as a tree.
fn tree(text: &str) -> Result<Value, NotJson> {
    fn value(tokens: &mut Tokens<'_>) -> Result<Value, NotJson> {
        Ok(match tokens.peek().ok_or(NotJson)? {
            b'"' => tokens.string()?.as_str().into(),
            b'-' | b'0'..=b'9' => match tokens.number()? {
                Number::Unsigned(number) => number.into(),
                Number::Negative(number) => number.into(),
                Number::Float(number) => number.into(),
            },
            b'n' => tokens.literal("null").map(|()| Value::Null)?,
            b't' => tokens.literal("true").map(|()| true.into())?,
            b'f' => tokens.literal("false").map(|()| false.into())?,
            b'{' => {
                tokens.open()?;
                let mut members = serde_json::Map::new();
                let mut is_first = true;
                while let Some(name) = tokens.next_member(is_first)? {
                    is_first = false;
                    members.insert(name.as_str().to_owned(), value(tokens)?);
                }
                members.into()
            }
            b'[' => {
                tokens.open()?;
                let mut items = Vec::new();
                while tokens.next_item(items.is_empty())? {
                    items.push(value(tokens)?);
                }
                items.into()
            }
            _ => return Err(NotJson),
        })
    }
    let mut tokens = Tokens::new(text);
    let value = value(&mut tokens)?;
    tokens.end()?;
    Ok(value)
}

fn skipped(text: &str) -> Result<(), NotJson> {
    let mut tokens = Tokens::new(text);
    tokens.skip()?;
    tokens.end()
}

fn expected(text: &str) -> Result<Value, NotJson> {
    let mut value: Value = serde_json::from_str(text).map_err(|_| NotJson)?;
    normalise_numbers(&mut value);
    Ok(value)
}

#[test]
fn numbers_are_those_of_javascript() {
    let cases = [
        ("0", json!(0)),
        ("-0", json!(0)),
        ("-0.0e5", json!(0)),
        ("1.0", json!(1)),
        ("1e2", json!(100)),
        ("1E+2", json!(100)),
        ("10e-1", json!(1)),
        ("-1.50", json!(-1.5)),
        ("18446744073709551615", json!(u64::MAX)),
        ("18446744073709551616", json!(18_446_744_073_709_551_616.0)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("-9223372036854775809", json!(-9_223_372_036_854_775_809.0)),
        ("9007199254740993.0", json!(9_007_199_254_740_992_i64)),
    ];
    for (text, number) in cases {
        assert_eq!(tree(text), Ok(number), "{text}");
    }
    for text in ["", "-", "01", "-01", "1.", ".5", "1.e5", "1e", "1e+", "+1", "1e400", "0x1", "NaN"]
    {
        assert_eq!(tree(text), Err(NotJson), "{text}");
    }
}

#[test]
fn strings_are_read_to_their_end_at_any_length() {
    for length in 0..40 {
        for end in ["", "\\n", "\\u00e9", "\\ud83d\\udc4d", "é", "\u{7f}", "\u{2028}", "\\\\"] {
            for behind in ["", "x", "xxxxxxxxx"] {
                let text = format!("\"{}{end}{behind}\"", "a".repeat(length));
                assert_eq!(tree(&text), expected(&text), "{text}");
                assert_eq!(skipped(&text), Ok(()), "{text}");
            }
        }
        for end in ["\\", "\\x", "\\u12", "\\ud83d", "\n", "\u{1}", "\u{1f}"] {
            let text = format!("\"{}{end}\"", "a".repeat(length));
            assert_eq!(tree(&text), Err(NotJson), "{text:?}");
        }
    }
}

#[test]
fn an_expected_member_is_found_as_most_clients_write_it() {
    let name = PlainName::new("né").unwrap();
    let member = |text: &'static str, is_first: bool| {
        let text = if is_first { format!("{{{text}") } else { text.to_owned() };
        let mut tokens = Tokens::new(&text);
        if is_first {
            tokens.open().unwrap();
        }
        let found = tokens.expected_member(is_first, &name);
        found.map(|name| (name.as_str().to_owned(), tokens.at()))
    };
    assert_eq!(member(r#""né":1"#, true), Some(("né".to_owned(), 7)));
    assert_eq!(member(r#","né":1"#, false), Some(("né".to_owned(), 7)));
    assert_eq!(member(r#","né":1, "and":"more""#, false), Some(("né".to_owned(), 7)));
    for other in ["", r#""né""#, r#""nés":1"#, r#"{"né":1"#, r#" "né":1"#, r#""né" :1"#, "é"]
    {
        assert_eq!(member(other, true), None, "{other}");
    }
    assert_eq!(member(r#""né":1"#, false), None);
    assert_eq!(member(r#", "né":1"#, false), None);
    // Names that are compared in two steps, which differ in the last character alone.
    let long = PlainName::new("a name of many letters").unwrap();
    let is_here = |text| Tokens::new(text).expected_member(false, &long).is_some();
    assert!(is_here(r#","a name of many letters":"#));
    assert!(!is_here(r#","a name of many letterz":"#));
    for escaped in ["a\"b", "a\\", "\n"] {
        assert!(PlainName::new(escaped).is_none(), "{escaped}");
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(skipped(&nested(127)), Ok(()));
    assert_eq!(skipped(&nested(128)), Err(NotJson));
    assert!(expected(&nested(127)).is_ok());
    assert!(expected(&nested(128)).is_err());

    // Objects and arrays in turn, each closed by its own bracket.
    let mixed = |depth: usize, end: &str| {
        let (open, close) = ("{\"a\":[".repeat(depth), "]}".repeat(depth));
        format!("{open}1{}{end}", &close[..close.len() - end.len()])
    };
    assert_eq!(skipped(&mixed(63, "]}")), Ok(()));
    assert_eq!(skipped(&mixed(64, "]}")), Err(NotJson));
    for end in ["}]", "]]", "}}"] {
        assert_eq!(skipped(&mixed(63, end)), Err(NotJson), "{end}");
    }

    // Containers that are open before a value is skipped count.
    let text = format!("[{}]", nested(127));
    let mut tokens = Tokens::new(&text);
    tokens.open().unwrap();
    assert_eq!(tokens.skip(), Err(NotJson));
}

#[test]
fn a_value_is_passed_to_the_bracket_that_closes_it() {
    let passed = |text: &str| {
        let mut tokens = Tokens::new(text);
        tokens.pass().map(|()| tokens.at())
    };
    for value in
        [r#"{"a":[1,{"}":"]\""},[]],"b":{}}"#, "[]", r#"["{[\\"]"#, r#"[nul}"#, "1.5", r#""}""#]
    {
        assert_eq!(passed(&format!("{value}}}")), Ok(value.len()), "{value}");
    }
    for text in ["", "{", r#"["]"#, r#"{"\"}"#, "}", "nul", "[\"\n\"]"] {
        assert_eq!(passed(text), Err(NotJson), "{text}");
    }
}

#[test]
fn decimals_are_those_of_the_standard_library() {
    let mut seed = 1_u64;
    for round in 0..20_000_usize {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let digits = (seed >> (round % 60)).to_string();
        let (sign, point) = (["", "-"][round % 2], round / 2 % 24);
        let zeros = "0".repeat((point + 1).saturating_sub(digits.len()));
        let digits = format!("{zeros}{digits}");
        let (integer, fraction) = digits.split_at(digits.len() - point);
        let text = if point == 0 {
            format!("{sign}{digits}.0")
        } else {
            format!("{sign}{integer}.{fraction}")
        };
        let expected: f64 = text.parse().unwrap();
        let number = Tokens::new(&text).number().unwrap();
        let float = match number {
            Number::Float(float) => float.to_bits(),
            #[allow(clippy::cast_precision_loss, reason = "integers of floats are exact")]
            Number::Unsigned(integer) => (integer as f64).to_bits(),
            #[allow(clippy::cast_precision_loss, reason = "integers of floats are exact")]
            Number::Negative(integer) => (integer as f64).to_bits(),
        };
        assert_eq!(float, (expected + 0.0).to_bits(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("FUZZ_CASES").map_or(5_000, |cases| cases.parse().unwrap())
    ))]

    #[test]
    fn any_text_is_read_as_serde_json_reads_it(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"b\":", "1", "-", "0", ".5", "e3",
                "null", "true", "false", "nul", " ", "\n", "\\", "\\\"", "\\u0041", "é", "[1,2]",
                "{\"a\":1}", "\u{1}",
            ]),
            0..12,
        ),
    ) {
        let text = parts.concat();
        prop_assert_eq!(tree(&text), expected(&text));
        let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(skipped(&text).is_ok(), is_json);
    }
}
