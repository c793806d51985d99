//! Doc comments that the compiler concatenates.

use std::sync::OnceLock;

/// A doc comment with parts such as `include_str!("…")`.
#[derive(Debug)]
pub struct Docs {
    written: &'static str,
    plain: OnceLock<String>,
}

impl Docs {
    /// Creates a doc comment from the text of the attributes, joined with LF.
    pub const fn new(written: &'static str) -> Self {
        Self { written, plain: OnceLock::new() }
    }

    /// Returns the lines without the space that follows `///`.
    pub fn get(&'static self) -> &'static str {
        self.plain.get_or_init(|| {
            let lines = self.written.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
            lines.collect::<Vec<_>>().join("\n").trim().to_owned()
        })
    }
}
