//! Syntax of a router: the options, and the module.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::parse::{Parse, ParseStream};
use syn::visit_mut::VisitMut;
use syn::{Attribute, Ident, Lifetime, LitStr, Path, Token, Visibility};

use super::items::{Entry, Item, Other};
use super::unseen;
use crate::diagnostics::Diagnostics;
use crate::parse::attribute::{OptionValue, parse_options};
use crate::parse::cfg::{Answers, Unknown};
use crate::runtime::Runtime;

/// The options of `#[router(…)]`.
#[derive(Default)]
pub(super) struct Options {
    pub(super) context: Option<Path>,
    /// The place of the context, also of one that cannot be read.
    pub(super) context_span: Option<Span>,
    pub(super) name: Option<LitStr>,
    /// The middlewares, the first one outermost.
    pub(super) with: Vec<Path>,
    /// The hooks, the first ones outermost.
    pub(super) hooks: Vec<Path>,
    pub(super) runtime: Option<Runtime>,
}

impl Options {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Diagnostics) -> Self {
        let mut options = Self::default();
        for option in parse_options(tokens, &["context", "name", "with", "hooks", "crate"], errors)
        {
            match option.key.to_string().as_str() {
                "context" => {
                    options.context_span = Some(option.span());
                    match &option.value {
                        OptionValue::Path(path) => {
                            check_lifetimes(path, errors);
                            options.context = Some(path.clone());
                        }
                        _ => option.report(
                            "write `context = Type`, the name of one type without `&` and quotes",
                            errors,
                        ),
                    }
                }
                "name" => options.name = option.text(errors),
                "with" => options.with = option.paths(errors),
                "hooks" => options.hooks = option.paths(errors),
                _ => options.runtime = Some(option.runtime(errors)),
            }
        }
        options
    }
}

// `context = App<'a>`, `context = App<'_>`
fn check_lifetimes(context: &Path, errors: &mut Diagnostics) {
    struct Lifetimes<'e>(&'e mut Diagnostics);

    impl VisitMut for Lifetimes<'_> {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                self.0.at(
                    &*lifetime,
                    "write `'static`, or a type that owns its data: calls share the context, which borrows from none of them",
                );
            }
        }
    }

    Lifetimes(errors).visit_path_mut(&mut context.clone());
}

/// A module with its items. Only the heads of procedures and nested routers are parsed:
/// the rest may be half-typed and is unchanged.
pub(super) struct Module {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    pub(super) items: Vec<Item>,
}

impl Module {
    pub(super) fn parse(item: TokenStream) -> syn::Result<Self> {
        syn::parse2(item)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.items.iter().filter_map(|item| match item {
            Item::Entry(entry) => Some(&**entry),
            Item::Other(_) => None,
        })
    }

    pub(super) fn others(&self) -> impl Iterator<Item = &Other> {
        self.items.iter().filter_map(|item| match item {
            Item::Entry(_) => None,
            Item::Other(other) => Some(other),
        })
    }

    /// Returns `true` for a procedure with the name of a module, where no `cfg` chooses.
    pub(super) fn is_named_twice(&self, entry: &Entry) -> bool {
        entry.is_procedure()
            && entry.is_always()
            && (unseen::has_module(self, &entry.ident)
                || self.entries().any(|other| {
                    !other.is_procedure() && other.ident == entry.ident && other.is_always()
                }))
    }
}

impl Parse for Module {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !input.peek(Token![mod]) {
            return Err(input.error("put #[router] on a module: `pub mod chat { … }`"));
        }
        input.parse::<Token![mod]>()?;
        let ident: Ident = input.parse()?;
        if input.peek(Token![;]) {
            let message =
                "put #[router] on a module `{ … }` inside of that file: it needs the items";
            return Err(syn::Error::new(ident.span(), message));
        }
        let content;
        syn::braced!(content in input);
        let mut items = Vec::new();
        // `#![…]` and `//!` of the module itself.
        for attribute in content.call(Attribute::parse_inner)? {
            items.push(Item::Other(Other::unknown(attribute.into_token_stream())));
        }
        while !content.is_empty() {
            items.push(content.parse()?);
        }
        Ok(Self { attributes, visibility, ident, items })
    }
}

/// Returns the module, with each `cfg_attr` with an attribute of ours expanded or
/// removed.
pub(super) fn evaluate(item: TokenStream, answers: &Answers) -> Result<TokenStream, Unknown> {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Group(group)) = tokens.last_mut()
        && group.delimiter() == Delimiter::Brace
    {
        let items = answers.items(group.stream(), unseen::names_entry)?;
        let span = group.span();
        *group = Group::new(Delimiter::Brace, items);
        group.set_span(span);
    }
    Ok(tokens.into_iter().collect())
}
