//! Compile errors of the macros.
//!
//! `TRYBUILD=overwrite cargo test --all-features --test it compile_fail` writes the expected
//! messages anew: read them before they are kept.

use crate::process;

#[test]
fn mistakes_are_reported_at_the_users_own_tokens() {
    // Flags of trybuild, which gives the last one to the cases alone and so would compile the
    // dependencies twice.
    let flags = ["--cfg", "trybuild", "--verbose", "-A", "dead_code", "--diagnostic-width=140"];
    let environment = |command: &mut std::process::Command| {
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
        // Users do not have the lints of the workspace.
        command.env_remove("RUSTC_WORKSPACE_WRAPPER");
    };
    process::alone_with(environment, || {
        trybuild::TestCases::new().compile_fail("tests/macros/fail/*/*.rs");
    });
}
