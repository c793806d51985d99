//! Messages of a socket, and close codes.

use std::fmt;

use bytes::Bytes;

/// One message of a channel.
///
/// Text is UTF-8. Transports without message types carry the bytes of either.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame {
    /// A message of text.
    Text(Bytes),
    /// A message of bytes.
    Binary(Bytes),
}

impl Frame {
    /// Returns the bytes of the message.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes()
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) => bytes,
        }
    }

    /// Returns the bytes of the message by value.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) => bytes,
        }
    }

    /// Returns `true` if the message is text.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }
}

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl From<String> for Frame {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&'static str> for Frame {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Frame> for Bytes {
    fn from(frame: Frame) -> Self {
        frame.into_bytes()
    }
}

impl PartialEq<str> for Frame {
    fn eq(&self, text: &str) -> bool {
        self.as_bytes() == text.as_bytes()
    }
}

impl PartialEq<&str> for Frame {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

/// Close code of a socket (RFC 6455, section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the socket is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the server shuts down, or the page is left.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the other end broke the protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// 1005: a close frame without a code. Never sent.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection was lost without a close frame. Never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: the client violates a policy.
    pub const POLICY: Self = Self(1008);
    /// 1009: a message is too big.
    pub const TOO_BIG: Self = Self(1009);
    /// 1011: the server failed.
    pub const INTERNAL: Self = Self(1011);
    /// 1013: the server, or this client's connection, is overloaded.
    pub const OVERLOAD: Self = Self(1013);

    /// Creates a code that may be sent: 1000 to 1003, 1007 to 1014, and 3000 to 4999,
    /// of which 4000 and above are an application's own.
    pub fn new(code: u16) -> Option<Self> {
        matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999).then_some(Self(code))
    }

    /// Wraps a received code.
    #[cfg(feature = "websocket")]
    pub(crate) fn received(code: u16) -> Self {
        Self(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Close frame of a socket, or its loss.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseFrame {
    /// Code of the first close frame, from either end.
    pub code: CloseCode,
    /// Its reason, for people.
    pub reason: String,
    /// `true` if both ends have sent a close frame.
    pub clean: bool,
}

/// Maximum length of a close reason, in bytes: a close frame has 125, two of them for
/// the code.
const MAX_REASON: usize = 123;

impl CloseFrame {
    /// Creates a close frame of this end. A reason of more than 123 bytes is cut.
    pub(crate) fn ours(code: CloseCode, reason: &str) -> Self {
        let fits = |end: &usize| *end <= MAX_REASON;
        let ends = reason.char_indices().map(|(start, char)| start + char.len_utf8());
        let end = ends.take_while(fits).last().unwrap_or(0);
        Self { code, reason: reason[..end].to_owned(), clean: false }
    }

    /// Creates the close frame of a client, for transports of your own. A code that is never sent,
    /// such as 1006, stands for a lost connection.
    pub fn received(code: u16, reason: impl Into<String>, clean: bool) -> Self {
        Self { code: CloseCode(code), reason: reason.into(), clean }
    }

    /// Creates the close of a lost connection.
    #[cfg(feature = "websocket")]
    pub(crate) fn abnormal() -> Self {
        Self { code: CloseCode::ABNORMAL, reason: String::new(), clean: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_bytes_in_every_form() {
        let text = [Frame::from("a text"), Frame::from("a text".to_owned())];
        for frame in [&text[0], &text[1], &Frame::Binary(Bytes::from_static(b"a text"))] {
            assert_eq!(frame.as_bytes(), b"a text");
            assert_eq!(frame.as_ref(), b"a text");
            assert_eq!(frame.bytes(), "a text");
            assert_eq!(frame.clone().into_bytes(), "a text");
            assert_eq!(Bytes::from(frame.clone()), "a text");
            assert!(*frame == "a text" && *frame == *"a text");
            assert!(*frame != "a test" && *frame != *"a test");
        }
        assert!(text.iter().all(Frame::is_text));
        assert!(!Frame::Binary(Bytes::new()).is_text());
    }

    /// RFC 6455, sections 7.4.1 and 7.4.2.
    #[test]
    fn codes_that_are_never_sent_are_refused() {
        for code in [1000, 1001, 1003, 1007, 1014, 3000, 4999] {
            let read = CloseCode::new(code).unwrap();
            assert_eq!((u16::from(read), read.to_string()), (code, code.to_string()));
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
            assert_eq!(CloseCode::new(code), None, "{code}");
        }
    }

    #[test]
    fn a_reason_is_cut_at_a_character() {
        let cut = |reason: &str| CloseFrame::ours(CloseCode::NORMAL, reason).reason;
        assert_eq!(cut(""), "");
        assert_eq!(cut(&"x".repeat(123)), "x".repeat(123));
        assert_eq!(cut(&"x".repeat(124)), "x".repeat(123));
        // Two bytes each.
        assert_eq!(cut(&"ü".repeat(62)), "ü".repeat(61));
        let frame = CloseFrame::ours(CloseCode::POLICY, "no");
        assert_eq!(
            frame,
            CloseFrame { code: CloseCode::POLICY, reason: "no".to_owned(), clean: false }
        );
    }
}
