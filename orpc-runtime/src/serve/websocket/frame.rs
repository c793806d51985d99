//! The header of a frame (RFC 6455, section 5.2).

/// Two bytes, a length of eight, a mask of four.
pub(super) const MAX_HEADER: usize = 14;

/// The header of a frame.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Frame {
    pub(super) is_last: bool,
    pub(super) reserved: u8,
    pub(super) opcode: u8,
    pub(super) is_masked: bool,
    pub(super) length: u64,
    pub(super) mask: [u8; 4],
}

impl Frame {
    pub(super) fn read(header: &[u8]) -> Self {
        let (first, second) = (header[0], header[1]);
        let is_masked = second & 0x80 != 0;
        let (length, behind) = match second & 0x7f {
            126 => (number(&header[2..4]), 4),
            127 => (number(&header[2..10]), 10),
            length => (length.into(), 2),
        };
        let mut mask = [0; 4];
        for (to, from) in mask.iter_mut().zip(&header[behind..]) {
            *to = *from;
        }
        Self {
            is_last: first & 0x80 != 0,
            reserved: first & 0x70,
            opcode: first & 0x0f,
            is_masked,
            length,
            mask,
        }
    }

    pub(super) fn is_control(self) -> bool {
        self.opcode & 0x08 != 0
    }

    /// Returns the first missing bytes of its payload, unmasked.
    pub(super) fn unmask(self, part: &[u8], left: u64) -> impl Iterator<Item = u8> {
        let start = usize::try_from((self.length - left) % 4).unwrap_or_default();
        part.iter().enumerate().map(move |(at, byte)| byte ^ self.mask[(start + at) % 4])
    }
}

/// Reads a length, the highest byte first.
pub(super) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
