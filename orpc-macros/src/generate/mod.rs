//! Generated code that the macros share.

pub(crate) mod chain;
pub(crate) mod checked;
pub(crate) mod docs;
pub(crate) mod entries;
pub(crate) mod extract;
pub(crate) mod marker;
