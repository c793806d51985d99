//! What is written: the options, and the function up to its body.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, Ident, Lit, LitStr, Signature, Token, Visibility};

use crate::attribute::{OptionValue, Runtime, parse_list, parse_options};
use crate::diagnostics::Diagnostics;

/// The options of `#[procedure(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) get: bool,
    pub(crate) meta: Vec<(Ident, Lit)>,
    pub(crate) runtime: Runtime,
}

impl Options {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Diagnostics) -> Self {
        let mut options = Self::default();
        for option in parse_options(tokens, &["name", "method", "meta", "crate"], errors) {
            match option.key.to_string().as_str() {
                "name" => options.name = option.text(errors),
                "method" => match &option.value {
                    OptionValue::Path(path) if path.is_ident("GET") => options.get = true,
                    OptionValue::Path(path) if path.is_ident("POST") => {}
                    _ => errors.at_span(
                        option.span(),
                        "write `method = GET` to allow GET; POST is always allowed",
                    ),
                },
                "meta" => match &option.value {
                    OptionValue::List(list) => options.meta = parse_meta(list.clone(), errors),
                    _ => errors.at_span(option.span(), "write `meta(key = value, …)`"),
                },
                _ => options.runtime = Runtime::from_option(&option, errors),
            }
        }
        options
    }
}

fn parse_meta(tokens: TokenStream, errors: &mut Diagnostics) -> Vec<(Ident, Lit)> {
    let pair = |input: ParseStream<'_>| {
        let key = input.call(Ident::parse_any)?;
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

/// A function up to its body, which stays raw tokens: it may be half-written.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
}

impl Function {
    pub(crate) fn parse(item: TokenStream) -> syn::Result<Self> {
        syn::parse2(item)
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !starts_signature(input) {
            return Err(input.error("put #[procedure] on a function: `pub async fn …`"));
        }
        let signature = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(Self { attributes, visibility, signature })
    }
}

/// A function up to its name: what is known of one whose signature is half-typed.
pub(crate) struct Head {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
}

impl Head {
    pub(crate) fn parse(item: TokenStream) -> Option<Self> {
        let parser = |input: ParseStream<'_>| {
            let head = Self::parse_name(input);
            input.parse::<TokenStream>()?;
            Ok(head)
        };
        parser.parse2(item).ok()?
    }

    fn parse_name(input: ParseStream<'_>) -> Option<Self> {
        let attributes = input.call(Attribute::parse_outer).ok()?;
        let (visibility, ident) = visibility_and_name(input)?;
        Some(Self { attributes, visibility, ident })
    }
}

/// The visibility and name of a function; none if it is none, or has no name yet.
pub(crate) fn visibility_and_name(input: ParseStream<'_>) -> Option<(Visibility, Ident)> {
    let visibility = input.parse().ok()?;
    if !starts_signature(input) {
        return None;
    }
    while !input.peek(Token![fn]) {
        input.parse::<TokenTree>().ok()?;
    }
    input.parse::<Token![fn]>().ok()?;
    Some((visibility, input.parse().ok()?))
}

/// Whether a function's signature follows.
fn starts_signature(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn])
        || input.peek(Token![async])
        || input.peek(Token![unsafe]) && !input.peek2(Token![impl]) && !input.peek2(Token![trait])
        || input.peek(Token![extern]) && !input.peek2(Token![crate])
        || input.peek(Token![const]) && (input.peek2(Token![fn]) || input.peek2(Token![async]))
}
