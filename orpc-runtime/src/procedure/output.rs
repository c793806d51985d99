//! What a call answers with, before it is on a wire.

use crate::value::File;

/// An envelope, and the files of its value.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) envelope: Vec<u8>,
    /// In the order in which the envelope names their places.
    pub(crate) files: Vec<File>,
}
