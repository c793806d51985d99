//! What depends on whether there is one result or a stream.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::attribute::{at, local};
use crate::checked::{self, Meant, check, checked, no_result};
use crate::lent::How;
use crate::procedure::validate::{Item, ItemType, Output, Procedure, stream_argument};
use crate::types::{inferred, is_named, result_parts};

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
    let place = at(if is_result && !is_named(ty, "Result") { ty.span() } else { ident.span() });
    let private = procedure.options.runtime.private_at(place);
    let returned = Ident::new("__Returned", ty.span());
    let split = split(procedure, &returned, ty, is_result, ["__Output", "__Error"]);
    let Split { types, ok: output, err: error } = split;
    let mut result = call(procedure, how, place);
    if !is_result {
        result = quote_spanned!(place=> #private::Ok(#result));
    }
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
        reply: output.to_token_stream(),
        error,
        implementation,
        mount: local(match hibernates {
            true => "hibernating",
            false if is_durable(ty) => "durable",
            false => "unary",
        }),
    }
}

/// Whether the result is the token of a durable iterator.
fn is_durable(ty: &Type) -> bool {
    is_named(result_parts(ty).map_or(ty, |(success, _)| success), "DurableIterator")
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
    let place = at(if is_sure { ident.span() } else { ty.span() });
    let private = procedure.options.runtime.private_at(place);

    let item_name = Ident::new("__Item", ty.span());
    let split = split(procedure, &item_name, ty, item.is_result, ["__Event", "__EventError"]);
    let Split { types, ok: event, err: event_error } = split;
    let item_value = local("item");
    let take_apart = if item.is_result {
        quote!(#item_value)
    } else {
        quote_spanned!(place=> #private::Ok(#item_value))
    };
    let error_type = match error {
        Some(error) => error.to_token_stream(),
        None => quote!(#private::Infallible),
    };
    let runtime = &procedure.options.runtime;
    let mut check_stream = None;
    let item_type = if is_stream {
        check_stream = Some(check(Meant::Stream, ty, runtime));
        let stream = checked(Meant::Stream, ty, runtime);
        quote_spanned!(place=> <#stream as #private::StreamType>::Item)
    } else {
        quote!(#ty)
    };

    let mut result = call(procedure, how, place);
    if error.is_none() {
        result = quote_spanned!(place=> #private::Ok(#result));
    }
    if is_stream {
        // The same, of which the compiler says nothing if it is no stream.
        let stream = checked(Meant::Stream, inferred(ty), runtime);
        result = quote_spanned! {place=>
            ::core::convert::identity::<
                #private::Result<<#stream as #private::StreamType>::Stream, _>
            >(#result)
        };
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
        types: quote!(#check_stream type __Item = #item_type; type __Error = #error_type; #types),
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
/// const __IS_RESULT: bool = …;
/// type __Output = <Checked<__Returned, __IS_RESULT> as ResultType>::Ok;
/// type __Error = <Checked<__Returned, __IS_RESULT> as ResultType>::Err;
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
    let place = at(name.span());
    let runtime = &procedure.options.runtime;
    let private = runtime.private_at(place);
    let types = if is_result {
        let (check, result) = checked::result(name, ty, runtime);
        quote_spanned! {place=>
            #check
            type #ok = <#result as #private::ResultType>::Ok;
            type #err = <#result as #private::ResultType>::Err;
        }
    } else {
        // A named stream tells its item by its last argument, if at all.
        let check = if is_stream {
            stream_argument(ty).map(|item| no_result(item, runtime))
        } else {
            Some(no_result(name, runtime))
        };
        quote!(type #ok = #name; type #err = #private::Infallible; #check)
    };
    Split { types, ok, err }
}
