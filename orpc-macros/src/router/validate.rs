//! Rules of a router's entries.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::Visibility;

use super::parse::{Entry, EntryKind, Item, Module, Options};
use super::unseen;
use crate::diagnostics::Diagnostics;
use crate::naming::camel_case;
use crate::procedure::{self, check_name};

/// Reports every violation in the module.
pub(super) fn validate(module: &Module, options: Option<&Options>, errors: &mut Diagnostics) {
    let is_meant = |item: &Item| match item {
        Item::Entry(_) => true,
        Item::Other { has_attribute, .. } => *has_attribute,
    };
    if !module.items.iter().any(is_meant) {
        errors.at(
            &module.ident,
            "put #[procedure] on a function in this module: a router has procedures",
        );
    }
    check_names(module, errors);
    unseen::check(module, errors);
    for entry in module.entries() {
        check_entry(entry, errors);
        if let Some(Options { context: None, .. }) = options
            && entry.has_own_context()
        {
            errors.at(
                &entry.ident,
                format!(
                    "write `context = …` on `{}` as well: a router and those inside of it have one context",
                    module.ident
                ),
            );
        }
    }
}

// Two entries with the same name, unless a `cfg` may choose between them.
fn check_names(module: &Module, errors: &mut Diagnostics) {
    let mut taken: HashMap<String, &Entry> = HashMap::new();
    // The attribute of another module's function determines its name.
    for entry in module.entries().filter(|entry| !entry.is_use) {
        let (name, span) = wire_name(entry);
        match taken.get(&name) {
            Some(other) if is_always(other) && is_always(entry) && other.ident == entry.ident => {
                errors.at(&entry.ident, format!("rename one of the two items `{name}`: a procedure stands among the types and modules, too, so both would have one name in Rust and on the wire"));
            }
            Some(other) if is_always(other) && is_always(entry) => errors.at_span(
                span,
                format!(
                    "give `{}` or `{}` another `name = \"…\"`: both are `{name}` on the wire",
                    other.ident, entry.ident
                ),
            ),
            Some(other) if is_always(other) => {}
            _ => drop(taken.insert(name, entry)),
        }
    }
}

/// Returns whether no `cfg` may take the entry out.
fn is_always(entry: &Entry) -> bool {
    entry.cfgs().is_empty()
}

fn check_entry(entry: &Entry, errors: &mut Diagnostics) {
    if entry.is_use && entry.kind == EntryKind::Procedure && !entry.arguments().is_empty() {
        errors.at(entry.arguments(), "remove the options: those of the function itself count");
    }
    match entry.kind {
        // `#[procedure] async fn send()`
        EntryKind::Procedure => {
            if matches!(entry.visibility, Visibility::Inherited) {
                errors.at(
                    &entry.ident,
                    format!("write `pub` before this function: the procedure `{}` is called from outside", entry.ident),
                );
            }
            // `#[procedure] pub async fn router()`
            if entry.ident == "router" {
                errors.at(
                    &entry.ident,
                    "rename this function and write `name = \"router\"`: #[router] adds a function `router` itself",
                );
            }
        }
        EntryKind::Router => {
            // `#[router] pub mod router { … }`
            if entry.ident == "router" {
                errors.at(
                    &entry.ident,
                    "rename this module and write `name = \"router\"`: #[router] adds a type `router` itself",
                );
            }
            let (name, span) = wire_name(entry);
            check_name(&name, span, errors);
        }
    }
}

/// Returns the name of an entry below this router. Mistakes in its options are reported
/// by the entry's own attribute.
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
