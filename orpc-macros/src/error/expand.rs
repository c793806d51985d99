//! The implementation of `RpcError`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, DeriveInput, Fields};

use super::parse::{ErrorEnum, Variant, VariantKind};
use crate::runtime::{Runtime, at};

/// ```text
/// const _: () = {
///     #[derive(Serialize, JsonSchema)]
///     #[schemars(inline)]
///     #[repr(C)]
///     struct TooFast { retry_after: u32 }
///
///     impl RpcError for SendError {
///         fn into_error(self) -> Error {
///             match self {
///                 Self::TooFast { retry_after: field0 } => Error::custom("RATE_LIMITED")
///                     .with_status(429)
///                     .with_data(&TooFast { retry_after: field0 })
///                     .into_defined(),
///             }
///         }
///
///         fn declarations() -> Vec<ErrorDeclaration> { … }
///     }
///
///     impl TypedError for SendError {}
///     impl<'a> Unpin for SendError where &'a SendError: HiddenFromClients {}
///     impl From<SendError> for Error { … }
///     impl From<sqlx::Error> for SendError { … }
/// };
/// ```
///
/// `HiddenFromClients` is implemented for no type, so the enum is not `Unpin`, which the conversion
/// of any `std::error::Error` into `Error` requires. The conversion that preserves the error does
/// not overlap with it, and a type that contains such an error is not converted either.
pub(super) fn expand(parsed: &ErrorEnum<'_>) -> TokenStream {
    let ErrorEnum { ident, runtime, rename_all_fields, variants } = parsed;
    let private = runtime.private();
    let structs: Vec<_> = variants
        .iter()
        .filter_map(|variant| {
            let rule = variant.rename_all.as_ref().or(rename_all_fields.as_ref());
            data_struct(variant, rule, runtime)
        })
        .collect();
    let arms = variants.iter().map(|variant| arm(variant, runtime));
    let declarations = variants.iter().map(|variant| declaration(variant, runtime));
    let conversions = variants.iter().filter_map(|variant| conversion(ident, variant, runtime));
    let (all, error) = (all(), Ident::new("error", Span::mixed_site()));
    // An enum without variants has no value to match.
    let body =
        if variants.is_empty() { quote!(match self {}) } else { quote!(match self { #(#arms)* }) };
    quote! {
        const _: () = {
            #(#structs)*

            impl #private::RpcError for #ident {
                fn into_error(self) -> #private::Error {
                    #body
                }

                #[allow(unused_mut)]
                fn declarations() -> #private::Vec<#private::ErrorDeclaration> {
                    let mut #all = #private::Vec::new();
                    #(#declarations)*
                    #all
                }
            }

            impl #private::TypedError for #ident {}

            impl<'__a> ::core::marker::Unpin for #ident where &'__a #ident: #private::HiddenFromClients {}

            impl ::core::convert::From<#ident> for #private::Error {
                fn from(#error: #ident) -> Self {
                    #private::RpcError::into_error(#error)
                }
            }

            #(#conversions)*
        };
    }
}

/// Returns the conversion of a variant's field, and a check that an internal one loses no declared error.
fn conversion(ident: &Ident, variant: &Variant<'_>, runtime: &Runtime) -> Option<TokenStream> {
    let ty = variant.kind.converted()?;
    let place = at(ty.span());
    let private = runtime.private_at(place);
    let (name, field) = (variant.ident, Ident::new("field", place));
    let check = matches!(variant.kind, VariantKind::Internal { .. }).then(|| {
        quote_spanned! {place=>
            const _: () = {
                use #private::IsNot as _;
                ::core::assert!(
                    !#private::IsTyped::<#ty>::IS,
                    "write `#[rpc_error(transparent)]` here, or `internal, from = false`: this is an error that clients know, which `?` would hide"
                );
            };
        }
    });
    Some(quote_spanned! {place=>
        impl ::core::convert::From<#ty> for #ident {
            fn from(#field: #ty) -> Self {
                Self::#name(#field)
            }
        }

        #check
    })
}

/// Returns an implementation that avoids errors caused by its absence.
pub(super) fn stub(input: &DeriveInput, runtime: &Runtime) -> TokenStream {
    let private = runtime.private();
    let ident = &input.ident;
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    let bounds = bounds.map(|bounds| &bounds.predicates);
    quote! {
        impl #parameters #private::RpcError for #ident #arguments
        where
            Self: #private::Send + #private::Sync + 'static,
            #bounds
        {
            fn into_error(self) -> #private::Error {
                #private::unreachable()
            }
        }
    }
}

/// Returns the struct that is the data of a variant with named fields.
fn data_struct(
    variant: &Variant<'_>,
    rename_all: Option<&syn::LitStr>,
    runtime: &Runtime,
) -> Option<TokenStream> {
    let (VariantKind::Declared { .. }, Fields::Named(fields)) = (&variant.kind, variant.fields)
    else {
        return None;
    };
    let place = at(variant.ident.span());
    let private = runtime.private_at(place);
    let serde = runtime.private_text("serde");
    let root = runtime.root().to_token_stream().to_string().replace(' ', "");
    let name = data_name(variant);
    let rename_all = rename_all.map(|rule| quote!(#[serde(rename_all = #rule)]));
    let fields = fields.named.iter().map(|field| {
        let (ident, ty) = (&field.ident, &field.ty);
        let attributes = field.attrs.iter().filter(|attribute| is_data_attribute(attribute));
        let colon = &field.colon_token;
        quote!(#(#attributes)* #ident #colon #ty)
    });
    Some(quote_spanned! {place=>
        #[derive(#private::serde::Serialize, #private::JsonSchema)]
        #[serde(crate = #serde)]
        #[json_schema(crate = #root)]
        #[schemars(inline)]
        #rename_all
        // A field that serde skips is never read; those of such a struct count as read.
        #[repr(C)]
        struct #name { #(#fields),* }
    })
}

fn is_data_attribute(attribute: &Attribute) -> bool {
    ["doc", "serde", "schemars", "deprecated"].iter().any(|name| attribute.path().is_ident(name))
}

/// Span of the type of a single field, otherwise of the variant.
fn data_span(variant: &Variant<'_>) -> Span {
    match variant.fields {
        Fields::Unnamed(fields) => {
            fields.unnamed.first().map_or_else(|| variant.ident.span(), |field| field.ty.span())
        }
        _ => variant.ident.span(),
    }
}

fn data_name(variant: &Variant<'_>) -> Ident {
    format_ident!("__{}Data", variant.ident)
}

fn arm(variant: &Variant<'_>, runtime: &Runtime) -> TokenStream {
    // Missing implementations of the data's type are reported here.
    let place = at(data_span(variant));
    let private = runtime.private_at(place);
    let ident = variant.ident;
    let field = Ident::new("field", place);
    match (&variant.kind, variant.fields) {
        (VariantKind::Transparent { ty, .. }, _) => {
            quote_spanned!(place=> Self::#ident(#field) => <#ty as #private::RpcError>::into_error(#field),)
        }
        (VariantKind::Internal { .. }, Fields::Unnamed(_)) => {
            quote_spanned!(place=> Self::#ident(#field) => #private::internal(#field),)
        }
        (VariantKind::Internal { .. }, _) => {
            let text = ident.to_string();
            quote!(Self::#ident => #private::Error::internal(#text),)
        }
        (VariantKind::Declared { code, status, message }, fields) => {
            let status = status.as_ref().map(|status| quote!(.with_status(#status)));
            let message = message.as_ref().map(|message| quote!(.with_message(#message)));
            let (pattern, data) = data_of(variant, fields, &field);
            let data = data.map(|data| quote_spanned!(place=> .with_data(&#data)));
            quote! {
                Self::#ident #pattern =>
                    #private::Error::custom(#code) #status #message .into_defined() #data,
            }
        }
    }
}

/// Returns the pattern that destructures a variant, and the expression of its data.
fn data_of(
    variant: &Variant<'_>,
    fields: &Fields,
    field: &Ident,
) -> (TokenStream, Option<TokenStream>) {
    match fields {
        Fields::Unit => (TokenStream::new(), None),
        Fields::Unnamed(_) => (quote!((#field)), Some(quote!(#field))),
        Fields::Named(named) => {
            let name = data_name(variant);
            let idents: Vec<_> = named.named.iter().map(|field| &field.ident).collect();
            let locals: Vec<_> = (0..idents.len())
                .map(|index| Ident::new(&format!("field{index}"), Span::mixed_site()))
                .collect();
            (quote!({ #(#idents: #locals),* }), Some(quote!(#name { #(#idents: #locals),* })))
        }
    }
}

fn declaration(variant: &Variant<'_>, runtime: &Runtime) -> TokenStream {
    let all = all();
    let place = at(data_span(variant));
    let private = runtime.private_at(place);
    let (code, status, message) = match &variant.kind {
        VariantKind::Declared { code, status, message } => (code, status, message),
        VariantKind::Transparent { ty, .. } => {
            return quote_spanned!(place=> #all.append(&mut <#ty as #private::RpcError>::declarations()););
        }
        VariantKind::Internal { .. } => return TokenStream::new(),
    };
    let status = status.as_ref().map(|status| quote!(.with_status(#status)));
    let message = message.as_ref().map(|message| quote!(.with_message(#message)));
    let data = match variant.fields {
        Fields::Unit => None,
        Fields::Unnamed(fields) => fields.unnamed.first().map(|field| {
            let ty = &field.ty;
            quote_spanned!(place=> .with_data::<#ty>())
        }),
        Fields::Named(_) => {
            let name = data_name(variant);
            Some(quote!(.with_data::<#name>()))
        }
    };
    quote!(#all.push(#private::ErrorDeclaration::new(#code) #status #message #data);)
}

/// Returns the name of the declarations so far, which the user's items cannot refer to.
fn all() -> Ident {
    Ident::new("all", Span::mixed_site())
}
