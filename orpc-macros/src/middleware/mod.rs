//! `#[middleware]`.

mod expand;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::attribute::{Runtime, parse_options};
use crate::diagnostics::Diagnostics;
use crate::signature::{Function, Head, Role};

/// The function as it is, and the items beside it; or the mistakes and a stub of these items.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    let mut runtime = Runtime::default();
    for option in parse_options(arguments, &["crate"], &mut errors) {
        runtime = Runtime::from_option(&option, &mut errors);
    }
    let generated = match Function::parse(item.clone(), Role::Middleware) {
        Ok(function) => {
            let middleware = validate::validate(&function, &runtime, &mut errors);
            match middleware {
                Some(middleware) if errors.is_empty() => expand::expand(&middleware),
                // A method can have no type beside it.
                _ if function.is_method() => TokenStream::new(),
                middleware => stub(&item, middleware.as_ref(), &runtime),
            }
        }
        Err(error) => {
            errors.push(error);
            stub(&item, None, &runtime)
        }
    };
    let errors = errors.into_tokens();
    quote!(#item #errors #generated)
}

/// What stands beside a function with mistakes, if it has a name.
fn stub(
    item: &TokenStream,
    middleware: Option<&validate::Middleware<'_>>,
    runtime: &Runtime,
) -> TokenStream {
    let head = Head::parse(item.clone());
    head.map_or_else(TokenStream::new, |head| expand::stub(&head, middleware, runtime))
}
