//! Results before they are written to a wire.

use std::any::TypeId;

use crate::value::File;

/// A result before it is written to a wire: an envelope, and the files of its value.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) envelope: Vec<u8>,
    /// Files in the order in which the envelope names their places.
    pub(crate) files: Vec<File>,
}

/// Returns the value, or `None` for `()`, which is undefined in JavaScript.
pub(crate) fn present<T: 'static>(value: &T) -> Option<&T> {
    (TypeId::of::<T>() != TypeId::of::<()>()).then_some(value)
}
