//! Types of the values in an envelope: `meta` while it is written.

use std::io::Write as _;
use std::ops::Range;

use serde_json::value::RawValue;

use super::File;

/// Entries of `meta` in the order of the official serialiser.
#[derive(Debug, Default, Clone)]
pub(crate) struct Meta {
    entries: Vec<Entry>,
    /// Concatenated paths as JSON text: each segment follows a comma.
    paths: Vec<u8>,
    /// Places of the files, which are not part of the JSON, in the same form.
    files: Vec<(File, Range<usize>)>,
}

#[derive(Debug, Clone)]
struct Entry {
    code: u32,
    /// Range in `paths`.
    path: Range<usize>,
    /// Range of the number in the JSON text, if it is not decided yet whether it is a
    /// bigint.
    undecided: Option<Undecided>,
}

/// A number that may be a bigint.
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
    /// Returns `true` if there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the files in order.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().map(|(file, _)| file)
    }

    /// Adds a file. The closure writes the path of its place.
    pub(super) fn push_file(&mut self, file: File, path: impl FnOnce(&mut Vec<u8>)) {
        let start = self.paths.len();
        path(&mut self.paths);
        self.files.push((file, start..self.paths.len()));
    }

    /// Appends `,"maps":[…]`, all paths below `prefix`; nothing if there are no files.
    pub(crate) fn write_maps(&self, prefix: &str, out: &mut Vec<u8>) {
        let mut separator = ",\"maps\":[";
        for (_, path) in &self.files {
            // Each step begins with a comma, which the first one lacks.
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

    /// Adds an entry. The closure writes its path.
    pub(super) fn push(&mut self, code: u32, path: impl FnOnce(&mut Vec<u8>)) {
        let start = self.paths.len();
        path(&mut self.paths);
        self.entries.push(Entry { code, path: start..self.paths.len(), undecided: None });
    }

    /// Marks the last entry as undecided: it applies only if its place is that of a
    /// bigint.
    pub(super) fn doubt(&mut self, text: Range<usize>, place: Vec<Step>) {
        if let Some(entry) = self.entries.last_mut() {
            entry.undecided = Some(Undecided { text, place });
        }
    }

    /// Appends `,"meta":[…]`, all paths below `prefix`; nothing if there are no
    /// entries.
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

    /// Decides the undecided numbers, and writes the bigints among them.
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
