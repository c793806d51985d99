//! The type `router` beside the function of that name, and the entries of it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Attribute;

use crate::runtime::{Runtime, at};

/// A router as a type.
pub(crate) struct RouterType<'a> {
    pub(crate) runtime: &'a Runtime,
    /// The type parameter for the context, with its bounds, if it is one.
    pub(crate) generics: Option<TokenStream>,
    pub(crate) context: TokenStream,
    pub(crate) entries: Vec<TokenStream>,
}

impl ToTokens for RouterType<'_> {
    /// ```text
    /// pub struct router {}
    /// const _: () = {
    ///     impl RouterModule<App> for router { … }
    ///     impl Entry<router> for send { … }
    /// };
    /// ```
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { runtime, generics, context, entries } = self;
        let (root, private) = (runtime.root(), runtime.private());
        tokens.extend(quote! {
            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            pub struct router {}

            #[allow(deprecated)]
            const _: () = {
                impl #generics #private::RouterModule<#context> for self::router {
                    fn router() -> #root::Router<#context> {
                        self::router()
                    }
                }

                #(#entries)*
            };
        });
    }
}

/// ```text
/// impl Entry<router> for send { fn name() -> &'static str { procedure_name::<send>() } }
/// ```
pub(crate) fn procedure(ident: &Ident, cfgs: &[Attribute], runtime: &Runtime) -> TokenStream {
    let place = at(ident.span());
    let private = runtime.private_at(place);
    let name = quote_spanned!(place=> #private::procedure_name::<self::#ident>());
    entry(&quote!(self::#ident), &name, cfgs, runtime)
}

/// ```text
/// impl Entry<router> for send { fn name() -> &'static str { "send" } }
/// ```
pub(crate) fn named(
    ident: &Ident,
    name: &str,
    cfgs: &[Attribute],
    runtime: &Runtime,
) -> TokenStream {
    entry(&quote!(self::#ident), &name.to_token_stream(), cfgs, runtime)
}

/// ```text
/// impl Entry<router> for admin::router { fn name() -> &'static str { "admin" } }
/// ```
pub(crate) fn nested(
    ident: &Ident,
    name: &str,
    cfgs: &[Attribute],
    runtime: &Runtime,
) -> TokenStream {
    entry(&quote!(self::#ident::router), &name.to_token_stream(), cfgs, runtime)
}

/// ```text
/// const _: () = {
///     struct router {}
///     const _: () = {
///         use self::admin::*;
///         impl Entry<self::router> for router { fn name() -> &'static str { "admin" } }
///     };
/// };
/// ```
///
/// Of a module elsewhere, which may have a function `router` by hand and no type: then
/// the name is of the struct around it.
pub(crate) fn used(
    ident: &Ident,
    name: &str,
    cfgs: &[Attribute],
    runtime: &Runtime,
) -> TokenStream {
    let entry = entry(&quote!(router), &name.to_token_stream(), &[], runtime);
    quote! {
        #(#cfgs)*
        const _: () = {
            #[allow(non_camel_case_types, dead_code)]
            struct router {}
            #[allow(non_local_definitions)]
            const _: () = {
                use self::#ident::*;
                #entry
            };
        };
    }
}

fn entry(
    ty: &TokenStream,
    name: &TokenStream,
    cfgs: &[Attribute],
    runtime: &Runtime,
) -> TokenStream {
    let private = runtime.private();
    quote! {
        #(#cfgs)*
        impl #private::Entry<self::router> for #ty {
            fn name() -> &'static ::core::primitive::str {
                #name
            }
        }
    }
}
