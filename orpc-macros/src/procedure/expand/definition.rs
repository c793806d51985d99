//! The description of a procedure.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Attribute, Expr, Lit, Meta};

use crate::procedure::validate::Procedure;

/// `Definition::new("send", ProcedureKind::Unary).docs("…")…`
pub(super) fn definition(procedure: &Procedure<'_>, private: &TokenStream) -> TokenStream {
    let Procedure { wire_name, docs, options, .. } = procedure;
    let kind = procedure.output.kind().definition();
    let mut tokens = quote!(#private::Definition::new(#wire_name, #private::ProcedureKind::#kind));
    if let Some(docs) = docs.text(private) {
        tokens.extend(quote!(.docs(#docs)));
    }
    if let Some(attribute) = procedure.deprecated {
        let (since, note) = deprecation(attribute, private);
        tokens.extend(quote!(.deprecated(#since, #note)));
    }
    if options.get {
        tokens.extend(quote!(.allow_get()));
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
        // The compiler reports mistakes in the list.
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
