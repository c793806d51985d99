//! Items of a module or trait, of which only the heads are parsed.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Token};

use crate::diagnostics::Diagnostics;

/// Returns `true` if an attribute has that name, with any path.
pub(crate) fn is_attribute(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
}

/// Returns `true` if an attribute makes an item an entry of a router.
pub(crate) fn is_entry(attribute: &Attribute) -> bool {
    is_attribute(attribute, "procedure") || is_attribute(attribute, "router")
}

/// Reports an attribute of ours on an item that has one: the hidden type would exist
/// twice. Returns `true` if the attribute is one.
pub(crate) fn refuse_repeated(attribute: &Attribute, errors: &mut Diagnostics) -> bool {
    const OURS: [&str; 4] = ["procedure", "middleware", "router", "contract"];
    let Some(name) = OURS.iter().find(|name| is_attribute(attribute, name)) else { return false };
    errors.at(
        attribute.path(),
        format!("remove this `#[{name}]`: an item has one attribute of this crate"),
    );
    true
}

/// Returns an item without further attributes of ours, which are reported.
pub(crate) fn without_repeated(item: TokenStream, errors: &mut Diagnostics) -> TokenStream {
    let parser = |input: ParseStream<'_>| {
        Ok((outer_attributes(input).unwrap_or_default(), input.parse::<TokenStream>()?))
    };
    let Ok((mut attributes, rest)) = parser.parse2(item.clone()) else { return item };
    let count = attributes.len();
    attributes.retain(|attribute| !refuse_repeated(attribute, errors));
    if attributes.len() == count { item } else { quote!(#(#attributes)* #rest) }
}

/// Returns the tokens up to the end of an item: a `;`, a brace without a `;` behind it,
/// or, if it is half-typed, the next attribute of ours. A wrong guess has no effect,
/// because the output joins the parts again.
pub(crate) fn skip_item(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    // The attributes in front are its own.
    while input.peek(Token![#]) {
        tokens.extend([input.parse::<TokenTree>()?]);
        if input.peek(syn::token::Bracket) {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
    }
    while !input.is_empty() {
        let is_end = input.peek(Token![;]) || input.peek(syn::token::Brace);
        tokens.extend([input.parse::<TokenTree>()?]);
        if is_end && !input.peek(Token![;]) || starts_entry(input) {
            break;
        }
    }
    Ok(tokens)
}

/// Returns `true` if the attributes of an entry follow.
fn starts_entry(input: ParseStream<'_>) -> bool {
    outer_attributes(&input.fork()).is_ok_and(|attributes| attributes.iter().any(is_entry))
}

/// Parses the attributes that follow; a mistake in one of them is reported before any
/// of them.
pub(crate) fn outer_attributes(input: ParseStream<'_>) -> syn::Result<Vec<Attribute>> {
    let ahead = input.fork();
    let mut tokens = TokenStream::new();
    while ahead.peek(Token![#]) {
        tokens.extend([ahead.parse::<TokenTree>()?, ahead.parse()?]);
    }
    // Of these tokens alone, because a superfluous one would otherwise be reported for
    // the module.
    let attributes = Attribute::parse_outer.parse2(tokens)?;
    input.advance_to(&ahead);
    Ok(attributes)
}
