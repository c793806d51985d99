//! Bytes that arrive in pieces.

use bytes::Bytes;

use crate::budget::{Exhausted, Reservation};

/// Length up to which a buffer grows with what arrives. A longer one is allocated as long
/// as it may become: an allocator maps it on its own, the part without bytes takes no
/// memory, and all is given back at once.
const SHORT: usize = 64 * 1024;

/// Maximum capacity that is allocated for bytes that may not come.
const AHEAD: usize = 1024 * 1024;

/// Unit of memory of an operating system, in which bytes count.
const PAGE: usize = 4096;

/// Bytes that arrive, whose memory is reserved before it is taken.
#[derive(Debug, Default)]
pub(super) struct Arriving {
    bytes: Vec<u8>,
    counted: usize,
}

impl Arriving {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    #[cfg(feature = "http")]
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Adds bytes, whose memory counts towards `held`; there will be at most `most`.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        most: usize,
        held: &mut Reservation,
    ) -> Result<(), Exhausted> {
        let length = self.bytes.len() + bytes.len();
        let counted = length.next_multiple_of(PAGE);
        held.grow(counted.saturating_sub(self.counted))?;
        self.counted = self.counted.max(counted);
        if length > self.bytes.capacity() {
            let capacity = if length <= SHORT {
                length.next_multiple_of(PAGE)
            } else {
                most.min(length.saturating_mul(2).max(AHEAD)).max(length)
            };
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Returns the bytes, for which `held` keeps what it has.
    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }

    /// Takes the bytes, and the part of the memory that is for them.
    pub(super) fn take(&mut self) -> (Vec<u8>, usize) {
        let Self { bytes, counted } = std::mem::take(self);
        (bytes, counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Budget, MemoryBudget};

    #[test]
    fn bytes_are_kept_in_order_and_count_as_they_arrive() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
        for (piece, most) in [(1000, usize::MAX), (4096, 1_000_000), (300_000, 1_000_000)] {
            let budget = MemoryBudget::new(2_000_000);
            let mut held = budget.budget().nothing();
            let mut arriving = Arriving::default();
            for (number, part) in bytes.chunks(piece).enumerate() {
                arriving.push(part, most, &mut held).unwrap();
                let length = bytes.len().min((number + 1) * piece);
                assert_eq!(arriving.len(), length);
                assert_eq!(budget.used(), length.next_multiple_of(PAGE));
                assert!(arriving.bytes.capacity() <= (2 * length + PAGE).max(AHEAD));
            }
            assert_eq!(arriving.into_bytes(), bytes);
        }
    }

    #[test]
    fn memory_is_reserved_before_it_is_taken() {
        let budget = Budget::new(PAGE + 10);
        let mut held = budget.nothing();
        let mut arriving = Arriving::default();
        arriving.push(&[1; PAGE], usize::MAX, &mut held).unwrap();
        assert_eq!(arriving.push(&[3], usize::MAX, &mut held), Err(Exhausted::Own));
        assert_eq!(arriving.len(), PAGE);
        let (taken, counted) = arriving.take();
        assert_eq!((taken.len(), counted), (PAGE, PAGE));
        assert!(arriving.is_empty());
    }
}
