//! The trait, the module with its routers, and the implementations for the hidden types.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Attribute, FnArg, ReturnType, Type};

use super::parse::{Method, Trait};
use super::validate::Procedures;
use crate::diagnostics::Diagnostics;
use crate::generate::entries::{self, RouterType};
use crate::generate::marker::marker;
use crate::parse::cfg::cfg_attributes;
use crate::parse::signature::{Function, Head};
use crate::parse::types::{impl_trait, replace_impl_trait};
use crate::procedure::{self, Output, Procedure, Stream};
use crate::runtime::{Runtime, at, local};

/// ```text
/// pub trait Chat: Send + Sync + 'static {
///     fn send(&self, input: SendMessage) -> impl Future<Output = Result<(), SendError>> + Send;
/// }
///
/// pub mod chat {
///     pub struct send {}
///     pub fn router<T: super::Chat>() -> Router<T> { … }
///     pub fn contract() -> Router<Contract> { router() }
/// }
/// const _: () = { impl Procedure for chat::send { … } … };
/// const _: () = { impl Chat for Contract { … } };
/// ```
///
/// With mistakes the routers are empty, and calls never reach the procedures; code that
/// refers to them still compiles.
pub(super) fn expand(
    contract: &Trait,
    procedures: &Procedures<'_>,
    runtime: &Runtime,
    mut errors: Diagnostics,
) -> TokenStream {
    let Trait { attributes, visibility, ident, generics, supertraits, others, methods } = contract;
    let private = runtime.private();
    let validated = procedures.validated(&mut errors);
    let is_complete = errors.is_empty();
    let errors = errors.into_tokens();
    let declared = methods.iter().map(|method| declaration(method, &private));
    let bounds = quote!(#private::Send + #private::Sync + 'static);
    let supertraits = if supertraits.is_empty() { bounds } else { quote!(#supertraits + #bounds) };
    let beside = if is_complete {
        let valid: Vec<_> = validated
            .iter()
            .filter_map(|(method, procedure)| Some((*method, procedure.as_ref()?)))
            .collect();
        beside(contract, &procedures.module, &valid, runtime)
    } else {
        stub(contract, &procedures.module, runtime)
    };
    quote! {
        #(#attributes)*
        #visibility trait #ident #generics: #supertraits {
            #(#declared)*
            #(#others)*
        }

        #errors

        #beside
    }
}

/// Returns a method for the trait, with a result that can be sent between threads.
fn declaration(method: &Method, private: &TokenStream) -> TokenStream {
    let Method { function: Function { attributes, signature, .. }, body, .. } = method;
    let mut signature = signature.clone();
    let is_async = signature.asyncness.take().is_some();
    let send = quote!(+ #private::Send);
    signature.output = match signature.output {
        ReturnType::Type(arrow, ty) => {
            let ty = with_bound(&ty, &send);
            let ty = if is_async { future(&ty, private) } else { ty };
            ReturnType::Type(arrow, Box::new(Type::Verbatim(ty)))
        }
        ReturnType::Default if is_async => {
            let ty = future(&quote!(()), private);
            ReturnType::Type(<syn::Token![->]>::default(), Box::new(Type::Verbatim(ty)))
        }
        ReturnType::Default => ReturnType::Default,
    };
    let body = match body {
        None => quote!(;),
        Some(body) if is_async => quote!({ async move #body }),
        Some(body) => body.clone(),
    };
    // The body is that of an `async` block then.
    let allow = is_async.then(|| quote!(#[allow(clippy::manual_async_fn)]));
    quote!(#(#attributes)* #allow #signature #body)
}

fn future(output: &TokenStream, private: &TokenStream) -> TokenStream {
    quote!(impl #private::Future<Output = #output> + #private::Send)
}

/// Returns the type, with one more bound on its `impl Stream`.
fn with_bound(ty: &Type, bound: &TokenStream) -> TokenStream {
    match impl_trait(ty) {
        Some(stream) => replace_impl_trait(ty, &Type::Verbatim(quote!(#stream #bound))),
        None => ty.to_token_stream(),
    }
}

/// Returns the items beside the trait.
fn beside(
    contract: &Trait,
    module: &Ident,
    valid: &[(&Method, &Procedure<'_>)],
    runtime: &Runtime,
) -> TokenStream {
    let Trait { visibility, ident, attributes, .. } = contract;
    let (root, private) = (runtime.root(), runtime.private());
    let cfgs = cfg_attributes(attributes);
    let markers = valid
        .iter()
        .map(|(_, procedure)| marker(procedure.ident, &syn::parse_quote!(pub), &procedure.cfgs));
    let implementations = valid.iter().map(|(_, procedure)| {
        let implementations = procedure::implementations(procedure);
        quote!(#(#cfgs)* #implementations)
    });
    let described = valid.iter().map(|(method, procedure)| described(method, procedure, &private));
    let router = local("router");
    let steps = valid.iter().map(|(_, procedure)| {
        let (marker, cfgs) = (procedure.ident, &procedure.cfgs);
        quote! {
            #(#cfgs)*
            let #router = #root::Router::procedure::<self::#marker, _>(#router);
        }
    });
    let docs = format!("The procedures of [`{ident}`].");
    let router_type = RouterType {
        runtime,
        generics: Some(quote!(<Implementation: super::#ident>)),
        context: quote!(Implementation),
        entries: valid
            .iter()
            .map(|(_, procedure)| {
                let Procedure { ident, cfgs, wire_name, .. } = procedure;
                entries::named(ident, wire_name, cfgs, runtime)
            })
            .collect(),
    };
    // A second module of that name is reported here.
    let place = at(ident.span());
    let module = quote_spanned!(place=> mod #module);
    quote! {
        #(#cfgs)*
        #[doc = #docs]
        #visibility #module {
            #(#markers)*

            #router_type

            #[doc = "The router of an implementation, which is the context of its calls."]
            #[must_use]
            #[allow(deprecated)]
            pub fn router<Implementation: super::#ident>() -> #root::Router<Implementation> {
                let #router = <#root::Router<Implementation> as ::core::default::Default>::default();
                #(#steps)*
                #router
            }

            #[doc = "The same without an implementation, to write the types of clients from."]
            #[must_use]
            pub fn contract() -> #root::Router<#root::Contract> {
                self::router()
            }
        }

        #(#implementations)*

        #(#cfgs)*
        #[allow(deprecated, refining_impl_trait)]
        const _: () = {
            impl #ident for #root::Contract {
                #(#described)*
            }
        };
    }
}

/// Returns the module of a contract with mistakes, which avoids errors caused by its
/// absence.
fn stub(contract: &Trait, module: &Ident, runtime: &Runtime) -> TokenStream {
    let Trait { visibility, attributes, methods, others, .. } = contract;
    let (root, private) = (runtime.root(), runtime.private());
    let cfgs = cfg_attributes(attributes);
    let read = methods.iter().map(|Method { function, .. }| {
        (function.signature.ident.clone(), cfg_attributes(&function.attributes))
    });
    let half_typed = others.iter().filter_map(|item| {
        let Head { attributes, ident, .. } = Head::parse(item.clone())?;
        Some((ident, cfg_attributes(&attributes)))
    });
    let router_type = RouterType {
        runtime,
        generics: Some(quote!(<Implementation: #private::Send + #private::Sync + 'static>)),
        context: quote!(Implementation),
        entries: Vec::new(),
    };
    let mut markers: Vec<TokenStream> = Vec::new();
    let mut taken = HashSet::new();
    for (ident, attributes) in read.chain(half_typed) {
        if taken.insert(ident.clone()) {
            let head = Head { attributes, visibility: syn::parse_quote!(pub), ident };
            markers.push(procedure::unreached(&head, runtime));
        }
    }
    quote! {
        #(#cfgs)*
        #[allow(missing_docs)]
        #visibility mod #module {
            #(#markers)*

            #router_type

            #[must_use]
            pub fn router<Implementation: #private::Send + #private::Sync + 'static>()
            -> #root::Router<Implementation> {
                ::core::default::Default::default()
            }

            #[must_use]
            pub fn contract() -> #root::Router<#root::Contract> {
                self::router()
            }
        }
    }
}

/// Returns a method that cannot be called: its type has no value.
fn described(method: &Method, procedure: &Procedure<'_>, private: &TokenStream) -> TokenStream {
    let Function { attributes, signature, .. } = &method.function;
    let cfgs: Vec<Attribute> = cfg_attributes(attributes);
    let mut signature = signature.clone();
    for argument in &mut signature.inputs {
        if let FnArg::Typed(argument) = argument {
            *argument.pat = syn::parse_quote!(_);
        }
    }
    if let (Output::Stream(stream), ReturnType::Type(_, ty)) =
        (&procedure.output, &mut signature.output)
        && let Stream::Opaque { item } | Stream::OpaqueResult { item, .. } = &**stream
    {
        **ty = Type::Verbatim(replace_impl_trait(ty, &syn::parse_quote!(#private::Empty<#item>)));
    }
    quote! {
        #(#cfgs)*
        #signature {
            match *self {}
        }
    }
}
