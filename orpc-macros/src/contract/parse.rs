//! Syntax of a contract: a trait and its methods, whose bodies stay raw tokens.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse as _, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Generics, Ident, Meta, Signature, Token, TypeParamBound, Visibility, WhereClause,
};

use crate::diagnostics::Diagnostics;
use crate::parse::items::is_attribute;
use crate::parse::items::{outer_attributes, refuse_repeated, skip_item};
use crate::parse::signature::{Function, starts_signature};
use crate::procedure::Options;
use crate::runtime::Runtime;

/// A trait with its items: one that cannot be parsed does not affect the others.
pub(super) struct Trait {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) supertraits: Punctuated<TypeParamBound, Token![+]>,
    pub(super) methods: Vec<Method>,
    /// Items other than methods, unchanged.
    pub(super) others: Vec<TokenStream>,
}

/// A method with the options of its `#[procedure]`, if it has that.
pub(super) struct Method {
    /// The function, without the attribute.
    pub(super) function: Function,
    pub(super) options: Options,
    /// The default body.
    pub(super) body: Option<TokenStream>,
}

impl Trait {
    pub(super) fn parse(
        item: TokenStream,
        runtime: Option<&Runtime>,
        errors: &mut Diagnostics,
    ) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| {
            let attributes = input.call(Attribute::parse_outer)?;
            let visibility = input.parse()?;
            if input.peek(Token![unsafe]) {
                let message = "remove `unsafe`: a contract is implemented by ordinary Rust";
                errors.at(input.parse::<Token![unsafe]>()?, message);
            }
            if !input.peek(Token![trait]) {
                return Err(input.error("put #[contract] on a trait: `pub trait Chat { … }`"));
            }
            input.parse::<Token![trait]>()?;
            let ident = input.parse()?;
            let generics: Generics = input.parse()?;
            let mut supertraits = Punctuated::new();
            if input.peek(Token![:]) {
                input.parse::<Token![:]>()?;
                while !input.peek(syn::token::Brace) && !input.peek(Token![where]) {
                    supertraits.push_value(input.parse()?);
                    if !input.peek(Token![+]) {
                        break;
                    }
                    supertraits.push_punct(input.parse()?);
                }
            }
            if input.peek(Token![where]) {
                let message = "write bounds of implementations after the name, `trait Chat: Clone`, without `where`";
                errors.at(input.parse::<WhereClause>()?.where_token, message);
            }
            let content;
            syn::braced!(content in input);
            let mut contract = Self {
                attributes,
                visibility,
                ident,
                generics,
                supertraits,
                methods: Vec::new(),
                others: Vec::new(),
            };
            while !content.is_empty() {
                let Ok(attributes) = outer_attributes(&content) else {
                    // A half-typed item, which the compiler reports.
                    contract.others.push(skip_item(&content)?);
                    continue;
                };
                let item = skip_item(&content)?;
                match Method::parse(attributes.clone(), item.clone(), runtime, errors) {
                    Ok(method) => contract.methods.push(method),
                    Err(error) => {
                        errors.push(error);
                        contract.others.push(quote!(#(#attributes)* #item));
                    }
                }
            }
            Ok(contract)
        };
        parser.parse2(item)
    }
}

impl Method {
    fn parse(
        mut attributes: Vec<Attribute>,
        item: TokenStream,
        runtime: Option<&Runtime>,
        errors: &mut Diagnostics,
    ) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| {
            if !starts_signature(input) {
                return Err(input.error(
                    "write `async fn name(&self, …) -> …;`: a contract has only procedures",
                ));
            }
            let signature = Signature::parse(input)?;
            let body = if input.peek(Token![;]) {
                input.parse::<Token![;]>()?;
                None
            } else {
                Some(input.parse()?)
            };
            Ok((signature, body))
        };
        let (signature, body) = parser.parse2(item)?;
        let own = attributes.iter().position(|attribute| is_attribute(attribute, "procedure"));
        let arguments = match own.map(|index| attributes.remove(index).meta) {
            Some(Meta::List(list)) => list.tokens,
            _ => TokenStream::new(),
        };
        attributes.retain(|attribute| !refuse_repeated(attribute, errors));
        let mut options = Options::parse(arguments, errors);
        if let Some(runtime) = runtime {
            options.runtime = Some(runtime.clone());
        }
        // Its callers use a type of its own.
        let visibility = Visibility::Inherited;
        Ok(Self { function: Function { attributes, visibility, signature }, options, body })
    }
}
