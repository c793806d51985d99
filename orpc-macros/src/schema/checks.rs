//! The constraints of a field: `length`, `range`, `pattern` and others.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, GenericArgument, Lit, Meta, MetaList, PathArguments, Token, Type, UnOp};

use super::attributes::{Attributes, Item, text_of};
use crate::diagnostics::Diagnostics;

/// The place of constraints: `schemars(…)`, `validate(…)` or `garde(…)`.
#[derive(Clone, Copy, PartialEq)]
enum Dialect {
    Schemars,
    Validate,
    Garde,
}

/// Returns the constraints of a field as members of a JSON object with expressions as
/// values; empty if there are none. `ty` is the type of the schema, if it is known.
pub(super) fn checks(
    attributes: &Attributes,
    ty: Option<&Type>,
    errors: &mut Diagnostics,
) -> TokenStream {
    let lists = [
        (Dialect::Schemars, &attributes.schemars),
        (Dialect::Validate, &attributes.validate),
        (Dialect::Garde, &attributes.garde),
    ];
    let mut checks = TokenStream::new();
    for (dialect, items) in lists {
        for item in items {
            if let Item::Meta(meta) = item {
                checks.extend(check(meta, dialect, ty.map(Holds::of), ty, errors));
            }
        }
    }
    checks
}

/// The names of constraints.
const NAMES: [&str; 11] = [
    "length", "range", "pattern", "regex", "contains", "email", "url", "ip", "ipv4", "ipv6",
    "inner",
];

/// Returns `true` if an item is a constraint.
pub(super) fn is_check(item: &Item) -> bool {
    matches!(item, Item::Meta(meta) if NAMES.iter().any(|name| meta.path().is_ident(name)))
}

fn check(
    meta: &Meta,
    dialect: Dialect,
    holds: Option<Holds>,
    ty: Option<&Type>,
    errors: &mut Diagnostics,
) -> Option<TokenStream> {
    let key = meta.path().get_ident()?;
    let name = key.to_string();
    let name = NAMES.iter().copied().find(|known| *known == name)?;
    if let Some(holds) = holds {
        refuse_without_effect(key, name, holds, errors);
    }
    Some(match name {
        "length" | "range" => bounds(meta, name, errors)?,
        "pattern" => {
            let pattern: Expr = list(meta)?.parse_args().ok()?;
            refuse_bad_pattern(&pattern, errors);
            quote!("pattern": (#pattern).to_string(),)
        }
        "regex" => {
            let pattern =
                named(list(meta)?, if dialect == Dialect::Validate { "path" } else { "pattern" })?;
            quote!("pattern": (#pattern).to_string(),)
        }
        "contains" => {
            let list = list(meta)?;
            let text = named(list, "pattern").or_else(|| list.parse_args().ok())?;
            quote!("contains": (#text).to_string(),)
        }
        "inner" => {
            let inner = ty.and_then(element);
            let mut checks = TokenStream::new();
            for meta in metas(list(meta)?)? {
                checks.extend(check(&meta, dialect, inner.map(Holds::of), inner, errors));
            }
            quote!("inner": { #checks },)
        }
        format => {
            let format = if format == "url" { "uri" } else { format };
            quote!("format": #format,)
        }
    })
}

fn list(meta: &Meta) -> Option<&MetaList> {
    match meta {
        Meta::List(list) => Some(list),
        _ => None,
    }
}

fn metas(list: &MetaList) -> Option<Punctuated<Meta, Token![,]>> {
    list.parse_args_with(Punctuated::parse_terminated).ok()
}

/// Returns the value of `key = …` in a list; a text is parsed as code.
fn named(list: &MetaList, key: &str) -> Option<Expr> {
    let metas = metas(list)?;
    let meta = metas.iter().find(|meta| meta.path().is_ident(key))?;
    let Meta::NameValue(pair) = meta else { return None };
    if key != "pattern"
        && let Some(code) = text_of(meta)
    {
        return code.parse().ok();
    }
    Some(pair.value.clone())
}

/// `"length": {"min": …, "max": …},`
fn bounds(meta: &Meta, name: &str, errors: &mut Diagnostics) -> Option<TokenStream> {
    let mut members = TokenStream::new();
    let (mut least, mut most) = (None, None);
    for bound in metas(list(meta)?)? {
        let Some(key) = bound.path().get_ident() else { continue };
        let Meta::NameValue(pair) = &bound else { continue };
        let value = match text_of(&bound) {
            Some(code) => code.parse().ok()?,
            None => pair.value.clone(),
        };
        match key.to_string().as_str() {
            "equal" => {
                members.extend(quote!("min": (#value), "max": (#value),));
                continue;
            }
            "min" => least = number(&value),
            "max" => most = number(&value),
            "exclusive_min" | "exclusive_max" => {}
            _ => continue,
        }
        let key = key.to_string();
        members.extend(quote!(#key: (#value),));
    }
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        errors.at(meta, format!("write `min` below `max`: no value is in this {name}"));
    }
    Some(quote!(#name: { #members },))
}

/// Returns the number of a literal expression.
fn number(value: &Expr) -> Option<f64> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse().ok(),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            number(&unary.expr).map(|number| -number)
        }
        Expr::Paren(inner) => number(&inner.expr),
        Expr::Group(inner) => number(&inner.expr),
        _ => None,
    }
}

/// An empty pattern matches every text, so it is a mistake.
fn refuse_bad_pattern(pattern: &Expr, errors: &mut Diagnostics) {
    if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = pattern
        && text.value().is_empty()
    {
        errors.at(pattern, "write a pattern: the empty one matches every text");
    }
}

/// Kind of a type's values, by its name.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Holds {
    Text,
    Number,
    Bool,
    List,
    Map,
    /// Known only together with the schema.
    Unknown,
}

impl Holds {
    pub(super) fn of(ty: &Type) -> Self {
        let ty = unwrapped(ty);
        if matches!(ty, Type::Array(_) | Type::Slice(_)) {
            return Self::List;
        }
        let Type::Path(path) = ty else { return Self::Unknown };
        let Some(last) = path.path.segments.last() else { return Self::Unknown };
        let name = last.ident.to_string();
        let arguments = !last.arguments.is_none();
        match name.as_str() {
            "String" | "str" | "char" if !arguments => Self::Text,
            "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64"
            | "i128" | "isize" | "f32" | "f64"
                if !arguments =>
            {
                Self::Number
            }
            "bool" if !arguments => Self::Bool,
            "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "LinkedList" if arguments => Self::List,
            "HashMap" | "BTreeMap" if arguments => Self::Map,
            _ => Self::Unknown,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::List => "a list",
            Self::Map => "a map",
            Self::Unknown => "a value",
        }
    }
}

/// Returns the type in `Option<…>`, `Box<…>` and similar types.
pub(super) fn unwrapped(ty: &Type) -> &Type {
    let inner = match ty {
        Type::Paren(inner) => return unwrapped(&inner.elem),
        Type::Group(inner) => return unwrapped(&inner.elem),
        Type::Reference(inner) => return unwrapped(&inner.elem),
        Type::Path(path) => path.path.segments.last().and_then(|last| {
            let is_wrapper = ["Option", "Box", "Arc", "Rc"].iter().any(|name| last.ident == name);
            if is_wrapper { types(&last.arguments).next() } else { None }
        }),
        _ => None,
    };
    inner.map_or(ty, unwrapped)
}

/// Returns the types in angle brackets.
pub(super) fn types(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Returns the type of a list's or map's elements, to which `inner` applies.
fn element(ty: &Type) -> Option<&Type> {
    match unwrapped(ty) {
        Type::Array(array) => Some(&array.elem),
        Type::Slice(slice) => Some(&slice.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            match Holds::of(ty) {
                Holds::List => types(&last.arguments).next(),
                Holds::Map => types(&last.arguments).nth(1),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Reports a constraint that no value of the type can violate.
fn refuse_without_effect(key: &Ident, name: &str, holds: Holds, errors: &mut Diagnostics) {
    let fits = match (name, holds) {
        (_, Holds::Unknown) => true,
        ("length", _) => matches!(holds, Holds::Text | Holds::List | Holds::Map),
        ("range", _) => holds == Holds::Number,
        ("inner", _) => matches!(holds, Holds::List | Holds::Map),
        _ => holds == Holds::Text,
    };
    if fits {
        return;
    }
    let noun = holds.noun();
    let advice = match (name, holds) {
        ("range", Holds::Text) => "write `length(…)`".to_owned(),
        ("length", Holds::Number) => "write `range(…)`".to_owned(),
        (_, Holds::List | Holds::Map) => format!("write `inner({name}(…))`"),
        _ => format!("remove `{name}`"),
    };
    errors.at_span(key.span(), format!("{advice}: `{name}` has no effect on {noun}"));
}
