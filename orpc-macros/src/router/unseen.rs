//! Items in which a router may have procedures that it does not see: omitting them
//! silently is refused.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, ItemUse, Path, Token, UseTree, Visibility};

use super::parse::{EntryKind, Item, Module};
use crate::attribute::{Runtime, at, cfg_attributes, is_attribute};
use crate::diagnostics::Diagnostics;
use crate::signature::visibility_and_name;

/// Reports each item that has procedures, or may have some.
pub(super) fn check(module: &Module, errors: &mut Diagnostics) {
    let others: Vec<_> = others(module).collect();
    let own_macros: HashMap<String, &TokenStream> = others
        .iter()
        .filter_map(|other| match &other.kind {
            Kind::Macro { path, name: Some(name), tokens } if path.is_ident("macro_rules") => {
                Some((name.to_string(), tokens))
            }
            _ => None,
        })
        .collect();
    for other in &others {
        if other.attributes.iter().any(is_for_tests) {
            continue;
        }
        match &other.kind {
            Kind::Module { ident, .. } if is_taken(module, other, ident) => errors.at(
                ident,
                format!("rename this module or the procedure `{ident}`: beside a procedure stands a hidden type of its name"),
            ),
            Kind::Module { ident, body } => check_module(other, ident, body.as_ref(), errors),
            Kind::Use(item) => check_use(item, errors),
            Kind::Macro { path, tokens, .. } => check_macro(path, tokens, &own_macros, errors),
            Kind::Function(_) | Kind::Other => {}
        }
    }
}

/// An item that is no entry, as far as it can be read.
struct Other {
    attributes: Vec<Attribute>,
    kind: Kind,
}

enum Kind {
    Module {
        ident: Ident,
        body: Option<TokenStream>,
    },
    Use(Box<ItemUse>),
    /// `path! name { tokens }`
    Macro {
        path: Path,
        name: Option<Ident>,
        tokens: TokenStream,
    },
    Function(Ident),
    Other,
}

fn others(module: &Module) -> impl Iterator<Item = Other> {
    module.items.iter().filter_map(|item| match item {
        Item::Other { tokens, has_attribute: false } => Other::parse.parse2(tokens.clone()).ok(),
        _ => None,
    })
}

/// Returns whether there is a module of that name which is no entry.
pub(super) fn has_module(module: &Module, name: &Ident) -> bool {
    others(module).any(|other| {
        cfg_attributes(&other.attributes).is_empty()
            && matches!(&other.kind, Kind::Module { ident, .. } if ident == name)
    })
}

/// Returns whether an item is a module in another file.
pub(super) fn is_file(tokens: &TokenStream) -> bool {
    let other = Other::parse.parse2(tokens.clone());
    other.is_ok_and(|other| matches!(other.kind, Kind::Module { body: None, .. }))
}

/// Returns whether an item is a module, whose names are its own.
pub(super) fn is_module(tokens: &TokenStream) -> bool {
    let other = Other::parse.parse2(tokens.clone());
    other.is_ok_and(|other| matches!(other.kind, Kind::Module { .. }))
}

impl Other {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let kind = Kind::parse(&input.fork());
        // An item that is half-typed is for the compiler to report.
        input.parse::<TokenStream>()?;
        Ok(Self { attributes, kind: kind.unwrap_or(Kind::Other) })
    }
}

impl Kind {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Some((_, name)) = visibility_and_name(&input.fork()) {
            return Ok(Self::Function(name));
        }
        let behind = input.fork();
        behind.parse::<Visibility>()?;
        if behind.peek(Token![mod]) {
            behind.parse::<Token![mod]>()?;
            let ident = behind.parse()?;
            let body = match behind.parse()? {
                TokenTree::Group(group) => Some(group.stream()),
                _ => None,
            };
            return Ok(Self::Module { ident, body });
        }
        if behind.peek(Token![use]) {
            return Ok(Self::Use(input.parse()?));
        }
        let path = input.call(Path::parse_mod_style)?;
        input.parse::<Token![!]>()?;
        let name = if input.peek(syn::Ident) { Some(input.parse()?) } else { None };
        let tokens = match input.parse()? {
            TokenTree::Group(group) => group.stream(),
            _ => TokenStream::new(),
        };
        Ok(Self::Macro { path, name, tokens })
    }
}

/// Returns whether a procedure has that name, too, and no `cfg` chooses between them.
fn is_taken(module: &Module, other: &Other, ident: &Ident) -> bool {
    cfg_attributes(&other.attributes).is_empty()
        && module.entries().any(|entry| {
            entry.kind == EntryKind::Procedure && entry.ident == *ident && entry.cfgs().is_empty()
        })
}

// `mod inner { #[procedure] … }`, `mod inner;`, `#[renamed_router] mod inner { … }`
fn check_module(
    other: &Other,
    ident: &Ident,
    body: Option<&TokenStream>,
    errors: &mut Diagnostics,
) {
    let unknown = other.attributes.iter().find(|attribute| !is_built_in(attribute));
    match (body, unknown) {
        (None, _) => errors.at(
            ident,
            format!("move `mod {ident};` out of this router: procedures in another file are served where their own router is nested, with `Router::nest`"),
        ),
        (Some(_), Some(attribute)) => errors.at(
            attribute.path(),
            "write `#[router]` by this name, or move the module out of this router: procedures in it would not be served",
        ),
        (Some(body), None) if has_entries(body.clone()) => errors.at(
            ident,
            format!("write `#[router]` before `mod {ident}`, or move it out of this router: its procedures would not be served"),
        ),
        (Some(_), None) => {}
    }
}

// `pub use other::send;`
fn check_use(item: &ItemUse, errors: &mut Diagnostics) {
    if matches!(item.vis, Visibility::Inherited) {
        return;
    }
    let mut leaves = vec![&item.tree];
    while let Some(tree) = leaves.pop() {
        let name = match tree {
            UseTree::Path(path) => {
                leaves.push(&path.tree);
                continue;
            }
            UseTree::Group(group) => {
                leaves.extend(group.items.iter().rev());
                continue;
            }
            UseTree::Glob(glob) => {
                errors.at(
                    glob,
                    "write `use` without `pub` here, or name each item: a procedure among them would not be served",
                );
                continue;
            }
            // `pub use other::Trait as _;` brings methods alone.
            UseTree::Rename(rename) if rename.rename == "_" => continue,
            UseTree::Rename(rename) if is_type(&rename.ident) => &rename.rename,
            UseTree::Rename(rename) => &rename.ident,
            UseTree::Name(name) => &name.ident,
        };
        if !is_type(name) {
            errors.at(
                name,
                format!("write `#[procedure] pub use …::{name};` if this is one, `#[router]` if it is a module with a router, else `use` without `pub`: it would not be served"),
            );
        }
    }
}

/// Returns whether a name is that of a type, a trait or a constant: a procedure is a
/// function, a router a module.
fn is_type(name: &Ident) -> bool {
    let name = name.unraw().to_string();
    name.trim_start_matches('_').starts_with(char::is_uppercase)
}

// `procedures! { … }`, `cfg_if! { … }`
fn check_macro(
    path: &Path,
    tokens: &TokenStream,
    own: &HashMap<String, &TokenStream>,
    errors: &mut Diagnostics,
) {
    const HARMLESS: [&str; 6] =
        ["bitflags", "compile_error", "lazy_static", "macro_rules", "task_local", "thread_local"];
    let Some(last) = path.segments.last() else { return };
    let name = last.ident.to_string();
    let is_known = match own.get(&name) {
        Some(definition) if path.get_ident().is_some() => !has_entries((*definition).clone()),
        _ => {
            HARMLESS.contains(&name.as_str())
                || name.starts_with("assert_")
                || name.starts_with("const_assert")
        }
    };
    if name == "macro_rules" || is_known && !has_entries(tokens.clone()) {
        return;
    }
    let message = if name == "cfg_if" {
        "write `#[cfg(…)]` before each procedure: a router does not see what `cfg_if!` has inside, which would not be served".to_owned()
    } else {
        format!(
            "let `{name}!` write the whole router, or call it outside of this one: a router does not see what a macro writes, and procedures among it would not be served"
        )
    };
    errors.at(path, message);
}

/// Returns whether there is an attribute for an entry among the tokens, at any depth; not in
/// what is for tests alone.
fn has_entries(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    let mut is_for_tests = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                let Some(TokenTree::Group(group)) = tokens.peek() else { continue };
                if group.delimiter() != Delimiter::Bracket {
                    continue;
                }
                let attribute = group.stream();
                if attribute.to_string().replace(' ', "") == "cfg(test)" {
                    is_for_tests = true;
                } else if names_entry(&attribute) {
                    return true;
                }
                tokens.next();
            }
            TokenTree::Group(group) => {
                let is_skipped = is_for_tests && group.delimiter() == Delimiter::Brace;
                if is_skipped {
                    is_for_tests = false;
                } else if has_entries(group.stream()) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Returns whether an attribute is one of ours, or a `cfg_attr` with one of ours.
pub(super) fn names_entry(attribute: &TokenStream) -> bool {
    let Ok(attribute) = Attribute::parse_outer.parse2(quote!(#[#attribute])) else { return false };
    attribute.iter().any(|attribute| {
        is_attribute(attribute, "procedure")
            || is_attribute(attribute, "router")
            || attribute.path().is_ident("cfg_attr") && names_entry_inside(&attribute.meta)
    })
}

/// Returns whether a `cfg_attr` has an attribute of ours among those behind its condition.
fn names_entry_inside(meta: &syn::Meta) -> bool {
    let syn::Meta::List(list) = meta else { return false };
    crate::cfg::split(list.tokens.clone())
        .is_some_and(|(_, attributes)| attributes.iter().any(names_entry))
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && matches!(&attribute.meta, syn::Meta::List(list) if list.tokens.to_string() == "test")
}

/// Returns whether an attribute is one of the language or of a tool.
fn is_built_in(attribute: &Attribute) -> bool {
    const NAMES: [&str; 28] = [
        "allow",
        "automatically_derived",
        "cfg",
        "cfg_attr",
        "cold",
        "deny",
        "deprecated",
        "derive",
        "doc",
        "expect",
        "export_name",
        "forbid",
        "ignore",
        "inline",
        "link_section",
        "macro_use",
        "must_use",
        "no_mangle",
        "non_exhaustive",
        "path",
        "repr",
        "should_panic",
        "target_feature",
        "test",
        "track_caller",
        "unsafe",
        "warn",
        "global_allocator",
    ];
    let first = attribute.path().segments.first().map(|segment| segment.ident.to_string());
    match attribute.path().get_ident() {
        Some(ident) => NAMES.iter().any(|name| ident == name),
        None => first.is_some_and(|tool| ["clippy", "rustfmt", "diagnostic"].contains(&&*tool)),
    }
}

/// ```text
/// const _: () = {
///     struct send;
///     const _: () = {
///         use self::*;
///         assert!(!IsProcedure::<send>::IS, "…");
///     };
/// };
/// ```
///
/// Refuses a function that is a procedure by an attribute of another name. Inside, the
/// name is of the type that such an attribute adds to the module, if there is one, and
/// else of the struct around it.
pub(super) fn renamed_attributes(module: &Module, runtime: &Runtime) -> TokenStream {
    let others: Vec<_> = others(module).collect();
    let is_module = |name: &Ident| {
        others
            .iter()
            .any(|other| matches!(&other.kind, Kind::Module { ident, .. } if ident == name))
    };
    let checks = others.iter().filter_map(|Other { attributes, kind }| {
        let Kind::Function(name) = kind else { return None };
        let attribute = attributes.iter().find(|attribute| !is_built_in(attribute))?;
        let path = attribute.path();
        let place = at(syn::spanned::Spanned::span(path));
        let private = runtime.private_at(place);
        (!is_module(name)).then(|| {
            quote_spanned! {place=>
                const _: () = {
                    #[allow(non_camel_case_types, dead_code)]
                    struct #name;
                    const _: () = {
                        use self::*;
                        use #private::IsNot as _;
                        ::core::assert!(
                            !#private::IsProcedure::<#name>::IS,
                            "write `#[procedure]` by this name: under another one a router does not see it, and the procedure would not be served"
                        );
                    };
                };
            }
        })
    });
    checks.collect()
}
