//! `#[procedure]`.

mod expand;
mod parse;
mod validate;

pub(crate) use parse::{Options, starts_signature};
pub(crate) use validate::check_name;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;

/// The function as it is, and the items beside it; or the mistakes.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    let options = parse::Options::parse(arguments, &mut errors);
    let generated = match parse::Function::parse(item.clone()) {
        Ok(function) => validate::validate(function, options, &mut errors)
            .map(|procedure| expand::expand(&procedure))
            .unwrap_or_default(),
        Err(error) => {
            errors.push(error);
            TokenStream::new()
        }
    };
    let generated = if errors.is_empty() { generated } else { errors.into_tokens() };
    quote!(#item #generated)
}
