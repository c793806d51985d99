//! `#[router]`.

mod expand;
mod items;
mod parse;
mod unseen;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;
use crate::parse::cfg::Answers;
use crate::parse::items::without_repeated;

/// Expands to the module with its `router` function, and the mistakes.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    let (answers, arguments) = Answers::take(arguments);
    let options = parse::Options::parse(arguments.clone(), &mut errors);
    let evaluated = match parse::evaluate(item.clone(), &answers) {
        Ok(evaluated) => evaluated,
        Err(unknown) => {
            let runtime = options.runtime.unwrap_or_default();
            return answers.ask(&unknown, "router", &arguments, &item, &runtime);
        }
    };
    let options = Some(options).filter(|_| errors.is_empty());
    let evaluated = without_repeated(evaluated, &mut errors);
    let module = match parse::Module::parse(evaluated) {
        Ok(module) => module,
        Err(error) => {
            errors.push(error);
            let errors = errors.into_tokens();
            return quote!(#item #errors);
        }
    };
    validate::validate(&module, options.as_ref(), &mut errors);
    expand::expand(&module, options.as_ref(), errors)
}
