//! Messages that have arrived whole, which need no codec (RFC 6455, section 5.2).

use std::ops::Range;

/// The first bytes of messages in one frame.
const LAST_TEXT: u8 = 0x81;
const LAST_BINARY: u8 = 0x82;

/// A message that is whole at the start of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) is_text: bool,
    /// Place of its payload, which is not masked any more.
    pub(super) payload: Range<usize>,
}

/// Finds a message that is whole at the start of the bytes, in one frame and within the limit.
/// `None` leaves the bytes as they are, to the codec.
pub(super) fn read(bytes: &mut [u8], limit: u64) -> Option<Whole> {
    let &mut [first, second, ..] = bytes else { return None };
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
    let (mask, rest) = bytes[start..].split_first_chunk_mut()?;
    let (mask, payload) = (*mask, rest.get_mut(..length)?);
    change(mask, payload);
    // The first check is the faster one, and holds for most messages.
    if is_text && !payload.is_ascii() && std::str::from_utf8(payload).is_err() {
        change(mask, payload);
        return None;
    }
    let start = start + mask.len();
    Some(Whole { is_text, payload: start..start + length })
}

/// Masks a payload, or removes its mask.
fn change(mask: [u8; 4], payload: &mut [u8]) {
    // As long as a register.
    let mut pieces = payload.chunks_exact_mut(16);
    for piece in &mut pieces {
        for (at, byte) in piece.iter_mut().enumerate() {
            *byte ^= mask[at % 4];
        }
    }
    let mut words = pieces.into_remainder().chunks_exact_mut(4);
    for word in &mut words {
        for (byte, mask) in word.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(mask) {
        *byte ^= mask;
    }
}
