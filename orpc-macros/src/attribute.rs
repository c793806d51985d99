//! Options in the parentheses of an attribute.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Path, Token};

use crate::diagnostics::Diagnostics;

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
    Other,
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
        _ => {
            skip_to_comma(input);
            OptionValue::Other
        }
    }
}

fn parse_array(input: ParseStream<'_>) -> syn::Result<OptionValue> {
    let items;
    syn::bracketed!(items in input);
    items.parse().map(OptionValue::Array)
}

/// Skips to the next comma, after a mistake in front of it.
pub(crate) fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // The rest is not empty, so there is a token.
        drop(input.parse::<TokenTree>());
    }
}

impl AttributeOption {
    /// Returns the span at which to report a mistake in the option's value.
    pub(crate) fn span(&self) -> Span {
        match &self.value {
            OptionValue::Literal(literal) => literal.span(),
            OptionValue::Path(path) => syn::spanned::Spanned::span(path),
            _ => self.key.span(),
        }
    }

    /// Returns the paths of `key = path` or `key = [path, …]`.
    pub(crate) fn paths(self, errors: &mut Diagnostics) -> Vec<Path> {
        let span = self.span();
        let nouns = if self.key == "hooks" { "values" } else { "functions" };
        match self.value {
            OptionValue::Path(path) => vec![path],
            OptionValue::Array(items) if !items.is_empty() => {
                let path = |input: ParseStream<'_>| {
                    let place = input.span();
                    input.call(Path::parse_mod_style).map_err(|_| {
                        let message = format!("write a name, one of the {nouns}, without quotes");
                        syn::Error::new(place, message)
                    })
                };
                parse_list(items, path, errors)
            }
            _ => {
                let key = &self.key;
                let message = format!(
                    "write `{key} = name` or `{key} = [first, second]`, names of {nouns} without quotes"
                );
                errors.at_span(span, message);
                Vec::new()
            }
        }
    }

    /// Returns the text of `key = "…"`.
    pub(crate) fn text(&self, errors: &mut Diagnostics) -> Option<LitStr> {
        match &self.value {
            OptionValue::Literal(Lit::Str(text)) => Some(text.clone()),
            _ => {
                errors.at_span(self.span(), format!("write `{} = \"…\"`", self.key));
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
                errors.push(input.error("write `,` between the options"));
                skip_to_comma(input);
                input.parse::<Option<Token![,]>>()?;
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
    let options = parse_list(tokens, AttributeOption::parse, errors);
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

/// Returns the span of generated code that the compiler reports at the user's code.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// Creates a name that the user's items cannot refer to.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Generates `type Input = __Input;` in an implementation, where a private type is
/// reported at its own name.
pub(crate) fn associated(name: &str, ty: &(impl ToTokens + Spanned)) -> TokenStream {
    let place = at(ty.span());
    let name = Ident::new(name, place);
    quote_spanned!(place=> type #name = #ty;)
}

fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let locate = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.into_iter().map(locate).collect()
}

/// Path of `orpc_runtime` in generated code.
#[derive(Clone)]
pub(crate) struct Runtime(Path);

impl Default for Runtime {
    fn default() -> Self {
        Self(syn::parse_quote!(::orpc_runtime))
    }
}

impl Runtime {
    /// Reads the path of `crate = "…"`.
    pub(crate) fn from_option(option: &AttributeOption, errors: &mut Diagnostics) -> Self {
        let Some(text) = option.text(errors) else {
            return Self::default();
        };
        match text.parse::<Path>() {
            Ok(path) => Self(path),
            Err(_) => {
                errors.at(&text, "write `crate = \"some::path\"`: this is no path");
                Self::default()
            }
        }
    }

    /// Wraps a path.
    pub(crate) fn new(path: Path) -> Self {
        Self(path)
    }

    /// Returns the crate itself.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// Returns the crate, as code that the compiler reports at that place.
    pub(crate) fn root_at(&self, span: Span) -> TokenStream {
        located(self.0.to_token_stream(), span)
    }

    /// Returns the hidden module that generated code uses.
    pub(crate) fn private(&self) -> TokenStream {
        self.private_at(Span::call_site())
    }

    /// Returns the hidden module, as code that the compiler reports at that place.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        let root = self.root_at(span);
        quote_spanned!(span=> #root::__private)
    }

    /// Returns the path of a re-exported crate, as text for its derive.
    pub(crate) fn private_text(&self, name: &str) -> String {
        let root = &self.0;
        format!("{}::__private::{name}", quote!(#root).to_string().replace(' ', ""))
    }
}

/// Returns `true` if an attribute has that name, with any path.
pub(crate) fn is_attribute(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
}

/// Returns the attributes that decide whether the item exists: each `cfg`, also inside
/// of `cfg_attr`.
pub(crate) fn cfg_attributes(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter_map(cfg_attribute).collect()
}

fn cfg_attribute(attribute: &Attribute) -> Option<Attribute> {
    if attribute.path().is_ident("cfg") {
        return Some(attribute.clone());
    }
    let syn::Meta::List(list) = &attribute.meta else { return None };
    if !attribute.path().is_ident("cfg_attr") {
        return None;
    }
    let (condition, inner) = crate::cfg::split(list.tokens.clone())?;
    let inner: Vec<Attribute> =
        inner.into_iter().map(|inner| syn::parse_quote!(#[#inner])).collect();
    let inner = cfg_attributes(&inner);
    let inner = inner.iter().map(|inner| &inner.meta);
    let is_empty = inner.len() == 0;
    (!is_empty).then(|| syn::parse_quote!(#[cfg_attr(#condition, #(#inner),*)]))
}

/// A doc comment.
#[derive(Default)]
pub(crate) struct Docs(Vec<Doc>);

/// One attribute of a doc comment.
enum Doc {
    Text(String),
    /// `#[doc = include_str!("…")]`, which the compiler evaluates.
    Expression(Box<Expr>),
}

impl Docs {
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let parts = attributes.iter().filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) if attribute.path().is_ident("doc") => {
                Some(match &pair.value {
                    Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Doc::Text(text.value()),
                    value => Doc::Expression(Box::new(value.clone())),
                })
            }
            _ => None,
        });
        Self(parts.collect())
    }

    /// Returns the text as an expression of type `&'static str`: the lines without the
    /// space that follows `///`. `None` if there is no comment.
    ///
    /// ```text
    /// { static __DOCS: Docs = Docs::new(concat!(" Sends.", "\n", include_str!("send.md"))); __DOCS.get() }
    /// ```
    pub(crate) fn text(&self, private: &TokenStream) -> Option<TokenStream> {
        let texts = self.0.iter().map(|part| match part {
            Doc::Text(text) => Some(text.as_str()),
            Doc::Expression(_) => None,
        });
        if let Some(texts) = texts.collect::<Option<Vec<_>>>() {
            let text = plain_docs(&texts.join("\n"));
            return (!text.is_empty()).then(|| text.into_token_stream());
        }
        let parts = self.0.iter().map(|part| match part {
            Doc::Text(text) => text.to_token_stream(),
            Doc::Expression(value) => value.to_token_stream(),
        });
        Some(quote! {
            {
                static __DOCS: #private::Docs =
                    #private::Docs::new(::core::concat!(#(#parts, "\n"),*));
                __DOCS.get()
            }
        })
    }
}

/// Returns the lines without the space that follows `///`.
fn plain_docs(text: &str) -> String {
    // Unlike `lines`, this keeps the empty line between two paragraphs.
    let lines = text.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
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
