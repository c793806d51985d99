//! Results before they are on a wire.

use std::any::TypeId;

use crate::value::File;

/// A result before it is on a wire: an envelope, and the files of its value.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) envelope: Vec<u8>,
    /// In the order in which the envelope names their places.
    pub(crate) files: Vec<File>,
}

/// The value, or none for `()`: undefined in JavaScript.
pub(crate) fn present<T: 'static>(value: &T) -> Option<&T> {
    (TypeId::of::<T>() != TypeId::of::<()>()).then_some(value)
}
