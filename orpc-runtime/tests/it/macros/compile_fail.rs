//! Compile errors of the macros.
//!
//! `TRYBUILD=overwrite cargo test --test it compile_fail` writes the expected
//! messages anew: read them before they are kept.

#[test]
fn mistakes_are_reported_at_the_users_own_tokens() {
    trybuild::TestCases::new().compile_fail("tests/macros/fail/*/*.rs");
}
