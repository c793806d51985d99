//! Options in the parentheses of an attribute.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Lit, LitStr, Path, Token};

use crate::diagnostics::Diagnostics;

/// One option as it stands there: `key`, `key = …` or `key(…)`.
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
}

impl Parse for AttributeOption {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.peek(Lit) {
                OptionValue::Literal(input.parse()?)
            } else {
                OptionValue::Path(input.parse()?)
            }
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

impl AttributeOption {
    /// The span to report a mistake in the option's value at.
    fn span(&self) -> Span {
        match &self.value {
            OptionValue::Literal(literal) => literal.span(),
            _ => self.key.span(),
        }
    }

    /// The text of `key = "…"`.
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

/// Parses options and reports each that is unknown or given twice.
pub(crate) fn parse_options(
    tokens: TokenStream,
    known: &[&str],
    errors: &mut Diagnostics,
) -> Vec<AttributeOption> {
    let parser = Punctuated::<AttributeOption, Token![,]>::parse_terminated;
    let options = match parser.parse2(tokens) {
        Ok(options) => options,
        Err(error) => {
            errors.push(error);
            return Vec::new();
        }
    };
    let mut kept: Vec<AttributeOption> = Vec::new();
    for option in options {
        let key = option.key.unraw().to_string();
        if !known.contains(&key.as_str()) {
            errors.at(
                &option.key,
                format!("unknown option `{key}`, expected one of: {}", known.join(", ")),
            );
        } else if kept.iter().any(|other| other.key == option.key) {
            errors.at(&option.key, format!("option `{key}` is given twice"));
        } else {
            kept.push(option);
        }
    }
    kept
}

/// The path of `orpc_runtime` as generated code names it.
#[derive(Clone)]
pub(crate) struct Runtime(Path);

impl Default for Runtime {
    fn default() -> Self {
        Self(syn::parse_quote!(::orpc_runtime))
    }
}

impl Runtime {
    /// The path of `crate = "…"`.
    pub(crate) fn from_option(option: &AttributeOption, errors: &mut Diagnostics) -> Self {
        let Some(text) = option.text(errors) else {
            return Self::default();
        };
        match text.parse::<Path>() {
            Ok(path) => Self(path),
            Err(_) => {
                errors.at(&text, "not a path: write `crate = \"some::path\"`");
                Self::default()
            }
        }
    }

    /// The crate itself.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// The hidden module that generated code draws on.
    pub(crate) fn private(&self) -> TokenStream {
        let root = &self.0;
        quote!(#root::__private)
    }

    /// The path of a crate that is re-exported there, as text for its derive.
    pub(crate) fn private_text(&self, name: &str) -> String {
        let root = &self.0;
        format!("{}::__private::{name}", quote!(#root).to_string().replace(' ', ""))
    }
}

/// Whether an attribute is the one of that name, by whatever path.
pub(crate) fn is_attribute(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
}

/// The attributes that decide whether the item exists.
pub(crate) fn cfg_attributes(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}

/// The text of a doc comment, its lines without the space that follows `///`.
pub(crate) fn doc_text(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && let syn::Expr::Lit(literal) = &pair.value
            && let Lit::Str(text) = &literal.lit
        {
            let text = text.value();
            lines
                .extend(text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()));
        }
    }
    lines.join("\n").trim().to_owned()
}
