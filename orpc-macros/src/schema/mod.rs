//! `#[derive(JsonSchema)]`.
//!
//! schemars stays the source of the schema: its derive runs on a hidden twin of the
//! type, with the same attributes and with annotations of that which it drops. The
//! runtime reads the annotations when a router is built, where it knows the whole
//! schema.

mod attributes;
mod checks;
mod expand;
mod known;
#[cfg(test)]
mod tests;
mod twin;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use crate::diagnostics::Diagnostics;
use crate::parse::attribute::parse_options;
use crate::runtime::Runtime;

/// Expands to the implementation of `JsonSchema`; or to a stub of it and the mistakes.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Diagnostics::default();
    let runtime = runtime(&input, &mut errors);
    if matches!(input.data, Data::Union(_)) {
        errors.at(&input.ident, "make this a struct or an enum: a union has no form in JSON");
    }
    known::check_names(&input, &mut errors);
    if !errors.is_empty() {
        let stub = expand::stub(&input, &runtime);
        let errors = errors.into_tokens();
        return quote!(#errors #stub);
    }
    let twin = twin::Twin::of(&input, &runtime, &mut errors);
    if errors.is_empty() {
        return expand::expand(&input, &twin, &runtime);
    }
    let stub = expand::stub(&input, &runtime);
    let errors = errors.into_tokens();
    quote!(#errors #stub)
}

/// Returns the path of the runtime: that of `#[json_schema(crate = "…")]`, or the
/// parent of the path that schemars' own option `crate` gives.
fn runtime(input: &DeriveInput, errors: &mut Diagnostics) -> Runtime {
    let mut options = TokenStream::new();
    for attribute in input.attrs.iter().filter(|at| at.path().is_ident("json_schema")) {
        match &attribute.meta {
            syn::Meta::List(list) => {
                let list = &list.tokens;
                options.extend(quote!(#list,));
            }
            meta => {
                errors.at(meta, "write the option in parentheses: `#[json_schema(crate = \"…\")]`")
            }
        }
    }
    if let Some(option) = parse_options(options, &["crate"], errors).first() {
        return option.runtime(errors);
    }
    let given = attributes::Attributes::of(&input.attrs).schemars_text("crate");
    let path = given.and_then(|text| text.parse::<syn::Path>().ok());
    match path {
        Some(path) if path.segments.len() > 1 && attributes::ends_with(&path, "schemars") => {
            Runtime::new(attributes::parent(&path))
        }
        _ => Runtime::default(),
    }
}
