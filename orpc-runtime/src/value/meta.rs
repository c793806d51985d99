//! The types of the values in an envelope: `meta`, as it is written.

use std::io::Write as _;
use std::ops::Range;

use serde_json::value::RawValue;

use super::File;

/// The entries of `meta` in the order of the official serialiser.
#[derive(Debug, Default, Clone)]
pub(crate) struct Meta {
    entries: Vec<Entry>,
    /// The paths one after the other, as JSON text: each segment after a comma.
    paths: Vec<u8>,
    /// Where the files belong, which are no part of the JSON, in the same form.
    files: Vec<(File, Range<usize>)>,
}

#[derive(Debug, Clone)]
struct Entry {
    code: u32,
    /// In `paths`.
    path: Range<usize>,
    /// Where in the JSON text the number is that this entry would make a bigint;
    /// whether it does is yet to be decided.
    undecided: Option<Undecided>,
}

/// A number that may be meant as a bigint.
#[derive(Debug, Clone)]
struct Undecided {
    text: Range<usize>,
    place: Vec<Step>,
}

/// A step to the place of a number.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Member(Box<str>),
    Item(usize),
}

impl Meta {
    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The files in their order.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().map(|(file, _)| file)
    }

    /// Adds a file to whose place the closure writes the path.
    pub(super) fn push_file(&mut self, file: File, path: impl FnOnce(&mut Vec<u8>)) {
        let start = self.paths.len();
        path(&mut self.paths);
        self.files.push((file, start..self.paths.len()));
    }

    /// Appends `,"maps":[…]`, all paths below `prefix`; nothing if there is no file.
    pub(crate) fn write_maps(&self, prefix: &str, out: &mut Vec<u8>) {
        let mut separator = ",\"maps\":[";
        for (_, path) in &self.files {
            // Each step has a comma before it, which the first one lacks.
            let path = [prefix.as_bytes(), &self.paths[path.clone()]].concat();
            _ = write!(out, "{separator}[");
            out.extend_from_slice(path.strip_prefix(b",").unwrap_or_default());
            out.push(b']');
            separator = ",";
        }
        if separator == "," {
            out.push(b']');
        }
    }

    /// Adds an entry whose path the closure writes.
    pub(super) fn push(&mut self, code: u32, path: impl FnOnce(&mut Vec<u8>)) {
        let start = self.paths.len();
        path(&mut self.paths);
        self.entries.push(Entry { code, path: start..self.paths.len(), undecided: None });
    }

    /// Says of the last entry that it only counts if the place is that of a bigint.
    pub(super) fn doubt(&mut self, text: Range<usize>, place: Vec<Step>) {
        if let Some(entry) = self.entries.last_mut() {
            entry.undecided = Some(Undecided { text, place });
        }
    }

    /// Appends `,"meta":[…]`, all paths below `prefix`; nothing if there is no entry.
    pub(crate) fn write(&self, prefix: &str, out: &mut Vec<u8>) {
        let mut separator = ",\"meta\":[";
        for entry in self.entries.iter().filter(|entry| entry.undecided.is_none()) {
            // Writing to a `Vec` cannot fail.
            _ = write!(out, "{separator}[{}{prefix}", entry.code);
            out.extend_from_slice(&self.paths[entry.path.clone()]);
            out.push(b']');
            separator = ",";
        }
        if separator == "," {
            out.push(b']');
        }
    }

    /// Decides which of the doubtful numbers are bigints, and writes them as such.
    pub(crate) fn decide(
        &mut self,
        json: &RawValue,
        is_bigint: impl Fn(&[Step]) -> bool,
    ) -> Option<Box<RawValue>> {
        if self.entries.iter().all(|entry| entry.undecided.is_none()) {
            return None;
        }
        let json = json.get();
        let mut text = String::with_capacity(json.len() + 16);
        let mut copied = 0;
        self.entries.retain_mut(|entry| {
            let Some(number) = entry.undecided.take() else { return true };
            let decided = is_bigint(&number.place);
            if decided {
                text.push_str(&json[copied..number.text.start]);
                text.push('"');
                text.push_str(&json[number.text.clone()]);
                text.push('"');
                copied = number.text.end;
            }
            decided
        });
        text.push_str(&json[copied..]);
        RawValue::from_string(text).ok()
    }
}
