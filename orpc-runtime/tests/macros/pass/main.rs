//! All that the macros accept: each module is what a crate of the user's may be, with attributes of its own.
//!
//! No harness of tests, since rustc looks for missing documentation in none.
#![forbid(non_ascii_idents, reason = "a lint of whole crates alone")]

pub mod arguments;
pub mod attributes;
pub mod borrowing_streams;
pub mod cfg;
pub mod elsewhere;
#[cfg(feature = "uuid")]
pub mod entries;
pub mod forbidden_lints;
pub mod generated_names;
pub mod lints;
pub mod macro_rules;
pub mod names;
pub mod no_implicit_prelude;
pub mod raw_identifiers;
pub mod renamed_crate;
pub mod results;
pub mod shadowed_crates;
pub mod shadowed_macros;
pub mod shadowed_prelude;
pub mod shadowed_primitives;

fn main() {
    arguments::main();
    attributes::main();
    borrowing_streams::main();
    cfg::main();
    elsewhere::main();
    #[cfg(feature = "uuid")]
    entries::main();
    forbidden_lints::main();
    generated_names::main();
    lints::main();
    macro_rules::main();
    names::main();
    no_implicit_prelude::main();
    raw_identifiers::main();
    renamed_crate::main();
    results::main();
    shadowed_crates::main();
    shadowed_macros::main();
    shadowed_prelude::main();
    shadowed_primitives::main();
}
