//! Where messages end in the bytes of a client (RFC 6455, section 5.2).

/// Follows the frames of a client by their lengths alone. What is no frame is
/// for the codec to find.
#[derive(Debug, Default)]
pub(super) struct Boundary {
    /// The part of a frame's header that was read.
    header: [u8; MAX_HEADER],
    header_length: usize,
    /// Bytes of the frame's payload that are to come.
    payload: u64,
    /// Further frames of the message are to come.
    is_fragmented: bool,
}

/// Two bytes, a length of eight, a mask of four.
const MAX_HEADER: usize = 14;

impl Boundary {
    /// Takes note of what was read.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        while let Some((&first, rest)) = bytes.split_first() {
            if self.payload > 0 {
                let skipped = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
                self.payload -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            self.header[self.header_length] = first;
            self.header_length += 1;
            bytes = rest;
            if self.header_length == self.header_size() {
                self.begin_payload();
            }
        }
    }

    /// Whether the last byte was the last one of a message.
    pub(super) fn is_reached(&self) -> bool {
        self.header_length == 0 && self.payload == 0 && !self.is_fragmented
    }

    /// How long the header is, as far as it is known.
    fn header_size(&self) -> usize {
        if self.header_length < 2 {
            return 2;
        }
        let length = match self.header[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if self.header[1] & 0x80 == 0 { 0 } else { 4 };
        2 + length + mask
    }

    fn begin_payload(&mut self) {
        let [first, second, length @ ..] = &self.header;
        let [a, b, c, d, e, f, g, h, ..] = *length;
        self.payload = match second & 0x7f {
            126 => u64::from(u16::from_be_bytes([a, b])),
            127 => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            length => u64::from(length),
        };
        let is_control = first & 0x08 != 0;
        if !is_control {
            self.is_fragmented = first & 0x80 == 0;
        }
        self.header_length = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame.
    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        match length {
            0..126 => bytes.push(0x80 | length as u8),
            126..65536 => {
                bytes.push(0x80 | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend([1, 2, 3, 4]);
        bytes.extend(std::iter::repeat_n(0x81, length));
        bytes
    }

    #[test]
    fn a_message_ends_with_the_last_byte_of_its_last_frame_however_it_arrives() {
        let messages = [
            frame(0x81, 0),
            frame(0x81, 125),
            frame(0x82, 126),
            frame(0x82, 65535),
            frame(0x81, 65536),
            // A fragmented message with a ping between its parts.
            [frame(0x01, 3), frame(0x89, 2), frame(0x00, 300), frame(0x80, 0)].concat(),
        ];
        for step in [1, 2, 3, 7, 100_000] {
            let mut boundary = Boundary::default();
            for message in &messages {
                for (index, part) in message.chunks(step).enumerate() {
                    boundary.pass(part);
                    let is_last = (index + 1) * step >= message.len();
                    assert_eq!(boundary.is_reached(), is_last);
                }
            }
        }
    }
}
