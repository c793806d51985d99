//! Results before they are written to a wire.

use std::any::TypeId;
use std::cell::Cell;

#[cfg(feature = "http")]
use bytes::Bytes;

use serde::Serialize;

use crate::value::{File, Serialised};

thread_local! {
    /// Buffer for the next envelope: most are copied as soon as they are written.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Initial capacity of a buffer, in bytes: enough for most envelopes.
const FIRST: usize = 512;

/// Maximum capacity of a buffer that a thread keeps for reuse.
const MAX_SPARE: usize = 8 * 1024;

/// Returns a buffer for an envelope.
pub(crate) fn buffer() -> Vec<u8> {
    let spare = SPARE.take();
    if spare.capacity() > 0 { spare } else { Vec::with_capacity(FIRST) }
}

/// Takes back the buffer of an envelope that was copied.
pub(crate) fn reuse(mut buffer: Vec<u8>) {
    if buffer.capacity() <= MAX_SPARE {
        buffer.clear();
        SPARE.set(buffer);
    }
}

/// Returns an envelope that is kept, and takes back its buffer.
#[cfg(feature = "http")]
pub(crate) fn into_bytes(mut envelope: Vec<u8>) -> Bytes {
    if envelope.capacity() > MAX_SPARE {
        fit(&mut envelope);
        return envelope.into();
    }
    let bytes = Bytes::copy_from_slice(&envelope);
    reuse(envelope);
    bytes
}

/// Releases what a buffer has beyond its envelope, which is kept, if that is much.
pub(crate) fn fit(envelope: &mut Vec<u8>) {
    if envelope.capacity() > FIRST.max(2 * envelope.len()) {
        envelope.shrink_to_fit();
    }
}

/// A result before it is written to a wire: an envelope, and the files of its value.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) envelope: Vec<u8>,
    /// Files in the order in which the envelope names their places.
    pub(crate) files: Vec<File>,
}

/// Returns the value, or `None` for `()`, which is undefined in JavaScript.
pub(crate) fn present<T: Serialize + 'static>(value: &T) -> Option<&dyn Serialised> {
    if TypeId::of::<T>() == TypeId::of::<()>() { None } else { Some(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_unless_it_is_large() {
        let mut first = buffer();
        assert_eq!(first.capacity(), FIRST);
        first.resize(5000, 1);
        let (capacity, at) = (first.capacity(), first.as_ptr());
        reuse(first);
        let again = buffer();
        assert_eq!((again.len(), again.capacity(), again.as_ptr()), (0, capacity, at));
        reuse(Vec::with_capacity(MAX_SPARE + 1));
        assert_eq!(buffer().capacity(), FIRST);
    }

    #[cfg(feature = "http")]
    #[test]
    fn an_envelope_keeps_no_buffer() {
        for length in [0, 5, MAX_SPARE, MAX_SPARE + 1, 3 * MAX_SPARE] {
            let mut envelope = buffer();
            envelope.resize(length, 1);
            let bytes = into_bytes(envelope);
            assert_eq!(*bytes, vec![1; length]);
            let kept = Vec::from(bytes).capacity();
            assert!(kept <= 2 * length, "{kept} for {length}");
        }
        assert!(buffer().capacity() <= MAX_SPARE);
    }

    #[test]
    fn an_envelope_that_is_kept_has_a_buffer_of_its_length() {
        for (length, capacity, fits) in [(5, 512, 512), (5, 513, 5), (5000, 10_000, 10_000)] {
            let mut envelope = Vec::with_capacity(capacity);
            envelope.resize(length, 1);
            fit(&mut envelope);
            assert_eq!(envelope.capacity(), fits, "{length} of {capacity}");
        }
    }
}
