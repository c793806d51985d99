//! A build script that writes the client's type, run by Cargo.
#![cfg(feature = "typescript")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

const MANIFEST: &str = r#"
[package]
name = "built"
version = "0.0.0"
edition = "2024"

[workspace]

[build-dependencies]
orpc-runtime = { path = "RUNTIME", default-features = false, features = ["typescript"] }

[profile.dev]
debug = false
"#;

/// Counts its runs in a file that Cargo does not look at.
const SCRIPT: &str = r#"
use std::io::Write as _;

use orpc_runtime::prelude::*;

#[router]
mod api {
    #[orpc_runtime::procedure]
    pub async fn ping(times: u8) -> String {
        "pong".repeat(times.into())
    }
}

fn main() {
    let mut runs = std::fs::File::options().create(true).append(true).open("runs").unwrap();
    runs.write_all(b"x").unwrap();
    orpc_runtime::typescript::client::<()>(&api::router()).write("web/client.ts");
}
"#;

/// A package with a build script, which is built where builds of tests are kept.
struct Package(PathBuf);

impl Package {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("built");
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = MANIFEST.replace("RUNTIME", env!("CARGO_MANIFEST_DIR"));
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        // The versions that are tested, and are at hand.
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        fs::copy(lock, folder.join("Cargo.lock")).unwrap();
        fs::write(folder.join("build.rs"), SCRIPT).unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        Self(folder)
    }

    fn cargo_build(&self, mode: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(["build", "--quiet", "--offline"])
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", self.0.with_extension("target"))
            .env_remove("ORPC_TS")
            .env_remove("DOCS_RS");
        if let Some(mode) = mode {
            command.env("ORPC_TS", mode);
        }
        command.output().unwrap()
    }

    fn build(&self) {
        let output = self.cargo_build(None);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn runs(&self) -> usize {
        fs::read(self.0.join("runs")).unwrap().len()
    }

    fn client(&self) -> PathBuf {
        self.0.join("web/client.ts")
    }

    fn modified(&self) -> SystemTime {
        fs::metadata(self.client()).unwrap().modified().unwrap()
    }
}

#[test]
fn a_build_script_runs_when_the_file_is_another_one_and_not_else() {
    let package = Package::new();
    package.build();
    let text = fs::read_to_string(package.client()).unwrap();
    assert!(text.contains("ping: ProcedureClient<C, number, string, ThrowableError>;"), "{text}");
    let (first, modified) = (package.runs(), package.modified());

    package.build();
    package.build();
    assert_eq!((package.runs(), package.modified()), (first, modified), "nothing changed");

    // Nor has another source anything to do with it.
    fs::write(package.0.join("src/lib.rs"), "//! Changed.").unwrap();
    package.build();
    assert_eq!((package.runs(), package.modified()), (first, modified), "a source changed");

    fs::remove_file(package.client()).unwrap();
    package.build();
    assert_eq!(fs::read_to_string(package.client()).unwrap(), text, "it was deleted");
    assert_eq!(package.runs(), first + 1);
    package.build();
    assert_eq!(package.runs(), first + 1, "nothing changed since");

    fs::write(package.client(), "// Changed by hand.\n").unwrap();
    package.build();
    assert_eq!(fs::read_to_string(package.client()).unwrap(), text, "it was changed by hand");

    fs::write(package.client(), text.replace("ping", "pong")).unwrap();
    let check = package.cargo_build(Some("check"));
    let report = String::from_utf8_lossy(&check.stderr);
    assert!(!check.status.success());
    assert!(report.contains("+  ping: ProcedureClient<"), "{report}");
    let off = package.cargo_build(Some("off"));
    assert!(off.status.success(), "{}", String::from_utf8_lossy(&off.stderr));
    let unknown = package.cargo_build(Some("sometimes"));
    let report = String::from_utf8_lossy(&unknown.stderr);
    assert!(report.contains("it may be `write`, `check` or `off`"), "{report}");
    assert!(fs::read_to_string(package.client()).unwrap().contains("pong"), "it was left alone");
    package.build();
    assert_eq!(fs::read_to_string(package.client()).unwrap(), text, "and is written again");
}
