//! The items of a router's module, each read once: entries, and items that are none.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, ItemUse, Meta, Path, Token, UseTree, Visibility};

use super::parse::Options;
use crate::diagnostics::Diagnostics;
use crate::naming::camel_case;
use crate::parse::cfg::cfg_attributes;
use crate::parse::items::{is_attribute, outer_attributes, skip_item};
use crate::parse::signature::visibility_and_name;
use crate::procedure;

/// An item of the module.
pub(super) enum Item {
    Entry(Box<Entry>),
    Other(Other),
}

/// A procedure or a nested router.
pub(super) struct Entry {
    pub(super) options: EntryOptions,
    /// The attributes in front of the attribute that makes it an entry, that attribute,
    /// and those behind it.
    pub(super) before: Vec<Attribute>,
    pub(super) own: Attribute,
    pub(super) after: Vec<Attribute>,
    pub(super) cfgs: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    /// The name of the item itself, which `use … as` may change.
    pub(super) item: Ident,
    /// `true` if the item is `pub use`.
    pub(super) is_use: bool,
    /// The item behind its attributes.
    pub(super) rest: TokenStream,
}

/// The options of an entry's attribute. Mistakes in them are reported by that attribute.
pub(super) enum EntryOptions {
    Procedure(procedure::Options),
    Router(Options),
}

impl Entry {
    pub(super) fn is_procedure(&self) -> bool {
        matches!(self.options, EntryOptions::Procedure(_))
    }

    /// Returns the name below this router, and its span.
    pub(super) fn wire_name(&self) -> (String, Span) {
        let name = match &self.options {
            EntryOptions::Procedure(options) => &options.name,
            EntryOptions::Router(options) => &options.name,
        };
        match name {
            Some(text) => (text.value(), text.span()),
            None => (camel_case(&self.ident), self.ident.span()),
        }
    }

    /// Returns the place of the attribute's context: of a router with one of its own.
    pub(super) fn context_span(&self) -> Option<Span> {
        match &self.options {
            EntryOptions::Procedure(_) => None,
            EntryOptions::Router(options) => options.context_span,
        }
    }

    /// Returns `true` if the attribute names the path of `orpc_runtime`.
    pub(super) fn has_crate(&self) -> bool {
        match &self.options {
            EntryOptions::Procedure(options) => options.runtime.is_some(),
            EntryOptions::Router(options) => options.runtime.is_some(),
        }
    }

    /// Returns `true` if no `cfg` may remove the entry.
    pub(super) fn is_always(&self) -> bool {
        self.cfgs.is_empty()
    }
}

/// An item that is no entry, as far as it can be read.
pub(super) struct Other {
    /// Empty if one of them cannot be read.
    pub(super) attributes: Vec<Attribute>,
    pub(super) kind: OtherKind,
    /// The whole item.
    pub(super) tokens: TokenStream,
}

pub(super) enum OtherKind {
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
    /// An item with a misplaced attribute of ours, which reports itself.
    Misplaced,
    /// An item of another kind, or a half-typed one.
    Unknown,
}

impl Other {
    /// Wraps tokens of which nothing is known.
    pub(super) fn unknown(tokens: TokenStream) -> Self {
        Self { attributes: Vec::new(), kind: OtherKind::Unknown, tokens }
    }

    pub(super) fn is_module(&self, name: &Ident) -> bool {
        matches!(&self.kind, OtherKind::Module { ident, .. } if ident == name)
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let Ok(attributes) = outer_attributes(input) else {
            // A half-typed item, which the compiler reports.
            let tokens = skip_item(input)?;
            let kind = OtherKind::Misplaced;
            return Ok(Self::Other(Other { attributes: Vec::new(), kind, tokens }));
        };
        let is_of = |name: &'static str| move |attribute: &Attribute| is_attribute(attribute, name);
        let (procedure, router) = (
            attributes.iter().position(is_of("procedure")),
            attributes.iter().position(is_of("router")),
        );
        let head = input.fork();
        let rest = skip_item(input)?;
        if let Some(own) = procedure.or(router) {
            let head = used(&rest).or_else(|| {
                let (visibility, ident) =
                    if procedure.is_some() { visibility_and_name(&head) } else { module(&head) }?;
                Some(Head { visibility, item: ident.clone(), ident, is_use: false })
            });
            if let Some(head) = head {
                let entry = entry(attributes, own, procedure.is_some(), head, rest);
                return Ok(Self::Entry(Box::new(entry)));
            }
        }
        let kind = if procedure.or(router).is_some() {
            OtherKind::Misplaced
        } else {
            OtherKind::of(rest.clone())
        };
        let mut tokens = TokenStream::new();
        attributes.iter().for_each(|attribute| attribute.to_tokens(&mut tokens));
        tokens.extend(rest);
        Ok(Self::Other(Other { attributes, kind, tokens }))
    }
}

/// Visibility and names of an entry.
struct Head {
    visibility: Visibility,
    item: Ident,
    ident: Ident,
    is_use: bool,
}

/// Returns the entry with its attribute at index `own`.
fn entry(
    mut attributes: Vec<Attribute>,
    own: usize,
    is_procedure: bool,
    head: Head,
    rest: TokenStream,
) -> Entry {
    let cfgs = cfg_attributes(&attributes);
    let after = attributes.split_off(own + 1);
    let own = attributes.remove(own);
    let mut reported = Diagnostics::default();
    let options = if is_procedure {
        EntryOptions::Procedure(procedure::Options::parse(arguments(&own), &mut reported))
    } else {
        EntryOptions::Router(Options::parse(arguments(&own), &mut reported))
    };
    let Head { visibility, item, ident, is_use } = head;
    Entry { options, before: attributes, own, after, cfgs, visibility, ident, item, is_use, rest }
}

/// Returns the content of an attribute's parentheses.
pub(super) fn arguments(attribute: &Attribute) -> TokenStream {
    match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

/// Returns the visibility and name of a module; `None` if it is none, which its
/// attribute reports.
fn module(input: ParseStream<'_>) -> Option<(Visibility, Ident)> {
    let visibility = input.parse().ok()?;
    input.parse::<Token![mod]>().ok()?;
    Some((visibility, input.parse().ok()?))
}

/// Returns the head of `pub use path::name;`.
fn used(item: &TokenStream) -> Option<Head> {
    let item: ItemUse = syn::parse2(item.clone()).ok()?;
    let mut tree = &item.tree;
    while let UseTree::Path(path) = tree {
        tree = &path.tree;
    }
    let (name, ident) = match tree {
        UseTree::Name(name) => (&name.ident, &name.ident),
        UseTree::Rename(rename) => (&rename.ident, &rename.rename),
        _ => return None,
    };
    Some(Head {
        visibility: item.vis.clone(),
        item: name.clone(),
        ident: ident.clone(),
        is_use: true,
    })
}

impl OtherKind {
    /// Reads an item behind its attributes.
    fn of(rest: TokenStream) -> Self {
        let parser = |input: ParseStream<'_>| {
            let kind = Self::parse(&input.fork());
            // The compiler reports a half-typed item.
            input.parse::<TokenStream>()?;
            Ok(kind.unwrap_or(Self::Unknown))
        };
        parser.parse2(rest).unwrap_or(Self::Unknown)
    }

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
