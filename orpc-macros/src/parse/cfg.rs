//! Conditions that decide which code a macro receives. The compiler evaluates them: the
//! item is emitted again under both answers, of which one remains.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, FnArg, Meta, Signature, Token};

use crate::runtime::Runtime;

/// The option that carries the answers.
const OPTION: &str = "__cfg";

/// The conditions that have been evaluated.
#[derive(Default)]
pub(crate) struct Answers(Vec<(TokenStream, bool)>);

/// A condition that has not been evaluated.
pub(crate) struct Unknown(TokenStream);

impl Answers {
    /// Takes the answers from the front of an attribute's options.
    pub(crate) fn take(arguments: TokenStream) -> (Self, TokenStream) {
        let mut tokens = arguments.clone().into_iter();
        match (tokens.next(), tokens.next()) {
            (Some(TokenTree::Ident(name)), Some(TokenTree::Group(group))) if name == OPTION => {
                tokens.next();
                (Self::parse(group.stream()), tokens.collect())
            }
            _ => (Self::default(), arguments),
        }
    }

    fn parse(tokens: TokenStream) -> Self {
        let mut answers = Vec::new();
        let mut tokens = tokens.into_iter();
        while let (Some(answer), Some(TokenTree::Group(condition))) = (tokens.next(), tokens.next())
        {
            answers.push((condition.stream(), answer.to_string() == "true"));
        }
        Self(answers)
    }

    fn get(&self, condition: &TokenStream) -> Result<bool, Unknown> {
        let text = condition.to_string();
        let answer = self.0.iter().find(|(known, _)| known.to_string() == text);
        answer.map(|(_, answer)| *answer).ok_or_else(|| Unknown(condition.clone()))
    }

    /// Returns the item again with the attribute, under both answers.
    ///
    /// ```text
    /// #[cfg_attr(unix, procedure(__cfg(true(unix)), name = "…"))]
    /// #[cfg_attr(not(unix), procedure(__cfg(false(unix)), name = "…"))]
    /// pub async fn send() {}
    /// ```
    pub(crate) fn ask(
        &self,
        Unknown(condition): &Unknown,
        attribute: &str,
        arguments: &TokenStream,
        item: &TokenStream,
        runtime: &Runtime,
    ) -> TokenStream {
        let private = runtime.private();
        let attribute = Ident::new(attribute, Span::call_site());
        let option = Ident::new(OPTION, Span::call_site());
        let known: TokenStream =
            self.0.iter().map(|(known, answer)| quote!(#answer(#known))).collect();
        let with = |answer: bool| quote!(#private::#attribute(#option(#known #answer(#condition)), #arguments));
        let (yes, no) = (with(true), with(false));
        quote! {
            #[cfg_attr(#condition, #yes)]
            #[cfg_attr(not(#condition), #no)]
            #item
        }
    }

    /// Leaves out the arguments whose conditions do not hold.
    pub(crate) fn arguments(&self, signature: &mut Signature) -> Result<(), Unknown> {
        let mut kept: Punctuated<FnArg, Token![,]> = Punctuated::new();
        for mut argument in std::mem::take(&mut signature.inputs) {
            let attributes = match &mut argument {
                FnArg::Typed(argument) => &mut argument.attrs,
                FnArg::Receiver(receiver) => &mut receiver.attrs,
            };
            if self.evaluate(attributes, |_| true)? {
                kept.push(argument);
            }
        }
        signature.inputs = kept;
        Ok(())
    }

    /// Evaluates the `cfg` attributes, and the `cfg_attr` attributes with a relevant
    /// attribute. Returns `false` if a `cfg` does not hold.
    fn evaluate(
        &self,
        attributes: &mut Vec<Attribute>,
        counts: impl Fn(&TokenStream) -> bool + Copy,
    ) -> Result<bool, Unknown> {
        let mut kept = Vec::new();
        for attribute in std::mem::take(attributes) {
            let Meta::List(list) = &attribute.meta else {
                kept.push(attribute);
                continue;
            };
            if attribute.path().is_ident("cfg") {
                if !self.get(&list.tokens)? {
                    return Ok(false);
                }
            } else if attribute.path().is_ident("cfg_attr") {
                let mut inner = self.expand(&list.tokens, counts)?;
                if let Some(inner) = &mut inner {
                    if !self.evaluate(inner, counts)? {
                        return Ok(false);
                    }
                    kept.append(inner);
                } else {
                    kept.push(attribute);
                }
            } else {
                kept.push(attribute);
            }
        }
        *attributes = kept;
        Ok(true)
    }

    /// Replaces each `cfg_attr` with a relevant attribute by its attributes.
    pub(crate) fn expand_all(
        &self,
        attributes: &mut Vec<Attribute>,
        counts: impl Fn(&TokenStream) -> bool + Copy,
    ) -> Result<(), Unknown> {
        let mut kept = Vec::new();
        for attribute in std::mem::take(attributes) {
            let inner = match &attribute.meta {
                Meta::List(list) if attribute.path().is_ident("cfg_attr") => {
                    self.expand(&list.tokens, counts)?
                }
                _ => None,
            };
            match inner {
                Some(mut inner) => {
                    self.expand_all(&mut inner, counts)?;
                    kept.append(&mut inner);
                }
                None => kept.push(attribute),
            }
        }
        *attributes = kept;
        Ok(())
    }

    /// Returns the attributes of a `cfg_attr`; `None` if none of them is relevant.
    fn expand(
        &self,
        tokens: &TokenStream,
        counts: impl Fn(&TokenStream) -> bool,
    ) -> Result<Option<Vec<Attribute>>, Unknown> {
        let Some((condition, inner)) = split(tokens.clone()) else { return Ok(None) };
        if !inner.iter().any(counts) {
            return Ok(None);
        }
        if !self.get(&condition)? {
            return Ok(Some(Vec::new()));
        }
        let tokens: TokenStream = inner.iter().map(|inner| quote!(#[#inner])).collect();
        Ok(Attribute::parse_outer.parse2(tokens).ok())
    }

    /// Returns the items of a module or trait, with each relevant `cfg_attr` expanded.
    pub(crate) fn items(
        &self,
        tokens: TokenStream,
        counts: fn(&TokenStream) -> bool,
    ) -> Result<TokenStream, Unknown> {
        let mut out = TokenStream::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if let (TokenTree::Punct(punct), Some(TokenTree::Group(group))) =
                (&token, tokens.peek())
                && punct.as_char() == '#'
                && group.delimiter() == Delimiter::Bracket
                && let Some(list) = cfg_attr(group)
                && let Some(inner) = self.expand(&list, counts)?
            {
                tokens.next();
                let inner = inner.iter().map(|inner| inner.to_token_stream()).collect();
                out.extend(self.items(inner, counts)?);
                continue;
            }
            out.extend([token]);
        }
        Ok(out)
    }
}

/// Returns the content of the parentheses of `[cfg_attr(…)]`.
fn cfg_attr(attribute: &Group) -> Option<TokenStream> {
    let mut tokens = attribute.stream().into_iter();
    match (tokens.next()?, tokens.next()?) {
        (TokenTree::Ident(name), TokenTree::Group(list)) if name == "cfg_attr" => {
            Some(list.stream())
        }
        _ => None,
    }
}

/// Returns the condition of a `cfg_attr`, and the attributes behind it.
pub(crate) fn split(tokens: TokenStream) -> Option<(TokenStream, Vec<TokenStream>)> {
    let parser = |input: ParseStream<'_>| {
        let mut parts = vec![TokenStream::new()];
        while !input.is_empty() {
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
                parts.push(TokenStream::new());
            } else if let Some(part) = parts.last_mut() {
                part.extend([input.parse::<TokenTree>()?]);
            }
        }
        Ok(parts)
    };
    let mut parts = parser.parse2(tokens).ok()?.into_iter();
    let condition = parts.next()?;
    Some((condition, parts.filter(|part| !part.is_empty()).collect()))
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
    let (condition, inner) = split(list.tokens.clone())?;
    let inner: Vec<Attribute> =
        inner.into_iter().map(|inner| syn::parse_quote!(#[#inner])).collect();
    let inner = cfg_attributes(&inner);
    let inner = inner.iter().map(|inner| &inner.meta);
    let is_empty = inner.len() == 0;
    (!is_empty).then(|| syn::parse_quote!(#[cfg_attr(#condition, #(#inner),*)]))
}
