//! The bytes of requests, and the reading of answers: HTTP/1.1, chunks, frames of RFC 6455.

use std::io;

use memchr::memmem;

/// The key of frames: a client must mask, and any key will do.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub fn error(text: impl Into<String>) -> io::Error {
    io::Error::other(text.into())
}

/// Returns a POST with the headers that `fetch` of Node sends.
pub fn post(path: &str, accept: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: keep-alive\r\ncontent-type: application/json\r\n\
         accept: {accept}\r\naccept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\n\
         accept-encoding: gzip, deflate\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Returns the request for an upgrade.
pub fn upgrade(path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

/// Returns a masked frame.
pub fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A frame of the server: opcode, payload, and all bytes that it takes.
pub struct Received<'a> {
    pub opcode: u8,
    pub payload: &'a [u8],
    pub length: usize,
}

/// Reads the first frame, if it is complete.
pub fn received(bytes: &[u8]) -> io::Result<Option<Received<'_>>> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    if first & 0x80 == 0 || second & 0x80 != 0 {
        return Err(error("a fragment or a masked frame"));
    }
    let (length, start) = match second {
        126 => match rest.first_chunk::<2>() {
            Some(length) => (usize::from(u16::from_be_bytes(*length)), 4),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(length) => (u64::from_be_bytes(*length) as usize, 10),
            None => return Ok(None),
        },
        length => (usize::from(*length), 2),
    };
    let all = start + length;
    let received = |payload| Received { opcode: first & 0x0f, payload, length: all };
    Ok(bytes.get(start..all).map(received))
}

/// The head of a response.
#[derive(Clone, Copy)]
pub struct Head {
    pub status: u16,
    /// All bytes up to the body.
    pub length: usize,
    /// The length of the body, unless it comes in chunks.
    pub body: Option<usize>,
}

/// Reads the head of a response, if it is complete.
pub fn head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| error("a head that is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.get(9..12)).and_then(|code| code.parse().ok());
    let mut head = Head { status: status.ok_or_else(|| error(text))?, length: end + 4, body: None };
    for line in lines {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            head.body = Some(value.trim().parse().map_err(|_| error(text))?);
        }
    }
    Ok(Some(head))
}

/// The decoder of a body in chunks.
#[derive(Default)]
pub struct Chunks {
    /// Bytes of the current chunk that are still to come, with those of its end of line.
    left: usize,
    is_last: bool,
}

impl Chunks {
    /// Moves what is complete to `body`; returns the bytes that were taken, and `true` at the end.
    pub fn decode(&mut self, bytes: &[u8], body: &mut Vec<u8>) -> io::Result<(usize, bool)> {
        let mut at = 0;
        loop {
            if self.left > 0 {
                let taken = self.left.min(bytes.len() - at);
                let data = self.left.saturating_sub(2).min(taken);
                body.extend_from_slice(&bytes[at..at + data]);
                self.left -= taken;
                at += taken;
                if self.left > 0 {
                    return Ok((at, false));
                }
                if std::mem::take(&mut self.is_last) {
                    return Ok((at, true));
                }
            }
            let Some(end) = memmem::find(&bytes[at..], b"\r\n") else { return Ok((at, false)) };
            let text = std::str::from_utf8(&bytes[at..at + end]).unwrap_or_default();
            let size =
                usize::from_str_radix(text, 16).map_err(|_| error("a chunk without a length"))?;
            at += end + 2;
            self.is_last = size == 0;
            self.left = size + 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_decoded_wherever_they_are_cut() {
        let bytes = b"5\r\nhello\r\n1\r\n \r\n6\r\nworld!\r\n0\r\n\r\nrest";
        for cut in 0..bytes.len() - 4 {
            let (mut chunks, mut body) = (Chunks::default(), Vec::new());
            let (first, is_end) = chunks.decode(&bytes[..cut], &mut body).unwrap();
            assert!(!is_end);
            let (second, is_end) = chunks.decode(&bytes[first..], &mut body).unwrap();
            assert!(is_end);
            assert_eq!(&bytes[first + second..], b"rest");
            assert_eq!(body, b"hello world!");
        }
    }

    #[test]
    fn frames_of_every_length_are_read() {
        for length in [0, 125, 126, 0xffff, 0x10000] {
            let mut bytes = frame(1, &vec![b'a'; length]);
            // A frame of a server has no mask.
            let start = bytes.len() - length;
            bytes.drain(start - MASK.len()..start);
            bytes[1] &= 0x7f;
            assert!(received(&bytes[..bytes.len() - 1]).unwrap().is_none());
            assert_eq!(received(&bytes).unwrap().unwrap().length, bytes.len());
        }
    }
}
