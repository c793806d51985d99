//! A build script that writes the client's type, run by Cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

use orpc_runtime::prelude::*;
use orpc_runtime::typescript;

const MANIFEST: &str = r#"
[package]
name = "built"
version = "0.0.0"
edition = "2024"

[workspace]
"#;

/// Counts its runs in a file that Cargo does not look at. Its other part is the test [`build_script`] of this program,
/// whose dependencies are compiled.
const SCRIPT: &str = r#"
use std::io::Write as _;

fn main() {
    let mut runs = std::fs::File::options().create(true).append(true).open("runs").unwrap();
    runs.write_all(b"x").unwrap();
    let mut program = std::process::Command::new(PROGRAM);
    program.args(["typescript::build_script::build_script", "--exact", "--nocapture"]);
    assert!(program.env("CLIENT_OF_BUILD_SCRIPT", "web/client.ts").status().unwrap().success());
}
"#;

const PING: &str = "ping: ProcedureClient<C, number, string, ThrowableError>;";

#[router]
mod api {
    #[orpc_runtime::procedure]
    pub(super) async fn ping(times: u8) -> String {
        "pong".repeat(times.into())
    }
}

/// Writes the file of a build script, if one runs it. Otherwise checks the text that is written.
#[test]
fn build_script() {
    let client = typescript::client::<()>(&api::router());
    if let Some(file) = std::env::var_os("CLIENT_OF_BUILD_SCRIPT") {
        // Ends the line on which the name of the test stands.
        println!();
        client.write(file);
    } else {
        assert!(client.to_string().contains(PING), "{client}");
    }
}

/// A package with a build script, which is built where builds of tests are kept.
struct Package(PathBuf);

impl Package {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("built");
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("Cargo.toml"), MANIFEST).unwrap();
        let program = format!("{:?}", std::env::current_exe().unwrap());
        fs::write(folder.join("build.rs"), SCRIPT.replace("PROGRAM", &program)).unwrap();
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
            .env_remove("DOCS_RS")
            .env_remove("RUSTC_WORKSPACE_WRAPPER");
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
fn a_build_script_runs_only_when_the_file_differs() {
    let package = Package::new();
    package.build();
    let text = fs::read_to_string(package.client()).unwrap();
    assert!(text.contains(PING), "{text}");
    let (first, modified) = (package.runs(), package.modified());

    package.build();
    package.build();
    assert_eq!((package.runs(), package.modified()), (first, modified), "nothing changed");

    // Another source file does not matter either.
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
