//! The items beside the function.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::validate::{Kind, Middleware};
use crate::attribute::{Runtime, at, cfg_attributes, local};
use crate::lent::{How, Subject};
use crate::procedure::marker;
use crate::signature::Head;

/// ```text
/// struct authenticate {}
/// const _: () = {
///     type __Returned = Result<User, AuthError>;
///     type __Value = <__Returned as ResultType>::Ok;
///     type __Error = <__Returned as ResultType>::Err;
///     impl Middleware for authenticate { … }
///     impl<__C, __H0> RunMiddleware<__C, (__H0,)> for authenticate
///     where
///         __C: Lends<App, __H0>,
///     { … }
/// };
/// ```
pub(super) fn expand(middleware: &Middleware<'_>) -> TokenStream {
    let Middleware { ident, visibility, cfgs, runtime, arguments, kind } = middleware;
    let how = How::new(arguments);
    let marker = marker(ident, visibility, cfgs);
    let (Kind::Before { returned, .. } | Kind::Around { returned, .. }) = kind;
    let private = runtime.private();
    let returned_name = Ident::new("__Returned", returned.span());
    let (value, error) = types(kind, &returned_name, runtime);
    let implementation = implementation(ident, kind.is_unit(), &private);
    let run = run(middleware, &how);
    quote! {
        #marker

        #(#cfgs)*
        #[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
        const _: () = {
            type __Returned = #returned;
            #value
            #error

            #implementation

            #run
        };
    }
}

/// A middleware that no call reaches, and that lends what the written one would:
/// it spares the user the errors that would follow from its absence.
pub(super) fn stub(
    head: &Head,
    middleware: Option<&Middleware<'_>>,
    runtime: &Runtime,
) -> TokenStream {
    let private = runtime.private();
    let Head { attributes, visibility, ident } = head;
    let cfgs = cfg_attributes(attributes);
    let marker = marker(ident, visibility, &cfgs);
    let value = middleware.and_then(|middleware| middleware.kind.value());
    let is_unit = middleware.is_none_or(|middleware| middleware.kind.is_unit());
    let value = value.map_or(quote!(()), |value| value.to_token_stream());
    let implementation = implementation(ident, is_unit, &private);
    quote! {
        #marker

        #(#cfgs)*
        const _: () = {
            type __Value = #value;
            type __Error = #private::Infallible;

            #implementation

            impl<__C: #private::Sync + 'static> #private::RunMiddleware<__C, ()> for #ident {
                async fn run<'__a>(
                    _: #private::Scope<'__a, __C>,
                    _: #private::Next<__Value>,
                ) -> #private::Result<#private::Done, #private::Error> {
                    #private::Err(#private::unreachable())
                }
            }
        };
    }
}

/// `type __Value = …; type __Error = …;`
fn types(kind: &Kind, returned: &Ident, runtime: &Runtime) -> (TokenStream, TokenStream) {
    let place = at(returned.span());
    let private = runtime.private_at(place);
    let part = |part: &str| {
        let part = Ident::new(part, place);
        quote_spanned!(place=> <#returned as #private::ResultType>::#part)
    };
    let (value, error) = match kind {
        Kind::Around { value, .. } => (value.to_token_stream(), part("Err")),
        Kind::Before { is_result: true, .. } => (part("Ok"), part("Err")),
        Kind::Before { is_result: false, .. } => {
            (returned.to_token_stream(), quote!(#private::Infallible))
        }
    };
    (quote!(type __Value = #value;), quote!(type __Error = #error;))
}

fn implementation(ident: &Ident, is_unit: bool, private: &TokenStream) -> TokenStream {
    let (context, value) = (local("context"), local("value"));
    let (below, extended) = if is_unit {
        (quote!(__C), quote!({ let _ = #value; #context }))
    } else {
        let with = quote!(#private::With<__C, __Value>);
        (with, quote!({ #private::Arc::new(#private::With::new(#context, #value)) }))
    };
    quote! {
        impl #private::Middleware for #ident {
            type Value = __Value;
            type Error = __Error;
            type Context<__C: #private::Send + #private::Sync + 'static> = #below;

            fn extend<__C: #private::Send + #private::Sync + 'static>(
                #context: #private::Arc<__C>,
                #value: __Value,
            ) -> #private::Arc<#below> #extended
        }
    }
}

fn run(middleware: &Middleware<'_>, how: &How<'_>) -> TokenStream {
    let Middleware { ident, runtime, kind, .. } = middleware;
    // Where a future that is not `Send` is reported.
    let place = at(ident.span());
    let private = runtime.private_at(place);
    let (scope, next, value, error) =
        (local("scope"), local("next"), local("value"), local("error"));
    let implement = how.implement("RunMiddleware", &Subject::function(ident), &private, place);
    let arguments = how.values(&next, &private);
    let call = quote_spanned!(place=> #ident(#(#arguments),*).await);
    let rest = quote_spanned!(place=> #private::Next::with(#next, #value).await);
    let failed = quote_spanned!(place=> #private::Err(#private::RpcError::into_error(#error)));
    let body = match kind {
        Kind::Before { is_result: false, .. } => {
            quote_spanned!(place=> let #value = #call; #rest)
        }
        Kind::Before { is_result: true, .. } => quote_spanned! {place=>
            match #call {
                #private::Ok(#value) => #rest,
                #private::Err(#error) => #failed,
            }
        },
        Kind::Around { .. } => quote_spanned! {place=>
            match #call {
                #private::Ok(#value) => #private::Ok(#value),
                #private::Err(#error) => #failed,
            }
        },
    };
    quote_spanned! {place=>
        #implement {
            fn run<'__a>(
                #scope: #private::Scope<'__a, __C>,
                #next: #private::Next<__Value>,
            ) -> impl #private::Future<
                Output = #private::Result<#private::Done, #private::Error>,
            > + #private::Send + '__a {
                async move { let _ = &#scope; #body }
            }
        }
    }
}
