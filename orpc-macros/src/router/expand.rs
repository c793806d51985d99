//! The module with its `router` function.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Meta};

use super::parse::{Entry, EntryKind, Item, Module, Options};
use super::validate::wire_name;
use crate::attribute::is_attribute;
use crate::diagnostics::Diagnostics;

/// ```text
/// pub mod chat {
///     …
///     type __RouterContext = App;
///     /// The router of this module.
///     pub fn router() -> Router<__RouterContext> {
///         let router = Router::new();
///         let router = router.procedure::<send, _>();
///         let router = router.nest("admin", admin::router());
///         router
///     }
/// }
/// ```
///
/// Without a context the function is generic: `router<C>() -> Router<C>`.
pub(super) fn expand(module: &Module, options: &Options, errors: Diagnostics) -> TokenStream {
    let Module { attributes, visibility, ident, .. } = module;
    let items = module.items.iter().map(|item| match item {
        Item::Entry(entry) => entry_item(entry, options),
        Item::Other(tokens) => tokens.clone(),
    });
    let function = if errors.is_empty() { function(module, options) } else { errors.into_tokens() };
    quote! {
        #(#attributes)*
        #visibility mod #ident {
            #(#items)*
            #function
        }
    }
}

fn function(module: &Module, options: &Options) -> TokenStream {
    let runtime = options.runtime.clone().unwrap_or_default();
    let (root, private) = (runtime.root(), runtime.private());
    let steps = module.entries().map(|entry| {
        let (cfgs, ident) = (entry.cfgs(), &entry.ident);
        let step = match entry.kind {
            EntryKind::Procedure => quote!(#root::Router::procedure::<self::#ident, _>(router)),
            EntryKind::Router => {
                let (name, _) = wire_name(entry);
                quote!(#root::Router::nest(router, #name, self::#ident::router()))
            }
        };
        quote!(#(#cfgs)* let router = #step;)
    });
    let (alias, generics, context) = match &options.context {
        Some(context) => (
            Some(quote!(#[doc(hidden)] type __RouterContext = #context;)),
            None,
            quote!(__RouterContext),
        ),
        None => (None, Some(quote!(<__C: #private::Send + #private::Sync + 'static>)), quote!(__C)),
    };
    let docs = format!("The router of `{}`.", module.ident);
    quote! {
        #alias

        #[doc = #docs]
        #[must_use]
        pub fn router #generics () -> #root::Router<#context> {
            let router = #root::Router::<#context>::new();
            #(#steps)*
            router
        }
    }
}

/// An entry with the options that it has from the router around it.
fn entry_item(entry: &Entry, options: &Options) -> TokenStream {
    let mut inherited = TokenStream::new();
    if let Some(runtime) = &options.runtime {
        let path = runtime.root().to_token_stream().to_string();
        add_option(&mut inherited, entry, "crate", &quote!(#path));
    }
    if entry.kind == EntryKind::Router && options.context.is_some() {
        add_option(&mut inherited, entry, "context", &quote!(super::__RouterContext));
    }
    let attributes = entry.attributes.iter().map(|attribute| {
        if is_attribute(attribute, entry.kind.attribute()) && !inherited.is_empty() {
            with_options(attribute, &inherited)
        } else {
            attribute.to_token_stream()
        }
    });
    let rest = &entry.rest;
    quote!(#(#attributes)* #rest)
}

/// Adds an option that the entry has not set itself.
fn add_option(inherited: &mut TokenStream, entry: &Entry, key: &str, value: &TokenStream) {
    let mut tokens = entry.arguments().into_iter();
    let is_set = tokens.any(|token| matches!(token, proc_macro2::TokenTree::Ident(i) if i == key));
    if !is_set {
        let key = proc_macro2::Ident::new(key, proc_macro2::Span::call_site());
        inherited.extend(quote!(#key = #value,));
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
