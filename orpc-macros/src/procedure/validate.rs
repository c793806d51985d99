//! From what is written to what is meant, and every rule that a function breaks.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit_mut::{VisitMut, visit_type_mut, visit_type_reference_mut};
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Ident, Lifetime, PathArguments, PathSegment,
    ReturnType, Safety, Signature, Type, TypeImplTrait, TypeParamBound, TypeReference, Visibility,
};

use super::parse::{Function, Options};
use crate::attribute::{cfg_attributes, doc_text};
use crate::diagnostics::Diagnostics;
use crate::naming::{RESERVED, camel_case};

/// A function that can be a procedure.
pub(crate) struct Procedure<'a> {
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

/// An argument, told apart by its type alone.
pub(crate) enum Argument {
    /// `&T`
    Lent(Type),
    /// `Option<&T>`
    MaybeLent(Type),
    /// `T`
    Input(Type),
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
            Argument::Input(ty) => Some(ty),
            Argument::Lent(_) | Argument::MaybeLent(_) => None,
        })
    }
}

/// Checks a function. Reports all that is wrong with it.
pub(crate) fn validate<'a>(
    function: &'a Function,
    options: &'a Options,
    errors: &mut Diagnostics,
) -> Option<Procedure<'a>> {
    let Function { attributes, visibility, signature } = function;
    check_qualifiers(signature, errors);
    check_generics(signature, errors);
    let wire_name = wire_name(&signature.ident, options, errors);
    let arguments = arguments(signature, errors);
    let output = output(signature, errors)?;
    Some(Procedure {
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

// `unsafe fn`, `extern "C" fn`, `const fn`, `fn(…, ...)`
fn check_qualifiers(signature: &Signature, errors: &mut Diagnostics) {
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, "remove `unsafe`: a procedure is called by clients");
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, "remove `extern`: a procedure is an ordinary Rust function");
    }
    if let Some(token) = &signature.constness {
        errors.at(token, "remove `const`: a procedure is run for each call");
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, "remove `...`: a procedure has a fixed number of arguments");
    }
}

// `fn f<T>(…)`, `fn f<const N: usize>(…)`
fn check_generics(signature: &Signature, errors: &mut Diagnostics) {
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            errors.at(parameter, "write the type itself: a procedure cannot be generic, its schema is that of one type");
        }
    }
}

fn wire_name(ident: &Ident, options: &Options, errors: &mut Diagnostics) -> String {
    let (name, span) = match &options.name {
        Some(text) => (text.value(), text.span()),
        None => (camel_case(ident), ident.span()),
    };
    check_name(&name, span, errors);
    name
}

/// Reports a name that a client cannot call.
pub(crate) fn check_name(name: &str, span: Span, errors: &mut Diagnostics) {
    if name.is_empty() {
        errors.at_span(span, "write a name: one on the wire cannot be empty");
    } else if RESERVED.contains(&name) {
        errors.at_span(
            span,
            format!("give it another name with `name = \"…\"`: `{name}` is reserved in JavaScript"),
        );
    }
}

fn arguments(signature: &Signature, errors: &mut Diagnostics) -> Vec<Argument> {
    let mut arguments = Vec::new();
    let mut has_input = false;
    for argument in &signature.inputs {
        let ty = match argument {
            FnArg::Typed(argument) => strip_groups(&argument.ty),
            FnArg::Receiver(receiver) => {
                errors.at(
                    receiver,
                    "write a function without `self`: what a procedure needs it takes as `&Context`",
                );
                continue;
            }
        };
        check_one_type(ty, "name the type instead of `impl …`: an argument is of one type", errors);
        match ty {
            Type::Reference(reference) => {
                check_reference(reference, false, errors);
                arguments.push(Argument::Lent(owned(&reference.elem)));
            }
            _ => match optional_reference(ty) {
                Some(reference) => {
                    check_reference(reference, true, errors);
                    arguments.push(Argument::MaybeLent(owned(&reference.elem)));
                }
                // Said already.
                None if has_input && matches!(ty, Type::ImplTrait(_)) => {}
                None if has_input => errors.at(
                    ty,
                    "put the values into one struct: a procedure has one input (what is lent is taken by reference)",
                ),
                None => {
                    has_input = true;
                    arguments.push(Argument::Input(owned(ty)));
                }
            },
        }
    }
    arguments
}

// `impl Into<String>`, `Vec<impl Into<String>>`
fn check_one_type(ty: &Type, message: &str, errors: &mut Diagnostics) {
    struct Impls<'e>(&'e str, &'e mut Diagnostics);

    impl VisitMut for Impls<'_> {
        fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
            self.1.at(ty, self.0);
        }
    }

    Impls(message, errors).visit_type_mut(&mut ty.clone());
}

// `&mut App`, `&str`, `&[T]`, `&LastEventId`
fn check_reference(reference: &TypeReference, is_optional: bool, errors: &mut Diagnostics) {
    if reference.mutability.is_some() {
        errors.at(
            reference,
            "take it by `&` and put what changes behind a lock: calls share what is lent",
        );
    }
    let wrapped = |ty: &str| if is_optional { format!("Option<{ty}>") } else { ty.to_owned() };
    match strip_groups(&reference.elem) {
        Type::Slice(_) => errors
            .at(reference, format!("write `{}`: an input is taken by value", wrapped("Vec<_>"))),
        ty if is_named(ty, "str") => errors
            .at(reference, format!("write `{}`: an input is taken by value", wrapped("String"))),
        ty if is_named(ty, "LastEventId") && !is_optional => {
            errors.at(reference, "write `Option<&LastEventId>`: a call may have none");
        }
        _ => {}
    }
}

/// The reference in `Option<&T>`.
fn optional_reference(ty: &Type) -> Option<&TypeReference> {
    let last = last_segment(ty).filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(generics) = &last.arguments else { return None };
    match generics.args.first()? {
        GenericArgument::Type(Type::Reference(reference)) => Some(reference),
        _ => None,
    }
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
        check_borrows(ty, errors);
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
    check_borrows(item, errors);
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

/// Whether a type is a `Result`, by its name: also `io::Result<T>`, `AppResult<T>`.
fn is_result(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident.to_string().ends_with("Result"))
}

/// Whether that is the last segment of a type's path.
pub(super) fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match strip_groups(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The types in `Result<T, E>`; `E` may be hidden by an alias.
pub(super) fn result_parts(ty: &Type) -> Option<(&Type, Option<&Type>)> {
    let PathArguments::AngleBracketed(generics) = &last_segment(ty)?.arguments else {
        return None;
    };
    if !is_result(ty) {
        return None;
    }
    let mut types = generics.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(strip_groups(ty)),
        _ => None,
    });
    Some((types.next()?, types.next()))
}

// `-> &str`, `-> Cow<'_, str>`, `impl Stream<Item = &'a str>`
fn check_borrows(ty: &Type, errors: &mut Diagnostics) {
    struct Borrows<'e>(&'e mut Diagnostics);

    const MESSAGE: &str = "return an owned type, `String` for `&str`, `Vec<T>` for `&[T]`: what is sent cannot borrow";

    impl VisitMut for Borrows<'_> {
        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            if reference.lifetime.is_none() {
                self.0.at_span(reference.span(), MESSAGE);
            }
            visit_type_reference_mut(self, reference);
        }

        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                self.0.at(lifetime, MESSAGE);
            }
        }
    }

    Borrows(errors).visit_type_mut(&mut ty.clone());
}

/// The type with every lifetime `'static`, to be named outside of the signature.
fn owned(ty: &Type) -> Type {
    struct Static;

    impl VisitMut for Static {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::Reference(reference) = ty
                && reference.lifetime.is_none()
            {
                reference.lifetime = Some(Lifetime::new("'static", reference.and_token.span));
            }
            visit_type_mut(self, ty);
        }

        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }
    }

    let mut ty = strip_groups(ty).clone();
    Static.visit_type_mut(&mut ty);
    ty
}

/// The type inside of parentheses and of the invisible groups of `macro_rules!`.
fn strip_groups(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}
