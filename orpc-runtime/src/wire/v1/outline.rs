//! Members of a message as text, found in one pass.

use crate::value::tokens::{NotJson, Text, Tokens, is_json};

/// The members of a message and of its payload, each as JSON text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outline<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    /// The string that is the member, without its escapes.
    pub(super) url: Option<Text<'a>>,
    /// In a call without headers and method, an array or object that may not be JSON: an input,
    /// which is read once.
    pub(super) body: Option<&'a str>,
    pub(super) headers: Option<&'a str>,
    pub(super) method: Option<&'a str>,
}

impl<'a> Outline<'a> {
    /// Finds the members of a message. Unusual ones, such as members that stand twice, are an
    /// error, and so is all that is not JSON, except in the body.
    pub(super) fn of(message: &'a str) -> Result<Self, NotJson> {
        Self::usual(message).map_or_else(|| Self::in_any_order(message), Ok)
    }

    fn in_any_order(message: &'a str) -> Result<Self, NotJson> {
        let mut outline = Self::default();
        let mut has_payload = false;
        let mut tokens = Tokens::new(message);
        each_member(&mut tokens, |name, tokens| {
            let member = match name {
                "i" => &mut outline.id,
                "t" => &mut outline.kind,
                "p" if std::mem::replace(&mut has_payload, true) => return Err(NotJson),
                "p" => {
                    let call = &mut outline;
                    return each_member(tokens, |name, tokens| {
                        let member = match name {
                            "u" => return url(&mut call.url, tokens),
                            "b" => &mut call.body,
                            "h" => &mut call.headers,
                            "m" => &mut call.method,
                            _ => return tokens.skip(),
                        };
                        put(member, tokens)
                    });
                }
                _ => return tokens.skip(),
            };
            put(member, tokens)
        })?;
        tokens.end()?;
        Ok(outline)
    }

    /// Finds the members of a call as the official client writes it: in this order, without white
    /// space. `None` leaves the message to [`in_any_order`](Self::in_any_order).
    fn usual(message: &'a str) -> Option<Self> {
        let mut tokens = Tokens::new(message);
        let tokens = &mut tokens;
        let id = Some(value(tokens, "{\"i\":")?);
        if !tokens.take(",\"p\":{\"u\":") {
            return None;
        }
        let mut outline = Self { id, ..Self::default() };
        url(&mut outline.url, tokens).ok()?;
        if tokens.take(",\"b\":") {
            let start = start(tokens);
            tokens.pass().ok()?;
            outline.body = Some(tokens.since(start));
        }
        if !tokens.take("}}") {
            // With headers, the body may be something else than an input.
            if !outline.body.is_none_or(is_json) {
                return None;
            }
            outline.headers = value(tokens, ",\"h\":");
            outline.method = value(tokens, ",\"m\":");
            if !tokens.take("}}") {
                return None;
            }
        }
        tokens.is_at_end().then_some(outline)
    }
}

/// Reads a value as text, if the name of its member is here.
fn value<'a>(tokens: &mut Tokens<'a>, name: &str) -> Option<&'a str> {
    if !tokens.take(name) {
        return None;
    }
    let mut value = None;
    put(&mut value, tokens).ok()?;
    value
}

/// Returns the offset of the next value.
fn start(tokens: &mut Tokens<'_>) -> usize {
    tokens.peek();
    tokens.at()
}

/// Reads a value as text.
fn put<'a>(member: &mut Option<&'a str>, tokens: &mut Tokens<'a>) -> Result<(), NotJson> {
    let start = start(tokens);
    tokens.skip()?;
    once(member, tokens.since(start))
}

/// Reads a string.
fn url<'a>(member: &mut Option<Text<'a>>, tokens: &mut Tokens<'a>) -> Result<(), NotJson> {
    if tokens.peek() != Some(b'"') {
        return Err(NotJson);
    }
    let text = tokens.string()?;
    if member.replace(text).is_some() { Err(NotJson) } else { Ok(()) }
}

fn once<'a>(member: &mut Option<&'a str>, text: &'a str) -> Result<(), NotJson> {
    if member.replace(text).is_some() { Err(NotJson) } else { Ok(()) }
}

/// Reads an object.
fn each_member<'a>(
    tokens: &mut Tokens<'a>,
    mut read: impl FnMut(&str, &mut Tokens<'a>) -> Result<(), NotJson>,
) -> Result<(), NotJson> {
    if tokens.peek() != Some(b'{') {
        return Err(NotJson);
    }
    tokens.open()?;
    let mut is_first = true;
    while let Some(name) = tokens.next_member(is_first)? {
        is_first = false;
        read(name.as_str(), tokens)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_call_are_found_in_any_order() {
        let text = r#" {"p" : {"h":{"a":"b"}, "b": [1, {"b":2}] ,"x":null,"u":"/a\/b","m":"GET"}, "z":[], "i": "1"} "#;
        let outline = Outline::of(text).unwrap();
        assert_eq!(outline.id, Some("\"1\""));
        assert_eq!(outline.kind, None);
        assert_eq!(outline.url, Some(Text::Owned("/a/b".to_owned())));
        assert_eq!(outline.body, Some(r#"[1, {"b":2}]"#));
        assert_eq!(outline.headers, Some(r#"{"a":"b"}"#));
        assert_eq!(outline.method, Some("\"GET\""));
    }

    #[test]
    fn a_message_that_is_not_a_call_has_its_kind() {
        let outline = Outline::of(r#"{"i":1,"t":3,"p": {"e":"done"} }"#).unwrap();
        assert_eq!(outline.id, Some("1"));
        assert_eq!(outline.kind, Some("3"));
        assert_eq!(outline.url, None);
    }

    #[test]
    fn a_call_in_the_usual_order_has_the_outline_of_any_order() {
        for text in [
            r#"{"i":"1","p":{"u":"/a"}}"#,
            r#"{"i":-1e2,"p":{"u":"/a\/b"}}"#,
            r#"{"i":"1","p":{"u":"/a","b":{"json":[1,{"}}":"]"}]}}}"#,
            r#"{"i":"1","p":{"u":"/a","b":"}}","h":{"a":["b"]},"m":"GET"}}"#,
            r#"{"i":"1","p":{"u":"/a","h":{}}}"#,
            r#"{"i":"1","p":{"u":"/a","m":"\u0047ET"}}"#,
        ] {
            let usual = Outline::usual(text).unwrap();
            assert_eq!(Ok(usual), Outline::in_any_order(text), "{text}");
        }
        for text in [
            r#"{"i":"1","p":{"u":"/a"}} "#,
            r#"{"i":"1","p":{"u":"/a"}}}"#,
            r#"{"i":"1","p":{"u":"/a","b":01}}"#,
            r#"{"i":"1","p":{"u":"/a","b":1,"b":1}}"#,
            r#"{"i":"1","p":{"u":"/a","h":{},"b":1}}"#,
            r#"{"i":"1","p":{"u":"/a","x":1}}"#,
            r#"{"i":"1","p":{"u":"/a"},"t":4}"#,
            r#"{"i":"1","t":4,"p":{"u":"/a"}}"#,
            r#"{"i":"1","p":{"u":1}}"#,
            r#"{"i":"1","p":{"u":"/a","b":1"#,
            r#"{"i":,"p":{"u":"/a"}}"#,
        ] {
            assert_eq!(Outline::usual(text), None, "{text}");
        }
    }

    #[test]
    fn unusual_messages_have_no_outline() {
        for text in [
            "",
            "[]",
            "{",
            r#"{"i":1,"i":2}"#,
            r#"{"i":1,"p":{"u":"/a","u":"/b"}}"#,
            r#"{"i":1,"p":{"u":"/a"},"p":{"u":"/b"}}"#,
            r#"{"i":1,"p":"/a"}"#,
            r#"{"i":1,"p":{"u":"/a","b":01}}"#,
            r#"{"i":1,"p":{"u":"/a","x":"\q"}}"#,
            r#"{"i":1,"p":{"u":"/a"}} 1"#,
            r#"{"i":1,"p":{"u":"/a",}}"#,
        ] {
            assert_eq!(Outline::of(text).err(), Some(NotJson), "{text}");
        }
    }
}
