//! Types that their names may belie.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Type};

use crate::parse::types::is_named;
use crate::runtime::{Runtime, at};

/// Kind of a type, by its name.
#[derive(Clone, Copy)]
pub(crate) enum Meant {
    Result,
    Stream,
    Middleware,
}

impl Meant {
    fn constant(self) -> &'static str {
        match self {
            Self::Result => "__IS_RESULT",
            Self::Stream => "__IS_STREAM",
            Self::Middleware => "__IS_MIDDLEWARE",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Result => "write `Result` here: this type is not a `Result`",
            Self::Stream => {
                "write `async` before `fn`, or return a stream: this type is not a stream"
            }
            Self::Middleware => "write the name of a function with `#[middleware]`",
        }
    }
}

/// ```text
/// const __IS_RESULT: bool = { …; assert!(Probe::<__Returned>::IS, "…"); true };
/// ```
///
/// `ty` names a type without parameters. See [`checked`].
pub(crate) fn check(
    meant: Meant,
    ty: impl Spanned + quote::ToTokens,
    runtime: &Runtime,
) -> TokenStream {
    let place = at(ty.span());
    let constant = Ident::new(meant.constant(), place);
    let probe = probe(meant, &ty, runtime);
    let message = meant.message();
    quote_spanned! {place=>
        const #constant: ::core::primitive::bool = {
            #probe
            ::core::assert!(__Probe::<__Probed>::IS, #message);
            true
        };
    }
}

/// `Checked<__Returned, { __IS_RESULT }>`, of which the compiler says nothing if the
/// check has failed.
pub(crate) fn checked(
    meant: Meant,
    ty: impl Spanned + quote::ToTokens,
    runtime: &Runtime,
) -> TokenStream {
    let place = at(ty.span());
    let private = runtime.private_at(place);
    let constant = Ident::new(meant.constant(), place);
    quote_spanned!(place=> #private::Checked<#ty, { #constant }>)
}

/// `Checked<__Returned, { __IS_STREAM }>`, where `whole` takes the type apart.
pub(crate) fn stream(whole: &TokenStream, place: Span, runtime: &Runtime) -> TokenStream {
    let private = runtime.private_at(place);
    let constant = Ident::new(Meant::Stream.constant(), place);
    quote_spanned!(place=> #private::Checked<#whole, { #constant }>)
}

/// The check of a type that may be a `Result`, and what takes it apart: none and the
/// type itself where it is spelled `Result`, since an alias may have any name. `name`
/// is an alias of the type, `constant` the name of the answer.
///
/// ```text
/// const __IS_RESULT: bool = { use IsNot as _; IsResult::<__Returned>::IS };
/// Checked<__Returned, { __IS_RESULT }>
/// ```
pub(crate) fn result(
    name: &Ident,
    ty: &Type,
    constant: &str,
    runtime: &Runtime,
) -> (Option<TokenStream>, TokenStream) {
    if is_named(ty, "Result") {
        return (None, quote!(#name));
    }
    let place = at(name.span());
    let private = runtime.private_at(place);
    let constant = Ident::new(constant, place);
    let check = quote_spanned! {place=>
        const #constant: ::core::primitive::bool = {
            use #private::IsNot as _;
            #private::IsResult::<#name>::IS
        };
    };
    (Some(check), result_of(name, &constant.to_string(), runtime))
}

/// `Checked<__Returned, { __IS_RESULT }>`
pub(crate) fn result_of(
    ty: impl Spanned + quote::ToTokens,
    constant: &str,
    runtime: &Runtime,
) -> TokenStream {
    let place = at(ty.span());
    let private = runtime.private_at(place);
    let constant = Ident::new(constant, place);
    quote_spanned!(place=> #private::Checked<#ty, { #constant }>)
}

/// ```text
/// <Checked<__Named0, { assert!(…, "…"); true }> as MiddlewareType>::Middleware
/// ```
pub(crate) fn middleware(name: &Ident, path: &Path, runtime: &Runtime) -> TokenStream {
    let place = at(name.span());
    let private = runtime.private_at(place);
    let probe = probe(Meant::Middleware, name, runtime);
    let written = path.to_token_stream().to_string().replace(' ', "");
    let written = written.strip_prefix("self::").unwrap_or(&written);
    let message = format!(
        "write `#[middleware]` before `{written}`, or name a function that has it: this is not a middleware"
    );
    quote_spanned! {place=>
        <#private::Checked<#name, {
            #probe
            ::core::assert!(__Probe::<__Probed>::IS, #message);
            true
        }> as #private::MiddlewareType>::Middleware
    }
}

/// ```text
/// <Checked<Extended<App, User>, { assert!(…, "…"); true }> as OnceType>::Context
/// ```
///
/// `context` is the one behind all of the middlewares, `behind` each with the one
/// behind it. None of these types has parameters.
pub(crate) fn once(
    context: &TokenStream,
    behind: &[(&Path, TokenStream)],
    runtime: &Runtime,
) -> TokenStream {
    let place = behind.last().map_or_else(Span::call_site, |(path, _)| at(path.span()));
    let private = runtime.private_at(place);
    let asserts = behind.iter().enumerate().map(|(index, (path, context))| {
        let place = at(path.span());
        let private = runtime.private_at(place);
        let name = Ident::new(&format!("__Behind{index}"), place);
        let root = runtime.root_at(place);
        quote_spanned! {place=>
            type #name = #context;
            ::core::assert!(
                #private::Nothing::<#name>::IS || !#root::__is_lent_twice!([#private] #name),
                "return a type of its own here: the context in front of this middleware has the type already"
            );
        }
    });
    quote_spanned! {place=>
        <#private::Checked<#context, {
            trait __Other {
                const IS: ::core::primitive::bool = false;
            }
            impl<__C, const __CASE: ::core::primitive::usize> __Other
                for #private::Twice<__C, __CASE>
            {}
            impl<__C> __Other for #private::Nothing<__C> {}
            #(#asserts)*
            true
        }> as #private::OnceType>::Context
    }
}

/// `Checked<App, { assert!(IsShared::<App>::IS, "…"); true }>`
pub(crate) fn shared(context: &Path, runtime: &Runtime) -> TokenStream {
    let place = at(context.span());
    let private = runtime.private_at(place);
    let written = context.to_token_stream().to_string().replace(' ', "");
    let message = format!(
        "make `{written}` `Send + Sync`, with `Arc` in place of `Rc` and `Mutex` or an atomic in place of `RefCell` or `Cell`: calls on several threads share the context"
    );
    quote_spanned! {place=>
        #private::Checked<#context, {
            use #private::IsNot as _;
            ::core::assert!(#private::IsShared::<#context>::IS, #message);
            true
        }>
    }
}

/// Refuses a success that is a `Result` again, or an `Option` or `Event` of one: its
/// error would be sent as a value. `name` is an alias of the success' type.
pub(crate) fn no_result(name: &Ident, runtime: &Runtime) -> TokenStream {
    let place = at(name.span());
    let private = runtime.private_at(place);
    quote_spanned! {place=>
        const _: () = {
            use #private::IsNot as _;
            ::core::assert!(
                !#private::Misplaced::<#name>::IS,
                "move this `Result` outwards, so that the function or the stream fails with its error: here the error would be sent as a value"
            );
        };
    }
}

/// Refuses an error with `RpcError` by hand that `?` would turn into an internal one.
/// `name` is an alias of its type.
pub(crate) fn no_internal(name: &Ident, ty: &Type, runtime: &Runtime) -> TokenStream {
    if is_named(ty, "Error") || is_named(ty, "Infallible") {
        return TokenStream::new();
    }
    let place = at(name.span());
    let private = runtime.private_at(place);
    quote_spanned! {place=>
        const _: () = {
            use #private::IsNot as _;
            ::core::assert!(
                !#private::IsInternal::<#name>::IS || #private::IsInfallible::<#name>::IS,
                "derive `RpcError` for this error, or remove `std::error::Error`: with both by hand, `?` would hide it"
            );
        };
    }
}

/// Items by which `__Probe::<__Probed>::IS` tells whether a type is what is meant: for
/// what it is the constant beside the type counts, for all others that of the trait.
fn probe(meant: Meant, ty: &(impl Spanned + quote::ToTokens), runtime: &Runtime) -> TokenStream {
    let place = at(ty.span());
    let private = runtime.private_at(place);
    let (parameters, probed) = match meant {
        Meant::Result => (quote!(__T, __E), quote!(#private::Result<__T, __E>)),
        Meant::Stream => (quote!(__S: #private::Stream), quote!(__S)),
        Meant::Middleware => (quote!(__M: #private::Middleware), quote!(__M)),
    };
    quote_spanned! {place=>
        type __Probed = #ty;
        #[allow(dead_code)]
        struct __Probe<__T>(::core::marker::PhantomData<__T>);
        #[allow(dead_code)]
        trait __Other {
            const IS: ::core::primitive::bool = false;
        }
        impl<__T> __Other for __Probe<__T> {}
        #[allow(dead_code)]
        impl<#parameters> __Probe<#probed> {
            const IS: ::core::primitive::bool = true;
        }
    }
}
