//! Parts of the expansion that depend on the kind of the procedure.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::generate::checked::{self, Meant, check, checked, no_internal, no_result};
use crate::generate::extract::Sources;
use crate::parse::types::{inferred, is_built_in, is_named, result_parts};
use crate::procedure::kind;
use crate::procedure::validate::{Output, Procedure, Stream};
use crate::runtime::{Runtime, at, local};

/// The parts of the expansion that depend on the kind.
pub(super) struct Parts {
    /// The user's types under names of their own.
    pub(super) types: TokenStream,
    pub(super) reply: TokenStream,
    pub(super) error: Ident,
    pub(super) implementation: TokenStream,
    pub(super) mount: Mount,
}

/// The method that mounts a procedure.
pub(super) enum Mount {
    /// A method of the place in the router.
    Method(Ident),
    /// The output, by an associated function.
    Output(TokenStream),
}

pub(super) fn parts(procedure: &Procedure<'_>, sources: &Sources<'_>, input: &Ident) -> Parts {
    match &procedure.output {
        Output::Reply { ty, kind } => reply(procedure, sources, input, ty, kind),
        Output::Stream(output) => stream(procedure, sources, input, output, &kind::STREAM),
    }
}

fn reply(
    procedure: &Procedure<'_>,
    sources: &Sources<'_>,
    input: &Ident,
    ty: &Type,
    kind: &kind::Kind,
) -> Parts {
    let ident = procedure.ident;
    let runtime = &procedure.runtime;
    let (scope, input_value) = (local("scope"), local("input"));
    // The function's name, at which a future that is not `Send` is reported.
    let place = at(ident.span());
    let private = runtime.private_at(place);
    let returned = Ident::new("__Returned", ty.span());
    let names = ["__IS_RESULT", "__Output", "__Error"];
    let Split { mut types, whole, ok: output, err: error } = split(&returned, ty, names, runtime);
    let success = result_parts(ty).map_or(ty, |(success, _)| success);
    let is_simple = is_built_in(success) && !is_named(success, "Option");
    types.extend((!is_simple).then(|| no_result(&output, runtime)));
    let result = call(procedure, sources, place);
    let result = quote_spanned!(place=> <#whole as #private::ResultType>::split(#result));
    let (types_trait, output_name) =
        (Ident::new(kind.types.0, place), Ident::new(kind.types.1, place));
    let subject = &procedure.subject;
    let marker = &subject.marker;
    let run = sources.implement(kind.handler, subject, &private, place);
    let needs_socket = sources.needs_socket(&private);
    let implementation = quote_spanned! {place=>
        impl #private::#types_trait for #marker {
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
    let mount = if kind.is_by_output && !is_built_in(success) {
        Mount::Output(prepared(&output, runtime))
    } else {
        Mount::Method(kind.mount())
    };
    Parts {
        types: quote!(type __Returned = #ty; #types),
        reply: output.to_token_stream(),
        error,
        implementation,
        mount,
    }
}

/// `Checked<__Output, { … }>`, true for an output that is completed for each call.
fn prepared(output: &Ident, runtime: &Runtime) -> TokenStream {
    let place = at(output.span());
    let private = runtime.private_at(place);
    quote_spanned! {place=>
        #private::Checked<#output, { use #private::IsNot as _; #private::IsPrepared::<#output>::IS }>
    }
}

/// Returns the call of the function, awaited if it is async.
fn call(procedure: &Procedure<'_>, sources: &Sources<'_>, place: Span) -> TokenStream {
    let function = &procedure.subject.function;
    let private = procedure.runtime.private();
    let mut values = sources.values(&local("input"), &private);
    if procedure.subject.is_method() {
        let scope = local("scope");
        values.insert(0, quote!(#private::Scope::context(#scope)));
    }
    let result = quote_spanned!(place=> #function(#(#values),*));
    if procedure.is_async { quote_spanned!(place=> #result.await) } else { result }
}

fn stream(
    procedure: &Procedure<'_>,
    sources: &Sources<'_>,
    input: &Ident,
    output: &Stream,
    kind: &kind::Kind,
) -> Parts {
    let runtime = &procedure.runtime;
    let (scope, input_value, item_value) = (local("scope"), local("input"), local("item"));
    let item_span = match output {
        Stream::Opaque { item } | Stream::OpaqueResult { item, .. } => item.span(),
        Stream::Named { returned } => {
            result_parts(returned).map_or(&**returned, |(stream, _)| stream).span()
        }
    };
    let place = at(match output {
        Stream::Named { .. } => item_span,
        _ => procedure.ident.span(),
    });
    let private = runtime.private_at(place);
    let Opened { types, error, result } =
        opened(output, call(procedure, sources, place), place, runtime);

    let item = Ident::new("__Item", item_span);
    let item_type = match output {
        Stream::Opaque { item } | Stream::OpaqueResult { item, .. } => (**item).clone(),
        Stream::Named { .. } => Type::Verbatim(TokenStream::new()),
    };
    let names = ["__IS_ITEM_RESULT", "__Event", "__EventError"];
    let Split { types: parts, whole, ok: event, err: event_error } =
        split(&item, &item_type, names, runtime);
    let no_result = no_result(&event, runtime);
    let subject = &procedure.subject;
    let marker = &subject.marker;
    let run = sources.implement(kind.handler, subject, &private, place);
    let needs_socket = sources.needs_socket(&private);
    let (types_trait, item_name) =
        (Ident::new(kind.types.0, place), Ident::new(kind.types.1, place));
    let implementation = quote_spanned! {place=>
        impl #private::#types_trait for #marker {
            type #item_name = __Item;
            type Event = #event;
            type EventError = #event_error;

            fn split(#item_value: __Item) -> #private::Result<__Event, __EventError> {
                <#whole as #private::ResultType>::split(#item_value)
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
    Parts {
        error,
        types: quote!(#types #parts #no_result),
        reply: quote_spanned!(place=> #private::BoxStream<'static, __Item>),
        implementation,
        mount: Mount::Method(kind.mount()),
    }
}

/// The call that opens a stream.
struct Opened {
    /// The types `__Item` and `__Error`, and their definitions.
    types: TokenStream,
    error: Ident,
    /// The call of the function as a `Result` of a stream.
    result: TokenStream,
}

/// ```text
/// type __Returned = Result<BoxStream<'static, u32>, Refused>;
/// type __Stream = <__Returned as ResultType>::Ok;
/// type __Error = <__Returned as ResultType>::Err;
/// const __IS_STREAM: bool = …;
/// type __Item = <Checked<__Returned, { __IS_STREAM }> as StreamType>::Item;
/// ```
fn opened(output: &Stream, call: TokenStream, place: Span, runtime: &Runtime) -> Opened {
    let private = runtime.private_at(place);
    match output {
        Stream::Opaque { item } => Opened {
            types: quote!(type __Item = #item; type __Error = #private::Infallible;),
            error: Ident::new("__Error", place),
            result: quote_spanned!(place=> #private::Ok(#call)),
        },
        Stream::OpaqueResult { item, returned } => {
            let span = result_parts(returned).and_then(|(_, error)| error).map(Spanned::span);
            let error = Ident::new("__Error", span.unwrap_or_else(|| returned.span()));
            let name = Ident::new("__Returned", returned.span());
            let returned_at = runtime.private_at(at(returned.span()));
            let (check, whole) = if is_named(returned, "Result") {
                (None, name.to_token_stream())
            } else {
                let check = check(Meant::Result, &name, runtime);
                (Some(check), checked(Meant::Result, &name, runtime))
            };
            let types = quote! {
                type __Item = #item;
                type __Opaque = #private::Empty<__Item>;
                type __Returned = #returned;
                #check
                type #error = <#whole as #returned_at::ResultType>::Err;
            };
            Opened { types, error, result: call }
        }
        Stream::Named { returned } => {
            let name = Ident::new("__Returned", returned.span());
            let stream = Ident::new("__Stream", place);
            let names = ["__IS_RESULT", "__Stream", "__Error"];
            let Split { types, whole, err: error, .. } = split(&name, returned, names, runtime);
            let check_stream = check(Meant::Stream, &stream, runtime);
            let checked_stream = checked::stream(&whole, place, runtime);
            // The same with the lifetimes of the call; the compiler reports nothing here
            // if it is not a stream.
            let lent = inferred(returned);
            let whole = if is_named(returned, "Result") {
                lent.to_token_stream()
            } else {
                checked::result_of(&lent, "__IS_RESULT", runtime)
            };
            let lent = checked::stream(&whole, place, runtime);
            let result = quote_spanned! {place=>
                ::core::convert::identity::<
                    #private::Result<<#lent as #private::StreamType>::Stream, _>
                >(<#whole as #private::ResultType>::split(#call))
            };
            let types = quote_spanned! {place=>
                type __Returned = #returned;
                #types
                #check_stream
                type __Item = <#checked_stream as #private::StreamType>::Item;
            };
            Opened { types, error, result }
        }
    }
}

/// A type that may be a `Result`, split into success and error.
struct Split {
    types: TokenStream,
    /// The function that splits a value.
    whole: TokenStream,
    ok: Ident,
    err: Ident,
}

/// ```text
/// const __IS_RESULT: bool = …;
/// type __Output = <Checked<__Returned, { __IS_RESULT }> as ResultType>::Ok;
/// type __Error = <Checked<__Returned, { __IS_RESULT }> as ResultType>::Err;
/// ```
fn split(name: &Ident, ty: &Type, [is_result, ok, err]: [&str; 3], runtime: &Runtime) -> Split {
    let parts = result_parts(ty);
    let ok_span = parts.map_or(name.span(), |(ok, _)| ok.span());
    let err_span = parts.and_then(|(_, err)| err).map_or(name.span(), Spanned::span);
    let (ok, err) = (Ident::new(ok, ok_span), Ident::new(err, err_span));
    let place = at(name.span());
    let private = runtime.private_at(place);
    let (check, whole) = checked::result(name, ty, is_result, runtime);
    let types = quote_spanned! {place=>
        #check
        type #ok = <#whole as #private::ResultType>::Ok;
        type #err = <#whole as #private::ResultType>::Err;
    };
    let no_internal = match parts {
        Some((_, Some(ty))) => Some(no_internal(&err, ty, runtime)),
        _ => (!is_built_in(ty)).then(|| no_internal(&err, ty, runtime)),
    };
    Split { types: quote!(#types #no_internal), whole, ok, err }
}
