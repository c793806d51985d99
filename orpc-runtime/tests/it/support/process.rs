//! Tests that need a process of their own.

use std::any::type_name;
use std::process::Command;

/// Marks the process of one test.
const ALONE: &str = "TEST_RUNS_ALONE";

/// Runs a test in a process of its own, because it measures one: its resident memory, its threads. The process is
/// this program again, with the one test that calls this function.
pub async fn alone<T: AsyncFnOnce()>(test: T) {
    if std::env::var_os(ALONE).is_some() {
        test().await;
        return;
    }
    let path = type_name::<T>().split("::{{").next().unwrap();
    let (_, name) = path.split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([name, "--exact", "--nocapture"]).env(ALONE, "1");
    let output = command.output().unwrap();
    let [said, problems] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    println!("{said}{problems}");
    assert!(output.status.success(), "{name} failed in its process");
    assert!(said.contains("1 passed"), "there is no test {name}");
}
