//! Inputs, their checks and results, written from the text of one envelope to that of another.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::LazyLock;

use regex::Regex;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

/// A string that borrows from the request unless it has escapes.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;

        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Borrowing)
    }
}

/// The kind of strings in inputs: [`Text`], or `String` as plain code has them.
pub(crate) trait Words<'a>: Deref<Target = str> + Deserialize<'a> + Serialize {
    /// Messages of sockets are read in one pass, with their inputs.
    const IS_ONE_PASS: bool;

    /// Checks a stock-keeping unit, `^[A-Z]{3}-[0-9]{4}$`.
    fn is_sku(text: &str) -> bool;
}

impl<'a> Words<'a> for Text<'a> {
    const IS_ONE_PASS: bool = true;

    fn is_sku(text: &str) -> bool {
        match text.as_bytes() {
            [letters @ .., b'-', a, b, c, d] => {
                letters.len() == 3
                    && letters.iter().all(u8::is_ascii_uppercase)
                    && [a, b, c, d].into_iter().all(u8::is_ascii_digit)
            }
            _ => false,
        }
    }
}

impl Words<'_> for String {
    const IS_ONE_PASS: bool = false;

    fn is_sku(text: &str) -> bool {
        static SKU: LazyLock<Regex> =
            LazyLock::new(|| Regex::new("^[A-Z]{3}-[0-9]{4}$").expect("a pattern"));
        SKU.is_match(text)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Message<W> {
    room: W,
    text: W,
    tags: Vec<W>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Item<W> {
    sku: W,
    qty: u32,
    price: f64,
    note: Option<W>,
}

#[derive(Deserialize)]
struct Address<W> {
    #[expect(dead_code, reason = "part of the input")]
    street: W,
    country: W,
}

#[derive(Deserialize)]
struct Customer<W> {
    name: W,
    address: Address<W>,
}

#[derive(Deserialize)]
pub(crate) struct Order<W> {
    customer: Customer<W>,
    items: Vec<Item<W>>,
}

#[derive(Serialize)]
struct Receipt<W> {
    total: f64,
    items: Vec<Item<W>>,
}

#[derive(Deserialize)]
pub(crate) struct To {
    pub(crate) to: u32,
}

#[derive(Serialize)]
pub(crate) struct Number {
    pub(crate) n: u32,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Tick<W> {
    pub(crate) n: u32,
    text: W,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Envelope<T> {
    pub(crate) json: T,
}

/// An input that is refused, with the reason.
#[derive(Debug)]
pub(crate) struct Invalid(String);

impl From<serde_json::Error> for Invalid {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

impl Invalid {
    /// Returns the envelope of the error.
    pub(crate) fn envelope(&self) -> String {
        serde_json::json!({ "json": {
            "defined": false,
            "code": "BAD_REQUEST",
            "status": 400,
            "message": "Input validation failed",
            "data": { "issues": [{ "message": self.0, "path": [] }] },
        }})
        .to_string()
    }
}

/// Checks a length in characters. A text has at most as many characters as bytes, and at least a quarter of them.
fn has_length(text: &str, min: usize, max: usize) -> bool {
    if text.len() <= max && text.len() >= min.saturating_mul(4) {
        return true;
    }
    (min..=max).contains(&text.chars().count())
}

fn check(holds: bool, path: &str) -> Result<(), Invalid> {
    if holds { Ok(()) } else { Err(Invalid(path.to_owned())) }
}

impl<'a, W: Words<'a>> Message<W> {
    fn check(&self) -> Result<(), Invalid> {
        check(has_length(&self.room, 1, 64), "room")?;
        check(has_length(&self.text, 1, 2000), "text")?;
        check(self.tags.len() <= 8, "tags")?;
        self.tags.iter().try_for_each(|tag| check(has_length(tag, 0, 32), "tags"))
    }
}

impl<'a, W: Words<'a>> Order<W> {
    fn check(&self) -> Result<(), Invalid> {
        check(has_length(&self.customer.name, 1, 100), "customer.name")?;
        check(has_length(&self.customer.address.country, 2, 2), "customer.address.country")?;
        check((1..=500).contains(&self.items.len()), "items")?;
        self.items.iter().try_for_each(|item| {
            check(W::is_sku(&item.sku), "items.sku")?;
            check((1..=999).contains(&item.qty), "items.qty")?;
            check(item.price >= 0.0, "items.price")
        })
    }
}

/// The `echo` procedure.
pub(crate) fn echo<'a, W: Words<'a>>(input: &'a [u8], out: &mut Vec<u8>) -> Result<(), Invalid> {
    echoed(serde_json::from_slice::<Envelope<Message<W>>>(input)?, out)
}

/// The `order` procedure.
pub(crate) fn order<'a, W: Words<'a>>(input: &'a [u8], out: &mut Vec<u8>) -> Result<(), Invalid> {
    ordered(serde_json::from_slice::<Envelope<Order<W>>>(input)?, out)
}

/// Answers an `echo` that has been read.
pub(crate) fn echoed<'a, W: Words<'a>>(
    input: Envelope<Message<W>>,
    out: &mut Vec<u8>,
) -> Result<(), Invalid> {
    input.json.check()?;
    Ok(serde_json::to_writer(out, &input)?)
}

/// Answers an `order` that has been read.
pub(crate) fn ordered<'a, W: Words<'a>>(
    Envelope { json: order }: Envelope<Order<W>>,
    out: &mut Vec<u8>,
) -> Result<(), Invalid> {
    order.check()?;
    let total = order.items.iter().map(|item| f64::from(item.qty) * item.price).sum();
    Ok(serde_json::to_writer(out, &Envelope { json: Receipt { total, items: order.items } })?)
}

/// Returns the number of events that `count` is to send.
pub(crate) fn count(input: &[u8]) -> Result<u32, Invalid> {
    let Envelope { json: To { to } } = serde_json::from_slice(input)?;
    check(to <= 1_000_000, "to")?;
    Ok(to)
}

/// Returns the event that `publish` is to send.
pub(crate) fn tick<'a>(input: &'a [u8]) -> Result<Envelope<Tick<Text<'a>>>, Invalid> {
    let input: Envelope<Tick<Text<'a>>> = serde_json::from_slice(input)?;
    check(has_length(&input.json.text, 0, 1000), "text")?;
    Ok(input)
}
