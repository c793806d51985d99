//! What depends on whether there is one result or a stream.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::attribute::{at, local};
use crate::lent::How;
use crate::procedure::validate::{Item, ItemType, Output, Procedure, stream_argument};
use crate::types::{as_result, is_named, result_parts, result_place};

/// What a procedure's kind decides.
pub(super) struct Kind {
    /// The user's types under names of their own.
    pub(super) types: TokenStream,
    pub(super) reply: TokenStream,
    pub(super) error: Ident,
    pub(super) implementation: TokenStream,
    /// The method that mounts it.
    pub(super) mount: Ident,
}

pub(super) fn kind(procedure: &Procedure<'_>, how: &How<'_>, input: &Ident) -> Kind {
    match &procedure.output {
        Output::Unary { ty, is_result, hibernates } => {
            unary(procedure, how, input, ty, *is_result, *hibernates)
        }
        Output::Stream { item, error } => stream(procedure, how, input, item, error.as_ref()),
    }
}

fn unary(
    procedure: &Procedure<'_>,
    how: &How<'_>,
    input: &Ident,
    ty: &Type,
    is_result: bool,
    hibernates: bool,
) -> Kind {
    let ident = procedure.ident;
    let (scope, input_value) = (local("scope"), local("input"));
    // The function's name, where a future that is not `Send` is reported; or
    // the type, if that is what may be wrong.
    let is_sure = !is_result || is_named(ty, "Result");
    let place = if is_sure { at(ident.span()) } else { result_place(ty) };
    let private = procedure.options.runtime.private_at(place);
    let returned = Ident::new("__Returned", ty.span());
    let split = split(procedure, &returned, ty, is_result, ["__Output", "__Error"]);
    let Split { types, ok: output, err: error } = split;
    let result = call(procedure, how, place);
    let result = if is_result {
        as_result(result, ty, &returned, &procedure.options.runtime)
    } else {
        quote_spanned!(place=> #private::Ok(#result))
    };
    let (kind, output_name) =
        if hibernates { ("Hibernates", "Iterator") } else { ("Unary", "Output") };
    let (kind, output_name) = (Ident::new(kind, place), Ident::new(output_name, place));
    let subject = &procedure.subject;
    let marker = &subject.marker;
    let run = how.implement("Answers", subject, &private, place);
    let needs_socket = how.needs_socket(&private);
    let implementation = quote_spanned! {place=>
        impl #private::#kind for #marker {
            type #output_name = #output;
        }

        #run {
            const NEEDS_SOCKET: ::core::primitive::bool = #needs_socket;

            fn call<'__a>(
                #scope: #private::Scope<'__a, __C>,
                #input_value: #input,
            ) -> impl #private::Future<Output = #private::Result<__Output, __Error>> + #private::Send + '__a
            {
                async move { let _ = (&#scope, &#input_value); #result }
            }
        }
    };
    Kind {
        types: quote!(type __Returned = #ty; #types),
        reply: quote_spanned!(place=> __Output),
        error,
        implementation,
        mount: local(if hibernates { "hibernating" } else { "unary" }),
    }
}

/// The call of the function, and of what it leaves to be awaited.
fn call(procedure: &Procedure<'_>, how: &How<'_>, place: Span) -> TokenStream {
    let function = &procedure.subject.function;
    let private = procedure.options.runtime.private();
    let mut values = how.values(&local("input"), &private);
    if procedure.subject.is_method() {
        let scope = local("scope");
        values.insert(0, quote!(#private::Scope::context(#scope)));
    }
    let result = quote_spanned!(place=> #function(#(#values),*));
    if procedure.is_async { quote_spanned!(place=> #result.await) } else { result }
}

fn stream(
    procedure: &Procedure<'_>,
    how: &How<'_>,
    input: &Ident,
    item: &Item,
    error: Option<&Type>,
) -> Kind {
    let ident = procedure.ident;
    let (scope, input_value) = (local("scope"), local("input"));
    let (ItemType::Named(ty) | ItemType::Of(ty)) = &item.ty;
    let is_stream = matches!(item.ty, ItemType::Of(_));
    let is_sure = !is_stream && (!item.is_result || is_named(ty, "Result"));
    let place = if is_sure { at(ident.span()) } else { ty.span() };
    let private = procedure.options.runtime.private_at(place);

    let item_name = Ident::new("__Item", ty.span());
    let split = split(procedure, &item_name, ty, item.is_result, ["__Event", "__EventError"]);
    let Split { types, ok: event, err: event_error } = split;
    let item_value = local("item");
    let take_apart = if item.is_result {
        as_result(quote!(#item_value), ty, &item_name, &procedure.options.runtime)
    } else {
        quote_spanned!(place=> #private::Ok(#item_value))
    };
    let error_type = match error {
        Some(error) => error.to_token_stream(),
        None => quote!(#private::Infallible),
    };
    let item_type = if is_stream {
        quote_spanned!(place=> <#ty as #private::StreamType>::Item)
    } else {
        quote!(#ty)
    };

    let mut result = call(procedure, how, place);
    if is_stream {
        let into_stream = quote_spanned!(place=> #private::StreamType::into_stream);
        result = match error {
            Some(_) => quote_spanned!(place=> #private::Result::map(#result, #into_stream)),
            None => quote_spanned!(place=> #into_stream(#result)),
        };
    }
    if error.is_none() {
        result = quote_spanned!(place=> #private::Ok(#result));
    }
    let subject = &procedure.subject;
    let marker = &subject.marker;
    let run = how.implement("Opens", subject, &private, place);
    let needs_socket = how.needs_socket(&private);
    let implementation = quote_spanned! {place=>
        impl #private::Streams for #marker {
            type Item = __Item;
            type Event = #event;
            type EventError = #event_error;

            fn split(#item_value: __Item) -> #private::Result<__Event, __EventError> {
                #take_apart
            }
        }

        #run {
            const NEEDS_SOCKET: ::core::primitive::bool = #needs_socket;

            fn open<'__a>(
                #scope: #private::Scope<'__a, __C>,
                #input_value: #input,
            ) -> impl #private::Future<
                Output = #private::Result<
                    impl #private::Stream<Item = __Item> + #private::Send + '__a,
                    __Error,
                >,
            > + #private::Send + '__a {
                async move { let _ = (&#scope, &#input_value); #result }
            }
        }
    };
    Kind {
        error: Ident::new("__Error", error_type.span()),
        types: quote!(type __Item = #item_type; type __Error = #error_type; #types),
        reply: quote_spanned!(place=> #private::BoxStream<'static, __Item>),
        implementation,
        mount: local("stream"),
    }
}

/// A type that may be a `Result`, taken apart.
struct Split {
    types: TokenStream,
    ok: Ident,
    err: Ident,
}

/// ```text
/// type __Output = <__Returned as ResultType>::Ok;
/// type __Error = <__Returned as ResultType>::Err;
/// ```
fn split(
    procedure: &Procedure<'_>,
    name: &Ident,
    ty: &Type,
    is_result: bool,
    [ok, err]: [&str; 2],
) -> Split {
    let is_stream = match &procedure.output {
        Output::Stream { item, .. } => matches!(item.ty, ItemType::Of(_)),
        Output::Unary { .. } => false,
    };
    let parts = result_parts(ty).filter(|_| is_result && !is_stream);
    let ok_span = parts.map_or(name.span(), |(ok, _)| ok.span());
    let err_span = parts.and_then(|(_, err)| err).map_or(name.span(), Spanned::span);
    let (ok, err) = (Ident::new(ok, ok_span), Ident::new(err, err_span));
    let place = if is_result && !is_stream { result_place(ty) } else { at(name.span()) };
    let private = procedure.options.runtime.private_at(place);
    let types = if is_result {
        quote_spanned! {place=>
            type #ok = <#name as #private::ResultType>::Ok;
            type #err = <#name as #private::ResultType>::Err;
        }
    } else {
        // A named stream tells its item by its last argument, if at all.
        let checked = if is_stream {
            stream_argument(ty).map(|item| item.to_token_stream())
        } else {
            Some(name.to_token_stream())
        };
        let check = checked.map(|ty| no_result(&private, place, &ty));
        quote!(type #ok = #name; type #err = #private::Infallible; #check)
    };
    Split { types, ok, err }
}

/// Refuses an alias of `Result` that hides under another name: its error would
/// be sent as a value. For a `Result` the constant beside the type counts, for
/// all others that of the trait.
fn no_result(private: &TokenStream, place: Span, ty: &TokenStream) -> TokenStream {
    quote_spanned! {place=>
        type __Checked = #ty;
        #[allow(dead_code)]
        const _: () = {
            struct __Probe<__T>(::core::marker::PhantomData<__T>);
            trait __Other {
                const IS_RESULT: ::core::primitive::bool = false;
            }
            impl<__T> __Other for __Probe<__T> {}
            impl<__T, __E> __Probe<#private::Result<__T, __E>> {
                const IS_RESULT: ::core::primitive::bool = true;
            }
            ::core::assert!(
                !__Probe::<__Checked>::IS_RESULT,
                "write `Result` here, or let the alias of it end with `Result`: by another name its error would be sent as a value"
            );
        };
    }
}
