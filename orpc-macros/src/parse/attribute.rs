//! Options in the parentheses of an attribute.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Lit, LitStr, Path, Token};

use crate::diagnostics::Diagnostics;
use crate::runtime::Runtime;

/// One option as written: `key`, `key = …` or `key(…)`.
pub(crate) struct AttributeOption {
    pub(crate) key: Ident,
    pub(crate) value: OptionValue,
}

pub(crate) enum OptionValue {
    /// `key`
    Flag,
    /// `key = "…"`, `key = 1`, `key = some::path`
    Literal(Lit),
    Path(Path),
    /// `key(…)`
    List(TokenStream),
    /// `key = [a, b]`
    Array(TokenStream),
    /// `key = &other`
    Other(TokenStream),
}

impl Parse for AttributeOption {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input
            .call(Ident::parse_any)
            .map(|key| key.unraw())
            .map_err(|error| syn::Error::new(error.span(), "write `key = value`"))?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            parse_value(input)
        } else if input.peek(syn::token::Paren) {
            let list;
            syn::parenthesized!(list in input);
            OptionValue::List(list.parse()?)
        } else {
            OptionValue::Flag
        };
        Ok(Self { key, value })
    }
}

/// Parses the value up to the next comma.
fn parse_value(input: ParseStream<'_>) -> OptionValue {
    let ahead = input.fork();
    let value = if ahead.peek(Lit) {
        ahead.parse().map(OptionValue::Literal)
    } else if ahead.peek(syn::token::Bracket) {
        parse_array(&ahead)
    } else {
        ahead.parse().map(OptionValue::Path)
    };
    match value {
        Ok(value) if ahead.is_empty() || ahead.peek(Token![,]) => {
            input.advance_to(&ahead);
            value
        }
        // `name = "a" method = GET`
        Ok(value) if ahead.peek(Ident::peek_any) && ahead.peek2(Token![=]) => {
            input.advance_to(&ahead);
            value
        }
        _ => OptionValue::Other(skip_to_comma(input)),
    }
}

fn parse_array(input: ParseStream<'_>) -> syn::Result<OptionValue> {
    let items;
    syn::bracketed!(items in input);
    items.parse().map(OptionValue::Array)
}

/// Returns the tokens in front of the next comma, after a mistake in them.
pub(crate) fn skip_to_comma(input: ParseStream<'_>) -> TokenStream {
    let mut skipped = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        // The rest is not empty, so there is a token.
        skipped.extend(input.parse::<TokenTree>());
    }
    skipped
}

impl AttributeOption {
    /// Returns the span of the value, otherwise that of the key.
    pub(crate) fn span(&self) -> Span {
        match &self.value {
            OptionValue::Literal(literal) => literal.span(),
            OptionValue::Path(path) => syn::spanned::Spanned::span(path),
            _ => self.key.span(),
        }
    }

    /// Reports a mistake at the value, otherwise at the key.
    pub(crate) fn report(&self, message: impl std::fmt::Display, errors: &mut Diagnostics) {
        match &self.value {
            OptionValue::Literal(value) => errors.at(value, message),
            OptionValue::Path(value) => errors.at(value, message),
            OptionValue::Other(value) | OptionValue::List(value) | OptionValue::Array(value)
                if !value.is_empty() =>
            {
                errors.at(value, message);
            }
            _ => errors.at(&self.key, message),
        }
    }

    /// Returns the paths of `key = path` or `key = [path, …]`.
    pub(crate) fn paths(self, errors: &mut Diagnostics) -> Vec<Path> {
        let nouns = if self.key == "hooks" { "values" } else { "functions" };
        match &self.value {
            OptionValue::Path(path) => vec![path.clone()],
            OptionValue::Array(items) if !items.is_empty() => {
                let path = |input: ParseStream<'_>| {
                    let place = input.span();
                    input.call(Path::parse_mod_style).map_err(|_| {
                        let message = format!("write a name, one of the {nouns}, without quotes");
                        syn::Error::new(place, message)
                    })
                };
                parse_list(items.clone(), path, errors)
            }
            _ => {
                let key = &self.key;
                let message = format!(
                    "write `{key} = name` or `{key} = [first, second]`, names of {nouns} without quotes"
                );
                self.report(message, errors);
                Vec::new()
            }
        }
    }

    /// Returns the path of `crate = "…"`.
    pub(crate) fn runtime(&self, errors: &mut Diagnostics) -> Runtime {
        let Some(text) = self.text(errors) else { return Runtime::default() };
        match text.parse::<Path>() {
            Ok(path) => Runtime::new(path),
            Err(_) => {
                errors.at(&text, "write `crate = \"some::path\"`: this is not a path");
                Runtime::default()
            }
        }
    }

    /// Returns the text of `key = "…"`.
    pub(crate) fn text(&self, errors: &mut Diagnostics) -> Option<LitStr> {
        match &self.value {
            OptionValue::Literal(Lit::Str(text)) => Some(text.clone()),
            _ => {
                self.report(format!("write `{} = \"…\"`", self.key), errors);
                None
            }
        }
    }
}

/// Parses a list, item by item: one that cannot be parsed is reported and the
/// others are kept.
pub(crate) fn parse_list<T>(
    tokens: TokenStream,
    item: impl Fn(ParseStream<'_>) -> syn::Result<T>,
    errors: &mut Diagnostics,
) -> Vec<T> {
    let parser = |input: ParseStream<'_>| {
        let mut items = Vec::new();
        while !input.is_empty() {
            match item(input) {
                Ok(item) => items.push(item),
                Err(error) => {
                    errors.push(error);
                    skip_to_comma(input);
                }
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                errors.push(input.error("write `,` in front of this option"));
                // The option itself may be right.
                if !input.peek(Ident::peek_any) {
                    skip_to_comma(input);
                    input.parse::<Option<Token![,]>>()?;
                }
            }
        }
        Ok(items)
    };
    parser.parse2(tokens).unwrap_or_default()
}

/// `a`, `b` or `c`
pub(crate) fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Returns the probable names: the one with a similar spelling, otherwise all.
pub(crate) fn meant<'a>(key: &str, known: &[&'a str]) -> Vec<&'a str> {
    let distance = |name: &&str| strsim::osa_distance(key, name);
    // One edit per three characters, like the compiler.
    let is_near = |name: &&str| distance(name) <= key.chars().count().max(3) / 3;
    match known.iter().copied().filter(is_near).min_by_key(distance) {
        Some(name) => vec![name],
        None => known.to_vec(),
    }
}

/// Parses options and reports each that is unknown or given twice.
pub(crate) fn parse_options(
    tokens: TokenStream,
    known: &[&str],
    errors: &mut Diagnostics,
) -> Vec<AttributeOption> {
    let option = |input: ParseStream<'_>| {
        if input.peek(Lit) || input.peek(Token![,]) {
            let message = format!("write an option here, {}", alternatives(known));
            return Err(input.error(message));
        }
        AttributeOption::parse(input)
    };
    let options = parse_list(tokens, option, errors);
    let mut kept: Vec<AttributeOption> = Vec::new();
    for option in options {
        let key = option.key.to_string();
        if !known.contains(&key.as_str()) {
            let message = match *known {
                [only] => format!("remove `{key}`: the only option is `{only}`"),
                _ => format!(
                    "write {} here: there is no option `{key}`",
                    alternatives(&meant(&key, known))
                ),
            };
            errors.at(&option.key, message);
        } else if kept.iter().any(|other| other.key == option.key) {
            errors.at(&option.key, format!("remove this `{key}`: it is given before"));
        } else {
            kept.push(option);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_taken_for_the_nearest_option_and_nothing_else_is() {
        let known = ["name", "method", "meta", "crate"];
        let cases = [
            ("nmae", "`name`"),
            ("nam", "`name`"),
            ("names", "`name`"),
            ("Name", "`name`"),
            ("metod", "`method`"),
            ("metaa", "`meta`"),
            ("mtehod", "`method`"),
            ("create", "`crate`"),
            ("rename", "`name`"),
        ];
        for (key, expected) in cases {
            assert_eq!(alternatives(&meant(key, &known)), expected, "{key}");
        }
        for key in ["", "na", "me", "get", "context", "colour", "ä"] {
            let all = "`name`, `method`, `meta` or `crate`";
            assert_eq!(alternatives(&meant(key, &known)), all, "{key}");
        }
    }
}
