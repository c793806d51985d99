//! The items beside the function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, Expr, Lit, Meta, Type};

use super::validate::{Argument, Item, ItemType, Output, Procedure};

/// ```text
/// pub struct send {}
/// const _: () = {
///     impl Procedure for send { … }
///     impl<__C, __H0> UnaryProcedure<__C, (__H0,)> for send where __C: Lends<App, __H0> { … }
///     impl<__C, __H0> Mount<__C, (__H0,)> for send where __C: Lends<App, __H0> { … }
/// };
/// ```
///
/// `__C` is the router's context. Each `__Hn` is how it lends one argument; it
/// stands in the traits' parameters so that the compiler infers it.
pub(super) fn expand(procedure: &Procedure) -> TokenStream {
    let Procedure { ident, visibility, cfgs, options, .. } = procedure;
    let private = options.runtime.private();
    let input = procedure.input();
    let has_input = input.is_some();
    let input: Type = input.cloned().unwrap_or_else(|| syn::parse_quote!(()));
    let definition = definition(procedure, &private);
    let how = How::new(procedure, &private);
    let Kind { reply, error, procedure: kind, mount, check } =
        kind(procedure, &private, &how, &input);
    let How { parameters, bounds, tuple, .. } = &how;

    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility struct #ident {}

        #(#cfgs)*
        #[allow(deprecated, clippy::all, clippy::pedantic)]
        const _: () = {
            impl #private::Procedure for #ident {
                type Input = #input;
                type Reply<'__a> = #reply;
                type Error = #error;
                const HAS_INPUT: bool = #has_input;

                fn definition() -> #private::Definition {
                    #definition
                }
            }

            #kind

            impl<__C, #(#parameters),*> #private::Mount<__C, #tuple> for #ident
            where
                #bounds
            {
                fn mount(point: #private::MountPoint<'_, __C>) {
                    point.#mount::<Self, #tuple>()
                }
            }

            #check
        };
    }
}

/// How the context lends each argument.
struct How {
    parameters: Vec<Ident>,
    bounds: TokenStream,
    tuple: TokenStream,
    /// The arguments of the call of the user's function.
    values: Vec<TokenStream>,
}

impl How {
    fn new(procedure: &Procedure, private: &TokenStream) -> Self {
        let mut parameters = Vec::new();
        let mut bounds = quote!(__C: #private::Send + #private::Sync + 'static,);
        let mut values = Vec::new();
        let (scope, input) = (local("scope"), local("input"));
        for argument in &procedure.arguments {
            let (ty, lends) = match argument {
                Argument::Input(_) => {
                    values.push(quote!(#input));
                    continue;
                }
                Argument::Lent(ty) => (ty, quote!(Lends)),
                Argument::MaybeLent(ty) => (ty, quote!(MayLend)),
            };
            let parameter = format_ident!("__H{}", parameters.len());
            bounds.extend(quote!(__C: #private::#lends<#ty, #parameter>, #parameter: 'static,));
            values.push(quote!(<__C as #private::#lends<#ty, #parameter>>::lend(#scope)));
            parameters.push(parameter);
        }
        let tuple = quote!((#(#parameters,)*));
        Self { parameters, bounds, tuple, values }
    }
}

/// What depends on whether there is one result or a stream.
struct Kind {
    reply: TokenStream,
    error: TokenStream,
    procedure: TokenStream,
    mount: Ident,
    check: TokenStream,
}

fn kind(procedure: &Procedure, private: &TokenStream, how: &How, input: &Type) -> Kind {
    match &procedure.output {
        Output::Unary { ty, is_result } => unary(procedure, private, how, input, ty, *is_result),
        Output::Stream { item, error } => {
            stream(procedure, private, how, input, item, error.as_ref())
        }
    }
}

fn unary(
    procedure: &Procedure,
    private: &TokenStream,
    how: &How,
    input: &Type,
    ty: &Type,
    is_result: bool,
) -> Kind {
    let ident = &procedure.ident;
    let How { parameters, bounds, tuple, values } = how;
    let (scope, input_value) = (local("scope"), local("input"));
    let (output, error, check) = if is_result {
        (ok_of(private, ty), err_of(private, ty), TokenStream::new())
    } else {
        (quote!(#ty), quote!(#private::Infallible), no_result(private, ty))
    };
    // The span of the function's name: that is where a future that is not
    // `Send` is reported.
    let call = quote_spanned!(ident.span()=> #ident(#(#values),*).await);
    let result = if is_result { call } else { quote!(#private::Ok(#call)) };
    let procedure = quote! {
        impl<__C, #(#parameters),*> #private::UnaryProcedure<__C, #tuple> for #ident
        where
            #bounds
        {
            type Output = #output;

            fn call<'__a>(
                #scope: #private::Scope<'__a, __C>,
                #input_value: #input,
            ) -> impl #private::Future<Output = #private::Result<#output, #error>> + #private::Send + '__a
            {
                async move { let _ = (&#scope, &#input_value); #result }
            }

            fn reply<'__a>(output: #output) -> <Self as #private::Procedure>::Reply<'__a> {
                output
            }
        }
    };
    Kind { reply: output, error, procedure, mount: local("unary"), check }
}

fn stream(
    procedure: &Procedure,
    private: &TokenStream,
    how: &How,
    input: &Type,
    item: &Item,
    error: Option<&Type>,
) -> Kind {
    let ident = &procedure.ident;
    let How { parameters, bounds, tuple, values } = how;
    let (scope, input_value) = (local("scope"), local("input"));
    let item_type = match &item.ty {
        ItemType::Named(ty) => quote!(#ty),
        ItemType::Of(ty) => quote_spanned!(span_of(ty)=> <#ty as #private::Stream>::Item),
    };
    let (event, event_error, split, check) = if item.is_result {
        let (ok, err) = (ok_of(private, &item_type), err_of(private, &item_type));
        (ok, err, quote!(item), TokenStream::new())
    } else {
        let check = no_result(private, &item_type);
        (item_type.clone(), quote!(#private::Infallible), quote!(#private::Ok(item)), check)
    };
    let call = quote_spanned!(ident.span()=> #ident(#(#values),*));
    let call = if procedure.is_async { quote!(#call.await) } else { call };
    let (error, result) = match error {
        Some(error) => (quote!(#error), call),
        None => (quote!(#private::Infallible), quote!(#private::Ok(#call))),
    };
    let implementation = quote! {
        impl<__C, #(#parameters),*> #private::StreamProcedure<__C, #tuple> for #ident
        where
            #bounds
        {
            type Item = #item_type;
            type Event = #event;
            type EventError = #event_error;

            fn open<'__a>(
                #scope: #private::Scope<'__a, __C>,
                #input_value: #input,
            ) -> impl #private::Future<
                Output = #private::Result<
                    impl #private::Stream<Item = #item_type> + #private::Send + '__a,
                    #error,
                >,
            > + #private::Send + '__a {
                async move { let _ = (&#scope, &#input_value); #result }
            }

            fn split(item: #item_type) -> #private::Result<#event, #event_error> {
                #split
            }

            fn reply<'__a>(
                stream: #private::BoxStream<'__a, #item_type>,
            ) -> <Self as #private::Procedure>::Reply<'__a> {
                stream
            }
        }
    };
    Kind {
        reply: quote!(#private::BoxStream<'__a, #item_type>),
        error,
        procedure: implementation,
        mount: local("stream"),
        check,
    }
}

fn ok_of(private: &TokenStream, ty: impl quote::ToTokens) -> TokenStream {
    quote_spanned!(span_of(&ty)=> <#ty as #private::ResultType>::Ok)
}

fn err_of(private: &TokenStream, ty: impl quote::ToTokens) -> TokenStream {
    quote_spanned!(span_of(&ty)=> <#ty as #private::ResultType>::Err)
}

/// Refuses an alias of `Result` that hides under another name: its error would
/// be sent as a value.
fn no_result(private: &TokenStream, ty: impl quote::ToTokens) -> TokenStream {
    let check = quote_spanned!(span_of(&ty)=> let _: #private::Plain = #private::Probe::<#ty>::NEW.is_result(););
    quote! {
        #[allow(unused_imports)]
        const _: fn() = || {
            use #private::PlainProbe as _;
            #check
        };
    }
}

fn span_of(tokens: impl quote::ToTokens) -> Span {
    syn::spanned::Spanned::span(&tokens)
}

/// A name that no item of the user's can be meant by.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn definition(procedure: &Procedure, private: &TokenStream) -> TokenStream {
    let Procedure { wire_name, docs, options, .. } = procedure;
    let kind = match procedure.output {
        Output::Unary { .. } => quote!(Unary),
        Output::Stream { .. } => quote!(Stream),
    };
    let mut tokens = quote!(#private::Definition::new(#wire_name, #private::Kind::#kind));
    if !docs.is_empty() {
        tokens.extend(quote!(.docs(#docs)));
    }
    if let Some(attribute) = &procedure.deprecated {
        let (since, note) = deprecation(attribute, private);
        tokens.extend(quote!(.deprecated(#since, #note)));
    }
    if options.get {
        tokens.extend(quote!(.get()));
    }
    for (key, value) in &options.meta {
        let key = key.to_string();
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
