//! Output of the macros, as files for people to read: `ORPC_EXPANSIONS=write cargo test
//! --package orpc-runtime-macros` writes them. Each `tests/expansions/*.rs` is an
//! input, the file `*.expanded.rs` beside it its expansion.

use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::file;

#[test]
fn expansions_are_those_that_somebody_read() {
    let is_written = std::env::var_os("ORPC_EXPANSIONS").is_some_and(|mode| mode == "write");
    let mut differences = String::new();
    for (name, input) in file::inputs() {
        let expanded = expand(&input);
        let path = expanded_path(&name);
        if is_written {
            fs::write(&path, &expanded).expect("it can be written");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        let diff = TextDiff::from_lines(&kept, &expanded);
        let path = path.display().to_string();
        differences += &diff.unified_diff().header(&path, "what the macros write").to_string();
    }
    assert!(
        differences.is_empty(),
        "{differences}\nif this is meant: ORPC_EXPANSIONS=write cargo test --package orpc-runtime-macros"
    );
}

#[test]
fn every_expansion_has_its_input() {
    let inputs = file::inputs();
    assert!(inputs.len() >= 12, "there are {} inputs", inputs.len());
    for entry in fs::read_dir(file::folder()).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("its names are UTF-8");
        if let Some(name) = name.strip_suffix(".expanded.rs") {
            assert!(inputs.iter().any(|(input, _)| input == name), "{name} has no input");
        }
    }
}

#[test]
fn expansions_are_the_same_each_time() {
    for (name, input) in file::inputs() {
        assert_eq!(expand(&input), expand(&input), "{name}");
    }
}

/// The expansion as formatted text.
fn expand(input: &str) -> String {
    let mut file = syn::parse_file(input).expect("an input is Rust");
    file::expand(&mut file);
    prettyplease::unparse(&file)
}

fn expanded_path(name: &str) -> PathBuf {
    Path::new(file::folder()).join(format!("{name}.expanded.rs"))
}
