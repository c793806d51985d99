//! The items beside the function.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned;

use super::validate::{Kind, Middleware};
use crate::diagnostics::Diagnostics;
use crate::generate::checked::{self, Meant};
use crate::generate::extract::{Sources, Subject};
use crate::generate::marker::marker;
use crate::parse::cfg::cfg_attributes;
use crate::parse::signature::Head;
use crate::parse::types::{is_named, result_parts};
use crate::runtime::{Runtime, associated, at, local};

/// ```text
/// struct authenticate {}
/// const _: () = {
///     type __Returned = Result<User, AuthError>;
///     type __Value = <Checked<__Returned, __IS_RESULT> as ResultType>::Ok;
///     type __Error = <Checked<__Returned, __IS_RESULT> as ResultType>::Err;
///     impl Middleware for authenticate { … }
///     impl<__C, __H0> RunMiddleware<__C, (__H0,)> for authenticate
///     where
///         __C: Lends<App, __H0>,
///     { … }
/// };
/// ```
pub(super) fn expand(middleware: &Middleware<'_>) -> TokenStream {
    let Middleware { ident, visibility, cfgs, docs, runtime, arguments, kind } = middleware;
    let subject = Subject::function(ident);
    let sources = Sources::new(arguments, &subject);
    let marker = marker(ident, visibility, cfgs);
    let private = runtime.private();
    let types = types(kind, runtime);
    let definition = definition(ident, docs.text(&private), &private);
    let implementation = implementation(ident, &types, kind.is_unit(), &definition, &private);
    let run = run(middleware, &types, &subject, &sources);
    let definitions = &types.definitions;
    quote! {
        #marker

        #(#cfgs)*
        #[allow(deprecated, unused_parens)]
        const _: () = {
            #definitions

            #implementation

            #run
        };
    }
}

/// ```text
/// impl Middleware for authenticate {
///     type Context<__C> = [(); compile_error!("…")];
///     …
/// }
/// ```
///
/// Returns a middleware that calls never reach. Its value is unknown: its context
/// contains the first mistake, so that the compiler reports no errors in the procedures
/// that borrow from it.
pub(super) fn stub(head: &Head, runtime: &Runtime, errors: Diagnostics) -> TokenStream {
    let private = runtime.private();
    let Head { attributes, visibility, ident } = head;
    let cfgs = cfg_attributes(attributes);
    let marker = marker(ident, visibility, &cfgs);
    let value = local("value");
    let definition = definition(ident, None, &private);
    let (first, others) = errors.into_first_and_others();
    quote! {
        #marker

        #others

        #(#cfgs)*
        const _: () = {
            impl #private::Middleware for #ident {
                type Value = #private::Infallible;
                type Error = #private::Infallible;
                type Context<__C: #private::Send + #private::Sync + 'static> = [(); #first];

                #definition

                fn extend<__C: #private::Send + #private::Sync + 'static>(
                    _: #private::Arc<__C>,
                    #value: Self::Value,
                ) -> #private::Arc<Self::Context<__C>> {
                    match #value {}
                }
            }

            impl<__C: #private::Sync + 'static> #private::RunMiddleware<__C, ()> for #ident {
                async fn run<'__a>(
                    _: #private::Scope<'__a, __C>,
                    _: #private::Next<Self::Value>,
                ) -> #private::Result<#private::Completed, #private::Error> {
                    #private::Err(#private::unreachable())
                }
            }
        };
    }
}

/// The user's types under names of their own, each with its span.
struct Types {
    definitions: TokenStream,
    value: Ident,
    error: Ident,
    /// The function that splits the result.
    whole: TokenStream,
}

/// ```text
/// type __Returned = Result<User, AuthError>;
/// const __IS_RESULT: bool = …;
/// type __Value = <Checked<__Returned, __IS_RESULT> as ResultType>::Ok;
/// type __Error = <Checked<__Returned, __IS_RESULT> as ResultType>::Err;
/// ```
fn types(kind: &Kind, runtime: &Runtime) -> Types {
    let (Kind::Before { returned, .. } | Kind::Around { returned, .. }) = kind;
    let place = at(returned.span());
    let private = runtime.private_at(place);
    let name = Ident::new("__Returned", returned.span());
    let (check, whole) = match kind {
        Kind::Around { .. } if !is_named(returned, "Result") => (
            Some(checked::check(Meant::Result, &name, runtime)),
            checked::checked(Meant::Result, &name, runtime),
        ),
        _ => checked::result(&name, returned, "__IS_RESULT", runtime),
    };
    let part = |part: &str| {
        let part = Ident::new(part, place);
        quote_spanned!(place=> <#whole as #private::ResultType>::#part)
    };
    let parts = result_parts(returned);
    let ok_span = parts.map_or(returned.span(), |(ok, _)| ok.span());
    let error_span = parts.and_then(|(_, error)| error).map_or(returned.span(), Spanned::span);
    let (value, value_span) = match kind {
        Kind::Around { value, .. } => (value.to_token_stream(), value.span()),
        Kind::Before { .. } => (part("Ok"), ok_span),
    };
    let error = part("Err");
    Types {
        definitions: quote! {
            type __Returned = #returned;
            #check
            type __Value = #value;
            type __Error = #error;
        },
        value: Ident::new("__Value", value_span),
        error: Ident::new("__Error", error_span),
        whole,
    }
}

/// `fn definition() -> MiddlewareDefinition { MiddlewareDefinition::new("authenticate").docs("…") }`
fn definition(ident: &Ident, docs: Option<TokenStream>, private: &TokenStream) -> TokenStream {
    let name = ident.unraw().to_string();
    let docs = docs.map(|docs| quote!(.docs(#docs)));
    quote! {
        fn definition() -> #private::MiddlewareDefinition {
            #private::MiddlewareDefinition::new(#name)#docs
        }
    }
}

fn implementation(
    ident: &Ident,
    types: &Types,
    is_unit: bool,
    definition: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let (context, value) = (local("context"), local("value"));
    let Types { value: value_type, error, .. } = types;
    let place = at(value_type.span());
    let bounds = quote!(#private::Send + #private::Sync + 'static);
    let (below, extended) = if is_unit {
        (quote!(__C), quote!({ let _ = #value; #context }))
    } else {
        let with = quote_spanned!(place=> #private::Extended<__C, #value_type>);
        (with, quote!({ #private::Arc::new(#private::Extended::new(#context, #value)) }))
    };
    let value_item = associated("Value", value_type);
    let error_item = associated("Error", error);
    let context_item = quote_spanned!(place=> type Context<__C: #bounds> = #below;);
    quote! {
        impl #private::Middleware for #ident {
            #value_item
            #error_item
            #context_item

            #definition

            fn extend<__C: #bounds>(
                #context: #private::Arc<__C>,
                #value: #value_type,
            ) -> #private::Arc<#below> #extended
        }
    }
}

fn run(
    middleware: &Middleware<'_>,
    types: &Types,
    subject: &Subject,
    sources: &Sources<'_>,
) -> TokenStream {
    let Middleware { ident, runtime, kind, .. } = middleware;
    // A future that is not `Send` is reported here.
    let place = at(ident.span());
    let private = runtime.private_at(place);
    let (scope, next, value, error) =
        (local("scope"), local("next"), local("value"), local("error"));
    let implement = sources.implement("RunMiddleware", subject, &private, place);
    let arguments = sources.values(&next, &private);
    let call = quote_spanned!(place=> #ident(#(#arguments),*).await);
    let Types { error: error_type, whole, .. } = types;
    let result = match kind {
        Kind::Before { .. } => {
            quote_spanned!(place=> <#whole as #private::ResultType>::split(#call))
        }
        Kind::Around { .. } => quote_spanned! {place=>
            ::core::convert::identity::<#private::Result<#private::Completed, #error_type>>(#call)
        },
    };
    let success = match kind {
        Kind::Before { .. } => quote_spanned!(place=> #private::Next::with(#next, #value).await),
        Kind::Around { .. } => quote_spanned!(place=> #private::Ok(#value)),
    };
    let failed = quote_spanned!(place=> #private::Err(#private::failed::<#ident>(#error)));
    let body = quote_spanned! {place=>
        match #result {
            #private::Ok(#value) => #success,
            #private::Err(#error) => #failed,
        }
    };
    quote_spanned! {place=>
        #implement {
            fn run<'__a>(
                #scope: #private::Scope<'__a, __C>,
                #next: #private::Next<__Value>,
            ) -> impl #private::Future<
                Output = #private::Result<#private::Completed, #private::Error>,
            > + #private::Send + '__a {
                async move { let _ = &#scope; #body }
            }
        }
    }
}
