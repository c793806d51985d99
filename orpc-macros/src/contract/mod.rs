//! `#[contract]`.

mod expand;
mod parse;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;
use crate::parse::attribute::parse_options;
use crate::parse::cfg::Answers;
use crate::parse::items::without_repeated;

/// Expands to the trait with its methods in the form for implementations, the items
/// beside it, and the mistakes.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    let mut runtime = None;
    let item = without_repeated(item, &mut errors);
    let (answers, arguments) = Answers::take(arguments);
    for option in parse_options(arguments.clone(), &["crate"], &mut errors) {
        runtime = Some(option.runtime(&mut errors));
    }
    match parse::Trait::parse(item.clone(), runtime.as_ref(), &mut errors) {
        Ok(mut contract) => {
            let mut methods = contract.methods.iter_mut();
            let evaluated = methods.try_for_each(|method| method.function.evaluate(&answers));
            if let Err(unknown) = evaluated {
                let runtime = runtime.unwrap_or_default();
                return answers.ask(&unknown, "contract", &arguments, &item, &runtime);
            }
            let procedures = validate::validate(&contract, &mut errors);
            expand::expand(&contract, &procedures, &runtime.unwrap_or_default(), errors)
        }
        Err(error) => {
            errors.push(error);
            let errors = errors.into_tokens();
            quote!(#item #errors)
        }
    }
}
