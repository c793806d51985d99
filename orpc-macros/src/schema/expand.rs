//! The implementation of `JsonSchema`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned as _;

use super::twin::{Payload, Twin};
use crate::runtime::{Runtime, at};

/// ```text
/// const _: () = {
///     #[derive(schemars::JsonSchema)]
///     #[schemars(rename = "Message")]
///     struct __SchemaOfMessage {
///         #[schemars(length(min = 1), extend("x-field" = { "of": "Message.text", … }))]
///         text: Text,
///     }
///
///     impl schemars::JsonSchema for Message {
///         fn json_schema(generator: &mut SchemaGenerator) -> Schema {
///             derived::schema::<__SchemaOfMessage>(generator, &derived::Rules { … })
///         }
///         …
///     }
/// };
/// ```
pub(super) fn expand(input: &DeriveInput, twin: &Twin, runtime: &Runtime) -> TokenStream {
    let place = at(input.ident.span());
    let private = runtime.private_at(place);
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    let ident = &input.ident;
    let Twin { name, item, .. } = twin;
    let bounds = bounds.map(|bounds| &bounds.predicates);
    let is_generic = input.generics.type_params().next().is_some();
    let own_bound = is_generic.then(|| quote!(#name #arguments: #private::schemars::JsonSchema,));
    let predicates = match bounds {
        Some(bounds) if !bounds.is_empty() => {
            let comma = (!bounds.trailing_punct()).then(|| quote!(,));
            quote!(#bounds #comma #own_bound)
        }
        _ => quote!(#own_bound),
    };
    let rules = rules(twin, runtime, place);
    let implementation = quote_spanned! {place=>
        #[automatically_derived]
        impl #parameters #private::schemars::JsonSchema for #ident #arguments
        where
            #predicates
        {
            fn inline_schema() -> bool {
                #private::derived::is_inline::<#name #arguments>()
            }

            fn schema_name() -> #private::Cow<'static, str> {
                #private::derived::name::<#name #arguments>()
            }

            fn schema_id() -> #private::Cow<'static, str> {
                #private::derived::id::<#name #arguments>()
            }

            fn json_schema(generator: &mut #private::schemars::SchemaGenerator) -> #private::schemars::Schema {
                #private::derived::schema::<#name #arguments>(generator, &#rules)
            }

            fn _schemars_private_non_optional_json_schema(
                generator: &mut #private::schemars::SchemaGenerator,
            ) -> #private::schemars::Schema {
                #private::derived::non_optional_schema::<#name #arguments>(generator, &#rules)
            }

            fn _schemars_private_is_option() -> bool {
                #private::derived::is_option::<#name #arguments>()
            }
        }
    };
    // The derive of schemars leans on these, also where there is no prelude. Of the twin
    // nothing is reported as never used: its name begins with an underscore.
    quote! {
        const _: () = {
            use ::core::convert::{From as _, Into as _};
            use ::core::default::Default as _;
            use ::core::iter::{IntoIterator as _, Iterator as _};
            use ::core::option::Option::Some;
            use ::std::string::ToString as _;

            #item
            #implementation
        };
    }
}

fn rules(twin: &Twin, runtime: &Runtime, place: proc_macro2::Span) -> TokenStream {
    let private = runtime.private_at(place);
    let tag = match &twin.tag {
        Some((tag, name)) => quote!(#private::Some((#tag, #name))),
        None => quote!(#private::None),
    };
    let optional_from = match twin.optional_from {
        Some(first) => quote!(#private::Some(#first)),
        None => quote!(#private::None),
    };
    let fields = twin.fields.iter().map(|(name, ty)| {
        let place = at(ty.span());
        let private = runtime.private_at(place);
        quote_spanned!(place=> (#name, #private::derived::type_name::<#ty>))
    });
    let keys = twin.keys.iter().map(|(name, ty)| {
        let place = at(ty.span());
        let private = runtime.private_at(place);
        quote_spanned!(place=> (#name, #private::derived::key_types::<#ty>))
    });
    let payloads = twin.payloads.iter().map(|payload| {
        let Payload { variant, ty, is_read, is_written } = payload;
        let place = at(ty.span());
        let private = runtime.private_at(place);
        quote_spanned! {place=>
            #private::derived::Payload {
                variant: #variant,
                is_read: #is_read,
                is_written: #is_written,
                schema: #private::derived::schema_of::<#ty>,
            }
        }
    });
    quote_spanned! {place=>
        #private::derived::Rules {
            tag: #tag,
            optional_from: #optional_from,
            fields: &[#(#fields),*],
            keys: &[#(#keys),*],
            payloads: &[#(#payloads),*],
        }
    }
}

/// Returns an implementation that avoids errors caused by its absence.
pub(super) fn stub(input: &DeriveInput, runtime: &Runtime) -> TokenStream {
    let private = runtime.private();
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    let ident = &input.ident;
    quote! {
        #[automatically_derived]
        impl #parameters #private::schemars::JsonSchema for #ident #arguments #bounds {
            fn schema_name() -> #private::Cow<'static, str> {
                #private::Cow::Borrowed("")
            }

            fn json_schema(_: &mut #private::schemars::SchemaGenerator) -> #private::schemars::Schema {
                #private::schemars::Schema::from(true)
            }
        }
    }
}
