//! `#[derive(RpcError)]`.

mod expand;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;

/// Expands to the implementation of `RpcError`; or to a stub of it and the mistakes.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let input: syn::DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Diagnostics::default();
    let parsed = parse::ErrorEnum::parse(&input, &mut errors);
    match parsed {
        Some(parsed) if errors.is_empty() => expand::expand(&parsed),
        parsed => {
            let runtime = parsed.map(|parsed| parsed.runtime).unwrap_or_default();
            let stub = expand::stub(&input, &runtime);
            let errors = errors.into_tokens();
            quote!(#errors #stub)
        }
    }
}
