//! Typed view of the enum, and the check of its rules.

use std::collections::HashMap;

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DataEnum, DeriveInput, Field, Fields, Lit, LitInt, LitStr, Meta, Type};

use crate::diagnostics::Diagnostics;
use crate::naming::{is_upper_snake_case, upper_snake_case};
use crate::parse::attribute::{AttributeOption, OptionValue, parse_options};
use crate::runtime::Runtime;

/// An enum whose variants are errors.
pub(super) struct ErrorEnum<'a> {
    pub(super) ident: &'a Ident,
    pub(super) runtime: Runtime,
    /// `rename_all_fields` of serde.
    pub(super) rename_all_fields: Option<LitStr>,
    pub(super) variants: Vec<Variant<'a>>,
}

pub(super) struct Variant<'a> {
    pub(super) ident: &'a Ident,
    pub(super) fields: &'a Fields,
    pub(super) kind: VariantKind,
    /// `rename_all` of serde.
    pub(super) rename_all: Option<LitStr>,
}

pub(super) enum VariantKind {
    /// Declared to clients.
    Declared { code: String, status: Option<LitInt>, message: Option<LitStr> },
    /// The only field is an error of its own, which `?` converts if `from` is set.
    Transparent { ty: Box<Type>, from: bool },
    /// Hidden from clients. The type of its field is set if `?` converts it.
    Internal { from: Option<Box<Type>> },
}

impl VariantKind {
    /// Returns the type of the field that `?` converts.
    pub(super) fn converted(&self) -> Option<&Type> {
        match self {
            Self::Transparent { ty, from: true } | Self::Internal { from: Some(ty) } => Some(ty),
            _ => None,
        }
    }
}

impl<'a> ErrorEnum<'a> {
    pub(super) fn parse(input: &'a DeriveInput, errors: &mut Diagnostics) -> Option<Self> {
        let Data::Enum(data) = &input.data else {
            errors.at(
                &input.ident,
                "make this an enum with one variant for each error: RpcError is derived for enums",
            );
            return None;
        };
        if !input.generics.params.is_empty() {
            errors.at(
                &input.generics,
                "write the types themselves: an error that clients know cannot be generic",
            );
        }
        let mut runtime = Runtime::default();
        for option in options(&input.attrs, &["crate"], errors) {
            runtime = option.runtime(errors);
        }
        let variants: Vec<_> =
            data.variants.iter().map(|variant| Variant::parse(variant, errors)).collect();
        check_codes(&variants, errors);
        check_conversions(data, &variants, errors);
        Some(Self {
            ident: &input.ident,
            runtime,
            rename_all_fields: serde_rename(&input.attrs, "rename_all_fields"),
            variants,
        })
    }
}

impl<'a> Variant<'a> {
    fn parse(variant: &'a syn::Variant, errors: &mut Diagnostics) -> Self {
        let known = ["code", "status", "message", "transparent", "internal", "from"];
        let (mut code, mut status, mut message) = (None, None, None);
        let (mut hidden, mut from) = (None, None);
        let mut is_either = true;
        for option in options(&variant.attrs, &known, errors) {
            match option.key.to_string().as_str() {
                "code" => code = parse_code(&option, errors),
                "status" => status = parse_status(&option, errors),
                "message" => message = option.text(errors),
                "from" => {
                    if !matches!(&option.value, OptionValue::Literal(Lit::Bool(is)) if !is.value) {
                        option.report(
                            "write `from = false`, or leave it out: the field is converted by `?`",
                            errors,
                        );
                    }
                    from = Some(option.key);
                }
                _ => {
                    if !matches!(option.value, OptionValue::Flag) {
                        errors.at(
                            &option.key,
                            format!("write `{}` alone: it has no value", option.key),
                        );
                    }
                    if let Some(other) = &hidden {
                        errors.at(&option.key, format!("write `{other}` or `{}`", option.key));
                        is_either = false;
                    }
                    hidden = Some(option.key);
                }
            }
        }
        if let Some(from) = &from
            && hidden.is_none()
        {
            errors.at(from, "remove `from`: only an `internal` or `transparent` variant converts its field by `?`");
        }
        let kind = match &hidden {
            Some(key) => {
                if code.is_some() || status.is_some() || message.is_some() {
                    errors.at(key, format!("write `{key}` alone: such a variant has no code, status or message of its own"));
                }
                hidden_kind(key, variant, from.is_none() && is_either, errors)
            }
            None => {
                check_data(variant, errors);
                let code = code.unwrap_or_else(|| upper_snake_case(&variant.ident));
                VariantKind::Declared { code, status, message }
            }
        };
        Self {
            ident: &variant.ident,
            fields: &variant.fields,
            kind,
            rename_all: serde_rename(&variant.attrs, "rename_all"),
        }
    }
}

fn hidden_kind(
    key: &Ident,
    variant: &syn::Variant,
    is_from: bool,
    errors: &mut Diagnostics,
) -> VariantKind {
    let field = match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Some(&fields.unnamed[0]),
        Fields::Unit => None,
        fields => {
            errors.at(
                fields,
                format!("write one unnamed field, `{}(…)`, for `{key}`", variant.ident),
            );
            None
        }
    };
    match field {
        Some(field) if key == "transparent" => VariantKind::Transparent {
            ty: Box::new(field.ty.clone()),
            from: is_from && !has_from(field),
        },
        None if key == "transparent" && matches!(variant.fields, Fields::Unit) => {
            errors.at(
                &variant.ident,
                format!("write one unnamed field, `{}(…)`, for `{key}`", variant.ident),
            );
            VariantKind::Internal { from: None }
        }
        Some(field) if is_from && !has_from(field) => {
            VariantKind::Internal { from: Some(Box::new(field.ty.clone())) }
        }
        _ => VariantKind::Internal { from: None },
    }
}

/// Returns whether another derive, such as that of `thiserror`, converts the field by `?`.
fn has_from(field: &Field) -> bool {
    field.attrs.iter().any(|attribute| attribute.path().is_ident("from"))
}

// `Variant(A, B)`
fn check_data(variant: &syn::Variant, errors: &mut Diagnostics) {
    if let Fields::Unnamed(fields) = &variant.fields
        && fields.unnamed.len() != 1
    {
        if fields.unnamed.is_empty() {
            errors.at(fields, "remove the parentheses: a variant without data has none");
        } else {
            errors.at(fields, "name these fields, `{ … }`: the error's data is an object of them");
        }
    }
}

// `code = "a"` and `code = "a"` again
fn check_codes(variants: &[Variant<'_>], errors: &mut Diagnostics) {
    let mut taken: HashMap<&str, &Ident> = HashMap::new();
    for variant in variants {
        let VariantKind::Declared { code, .. } = &variant.kind else { continue };
        if let Some(other) = taken.insert(code, variant.ident) {
            errors.at(
                variant.ident,
                format!(
                    "give `{other}` or `{}` another `code = \"…\"`: both are `{code}`",
                    variant.ident
                ),
            );
        }
    }
}

// `A(io::Error)` and `B(io::Error)`, both internal or transparent
fn check_conversions(data: &DataEnum, variants: &[Variant<'_>], errors: &mut Diagnostics) {
    let mut taken: HashMap<String, &Ident> = HashMap::new();
    for variant in &data.variants {
        let by_others = variant.fields.iter().filter(|field| has_from(field));
        taken.extend(by_others.map(|field| (text_of(&field.ty), &variant.ident)));
    }
    for Variant { ident, kind, .. } in variants {
        let Some(ty) = kind.converted() else { continue };
        let key =
            if matches!(kind, VariantKind::Internal { .. }) { "internal" } else { "transparent" };
        if let Some(other) = taken.insert(text_of(ty), ident) {
            errors.at(
                ty,
                format!(
                    "write `#[rpc_error({key}, from = false)]` for `{other}` or `{ident}`: both have this type, and `?` converts it into one of them"
                ),
            );
        }
    }
}

fn text_of(ty: &Type) -> String {
    ty.to_token_stream().to_string()
}

fn parse_code(option: &AttributeOption, errors: &mut Diagnostics) -> Option<String> {
    let text = option.text(errors)?;
    if !is_upper_snake_case(&text.value()) {
        errors.at(&text, "write the code in UPPER_SNAKE_CASE, such as `RATE_LIMITED`");
    }
    Some(text.value())
}

fn parse_status(option: &AttributeOption, errors: &mut Diagnostics) -> Option<LitInt> {
    let OptionValue::Literal(Lit::Int(number)) = &option.value else {
        option.report("write a number, such as `status = 429`", errors);
        return None;
    };
    match number.base10_parse::<u16>() {
        Ok(400..=599) => Some(number.clone()),
        _ => {
            errors.at(number, "write a status within 400..=599: others are not errors");
            None
        }
    }
}

/// Returns the options of all `#[rpc_error(…)]` attributes.
fn options(
    attributes: &[Attribute],
    known: &[&str],
    errors: &mut Diagnostics,
) -> Vec<AttributeOption> {
    let mut tokens = proc_macro2::TokenStream::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("rpc_error")) {
        match &attribute.meta {
            Meta::List(list) => {
                let list = &list.tokens;
                tokens.extend(quote::quote_spanned!(attribute.span()=> #list,));
            }
            meta => errors.at(meta, "write the options in parentheses: `#[rpc_error(…)]`"),
        }
    }
    parse_options(tokens, known, errors)
}

/// Returns the text of a renaming rule in `#[serde(…)]`.
fn serde_rename(attributes: &[Attribute], rule: &str) -> Option<LitStr> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Other rules of serde's are not ours to check.
        drop(attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident(rule) {
                found = Some(meta.value()?.parse()?);
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            } else if meta.input.peek(syn::token::Paren) {
                let list;
                syn::parenthesized!(list in meta.input);
                list.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        }));
    }
    found
}
