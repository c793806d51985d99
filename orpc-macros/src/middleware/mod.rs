//! `#[middleware]`.

mod expand;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;
use crate::parse::attribute::parse_options;
use crate::parse::cfg::Answers;
use crate::parse::crate_paths;
use crate::parse::items::without_repeated;
use crate::parse::signature::{Function, Head, Role};
use crate::runtime::Runtime;

/// Expands to the unchanged function and the items beside it; or to the mistakes and a stub
/// of these items.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    let item = crate_paths::of_function(without_repeated(item, &mut errors));
    let mut runtime = Runtime::default();
    let (answers, arguments) = Answers::take(arguments);
    for option in parse_options(arguments.clone(), &["crate"], &mut errors) {
        runtime = option.runtime(&mut errors);
    }
    let mut function = match Function::parse(item.clone(), Role::Middleware) {
        Ok(function) => function,
        Err(error) => {
            errors.push(error);
            let head = Head::parse(item.clone());
            return with_mistakes(&item, head.as_ref(), &runtime, errors);
        }
    };
    if let Err(unknown) = function.evaluate(&answers) {
        return answers.ask(&unknown, "middleware", &arguments, &item, &runtime);
    }
    match validate::validate(&function, &runtime, &mut errors) {
        Some(middleware) if errors.is_empty() => {
            let generated = expand::expand(&middleware);
            quote!(#item #generated)
        }
        _ => {
            // A method cannot have a type beside it.
            let head = Head::parse(item.clone()).filter(|_| !function.is_method());
            with_mistakes(&item, head.as_ref(), &runtime, errors)
        }
    }
}

/// Returns the unchanged function, the mistakes, and the items beside it if it has a
/// name.
fn with_mistakes(
    item: &TokenStream,
    head: Option<&Head>,
    runtime: &Runtime,
    errors: Diagnostics,
) -> TokenStream {
    let generated = match head {
        Some(head) => expand::stub(head, runtime, errors),
        None => errors.into_tokens(),
    };
    quote!(#item #generated)
}
