//! The options.

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, Lit, LitStr, Path, Token};

use crate::diagnostics::Diagnostics;
use crate::parse::attribute::{OptionValue, parse_list, parse_options};
use crate::runtime::Runtime;

/// The options of `#[procedure(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) get: bool,
    pub(crate) meta: Vec<(Ident, Lit)>,
    /// The middlewares, the first one outermost.
    pub(crate) with: Vec<Path>,
    /// The function that checks a decoded input.
    pub(crate) validate: Option<Path>,
    /// The path of `orpc_runtime`, if it is given.
    pub(crate) runtime: Option<Runtime>,
}

impl Options {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Diagnostics) -> Self {
        let mut options = Self::default();
        for option in
            parse_options(tokens, &["name", "method", "meta", "with", "validate", "crate"], errors)
        {
            match option.key.to_string().as_str() {
                "name" => options.name = option.text(errors),
                "method" => match &option.value {
                    OptionValue::Path(path) if path.is_ident("GET") => options.get = true,
                    OptionValue::Path(path) if path.is_ident("POST") => {}
                    _ => option.report(
                        "write `method = GET` to allow GET; POST is always allowed",
                        errors,
                    ),
                },
                "meta" => match &option.value {
                    OptionValue::List(list) => options.meta = parse_meta(list.clone(), errors),
                    _ => option.report("write `meta(key = value, …)`", errors),
                },
                "with" => options.with = option.paths(errors),
                "validate" => match option.value {
                    OptionValue::Path(path) => options.validate = Some(path),
                    _ => option.report(
                        "write `validate = name`, the name of a function of the input, without quotes",
                        errors,
                    ),
                },
                _ => options.runtime = Some(option.runtime(errors)),
            }
        }
        options
    }

    /// Returns the path of `orpc_runtime`.
    pub(crate) fn runtime(&self) -> Runtime {
        self.runtime.clone().unwrap_or_default()
    }
}

fn parse_meta(tokens: TokenStream, errors: &mut Diagnostics) -> Vec<(Ident, Lit)> {
    let pair = |input: ParseStream<'_>| {
        let key = input.call(Ident::parse_any).map_err(|error| {
            syn::Error::new(error.span(), "write `key = value`, the key without quotes")
        })?;
        if input.parse::<Token![=]>().is_err() {
            return Err(syn::Error::new(key.span(), format!("write `{key} = value`")));
        }
        let value = input.span();
        match input.parse::<Lit>() {
            Ok(literal @ (Lit::Str(_) | Lit::Int(_) | Lit::Float(_) | Lit::Bool(_))) => {
                Ok((key, literal))
            }
            _ => Err(syn::Error::new(
                value,
                "write a string, an integer, a float or a bool: a metadata value is a literal",
            )),
        }
    };
    let mut pairs: Vec<(Ident, Lit)> = Vec::new();
    for (key, value) in parse_list(tokens, pair, errors) {
        if pairs.iter().any(|(other, _)| *other == key) {
            errors.at(&key, format!("remove this `{key}`: it is given before"));
        } else {
            pairs.push((key, value));
        }
    }
    pairs
}
