//! Messages of the peer protocol.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::work::{Envelope, Message, Order, Text, Words};

/// A message.
#[derive(Deserialize)]
#[serde(bound = "P: Deserialize<'de>")]
struct Members<'a, P> {
    #[serde(borrow)]
    i: Text<'a>,
    #[serde(default)]
    t: u8,
    p: Option<P>,
}

/// A message with its input, if that was read with it.
pub(crate) struct Frame<'a, W> {
    pub(crate) i: Text<'a>,
    pub(crate) t: u8,
    pub(crate) p: Option<Payload<'a, W>>,
}

pub(crate) struct Payload<'a, W> {
    pub(crate) u: Text<'a>,
    pub(crate) b: Input<'a, W>,
}

/// The body of a call.
pub(crate) enum Input<'a, W> {
    None,
    Text(&'a RawValue),
    Echo(Envelope<Message<W>>),
    Order(Envelope<Order<W>>),
}

/// A payload whose body is text.
#[derive(Deserialize)]
struct Unread<'a> {
    #[serde(borrow)]
    u: Text<'a>,
    #[serde(borrow)]
    b: Option<&'a RawValue>,
}

impl<'a, W: Words<'a>> Frame<'a, W> {
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        if W::IS_ONE_PASS
            && let Ok(Members { i, t, p }) =
                serde_json::from_str::<Members<'_, Payload<'a, W>>>(text)
        {
            return Some(Self { i, t, p });
        }
        // Also that of an input that is refused, whose call gets an answer.
        let Members { i, t, p } = serde_json::from_str::<Members<'_, Unread<'a>>>(text).ok()?;
        let p = p.map(|Unread { u, b }| Payload { u, b: b.map_or(Input::None, Input::Text) });
        Some(Self { i, t, p })
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Member {
    U,
    B,
    #[serde(other)]
    Other,
}

impl<'de: 'a, 'a, W: Words<'de>> Deserialize<'de> for Payload<'a, W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnePass<'a, W>(PhantomData<(&'a (), W)>);

        impl<'de: 'a, 'a, W: Words<'de>> Visitor<'de> for OnePass<'a, W> {
            type Value = Payload<'a, W>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a payload")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut u, mut b) = (None::<Text<'a>>, Input::None);
                while let Some(member) = map.next_key()? {
                    match member {
                        Member::U => u = Some(map.next_value()?),
                        Member::B => {
                            // The official client writes the path first.
                            b = match u.as_deref() {
                                Some("/echo") => Input::Echo(map.next_value()?),
                                Some("/order") => Input::Order(map.next_value()?),
                                _ => Input::Text(map.next_value()?),
                            };
                        }
                        Member::Other => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                let u = u.ok_or_else(|| serde::de::Error::missing_field("u"))?;
                Ok(Payload { u, b })
            }
        }

        deserializer.deserialize_map(OnePass(PhantomData))
    }
}
