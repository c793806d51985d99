//! The items beside the function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Lit, Meta, Type, Visibility};

use super::validate::{Item, ItemType, Output, Procedure, stream_argument};
use crate::attribute::{Runtime, at, cfg_attributes, local};
use crate::chain::{Chain, Link};
use crate::lent::How;
use crate::naming::camel_case;
use crate::signature::Head;
use crate::types::{is_named, result_parts};

/// ```text
/// pub struct send {}
/// const _: () = {
///     type __Input = SendMessage;
///     type __Returned = Result<(), SendError>;
///     …
///     impl Procedure for send { … }
///     impl Unary for send { type Output = __Output; }
///     impl<__C, __H0> Answers<__C, (__H0,)> for send where __C: Lends<App, __H0> { … }
///     impl<__C, __H0> Mount<__C, (__H0,)> for send where __C: Lends<App, __H0> { … }
/// };
/// ```
///
/// `__C` is the router's context. Each `__Hn` is how it lends one argument; it
/// stands in the traits' parameters so that the compiler infers it. The user's
/// types are named once each, so that the compiler reports a mistake in one once.
pub(super) fn expand(procedure: &Procedure<'_>) -> TokenStream {
    let Procedure { ident, visibility, cfgs, options, .. } = procedure;
    let private = options.runtime.private();
    let has_input = procedure.input().is_some();
    let input_type = procedure.input().map_or(quote!(()), |ty| ty.to_token_stream());
    let input = Ident::new("__Input", input_type.span());
    let definition = definition(procedure, &private);
    let how = How::new(&procedure.arguments);
    let Kind { types, reply, error, implementation, mount } = kind(procedure, &how, &input);
    let mount = mount_implementation(procedure, &how, &mount);
    let marker = marker(ident, visibility, cfgs);

    quote! {
        #marker

        #(#cfgs)*
        #[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
        const _: () = {
            type __Input = #input_type;
            #types

            impl #private::Procedure for #ident {
                type Input = #input;
                type Reply = #reply;
                type Error = #error;
                const HAS_INPUT: ::core::primitive::bool = #has_input;

                fn definition() -> #private::Definition {
                    #definition
                }
            }

            #implementation

            #mount
        };
    }
}

/// ```text
/// impl<__C, __M0, __H0> Mount<__C, (__M0, __H0,)> for send
/// where
///     authenticate: RunMiddleware<__C, __M0>,
///     <authenticate as Middleware>::Context<__C>: Lends<User, __H0>,
/// {
///     fn mount(point: MountPoint<'_, __C>) {
///         point.behind::<authenticate, __M0>(|point| point.unary::<Self, (__H0,)>())
///     }
/// }
/// ```
fn mount_implementation(procedure: &Procedure<'_>, how: &How<'_>, mount: &Ident) -> TokenStream {
    let Procedure { ident, options, .. } = procedure;
    let private = options.runtime.private();
    let tuple = how.tuple();
    let chain = Chain::new(&options.with, quote!(__C), &options.runtime);
    let bounds = how.bounds(chain.context(), &private);
    let (links, outer) = (&chain.links, chain.bounds());
    let names = links.iter().map(|link| &link.how).chain(&how.parameters);
    let all = links.iter().map(|link| &link.how).chain(&how.parameters);
    let point = local("point");
    let innermost = quote!(#point.#mount::<Self, #tuple>());
    let body = links.iter().rev().fold(
        innermost,
        |inner, Link { path, how, .. }| quote!(#point.behind::<#path, #how>(|#point| #inner)),
    );
    quote! {
        impl<__C, #(#names),*> #private::Mount<__C, (#(#all,)*)> for #ident
        where
            __C: #private::Send + #private::Sync + 'static,
            #outer
            #bounds
        {
            fn mount(#point: #private::MountPoint<'_, __C>) {
                #body
            }
        }
    }
}

/// The hidden type, as a procedure that no call reaches: it spares the user the
/// errors that would follow from its absence.
pub(super) fn stub(head: &Head, runtime: &Runtime) -> TokenStream {
    let private = runtime.private();
    let Head { attributes, visibility, ident } = head;
    let cfgs = cfg_attributes(attributes);
    let marker = marker(ident, visibility, &cfgs);
    let name = camel_case(ident);
    quote! {
        #marker

        #(#cfgs)*
        const _: () = {
            impl #private::Procedure for #ident {
                type Input = ();
                type Reply = ();
                type Error = #private::Infallible;
                const HAS_INPUT: ::core::primitive::bool = false;

                fn definition() -> #private::Definition {
                    #private::Definition::new(#name, #private::Kind::Unary)
                }
            }

            impl<__C> #private::Mount<__C, ()> for #ident {
                fn mount(_: #private::MountPoint<'_, __C>) {}
            }
        };
    }
}

/// The hidden type beside the function.
pub(crate) fn marker(ident: &Ident, visibility: &Visibility, cfgs: &[Attribute]) -> TokenStream {
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility struct #ident {}
    }
}

/// What depends on whether there is one result or a stream.
struct Kind {
    /// The user's types under names of their own.
    types: TokenStream,
    reply: TokenStream,
    error: Ident,
    implementation: TokenStream,
    mount: Ident,
}

fn kind(procedure: &Procedure<'_>, how: &How<'_>, input: &Ident) -> Kind {
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
    let run = how.implement("Answers", ident, &private, place);
    let needs_socket = how.needs_socket(&private);
    let implementation = quote_spanned! {place=>
        impl #private::#kind for #ident {
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
    let ident = procedure.ident;
    let values = how.values(&local("input"), &procedure.options.runtime.private());
    let result = quote_spanned!(place=> #ident(#(#values),*));
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
    let item_type = if is_stream {
        quote_spanned!(place=> <#ty as #private::Stream>::Item)
    } else {
        quote!(#ty)
    };

    let mut result = call(procedure, how, place);
    if error.is_none() {
        result = quote_spanned!(place=> #private::Ok(#result));
    }
    let run = how.implement("Opens", ident, &private, place);
    let needs_socket = how.needs_socket(&private);
    let implementation = quote_spanned! {place=>
        impl #private::Streams for #ident {
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
    let place = at(name.span());
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

fn definition(procedure: &Procedure<'_>, private: &TokenStream) -> TokenStream {
    let Procedure { wire_name, docs, options, .. } = procedure;
    let kind = match procedure.output {
        Output::Unary { hibernates: false, .. } => quote!(Unary),
        Output::Unary { hibernates: true, .. } => quote!(Stream),
        Output::Stream { .. } => quote!(Stream),
    };
    let mut tokens = quote!(#private::Definition::new(#wire_name, #private::Kind::#kind));
    if !docs.is_empty() {
        tokens.extend(quote!(.docs(#docs)));
    }
    if let Some(attribute) = procedure.deprecated {
        let (since, note) = deprecation(attribute, private);
        tokens.extend(quote!(.deprecated(#since, #note)));
    }
    if options.get {
        tokens.extend(quote!(.get()));
    }
    for (key, value) in &options.meta {
        let key = key.unraw().to_string();
        let variant = match value {
            Lit::Str(_) => quote!(Text),
            Lit::Int(_) => quote!(Integer),
            Lit::Float(_) => quote!(Float),
            _ => quote!(Bool),
        };
        tokens.extend(quote!(.meta(#key, #private::MetaValue::#variant(#value))));
    }
    tokens
}

/// `since` and `note` of `#[deprecated]`, `#[deprecated = "…"]` or `#[deprecated(…)]`.
fn deprecation(attribute: &Attribute, private: &TokenStream) -> (TokenStream, TokenStream) {
    let none = quote!(#private::None);
    let (mut since, mut note) = (none.clone(), none);
    match &attribute.meta {
        Meta::Path(_) => {}
        Meta::NameValue(pair) => {
            if let Expr::Lit(literal) = &pair.value {
                note = quote!(#private::Some(#literal));
            }
        }
        // The compiler reports what is wrong in the list.
        Meta::List(list) => drop(list.parse_nested_meta(|meta| {
            let value: Lit = meta.value()?.parse()?;
            if meta.path.is_ident("since") {
                since = quote!(#private::Some(#value));
            } else if meta.path.is_ident("note") {
                note = quote!(#private::Some(#value));
            }
            Ok(())
        })),
    }
    (since, note)
}
