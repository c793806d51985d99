//! Names that serde reads, asked from `Deserialize` when a router is built.
//!
//! schemars' own derive ignores `alias`, `other` and payloads that serde skips. Generated
//! code hands serde the names of its fields and variants, with their aliases; a
//! source of dummy values records them and compares them with the schema of the same
//! place. Types with the derive of this crate are not compared: their schemas know these
//! attributes.
//!
//! One pass gives one dummy value. A value that a type refuses ends its pass; the next
//! one begins with the names that no pass has reached.
//!
//! A first exploration without a schema finds types that recurse through types without a
//! name alone, before schemars generates their schema without end.

mod dummy;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;
use serde_json::Value;

use self::dummy::{Pass, Probe};
use super::derived::DERIVED;
use super::program::{Input, Place};
use super::refs::Refs;
use crate::value::{ReadError, Reason};

/// Maximum number of passes over one type.
const MOST_PASSES: usize = 4096;
/// Maximum depth of a dummy value.
const DEEPEST: usize = 24;

/// A function that reads a value of a type.
pub(super) type Read = for<'r, 'p, 'de> fn(Place<'r, 'p, 'de>) -> Result<(), ReadError>;

/// Reads a value of a type and discards it.
pub(super) fn read<T: DeserializeOwned>(place: Place<'_, '_, '_>) -> Result<(), ReadError> {
    T::deserialize(place)?;
    Ok(())
}

/// Returns the faults of a schema that lacks names of a type.
pub(super) fn faults(schema: &Value, type_name: &str, read: Read) -> Vec<String> {
    explore(Some(schema), type_name, read)
}

/// Returns the fault of a type that recurses through types without a name, such as a
/// transparent newtype of a list of itself: schemars generates its schema without end.
pub(super) fn endless(type_name: &str, read: Read) -> Option<String> {
    explore(None, type_name, read).into_iter().next()
}

fn explore(schema: Option<&Value>, type_name: &str, read: Read) -> Vec<String> {
    let explorer = Explorer {
        refs: schema.map(Refs::of),
        reached: RefCell::default(),
        has_progress: Cell::new(true),
        faults: RefCell::default(),
        any: RefCell::default(),
        tags: RefCell::default(),
    };
    for _ in 0..MOST_PASSES {
        if !explorer.has_progress.replace(false) {
            break;
        }
        explorer.any.take();
        let place = type_name.split('<').next().unwrap_or(type_name);
        let place = place.rsplit("::").next().unwrap_or(place);
        let mut pass = Pass::new(Probe::new(&explorer, schema, place));
        // An implementation by hand may panic; its inputs are checked by the schema alone.
        let end = catch_unwind(AssertUnwindSafe(|| read(Input::of(&mut pass).root())));
        let Ok(end) = end else { break };
        // A refusal by one variant says nothing of an enum around this one.
        let end = end.err().filter(|_| !pass.is_at_variant());
        explorer.note_tagged(end.map(|error| error.reason()));
    }
    let mut faults = explorer.faults.into_inner();
    faults.dedup();
    faults
}

/// The names of a struct's fields or an enum's variants. Types with equal names may share
/// one list in memory.
#[derive(Clone, Copy)]
struct Names {
    of: &'static str,
    list: &'static [&'static str],
}

impl Names {
    fn key(self) -> Key {
        (self.of, self.list.as_ptr().addr())
    }
}

/// Identity of a list of names.
type Key = (&'static str, usize);

/// Knowledge of a type after the passes so far.
struct Explorer<'s> {
    /// The definitions of the schema, if names are compared with one.
    refs: Option<Refs<'s>>,
    /// Names by their list of names, and whether a pass has reached them.
    reached: RefCell<HashSet<(Key, &'static str)>>,
    has_progress: Cell<bool>,
    faults: RefCell<Vec<String>>,
    /// The last place in a pass at which serde looks at a value before it decides.
    any: RefCell<Option<Any<'s>>>,
    /// The tags of internally tagged enums by their places.
    tags: RefCell<Vec<(String, &'static str)>>,
}

/// A place with an untagged or internally tagged enum.
struct Any<'s> {
    place: String,
    nodes: Vec<&'s Value>,
}

impl<'s> Explorer<'s> {
    /// Marks a name as reached. Returns `true` the first time.
    fn reach(&self, names: Names, name: &'static str) -> bool {
        let is_new = self.reached.borrow_mut().insert((names.key(), name));
        if is_new {
            self.has_progress.set(true);
        }
        is_new
    }

    fn is_reached(&self, names: Names, name: &'static str) -> bool {
        self.reached.borrow().contains(&(names.key(), name))
    }

    fn fault(&self, place: &str, text: fmt::Arguments<'_>) {
        let fault = format!(
            "`{place}`: {text}: derive `JsonSchema` of `orpc_runtime::prelude`, which reads \
             serde's attributes, or add it to the schema"
        );
        let mut faults = self.faults.borrow_mut();
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }

    /// Returns the parts of schemas of which a value may be one, and whether one of them
    /// is by the derive of this crate.
    fn parts(&self, nodes: &[&'s Value]) -> (Vec<&'s Value>, bool) {
        let (mut parts, mut is_derived) = (Vec::new(), false);
        let mut left: Vec<(&Value, usize)> = nodes.iter().map(|node| (*node, DEEPEST)).collect();
        while let Some((node, depth)) = left.pop() {
            let Some(depth) = depth.checked_sub(1) else { continue };
            is_derived |= node.get(DERIVED).is_some();
            parts.push(node);
            let reference = node.get("$ref").and_then(Value::as_str);
            left.extend(reference.and_then(|name| self.refs?.get(name)).map(|node| (node, depth)));
            for keyword in ["allOf", "anyOf", "oneOf"] {
                let inner = node.get(keyword).and_then(Value::as_array);
                left.extend(inner.into_iter().flatten().map(|node| (node, depth)));
            }
        }
        (parts, is_derived)
    }

    /// Reports names of serde's that no part of a schema has.
    fn compare(&self, place: &str, names: &[&str], known: &[&str], noun: &str) {
        if known.is_empty() {
            return;
        }
        for name in names.iter().filter(|name| !known.contains(name)) {
            self.fault(
                place,
                format_args!("serde reads the {noun} `{name}`, which its JSON Schema lacks"),
            );
        }
    }

    /// Learns from the end of a pass the tag of an enum, or the names of its variants.
    fn note_tagged(&self, end: Option<Reason>) {
        let Some(Any { place, nodes }) = self.any.take() else { return };
        let tag = self.tags.borrow().iter().find(|(at, _)| *at == place).map(|(_, tag)| *tag);
        match (tag, end) {
            (None, Some(Reason::MissingField(tag))) => {
                self.tags.borrow_mut().push((place, tag));
                self.has_progress.set(true);
            }
            (Some(tag), Some(Reason::UnknownVariant(names))) => {
                let (parts, is_derived) = self.parts(&nodes);
                if !is_derived {
                    let tags: Vec<_> = properties(&parts, tag);
                    let known = constants(&self.parts(&tags).0);
                    self.compare(&place, names, &known, "variant");
                }
            }
            _ => {}
        }
    }
}

/// The schemas of a property in the parts of a schema.
fn properties<'s>(parts: &[&'s Value], name: &str) -> Vec<&'s Value> {
    parts.iter().filter_map(|part| part.get("properties")?.get(name)).collect()
}

fn property_names<'s>(parts: &[&'s Value]) -> Vec<&'s str> {
    let objects = parts.iter().filter_map(|part| part.get("properties")?.as_object());
    objects.flat_map(|object| object.keys().map(String::as_str)).collect()
}

/// The texts of `const` and `enum`.
fn constants<'s>(parts: &[&'s Value]) -> Vec<&'s str> {
    let one = parts.iter().filter_map(|part| part.get("const")?.as_str());
    let many = parts.iter().filter_map(|part| part.get("enum")?.as_array()).flatten();
    one.chain(many.filter_map(Value::as_str)).collect()
}

/// Returns `true` if any text is a value of one of the parts.
fn takes_any_text(parts: &[&Value]) -> bool {
    parts.iter().any(|part| {
        part.get("type").is_some_and(|name| name == "string")
            && ["const", "enum"].iter().all(|keyword| part.get(*keyword).is_none())
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Around<T>(T);

    type Four<T> = Around<Around<Around<Around<T>>>>;
    type Twenty<T> = Four<Four<Four<Four<Four<T>>>>>;

    #[derive(Deserialize)]
    struct Alias {
        #[serde(alias = "b")]
        #[expect(dead_code)]
        a: u8,
    }

    #[test]
    fn types_are_compared_within_twenty_four_others() {
        let schema = serde_json::json!({ "properties": { "a": { "type": "integer" } } });
        let inside = faults(&schema, "api::Deep<u8>", read::<Twenty<Four<Alias>>>);
        let [fault] = inside.try_into().unwrap();
        let expected = "`Deep`: serde reads the field `b`, which its JSON Schema lacks: derive";
        assert!(fault.starts_with(expected), "{fault}");
        assert_eq!(faults(&schema, "Deep", read::<Around<Twenty<Four<Alias>>>>), [""; 0]);
        assert_eq!(endless("Deep", read::<Twenty<Four<Alias>>>), None);
    }
}
