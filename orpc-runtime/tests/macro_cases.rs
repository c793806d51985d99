//! Every case of the macros is run and named in `tests/macros/README.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn macros() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/macros")
}

/// The files with that extension below a folder, as `fail/procedure/two_inputs`.
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
    files("fail", "rs").union(&files("pass", "rs")).cloned().collect()
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

#[test]
fn every_accepted_case_is_run() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/editions");
    let editions = fs::read_dir(tests).unwrap().map(|entry| entry.unwrap().path());
    let packages = editions.chain([PathBuf::from(env!("CARGO_MANIFEST_DIR"))]);
    let manifests: Vec<_> =
        packages.map(|package| fs::read_to_string(package.join("Cargo.toml")).unwrap()).collect();
    for case in files("pass", "rs") {
        let path = format!("tests/macros/{case}.rs\"");
        let is_run = manifests.iter().any(|manifest| manifest.contains(&path));
        assert!(is_run, "add a [[test]] with `path = \"tests/macros/{case}.rs\"`");
    }
}
