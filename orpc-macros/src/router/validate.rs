//! Rules of a router's entries.

use std::collections::HashMap;

use syn::Visibility;

use super::items::{Entry, EntryOptions, Item, OtherKind, arguments};
use super::parse::{Module, Options};
use super::unseen;
use crate::diagnostics::Diagnostics;
use crate::procedure::check_name;

/// Reports every violation in the module.
pub(super) fn validate(module: &Module, options: Option<&Options>, errors: &mut Diagnostics) {
    let is_meant = |item: &Item| match item {
        Item::Entry(_) => true,
        Item::Other(other) => matches!(other.kind, OtherKind::Misplaced),
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
            && entry.context_span().is_some()
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
        let (name, span) = entry.wire_name();
        match taken.get(&name) {
            Some(other) if other.is_always() && entry.is_always() && other.ident == entry.ident => {
                errors.at(&entry.ident, format!("rename one of the two items `{name}`: a procedure adds a type of its name, so both would have one name in Rust and on the wire"));
            }
            Some(other) if other.is_always() && entry.is_always() => errors.at_span(
                span,
                format!(
                    "give `{}` or `{}` another `name = \"…\"`: both are `{name}` on the wire",
                    other.ident, entry.ident
                ),
            ),
            Some(other) if other.is_always() => {}
            _ => drop(taken.insert(name, entry)),
        }
    }
}

fn check_entry(entry: &Entry, errors: &mut Diagnostics) {
    match &entry.options {
        // `#[procedure] async fn send()`
        EntryOptions::Procedure(_) => {
            let arguments = arguments(&entry.own);
            if entry.is_use && !arguments.is_empty() {
                errors.at(arguments, "remove the options: those of the function itself apply");
            }
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
        EntryOptions::Router(_) => {
            // `#[router] pub mod router { … }`
            if entry.ident == "router" {
                errors.at(
                    &entry.ident,
                    "rename this module and write `name = \"router\"`: #[router] adds a type `router` itself",
                );
            }
            let (name, span) = entry.wire_name();
            check_name(&name, span, errors);
        }
    }
}
