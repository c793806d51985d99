//! Tests that need a process of their own.

use std::any::type_name;
use std::process::{Command, Output};

/// Marks the process of one test.
const ALONE: &str = "TEST_RUNS_ALONE";

/// Runs a test in a process of its own, because it measures one: its resident memory, its threads. The process is
/// this program again, with the one test that calls this function.
#[cfg(feature = "http")]
pub async fn alone<T: AsyncFnOnce()>(test: T) {
    if is_alone() { test().await } else { run::<T>(|_| {}) }
}

/// Runs a test in a process whose environment is another one.
pub fn alone_with<T: FnOnce()>(environment: impl FnOnce(&mut Command), test: T) {
    if is_alone() { test() } else { run::<T>(environment) }
}

/// Runs a test in a process of its own, which must fail; returns the text that it has written to its standard error.
/// In that process itself nothing is returned.
pub fn failing<T: FnOnce()>(test: T) -> Option<String> {
    if is_alone() {
        test();
        return None;
    }
    let (output, name) = output::<T>(|_| {});
    assert!(!output.status.success(), "{name} passed in its process");
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

/// Runs the test that has made a closure, which must pass.
fn run<Closure>(environment: impl FnOnce(&mut Command)) {
    let (output, name) = output::<Closure>(environment);
    let [said, problems] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    println!("{said}{problems}");
    assert!(output.status.success(), "{name} failed in its process");
    assert!(said.contains("1 passed"), "there is no test {name}");
}

/// Runs the test that has made a closure; returns its output and its name.
fn output<Closure>(environment: impl FnOnce(&mut Command)) -> (Output, &'static str) {
    let path = type_name::<Closure>().split("::{{").next().unwrap();
    let (_, name) = path.split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([name, "--exact", "--nocapture"]).env(ALONE, "1");
    command.args(std::env::args().filter(|argument| argument.starts_with("trybuild=")));
    environment(&mut command);
    (command.output().unwrap(), name)
}
