//! A wall clock of other processes that tests set: of those that call the C library for it, and of those that ask the kernel.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the file with the seconds by which a process's clock is off.
const OFFSET: &str = "CLOCK_OFFSET";

/// The clock of some processes.
pub struct WallClock {
    folder: tempfile::TempDir,
}

/// Compiles a file of this folder.
fn compile(source: &str, options: &[&str], to: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support").join(source);
    let mut compiler = Command::new("cc");
    compiler.args(options).args(["-O1", "-o"]).arg(to).arg(source);
    assert!(compiler.status().expect("cc is needed").success());
}

impl WallClock {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        compile("clock.c", &["-shared", "-fPIC"], &folder.path().join("clock.so"));
        set(&folder.path().join("offset"), 0);
        Self { folder }
    }

    /// Returns the command of a program that asks the kernel for the time, with the clock.
    #[cfg(all(feature = "nats", target_arch = "x86_64"))]
    pub fn command(&self, program: &str) -> Command {
        let tracer = self.folder.path().join("trace");
        if !tracer.exists() {
            compile("clock_trace.c", &[], &tracer);
        }
        let mut command = Command::new(tracer);
        command.arg(program).env(OFFSET, self.folder.path().join("offset"));
        command
    }

    /// Gives the clock to a process.
    pub fn give_to(&self, command: &mut Command) {
        command.env("LD_PRELOAD", self.folder.path().join("clock.so"));
        command.env(OFFSET, self.folder.path().join("offset"));
    }

    /// Sets the clock to the right time and that number of seconds.
    pub fn set(&self, seconds: i64) {
        set(&self.folder.path().join("offset"), seconds);
    }
}

/// Sets the clock of this process, which another one has [given](WallClock::give_to) it.
pub fn set_own(seconds: i64) {
    set(&PathBuf::from(std::env::var_os(OFFSET).unwrap()), seconds);
}

/// Takes the clock away from a process that this one starts.
pub fn remove_from(command: &mut Command) {
    command.env_remove("LD_PRELOAD").env_remove(OFFSET);
}

fn set(path: &Path, seconds: i64) {
    // Nobody reads half of it.
    let new = path.with_extension("new");
    std::fs::write(&new, seconds.to_string()).unwrap();
    std::fs::rename(&new, path).unwrap();
}
