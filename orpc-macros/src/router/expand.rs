//! The module with its `router` function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned;
use syn::{Attribute, Path};

use super::items::{Entry, EntryOptions, Item, OtherKind, arguments};
use super::parse::{Module, Options};
use super::unseen;
use crate::diagnostics::Diagnostics;
use crate::generate::chain::{Chain, Link, Scope, import, is_importable};
use crate::generate::checked;
use crate::generate::entries::{self, RouterType};
use crate::parse::crate_paths;
use crate::runtime::{Runtime, at, local};

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
///         Router::<App>::with_middleware::<__Middleware0, _>(router)
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
    let procedures: Vec<_> =
        module.entries().filter(|entry| entry.is_procedure()).map(|entry| &entry.ident).collect();
    let items = module.items.iter().map(|item| match item {
        Item::Entry(entry) => entry_item(module, entry, options),
        Item::Other(other) => match &other.kind {
            // Reported already, and would be by the compiler.
            OtherKind::Module { body: None, .. } => TokenStream::new(),
            OtherKind::Module { .. } => other.tokens.clone(),
            _ => crate_paths::absolute(other.tokens.clone(), &procedures),
        },
    });
    let function = match options {
        // `router` is taken.
        _ if module.entries().any(|entry| entry.ident == "router") => TokenStream::new(),
        Some(options) => function(module, options, true, errors.is_empty()),
        None => function(module, &Options::default(), false, false),
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

/// Returns the function, the type and the aliases of the router. Without its options it
/// has no entries; re-exports are looked at where there are no mistakes.
fn function(module: &Module, options: &Options, is_complete: bool, is_right: bool) -> TokenStream {
    let runtime = options.runtime.clone().unwrap_or_default();
    let (root, private) = (runtime.root(), runtime.private());
    let fits = |entry: &&Entry| {
        is_complete
            && !module.is_named_twice(entry)
            && (options.context.is_some() || entry.context_span().is_none())
    };
    let steps = module.entries().filter(fits).map(|entry| step(entry, options, &runtime));
    // The compiler shows this name where a procedure borrows a context.
    let any = quote!(AnyContext);
    let (generics, context) = match &options.context {
        Some(context) => (None, context.to_token_stream()),
        None => (Some(quote!(<#any: #private::Send + #private::Sync + 'static>)), any),
    };
    let router = local("router");
    let shared = options.context.as_ref().map(|context| {
        let place = at(context.span());
        let private = runtime.private_at(place);
        let (alias, check) =
            (Ident::new("__SharedContext", place), Ident::new("__IsShared", place));
        let shared = checked::shared(context, &runtime);
        let aliases = quote_spanned! {place=>
            #[doc(hidden)] type #check = #shared;
            #[doc(hidden)] type #alias = <#check as #private::SharedContext>::Context;
        };
        let finished = quote_spanned! {place=>
            <#check as #private::SharedContext>::finish(#router)
        };
        (alias, aliases, finished)
    });
    let finished =
        shared.as_ref().map_or_else(|| quote!(#router), |(_, _, finished)| finished.clone());
    let shared_alias = shared.as_ref().map(|(_, aliases, _)| aliases);
    let shared = shared.as_ref().map(|(alias, _, _)| alias.clone());
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
    let aliases = chain.aliases(Scope::Module, &runtime);
    let wrap = chain.links.iter().rev().map(|Link { path, alias, context, .. }| {
        let place = at(path.span());
        let root = runtime.root_at(place);
        quote_spanned!(place=> let #router = #root::Router::<#context>::with_middleware::<#alias, _>(#router);)
    });
    let reexports = is_right.then(|| unseen::reexports(module, &router, &runtime));
    let hooks = options.hooks.iter().rev().map(|hooks| hook(hooks, &router, &runtime));
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
        #[allow(deprecated)]
        pub fn router #generics () -> #root::Router<#context> {
            let #router = <#root::Router<#inner> as ::core::default::Default>::default();
            #(#steps)*
            #(#wrap)*
            #(#hooks)*
            #reexports
            #finished
        }
    }
}

/// ```text
/// let router = {
///     struct __Found {}
///     {
///         use log as __Found;
///         <Checked<(), { assert!(!IsMiddleware::<__Found>::IS, "…"); true }> as AddHooks<_, _>>::add(router, __Found)
///     }
/// };
/// ```
///
/// Returns the statement that adds hooks. A name in lower case may be of a middleware.
fn hook(hooks: &Path, router: &Ident, runtime: &Runtime) -> TokenStream {
    let place = at(hooks.span());
    let root = runtime.root_at(place);
    let is_value = hooks
        .segments
        .last()
        .is_some_and(|last| last.ident.unraw().to_string().starts_with(char::is_uppercase));
    if is_value || !is_importable(hooks) {
        return quote_spanned!(place=> let #router = #root::Router::hooks(#router, #hooks););
    }
    let private = runtime.private_at(place);
    let found = Ident::new("__Found", place);
    let import = import(hooks, &found);
    let message = format!(
        "write `with = {}`: this is a middleware, and hooks are a value of a type with `impl Hooks`",
        hooks.to_token_stream().to_string().replace(' ', "")
    );
    quote_spanned! {place=>
        let #router = {
            struct #found {}
            {
                #import
                <#private::Checked<(), {
                    use #private::IsNot as _;
                    ::core::assert!(!#private::IsMiddleware::<#found>::IS, #message);
                    true
                }> as #private::AddHooks<_, _>>::add(#router, #found)
            }
        };
    }
}

/// Returns the implementation that makes an entry part of this router.
fn entry_of(entry: &Entry, runtime: &Runtime) -> TokenStream {
    let Entry { ident, cfgs, .. } = entry;
    let name = entry.wire_name().0;
    match &entry.options {
        EntryOptions::Procedure(_) => entries::procedure(ident, cfgs, runtime),
        EntryOptions::Router(_) if entry.is_use => entries::used(ident, &name, cfgs, runtime),
        EntryOptions::Router(_) => entries::nested(ident, &name, cfgs, runtime),
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
    let Entry { ident, cfgs, .. } = entry;
    let place = at(ident.span());
    let root = runtime.root_at(place);
    let router = Ident::new("router", place);
    let step = match &entry.options {
        EntryOptions::Procedure(_) => {
            quote_spanned!(place=> #root::Router::procedure::<self::#ident, _>(#router))
        }
        EntryOptions::Router(_) => {
            let (name, _) = entry.wire_name();
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
    let Entry { before, own, after, rest, .. } = entry;
    let mut inherited = TokenStream::new();
    if let Some(runtime) = options.and_then(|options| options.runtime.as_ref())
        && !entry.has_crate()
    {
        let path = runtime.root().to_token_stream().to_string();
        inherited.extend(quote!(crate = #path,));
    }
    if options.is_some_and(|options| options.context.is_some())
        && !entry.is_procedure()
        && entry.context_span().is_none()
    {
        inherited.extend(quote!(context = super::__RouterContext,));
    }
    // An entry of one name with another is reported already, and would be by the
    // compiler. Without its options a nested router would not know its context.
    let is_kept = !entry.is_use
        && !module.is_named_twice(entry)
        && (options.is_some() || entry.is_procedure());
    let own = is_kept.then(|| with_options(own, &inherited));
    quote!(#(#before)* #own #(#after)* #rest)
}

fn with_options(attribute: &Attribute, inherited: &TokenStream) -> TokenStream {
    if inherited.is_empty() {
        return attribute.to_token_stream();
    }
    let (path, tokens) = (attribute.path(), arguments(attribute));
    quote!(#[#path(#inherited #tokens)])
}
