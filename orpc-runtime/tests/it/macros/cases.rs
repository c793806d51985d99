//! Every case of the macros is run and named in `tests/macros/README.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn macros() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/macros")
}

/// The files with that extension below a folder, such as `fail/procedure/two_inputs`.
fn files(folder: &str, extension: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![macros().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == extension) {
                let name = path.strip_prefix(macros()).unwrap().with_extension("");
                found.insert(name.to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    found
}

fn cases() -> BTreeSet<String> {
    let mut cases = files("fail", "rs");
    cases.extend(files("pass", "rs"));
    cases.remove("pass/main");
    cases
}

#[test]
fn every_case_is_in_the_readme_and_every_name_there_is_a_case() {
    let readme = fs::read_to_string(macros().join("README.md")).unwrap();
    let quoted = readme.split('`').skip(1).step_by(2);
    let named: BTreeSet<String> = quoted
        .filter(|name| name.starts_with("fail/") || name.starts_with("pass/"))
        .filter(|name| !name.contains('*'))
        .map(str::to_owned)
        .collect();
    let cases = cases();
    assert!(cases.len() > 80, "there are {} cases", cases.len());
    let forgotten: Vec<_> = cases.difference(&named).collect();
    let missing: Vec<_> = named.difference(&cases).collect();
    assert!(forgotten.is_empty(), "not in the README: {forgotten:#?}");
    assert!(missing.is_empty(), "in the README, but no case: {missing:#?}");
}

#[test]
fn every_mistake_has_its_message() {
    let (cases, messages) = (files("fail", "rs"), files("fail", "stderr"));
    let alone: Vec<_> = cases.symmetric_difference(&messages).collect();
    assert!(alone.is_empty(), "a case without a message, or a message without one: {alone:#?}");
}

/// The mistakes of a beginner in the README: the case of each with the first line of its message.
fn mistakes_of_a_beginner() -> Vec<(String, String)> {
    let readme = fs::read_to_string(macros().join("README.md")).unwrap();
    let (_, section) = readme.split_once("## Mistakes of a beginner\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, message, fix, case] = cells[..] else { panic!("a row has four cells: {line}") };
        assert!(!fix.is_empty(), "a mistake without a fix: {line}");
        (case.trim_matches('`').to_owned(), message.to_owned())
    };
    rows.map(row).collect()
}

#[test]
fn each_mistake_of_a_beginner_is_one_error_that_begins_with_the_fix() {
    const IMPERATIVES: [&str; 10] =
        ["add", "give", "implement", "make", "pass", "put", "remove", "return", "take", "write"];
    let mistakes = mistakes_of_a_beginner();
    let cases: BTreeSet<_> = mistakes.iter().map(|(case, _)| case).collect();
    assert_eq!(cases.len(), mistakes.len(), "a case stands in one row");
    assert!(cases.len() >= 30, "there are {} mistakes", cases.len());
    for (case, message) in &mistakes {
        let text = fs::read_to_string(macros().join(case).with_extension("stderr")).unwrap();
        let is_head = |line: &&str| line.starts_with("error") || line.starts_with("warning");
        let heads: Vec<_> = text.lines().filter(is_head).collect();
        assert_eq!(heads, [message], "the table and the message of {case} differ");
        let (_, said) = message.split_once(": ").unwrap();
        let said = said.strip_prefix("evaluation panicked: ").unwrap_or(said);
        let verb = said.split(' ').next().unwrap();
        assert!(IMPERATIVES.contains(&verb), "{case} does not begin with the fix: {said}");
    }
}

#[test]
fn every_accepted_case_is_run() {
    let program = fs::read_to_string(macros().join("pass/main.rs")).unwrap();
    let editions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/editions");
    let editions: String = fs::read_dir(editions)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path().join("Cargo.toml")).unwrap())
        .collect();
    for case in files("pass", "rs") {
        let name = case.strip_prefix("pass/").unwrap();
        let is_module = program.contains(&format!("pub mod {name};"))
            && program.contains(&format!(" {name}::main();"));
        let is_edition = editions.contains(&format!("tests/macros/{case}.rs\""));
        assert!(
            is_module || is_edition || name == "main",
            "add `pub mod {name};` and `{name}::main();` to tests/macros/pass/main.rs"
        );
    }
}
