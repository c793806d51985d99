//! Syntax of a router: the options, and the module with its entries.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, Ident, ItemUse, LitStr, Meta, Path, Token, UseTree, Visibility};

use super::unseen;
use crate::attribute::{
    AttributeOption, OptionValue, Runtime, cfg_attributes, is_attribute, parse_list, parse_options,
};
use crate::cfg::{Answers, Unknown};
use crate::diagnostics::Diagnostics;
use crate::signature::visibility_and_name;

/// The options of `#[router(…)]`.
#[derive(Default)]
pub(super) struct Options {
    pub(super) context: Option<Path>,
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
                "context" => match option.value {
                    OptionValue::Path(path) => options.context = Some(path),
                    _ => errors.at_span(
                        option.span(),
                        "write `context = Type`, the name of one type without `&` and quotes",
                    ),
                },
                "name" => options.name = option.text(errors),
                "with" => options.with = option.paths(errors),
                "hooks" => options.hooks = option.paths(errors),
                _ => options.runtime = Some(Runtime::from_option(&option, errors)),
            }
        }
        options
    }
}

/// A module with its items. Only the heads of procedures and nested routers are parsed:
/// the rest may be half-typed and is unchanged.
pub(super) struct Module {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    pub(super) items: Vec<Item>,
}

pub(super) enum Item {
    Entry(Entry),
    /// Any other item, including one with a misplaced attribute of ours, which reports
    /// itself.
    Other {
        tokens: TokenStream,
        has_attribute: bool,
    },
}

/// A procedure or a nested router.
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    /// The name of the item itself, which `use … as` may change.
    pub(super) item: Ident,
    /// `true` if the item is `pub use`.
    pub(super) is_use: bool,
    /// The item behind its attributes.
    pub(super) rest: TokenStream,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    Procedure,
    Router,
}

impl EntryKind {
    /// Returns the name of the attribute.
    pub(super) fn attribute(self) -> &'static str {
        match self {
            Self::Procedure => "procedure",
            Self::Router => "router",
        }
    }
}

impl Entry {
    pub(super) fn cfgs(&self) -> Vec<Attribute> {
        cfg_attributes(&self.attributes)
    }

    /// Returns `true` if this is a router with a context of its own.
    pub(super) fn has_own_context(&self) -> bool {
        self.kind == EntryKind::Router && self.has_option("context")
    }

    /// Returns the span of the attribute's context.
    pub(super) fn context_span(&self) -> Option<Span> {
        self.option("context").map(|option| option.span())
    }

    /// Returns `true` if the attribute sets that option.
    pub(super) fn has_option(&self, key: &str) -> bool {
        self.option(key).is_some()
    }

    fn option(&self, key: &str) -> Option<AttributeOption> {
        let mut ignored = Diagnostics::default();
        let options = parse_list(self.arguments(), AttributeOption::parse, &mut ignored);
        options.into_iter().find(|option| option.key == key)
    }

    /// Returns the content of the attribute's parentheses.
    pub(super) fn arguments(&self) -> TokenStream {
        let attribute = self.attributes.iter().find(|a| is_attribute(a, self.kind.attribute()));
        match attribute.map(|attribute| &attribute.meta) {
            Some(Meta::List(list)) => list.tokens.clone(),
            _ => TokenStream::new(),
        }
    }
}

impl Module {
    pub(super) fn parse(item: TokenStream) -> syn::Result<Self> {
        syn::parse2(item)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.items.iter().filter_map(|item| match item {
            Item::Entry(entry) => Some(entry),
            Item::Other { .. } => None,
        })
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
            let tokens = attribute.into_token_stream();
            items.push(Item::Other { tokens, has_attribute: false });
        }
        while !content.is_empty() {
            items.push(content.parse()?);
        }
        Ok(Self { attributes, visibility, ident, items })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let Ok(attributes) = outer_attributes(input) else {
            // A half-typed item, which the compiler reports.
            return Ok(Self::Other { tokens: skip_item(input)?, has_attribute: true });
        };
        let kind = [EntryKind::Procedure, EntryKind::Router]
            .into_iter()
            .find(|kind| attributes.iter().any(|a| is_attribute(a, kind.attribute())));
        let head = input.fork();
        let rest = skip_item(input)?;
        if let Some(kind) = kind {
            let by_use = used(&rest);
            let is_use = by_use.is_some();
            let by_item = || {
                let (visibility, ident) = entry_head(&head, kind)?;
                Some((visibility, ident.clone(), ident))
            };
            if let Some((visibility, item, ident)) = by_use.or_else(by_item) {
                let entry = Entry { kind, attributes, visibility, ident, item, is_use, rest };
                return Ok(Self::Entry(entry));
            }
        }
        let mut tokens = TokenStream::new();
        attributes.iter().for_each(|attribute| attribute.to_tokens(&mut tokens));
        tokens.extend(rest);
        Ok(Self::Other { tokens, has_attribute: kind.is_some() })
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

/// Returns the visibility and name of a function or module; `None` if it is neither,
/// which its attribute reports.
fn entry_head(input: ParseStream<'_>, kind: EntryKind) -> Option<(Visibility, Ident)> {
    match kind {
        EntryKind::Procedure => visibility_and_name(input),
        EntryKind::Router => {
            let visibility = input.parse().ok()?;
            input.parse::<Token![mod]>().ok()?;
            Some((visibility, input.parse().ok()?))
        }
    }
}

/// Returns the visibility, the name of the item, and its name here, of `pub use
/// path::name;`.
fn used(item: &TokenStream) -> Option<(Visibility, Ident, Ident)> {
    let item: ItemUse = syn::parse2(item.clone()).ok()?;
    let mut tree = &item.tree;
    while let UseTree::Path(path) = tree {
        tree = &path.tree;
    }
    match tree {
        UseTree::Name(name) => Some((item.vis, name.ident.clone(), name.ident.clone())),
        UseTree::Rename(rename) => Some((item.vis, rename.ident.clone(), rename.rename.clone())),
        _ => None,
    }
}

/// Returns the tokens up to the end of an item: a `;`, a brace without a `;` behind it,
/// or, if it is half-typed, the next attribute of ours. A wrong guess has no effect,
/// because the output joins the parts again.
pub(crate) fn skip_item(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    // The attributes in front are its own.
    while input.peek(Token![#]) {
        tokens.extend([input.parse::<TokenTree>()?]);
        if input.peek(syn::token::Bracket) {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
    }
    while !input.is_empty() {
        let is_end = input.peek(Token![;]) || input.peek(syn::token::Brace);
        tokens.extend([input.parse::<TokenTree>()?]);
        if is_end && !input.peek(Token![;]) || starts_entry(input) {
            break;
        }
    }
    Ok(tokens)
}

/// Returns `true` if the attributes of an entry follow.
fn starts_entry(input: ParseStream<'_>) -> bool {
    let is_ours = |attribute: &Attribute| {
        [EntryKind::Procedure, EntryKind::Router]
            .iter()
            .any(|kind| is_attribute(attribute, kind.attribute()))
    };
    outer_attributes(&input.fork()).is_ok_and(|attributes| attributes.iter().any(is_ours))
}

/// Parses the attributes that follow; a mistake in one of them is reported before any
/// of them.
pub(crate) fn outer_attributes(input: ParseStream<'_>) -> syn::Result<Vec<Attribute>> {
    let ahead = input.fork();
    let mut tokens = TokenStream::new();
    while ahead.peek(Token![#]) {
        tokens.extend([ahead.parse::<TokenTree>()?, ahead.parse()?]);
    }
    // Of these tokens alone, because a superfluous one would otherwise be reported for
    // the module.
    let attributes = Attribute::parse_outer.parse2(tokens)?;
    input.advance_to(&ahead);
    Ok(attributes)
}
