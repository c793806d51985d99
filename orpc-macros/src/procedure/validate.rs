//! From what is written to what is meant, and every rule that a function breaks.

use proc_macro2::Span;
use syn::{
    Attribute, GenericArgument, Ident, PathArguments, ReturnType, Signature, Type, TypeImplTrait,
    TypeParamBound, Visibility,
};

use super::parse::Options;
use crate::attribute::{cfg_attributes, doc_text};
use crate::diagnostics::Diagnostics;
use crate::lent::{Argument, Subject};
use crate::naming::{RESERVED, camel_case};
use crate::signature::{self, Function, Role, check_borrows, check_one_type};
use crate::types::{is_named, is_result, last_segment, owned, result_parts, strip_groups};

/// A function that can be a procedure.
pub(crate) struct Procedure<'a> {
    pub(crate) subject: Subject,
    pub(crate) ident: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) docs: String,
    pub(crate) deprecated: Option<&'a Attribute>,
    pub(crate) wire_name: String,
    pub(crate) options: &'a Options,
    pub(crate) is_async: bool,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) output: Output,
}

/// What the function returns. `result` is there where that is a `Result`.
pub(crate) enum Output {
    /// One result, or an iterator that hibernates.
    Unary { ty: Type, is_result: bool, hibernates: bool },
    /// A stream of items, or a `Result` of one with the given error.
    Stream { item: Box<Item>, error: Option<Type> },
}

/// What a stream yields.
pub(crate) struct Item {
    pub(crate) ty: ItemType,
    pub(crate) is_result: bool,
}

pub(crate) enum ItemType {
    /// The type in `impl Stream<Item = …>`.
    Named(Type),
    /// The item of a stream whose own type is named.
    Of(Type),
}

impl Procedure<'_> {
    /// The type of the input.
    pub(crate) fn input(&self) -> Option<&Type> {
        self.arguments.iter().find_map(|argument| match argument {
            Argument::Owned(ty) => Some(ty),
            Argument::Lent(_) | Argument::MaybeLent(_) => None,
        })
    }
}

/// Checks a function. Reports all that is wrong with it.
pub(crate) fn validate<'a>(
    function: &'a Function,
    subject: Subject,
    options: &'a Options,
    errors: &mut Diagnostics,
) -> Option<Procedure<'a>> {
    let Function { attributes, visibility, signature } = function;
    signature::check(signature, Role::Procedure, errors);
    let (wire_name, place) = options.wire_name(&signature.ident);
    check_name(&wire_name, place, errors);
    let arguments = arguments(signature, errors);
    let output = output(signature, errors)?;
    Some(Procedure {
        subject,
        cfgs: cfg_attributes(attributes),
        docs: doc_text(attributes),
        deprecated: attributes.iter().find(|attr| attr.path().is_ident("deprecated")),
        ident: &signature.ident,
        visibility,
        wire_name,
        options,
        is_async: signature.asyncness.is_some(),
        arguments,
        output,
    })
}

impl Options {
    /// The name on the wire, and where it is written.
    pub(crate) fn wire_name(&self, ident: &Ident) -> (String, Span) {
        match &self.name {
            Some(text) => (text.value(), text.span()),
            None => (camel_case(ident), ident.span()),
        }
    }
}

/// Reports a name that a client cannot call.
pub(crate) fn check_name(name: &str, span: Span, errors: &mut Diagnostics) {
    if name.is_empty() {
        errors.at_span(span, "write a name: one on the wire cannot be empty");
    } else if [".", ".."].contains(&name) {
        errors.at_span(span, format!("write another name: URLs leave `{name}` out"));
    } else if RESERVED.contains(&name) {
        errors.at_span(
            span,
            format!("give it another name with `name = \"…\"`: `{name}` is reserved in JavaScript"),
        );
    }
}

fn arguments(function: &Signature, errors: &mut Diagnostics) -> Vec<Argument> {
    let mut has_input = false;
    signature::arguments(function, Role::Procedure, errors, |ty, errors| {
        let is_first = !std::mem::replace(&mut has_input, true);
        // Of a second `impl …` all is said already.
        if !is_first && !matches!(ty, Type::ImplTrait(_)) {
            errors.at(
                ty,
                "put the values into one struct: a procedure has one input (what is lent is taken by reference)",
            );
        }
        is_first
    })
}

fn output(signature: &Signature, errors: &mut Diagnostics) -> Option<Output> {
    let is_async = signature.asyncness.is_some();
    let ty = match &signature.output {
        ReturnType::Type(_, ty) => strip_groups(ty),
        ReturnType::Default if is_async => {
            let ty = syn::parse_quote!(());
            return Some(Output::Unary { ty, is_result: false, hibernates: false });
        }
        ReturnType::Default => {
            errors.at(&signature.ident, NEITHER);
            return None;
        }
    };
    if let Type::ImplTrait(bounds) = ty {
        let item = stream_item(bounds, errors)?;
        return Some(Output::Stream { item: Box::new(item), error: None });
    }
    if let Some((Type::ImplTrait(bounds), error)) = result_parts(ty) {
        let Some(error) = error else {
            errors.at(
                ty,
                "write `Result<impl Stream<Item = …>, Error>`: the error has to be named here",
            );
            return None;
        };
        let item = stream_item(bounds, errors)?;
        return Some(Output::Stream { item: Box::new(item), error: Some(owned(error)) });
    }
    check_one_type(ty, "name the type instead of `impl …`: a result is of one type", errors);
    let success = result_parts(ty).map_or(ty, |(success, _)| success);
    let hibernates = is_named(success, "HibernatingIterator");
    if is_async || hibernates {
        check_borrows(ty, Role::Procedure, errors);
        return Some(Output::Unary { ty: owned(ty), is_result: is_result(ty), hibernates });
    }
    // A named stream type, such as `BoxStream<'static, T>`.
    let (stream, error) = match result_parts(ty) {
        Some((stream, Some(error))) => (stream, Some(owned(error))),
        _ => (ty, None),
    };
    if is_plain_value(stream) {
        errors.at(stream, NEITHER);
        return None;
    }
    let is_result = stream_argument(stream).is_some_and(is_result);
    let item = Item { ty: ItemType::Of(owned(stream)), is_result };
    Some(Output::Stream { item: Box::new(item), error })
}

const NEITHER: &str =
    "write `async` before `fn`, or return `impl Stream<Item = …>`: a procedure does either";

/// Whether a type is surely no stream. The compiler finds the others.
fn is_plain_value(ty: &Type) -> bool {
    const NAMES: [&str; 23] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize", "str", "String", "Option", "Vec", "HashMap", "BTreeMap",
        "Value",
    ];
    match last_segment(ty) {
        Some(last) => is_result(ty) || NAMES.iter().any(|name| last.ident == name),
        None => true,
    }
}

/// The item of `impl Stream<Item = …>`.
fn stream_item(bounds: &TypeImplTrait, errors: &mut Diagnostics) -> Option<Item> {
    let item = bounds.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|segment| segment.ident == "Stream")?;
        let PathArguments::AngleBracketed(generics) = &last.arguments else { return None };
        generics.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(item) if item.ident == "Item" => Some(&item.ty),
            _ => None,
        })
    });
    let Some(item) = item else {
        errors.at(bounds, "write `impl Stream<Item = …>`, or an `async fn` and one type");
        return None;
    };
    check_borrows(item, Role::Procedure, errors);
    let item = strip_groups(item);
    Some(Item { ty: ItemType::Named(owned(item)), is_result: is_result(item) })
}

/// The last type argument of a named stream type, which is its item by custom.
pub(super) fn stream_argument(ty: &Type) -> Option<&Type> {
    let PathArguments::AngleBracketed(generics) = &last_segment(ty)?.arguments else {
        return None;
    };
    generics.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
