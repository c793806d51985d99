//! `#[procedure]`.

mod expand;
mod kind;
mod parse;
mod validate;

pub(crate) use expand::{implementations, stub as unreached};
pub(crate) use parse::Options;
pub(crate) use validate::{Output, Procedure, Stream, check_name, validate};

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;
use crate::generate::extract::Subject;
use crate::parse::cfg::Answers;
use crate::parse::crate_paths;
use crate::parse::items::without_repeated;
use crate::parse::signature::{Function, Head, Role};

/// Expands to the unchanged function, and the items beside it; or to the mistakes and a stub
/// of these items.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Diagnostics::default();
    let item = crate_paths::of_function(without_repeated(item, &mut errors));
    let (answers, arguments) = Answers::take(arguments);
    let options = parse::Options::parse(arguments.clone(), &mut errors);
    let generated = match Function::parse(item.clone(), Role::Procedure) {
        Ok(mut function) => {
            if let Err(unknown) = function.evaluate(&answers) {
                return answers.ask(&unknown, "procedure", &arguments, &item, &options.runtime());
            }
            let subject = Subject::function(&function.signature.ident);
            let procedure = validate::validate(&function, subject, &options, &mut errors);
            match procedure.filter(|_| errors.is_empty()) {
                Some(procedure) => expand::expand(&procedure),
                // A method cannot have a type beside it.
                None if function.is_method() => TokenStream::new(),
                None => stub(&item, &options),
            }
        }
        Err(error) => {
            errors.push(error);
            stub(&item, &options)
        }
    };
    let errors = errors.into_tokens();
    quote!(#item #errors #generated)
}

/// Returns the items beside a function with mistakes, if it has a name.
fn stub(item: &TokenStream, options: &Options) -> TokenStream {
    let head = Head::parse(item.clone());
    head.map_or_else(TokenStream::new, |head| expand::stub(&head, &options.runtime()))
}
