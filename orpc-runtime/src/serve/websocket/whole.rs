//! Messages that have arrived whole, which need no codec (RFC 6455, section 5.2).

use crate::socket::Frame as Message;

/// The first bytes of messages in one frame.
const LAST_TEXT: u8 = 0x81;
const LAST_BINARY: u8 = 0x82;

/// Reads a message that is whole at the start of the bytes, in one frame and within the limit. Returns it with the number
/// of its bytes; `None` leaves it to the codec.
pub(super) fn read(bytes: &[u8], limit: u64) -> Option<(Message, usize)> {
    let &[first, second, ..] = bytes else { return None };
    let is_text = first == LAST_TEXT;
    if (!is_text && first != LAST_BINARY) || second & 0x80 == 0 {
        return None;
    }
    let (length, start) = match second & 0x7f {
        126 => (usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
        // Longer than a read.
        127 => return None,
        length => (usize::from(length), 2),
    };
    // The codec refuses a length that has a shorter form.
    let is_shortest = start == 2 || length > 125;
    if !is_shortest || length as u64 > limit {
        return None;
    }
    let (mask, payload) = bytes[start..].split_first_chunk()?;
    let payload = unmasked(*mask, payload.get(..length)?);
    if is_text && std::str::from_utf8(&payload).is_err() {
        return None;
    }
    let message = if is_text { Message::Text } else { Message::Binary };
    Some((message(payload.into()), start + mask.len() + length))
}

/// Returns a payload without its mask.
fn unmasked(mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut out = payload.to_vec();
    // As long as a register.
    let mut pieces = out.chunks_exact_mut(16);
    for piece in &mut pieces {
        for (at, byte) in piece.iter_mut().enumerate() {
            *byte ^= mask[at % 4];
        }
    }
    for (at, byte) in pieces.into_remainder().iter_mut().enumerate() {
        *byte ^= mask[at % 4];
    }
    out
}
