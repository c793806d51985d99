//! Items in which a router may have procedures that it does not see: omitting them
//! silently is refused.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::{Attribute, ItemUse, Path, UseGlob, UseTree, Visibility, parse_quote};

use super::items::{Item, Other, OtherKind};
use super::parse::Module;
use crate::diagnostics::Diagnostics;
use crate::generate::chain::import;
use crate::parse::cfg::{cfg_attributes, split};
use crate::parse::items::is_entry;
use crate::runtime::{Runtime, at};

/// Reports each item that has procedures, or may have some.
pub(super) fn check(module: &Module, errors: &mut Diagnostics) {
    let own_macros: HashMap<String, &TokenStream> = module
        .others()
        .filter_map(|other| match &other.kind {
            OtherKind::Macro { path, name: Some(name), tokens } if path.is_ident("macro_rules") => {
                Some((name.to_string(), tokens))
            }
            _ => None,
        })
        .collect();
    for other in module.others() {
        if other.attributes.iter().any(is_for_tests) {
            continue;
        }
        match &other.kind {
            OtherKind::Module { ident, .. } if is_taken(module, other, ident) => errors.at(
                ident,
                format!("rename this module or the procedure `{ident}`: a procedure adds a hidden type of its name"),
            ),
            OtherKind::Module { ident, body } => check_module(other, ident, body.as_ref(), errors),
            OtherKind::Use(item) => check_use(item, errors),
            OtherKind::Macro { path, tokens, .. } => check_macro(path, tokens, &own_macros, errors),
            OtherKind::Function(_) | OtherKind::Misplaced | OtherKind::Unknown => {}
        }
    }
}

/// Returns `true` if there is a module of that name which is no entry.
pub(super) fn has_module(module: &Module, name: &Ident) -> bool {
    module
        .others()
        .any(|other| other.is_module(name) && cfg_attributes(&other.attributes).is_empty())
}

/// Returns `true` if a procedure has that name as well, and no `cfg` chooses between them.
fn is_taken(module: &Module, other: &Other, ident: &Ident) -> bool {
    cfg_attributes(&other.attributes).is_empty()
        && module
            .entries()
            .any(|entry| entry.is_procedure() && entry.ident == *ident && entry.is_always())
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

/// One name of a `pub use`.
enum Leaf<'a> {
    Glob(&'a UseGlob),
    /// The name of the item, and its name here.
    Name(&'a Ident, &'a Ident),
}

/// Returns the names of a `pub use`.
fn leaves(item: &ItemUse) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    if matches!(item.vis, Visibility::Inherited) {
        return leaves;
    }
    let mut trees = vec![&item.tree];
    while let Some(tree) = trees.pop() {
        match tree {
            UseTree::Path(path) => trees.push(&path.tree),
            UseTree::Group(group) => trees.extend(group.items.iter().rev()),
            UseTree::Glob(glob) => leaves.push(Leaf::Glob(glob)),
            // `pub use other::Trait as _;` brings methods alone.
            UseTree::Rename(rename) if rename.rename == "_" => {}
            UseTree::Rename(rename) => leaves.push(Leaf::Name(&rename.ident, &rename.rename)),
            UseTree::Name(name) => leaves.push(Leaf::Name(&name.ident, &name.ident)),
        }
    }
    leaves
}

// `pub use other::send;`
fn check_use(item: &ItemUse, errors: &mut Diagnostics) {
    for leaf in leaves(item) {
        let name = match leaf {
            Leaf::Glob(glob) => {
                errors.at(
                    glob,
                    "write `use` without `pub` here, or name each item: a procedure among them would not be served",
                );
                continue;
            }
            Leaf::Name(name, here) if is_type(name) => here,
            Leaf::Name(name, _) => name,
        };
        if !is_type(name) {
            errors.at(
                name,
                format!("write `#[procedure] pub use …::{name};` if this is a procedure, `#[router]` if it is a module with a router, otherwise `use` without `pub`: it would not be served"),
            );
        }
    }
}

/// Returns `true` if the module writes `Name<…>`: of a type, of which a constructor alone
/// cannot be inferred.
fn is_generic(module: &Module, name: &Ident) -> bool {
    fn is_in(tokens: TokenStream, name: &Ident) -> bool {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let is_here = match token {
                TokenTree::Group(group) => is_in(group.stream(), name),
                TokenTree::Ident(ident) => {
                    ident == *name
                        && matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == '<')
                }
                _ => false,
            };
            if is_here {
                return true;
            }
        }
        false
    }

    module.items.iter().any(|item| match item {
        Item::Entry(entry) => is_in(entry.rest.clone(), name),
        Item::Other(other) => is_in(other.tokens.clone(), name),
    })
}

/// ```text
/// let router = reexported(router, "Say", {
///     const __EXPORTED: () = ();
///     { use self::Say as __EXPORTED; is_function(&__EXPORTED) }
/// });
/// ```
///
/// Refuses, when the router is built, a `pub use` of a function by the name of a type:
/// a module elsewhere may have renamed a procedure.
pub(super) fn reexports(module: &Module, router: &Ident, runtime: &Runtime) -> TokenStream {
    let mut steps = TokenStream::new();
    for other in module.others() {
        let OtherKind::Use(item) = &other.kind else { continue };
        let cfgs = cfg_attributes(&other.attributes);
        for leaf in leaves(item) {
            let Leaf::Name(_, name) = leaf else { continue };
            if !is_type(name) || is_generic(module, name) {
                continue;
            }
            let place = at(name.span());
            let private = runtime.private_at(place);
            let exported = Ident::new("__EXPORTED", place);
            let import = import(&parse_quote!(self::#name), &exported);
            let text = name.unraw().to_string();
            steps.extend(quote_spanned! {place=>
                #(#cfgs)*
                let #router = #private::reexported(#router, #text, {
                    const #exported: () = ();
                    {
                        #import
                        #private::is_function(&#exported)
                    }
                });
            });
        }
    }
    steps
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
        "write `#[cfg(…)]` before each procedure: a router does not see the items inside of `cfg_if!`, which would not be served".to_owned()
    } else {
        format!(
            "call `{name}!` outside of this router, or have it expand to the whole router: a router does not see the items of a macro, and procedures among them would not be served"
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
        is_entry(attribute)
            || attribute.path().is_ident("cfg_attr") && names_entry_inside(&attribute.meta)
    })
}

/// Returns whether a `cfg_attr` has an attribute of ours among those behind its condition.
fn names_entry_inside(meta: &syn::Meta) -> bool {
    let syn::Meta::List(list) = meta else { return false };
    split(list.tokens.clone()).is_some_and(|(_, attributes)| attributes.iter().any(names_entry))
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
///     struct __Found {}
///     const _: () = {
///         use self::send as __Found;
///         assert!(!IsProcedure::<__Found>::IS, "…");
///     };
/// };
/// ```
///
/// Refuses a function that is a procedure by an attribute of another name, which adds a
/// type of the function's name.
pub(super) fn renamed_attributes(module: &Module, runtime: &Runtime) -> TokenStream {
    let is_module = |name: &Ident| module.others().any(|other| other.is_module(name));
    let checks = module.others().filter_map(|Other { attributes, kind, .. }| {
        let OtherKind::Function(name) = kind else { return None };
        let attribute = attributes.iter().find(|attribute| !is_built_in(attribute))?;
        let path = attribute.path();
        let place = at(syn::spanned::Spanned::span(path));
        let private = runtime.private_at(place);
        let found = Ident::new("__Found", place);
        let import = import(&parse_quote!(self::#name), &found);
        (!is_module(name)).then(|| {
            quote_spanned! {place=>
                const _: () = {
                    struct #found {}
                    const _: () = {
                        #import
                        use #private::IsNot as _;
                        ::core::assert!(
                            !#private::IsProcedure::<#found>::IS,
                            "write `#[procedure]` by this name: a router does not see it under another one, and the procedure would not be served"
                        );
                    };
                };
            }
        })
    });
    checks.collect()
}
