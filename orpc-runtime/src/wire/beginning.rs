//! First members of a message that is too long to be read.

use serde::de::IgnoredAny;

use super::{CallId, ForeignProtocol, Protocol};

/// Maximum number of bytes of a message that are examined: its members up to the
/// payload.
pub(crate) const MAX_BEGINNING: usize = 2048;

/// The members before the payload of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beginning {
    pub(crate) id: CallId,
    pub(crate) kind: BeginningKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BeginningKind {
    Call,
    /// An event of the call's input.
    Event,
    /// A message that is not answered.
    Other,
    /// A call in a protocol that the server does not speak.
    Foreign(ForeignProtocol),
}

/// Error of a beginning without the necessary members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoBeginning {
    /// More bytes may complete it.
    Short,
    /// It is not a message, or the id comes later.
    Unreadable,
}

impl Beginning {
    /// Parses a beginning: the members before the payload, which is the first one whose value is an object or array.
    pub(crate) fn decode(protocol: Protocol, text: &[u8]) -> Result<Self, NoBeginning> {
        let mut members = Members(Vec::new());
        let mut rest = expect(text, b'{')?;
        loop {
            let (name, behind) = string(rest)?;
            rest = skip_space(expect(behind, b':')?);
            let (value, behind) = match rest.first().ok_or(NoBeginning::Short)? {
                b'{' | b'[' => return Self::of(protocol, &members),
                b'"' => string(rest)?,
                _ => word(rest)?,
            };
            members.0.push((name, value));
            rest = skip_space(behind);
            match rest.first().ok_or(NoBeginning::Short)? {
                b',' => rest = &rest[1..],
                _ => return Err(NoBeginning::Unreadable),
            }
        }
    }

    fn of(protocol: Protocol, members: &Members<'_>) -> Result<Self, NoBeginning> {
        let (id, kind) = protocol.beginning(members).ok_or(NoBeginning::Unreadable)?;
        let id = std::str::from_utf8(id).map_err(|_| NoBeginning::Unreadable)?;
        // It is repeated unchanged in the answer.
        serde_json::from_str::<IgnoredAny>(id).map_err(|_| NoBeginning::Unreadable)?;
        let id = CallId::new(id).map_err(|_| NoBeginning::Unreadable)?;
        Ok(Self { id, kind })
    }
}

/// Members before the payload: names with their quotes, and values, as JSON text.
pub(super) struct Members<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Members<'a> {
    /// Returns the last value of that name.
    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        let is_it =
            |own: &[u8]| own.len() == name.len() + 2 && own[1..].starts_with(name.as_bytes());
        self.0.iter().rfind(|(own, _)| is_it(own)).map(|(_, value)| *value)
    }
}

fn skip_space(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    &text[text.iter().take_while(|byte| is_space(byte)).count()..]
}

/// Skips spaces and a byte; returns the rest.
fn expect(text: &[u8], byte: u8) -> Result<&[u8], NoBeginning> {
    match skip_space(text).split_first() {
        None => Err(NoBeginning::Short),
        Some((&first, rest)) if first == byte => Ok(rest),
        Some(_) => Err(NoBeginning::Unreadable),
    }
}

/// Splits off a JSON string with its quotes.
fn string(text: &[u8]) -> Result<(&[u8], &[u8]), NoBeginning> {
    let text = skip_space(text);
    expect(text, b'"')?;
    let mut is_escaped = false;
    for (at, &byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Ok(text.split_at(at + 1)),
            _ => {}
        }
    }
    Err(NoBeginning::Short)
}

/// Splits off a number, `true`, `false` or `null`. One at the end of the text may be longer.
fn word(text: &[u8]) -> Result<(&[u8], &[u8]), NoBeginning> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    match text.iter().take_while(|byte| is_part(byte)).count() {
        0 => Err(NoBeginning::Unreadable),
        length => Ok(text.split_at(length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<(String, BeginningKind), NoBeginning> {
        let read = Beginning::decode(Protocol::default(), text.as_bytes())?;
        Ok((read.id.as_str().to_owned(), read.kind))
    }

    #[test]
    fn the_id_and_the_kind_come_before_the_payload() {
        use BeginningKind::{Call, Event, Other};
        for (text, id, kind) in [
            (r#"{"i":"1","p":{"#, r#""1""#, Call),
            (r#"{"i":"1","t":1,"p":{"u":"/ech"#, r#""1""#, Call),
            (" {\n\"i\" : 7 ,\t\"p\" : {", "7", Call),
            (r#"{"i":"é\"\\","p":{"#, r#""é\"\\""#, Call),
            (r#"{"x":null,"y":-1.5e3,"z":"{","i":"1","b":["#, r#""1""#, Call),
            (r#"{"i":"1","t":3,"p":{"#, r#""1""#, Event),
            (r#"{"i":"1","t":4,"p":{"#, r#""1""#, Other),
            (
                r#"{"id":"1","kind":"request","json":{"#,
                r#""1""#,
                BeginningKind::Foreign(ForeignProtocol::V2),
            ),
            (r#"{"kind":"event-stream","id":"5","json":{"#, r#""5""#, Other),
        ] {
            assert_eq!(told(text), Ok((id.to_owned(), kind)), "{text}");
            for length in 0..text.trim_end_matches(|last| last != '{' && last != '[').len() {
                if text.is_char_boundary(length) {
                    assert_eq!(
                        told(&text[..length]),
                        Err(NoBeginning::Short),
                        "{length} of {text}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_beginning_of_something_else_tells_nothing() {
        let long = format!(r#"{{"i":"{}","p":{{"#, "x".repeat(1100));
        for text in [
            "x",
            "[1",
            r#""text""#,
            r#"{"p":{"#,
            r#"{"i":{"#,
            r#"{"i":"1"}"#,
            r#"{"i":"1";"p":{"#,
            r#"{"i":"\x","p":{"#,
            r#"{"i":01,"p":{"#,
            r#"{"i":null,"p":{"#,
            r#"{"id":"1","p":{"#,
            r#"{i:"1","p":{"#,
            &long,
        ] {
            assert_eq!(told(text), Err(NoBeginning::Unreadable), "{text}");
        }
        let text = b"{\"i\":\"\xff\",\"p\":{";
        assert_eq!(Beginning::decode(Protocol::default(), text), Err(NoBeginning::Unreadable));
    }
}
