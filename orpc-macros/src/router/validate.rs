//! The rules for the entries of a router.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::Visibility;

use super::parse::{Entry, EntryKind, Module, Options};
use crate::diagnostics::Diagnostics;
use crate::naming::camel_case;
use crate::procedure::{self, check_name};

/// Reports every rule that the module breaks.
pub(super) fn validate(module: &Module, errors: &mut Diagnostics) {
    if module.entries().next().is_none() {
        errors.at(
            &module.ident,
            "a router without procedures: put #[procedure] on a function in this module",
        );
    }
    check_names(module, errors);
    for entry in module.entries() {
        check_entry(entry, errors);
    }
}

// Two entries of one name, unless a `cfg` may choose between them.
fn check_names(module: &Module, errors: &mut Diagnostics) {
    let mut taken: HashMap<String, &Entry> = HashMap::new();
    for entry in module.entries() {
        let (name, span) = wire_name(entry);
        match taken.get(&name) {
            Some(other) if other.cfgs().is_empty() && entry.cfgs().is_empty() => errors.at_span(
                span,
                format!(
                    "`{}` and `{}` are both named `{name}` on the wire: give one of them `name = \"…\"`",
                    other.ident, entry.ident
                ),
            ),
            _ => drop(taken.insert(name, entry)),
        }
    }
}

fn check_entry(entry: &Entry, errors: &mut Diagnostics) {
    match entry.kind {
        // `#[procedure] async fn send()`
        EntryKind::Procedure => {
            if matches!(entry.visibility, Visibility::Inherited) {
                errors.at(
                    &entry.ident,
                    format!("`{}` is private: write `pub` before it", entry.ident),
                );
            }
            // `#[procedure] pub async fn router()`
            if entry.ident == "router" {
                errors.at(
                    &entry.ident,
                    "`router` is the function that #[router] adds: rename this one and write `name = \"router\"`",
                );
            }
        }
        EntryKind::Router => {
            let (name, span) = wire_name(entry);
            check_name(&name, span, errors);
        }
    }
}

/// The name of an entry below this router. Mistakes in its options are for the
/// entry's own attribute to report.
pub(super) fn wire_name(entry: &Entry) -> (String, Span) {
    let mut ignored = Diagnostics::default();
    let name = match entry.kind {
        EntryKind::Procedure => procedure::Options::parse(entry.arguments(), &mut ignored).name,
        EntryKind::Router => Options::parse(entry.arguments(), &mut ignored).name,
    };
    match name {
        Some(text) => (text.value(), text.span()),
        None => (camel_case(&entry.ident), entry.ident.span()),
    }
}
