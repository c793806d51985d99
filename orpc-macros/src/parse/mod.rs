//! Syntax that the macros share: options, items, signatures, types, conditions.

pub(crate) mod attribute;
pub(crate) mod cfg;
pub(crate) mod crate_paths;
pub(crate) mod items;
pub(crate) mod signature;
pub(crate) mod types;
