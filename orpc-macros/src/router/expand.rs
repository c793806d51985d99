//! The module with its `router` function.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Meta, Path, Token};

use super::parse::{Entry, EntryKind, Item, Module, Options};
use super::unseen;
use super::validate::wire_name;
use crate::attribute::{Runtime, at, is_attribute, local};
use crate::chain::{Chain, Link, Scope};
use crate::checked;
use crate::crate_paths;
use crate::diagnostics::Diagnostics;
use crate::entries::{self, RouterType};

/// ```text
/// pub mod chat {
///     …
///     type __RouterContext = App;
///     /// The router of this module.
///     pub fn router() -> Router<__RouterContext> {
///         let router = Router::new();
///         let router = router.procedure::<send, _>();
///         let router = nest(router, "admin", admin::router());
///         router
///     }
///     /// The same as a type.
///     pub struct router {}
/// }
/// ```
///
/// Without a context the function is generic: `router<AnyContext>() -> Router<AnyContext>`.
///
/// With a middleware the context of the procedures is what it makes of the router's:
///
/// ```text
///     type __Middleware0 = authenticate;
///     type __RouterContext = <__Middleware0 as Middleware>::Context<App>;
///     pub fn router() -> Router<App> {
///         let router = Router::<__RouterContext>::new();
///         …
///         Router::<App>::behind::<__Middleware0, _>(router)
///     }
/// ```
///
/// With mistakes in its options the router is empty: what they would have said is
/// unknown, and errors that follow from that would hide the mistakes.
pub(super) fn expand(
    module: &Module,
    options: Option<&Options>,
    errors: Diagnostics,
) -> TokenStream {
    let Module { attributes, visibility, ident, .. } = module;
    let procedures: Vec<_> = module
        .entries()
        .filter(|entry| entry.kind == EntryKind::Procedure)
        .map(|entry| &entry.ident)
        .collect();
    let items = module.items.iter().map(|item| match item {
        Item::Entry(entry) => entry_item(module, entry, options),
        // One in another file is reported, and would be by the compiler.
        Item::Other { tokens, .. } if unseen::is_file(tokens) => TokenStream::new(),
        Item::Other { tokens, .. } if unseen::is_module(tokens) => tokens.clone(),
        Item::Other { tokens, .. } => crate_paths::absolute(tokens.clone(), &procedures),
    });
    let function = match options {
        // `router` is taken.
        _ if module.entries().any(|entry| entry.ident == "router") => TokenStream::new(),
        Some(options) => function(module, options, true),
        None => function(module, &Options::default(), false),
    };
    let runtime = options.and_then(|options| options.runtime.clone()).unwrap_or_default();
    let renamed = unseen::renamed_attributes(module, &runtime);
    let errors = errors.into_tokens();
    quote! {
        #(#attributes)*
        #visibility mod #ident {
            #(#items)*
            #errors
            #renamed
            #function
        }
    }
}

fn function(module: &Module, options: &Options, is_complete: bool) -> TokenStream {
    let runtime = options.runtime.clone().unwrap_or_default();
    let (root, private) = (runtime.root(), runtime.private());
    let fits = |entry: &&Entry| {
        is_complete
            && !is_named_twice(module, entry)
            && (options.context.is_some() || !entry.has_own_context())
    };
    let steps = module.entries().filter(fits).map(|entry| step(entry, options, &runtime));
    // The compiler shows this name where a procedure borrows a context.
    let any = quote!(AnyContext);
    let (generics, context) = match &options.context {
        Some(context) => (None, context.to_token_stream()),
        None => (Some(quote!(<#any: #private::Send + #private::Sync + 'static>)), any),
    };
    let shared = options.context.as_ref().map(|context| {
        let alias = Ident::new("__SharedContext", at(context.span()));
        let shared = checked::shared(context, &runtime);
        (alias.clone(), quote!(#[doc(hidden)] type #alias = #shared;))
    });
    let (shared, shared_alias) = shared.unzip();
    let first = shared.map_or_else(|| context.clone(), Ident::into_token_stream);
    let chain = Chain::new(&options.with, first.clone(), &runtime);
    let mut inner = chain.context().clone();
    let alias = options.context.is_some().then(|| {
        // Missing parts of the context are reported here.
        let span = options.with.last().or(options.context.as_ref()).map(Spanned::span);
        let alias = Ident::new("__RouterContext", at(span.unwrap_or_else(Span::call_site)));
        let alias = quote!(#alias);
        let context = match chain.links.as_slice() {
            [] => inner.clone(),
            _ => checked::once(&inner, &chain.behind(), &runtime),
        };
        let definition = quote!(#[doc(hidden)] type #alias = #context;);
        inner = alias;
        definition
    });
    let router = local("router");
    let aliases = chain.aliases(Scope::Module, &runtime);
    let wrap = chain.links.iter().rev().map(|Link { path, alias, context, .. }| {
        let place = at(path.span());
        let root = runtime.root_at(place);
        quote_spanned!(place=> let #router = #root::Router::<#context>::behind::<#alias, _>(#router);)
    });
    let hooks = options.hooks.iter().rev().map(|hooks| {
        let place = at(hooks.span());
        let root = runtime.root_at(place);
        quote_spanned!(place=> let #router = #root::Router::hooks(#router, #hooks);)
    });
    let docs = format!("The router of `{}`.", module.ident);
    let router_type = RouterType {
        runtime: &runtime,
        generics: generics.clone(),
        context: first,
        entries: module
            .entries()
            .filter(fits)
            .filter(|entry| is_only_use(module, entry))
            .map(|entry| entry_of(entry, &runtime))
            .collect(),
    };
    quote! {
        #shared_alias
        #aliases
        #alias

        #router_type

        #[doc = #docs]
        #[must_use]
        #[allow(deprecated, clippy::all, clippy::pedantic)]
        pub fn router #generics () -> #root::Router<#context> {
            let #router = <#root::Router<#inner> as ::core::default::Default>::default();
            #(#steps)*
            #(#wrap)*
            #(#hooks)*
            #router
        }
    }
}

/// Returns the implementation that makes an entry part of this router.
fn entry_of(entry: &Entry, runtime: &Runtime) -> TokenStream {
    let (ident, cfgs) = (&entry.ident, entry.cfgs());
    match entry.kind {
        EntryKind::Procedure => entries::procedure(ident, &cfgs, runtime),
        EntryKind::Router if entry.is_use => {
            entries::used(ident, &wire_name(entry).0, &cfgs, runtime)
        }
        EntryKind::Router => entries::nested(ident, &wire_name(entry).0, &cfgs, runtime),
    }
}

/// Returns `true` if no other entry can be the same item under another name: types of
/// such items could not be distinguished.
fn is_only_use(module: &Module, entry: &Entry) -> bool {
    let mut others = module.entries().filter(|other| !std::ptr::eq(*other, entry));
    !entry.is_use || !others.any(|other| other.item == entry.item)
}

/// Returns the statement that adds an entry, reported at its name.
fn step(entry: &Entry, options: &Options, runtime: &Runtime) -> TokenStream {
    let Entry { ident, kind, .. } = entry;
    let cfgs = entry.cfgs();
    let place = at(ident.span());
    let root = runtime.root_at(place);
    let router = Ident::new("router", place);
    let step = match kind {
        EntryKind::Procedure => {
            quote_spanned!(place=> #root::Router::procedure::<self::#ident, _>(#router))
        }
        EntryKind::Router => {
            let (name, _) = wire_name(entry);
            let nested = quote_spanned!(place=> self::#ident::router());
            if options.context.is_none() || entry.is_use {
                return quote!(#(#cfgs)* let #router = #root::Router::nest(#router, #name, #nested););
            }
            // A router with another context reports it here.
            let place = entry.context_span().map_or(place, at);
            let private = runtime.private_at(place);
            let router = Ident::new("router", place);
            quote_spanned!(place=> #private::nest(#router, #name, #nested))
        }
    };
    quote!(#(#cfgs)* let #router = #step;)
}

/// Returns an entry with the options inherited from the router around it.
fn entry_item(module: &Module, entry: &Entry, options: Option<&Options>) -> TokenStream {
    let mut inherited = TokenStream::new();
    if let Some(runtime) = options.and_then(|options| options.runtime.as_ref()) {
        let path = runtime.root().to_token_stream().to_string();
        add_option(&mut inherited, entry, "crate", &quote!(#path));
    }
    if entry.kind == EntryKind::Router && options.is_some_and(|options| options.context.is_some()) {
        add_option(&mut inherited, entry, "context", &quote!(super::__RouterContext));
    }
    let is_own = |attribute: &&Attribute| is_attribute(attribute, entry.kind.attribute());
    // One name is reported already, and would be by the compiler.
    let is_twice = is_named_twice(module, entry);
    // Without its options a nested router would not know its context.
    let is_kept = |attribute: &&Attribute| {
        !is_own(attribute)
            || !entry.is_use
                && !is_twice
                && (options.is_some() || entry.kind == EntryKind::Procedure)
    };
    let attributes = entry.attributes.iter().filter(is_kept).map(|attribute| {
        let mut attribute = attribute.clone();
        if is_own(&&attribute)
            && let Meta::List(list) = &mut attribute.meta
        {
            list.tokens = in_this_module(list.tokens.clone());
        }
        let attribute = &attribute;
        if is_own(&attribute) && !inherited.is_empty() {
            with_options(attribute, &inherited)
        } else {
            attribute.to_token_stream()
        }
    });
    let rest = &entry.rest;
    quote!(#(#attributes)* #rest)
}

/// Returns whether this is a procedure with the name of another item, where no `cfg` chooses.
fn is_named_twice(module: &Module, entry: &Entry) -> bool {
    let is_always = |entry: &Entry| entry.cfgs().is_empty();
    entry.kind == EntryKind::Procedure
        && is_always(entry)
        && (unseen::has_module(module, &entry.ident)
            || module.entries().any(|other| {
                other.kind == EntryKind::Router && other.ident == entry.ident && is_always(other)
            }))
}

/// Adds an option that the entry has not set itself.
fn add_option(inherited: &mut TokenStream, entry: &Entry, key: &str, value: &TokenStream) {
    if !entry.has_option(key) {
        let key = Ident::new(key, Span::call_site());
        inherited.extend(quote!(#key = #value,));
    }
}

/// `with = self::check` in place of `with = check`: the name is one of this module, not of
/// a block.
fn in_this_module(options: TokenStream) -> TokenStream {
    let mut names_middleware = false;
    let mut done = TokenStream::new();
    let mut options = options.into_iter().peekable();
    while let Some(token) = options.next() {
        let is_list =
            matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket);
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '=' => punct.to_tokens(&mut done),
            TokenTree::Group(group) if names_middleware && is_list => {
                let paths = Punctuated::<Path, Token![,]>::parse_terminated;
                match paths.parse2(group.stream()) {
                    Ok(paths) => {
                        let paths = paths.iter().map(in_self);
                        let mut list = Group::new(Delimiter::Bracket, quote!(#(#paths),*));
                        list.set_span(group.span());
                        list.to_tokens(&mut done);
                    }
                    Err(_) => group.to_tokens(&mut done),
                }
                names_middleware = false;
            }
            TokenTree::Ident(ident) if names_middleware => {
                let is_path = matches!(options.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                if is_path {
                    ident.to_tokens(&mut done);
                } else {
                    in_self(&Path::from(ident)).to_tokens(&mut done);
                }
                names_middleware = false;
            }
            token => {
                names_middleware = matches!(&token, TokenTree::Ident(ident) if ident == "with");
                token.to_tokens(&mut done);
            }
        }
    }
    done
}

/// `self::check` for `check`
fn in_self(path: &Path) -> TokenStream {
    match path.get_ident() {
        Some(name) if !["self", "super", "crate"].iter().any(|it| name == it) => {
            let place = name.span();
            quote_spanned!(place=> self::#name)
        }
        _ => path.to_token_stream(),
    }
}

fn with_options(attribute: &Attribute, inherited: &TokenStream) -> TokenStream {
    let path = attribute.path();
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => {
            let tokens = &list.tokens;
            quote!(#[#path(#inherited #tokens)])
        }
        _ => quote!(#[#path(#inherited)]),
    }
}
