//! From what is written to what is meant, and every rule that a function breaks.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit_mut::{VisitMut, visit_type_mut, visit_type_reference_mut};
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Ident, Lifetime, PathArguments, ReturnType,
    Safety, Signature, Type, TypeImplTrait, TypeParamBound, TypeReference, Visibility,
};

use super::parse::{Function, Options};
use crate::attribute::{cfg_attributes, doc_text};
use crate::diagnostics::Diagnostics;
use crate::naming::{RESERVED, camel_case};

/// A function that can be a procedure.
pub(crate) struct Procedure {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) docs: String,
    pub(crate) deprecated: Option<Attribute>,
    pub(crate) wire_name: String,
    pub(crate) options: Options,
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
    /// One result.
    Unary { ty: Type, is_result: bool },
    /// A stream of items, or a `Result` of one with the given error.
    Stream { item: Item, error: Option<Type> },
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

impl Procedure {
    /// The type of the input.
    pub(crate) fn input(&self) -> Option<&Type> {
        self.arguments.iter().find_map(|argument| match argument {
            Argument::Input(ty) => Some(ty),
            Argument::Lent(_) | Argument::MaybeLent(_) => None,
        })
    }
}

/// Checks a function. Reports all that is wrong with it.
pub(crate) fn validate(
    function: Function,
    options: Options,
    errors: &mut Diagnostics,
) -> Option<Procedure> {
    let Function { attributes, visibility, signature } = function;
    check_qualifiers(&signature, errors);
    check_generics(&signature, errors);
    let wire_name = wire_name(&signature.ident, &options, errors);
    let arguments = arguments(&signature, errors);
    let output = output(&signature, errors)?;
    Some(Procedure {
        cfgs: cfg_attributes(&attributes),
        docs: doc_text(&attributes),
        deprecated: attributes.into_iter().find(|attr| attr.path().is_ident("deprecated")),
        ident: signature.ident,
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
        errors.at(token, "a procedure cannot be `unsafe`: clients call it");
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, "a procedure is an ordinary Rust function: remove `extern`");
    }
    if let Some(token) = &signature.constness {
        errors.at(token, "a procedure cannot be `const`");
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, "a procedure has a fixed number of arguments");
    }
}

// `fn f<T>(…)`, `fn f<const N: usize>(…)`
fn check_generics(signature: &Signature, errors: &mut Diagnostics) {
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            errors.at(parameter, "a procedure cannot be generic: its schema is that of one type");
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
        errors.at_span(span, "a name on the wire cannot be empty");
    } else if RESERVED.contains(&name) {
        errors.at_span(
            span,
            format!("`{name}` is reserved in JavaScript: give it another name with `name = \"…\"`"),
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
                    "a procedure is a function without `self`: take what it needs as `&Context`",
                );
                continue;
            }
        };
        match ty {
            Type::Reference(reference) => {
                check_reference(reference, errors);
                arguments.push(Argument::Lent(owned(&reference.elem)));
            }
            Type::ImplTrait(_) => {
                errors.at(ty, "an input is of one type: name it instead of `impl …`");
            }
            _ => match optional_reference(ty) {
                Some(reference) => {
                    check_reference(reference, errors);
                    arguments.push(Argument::MaybeLent(owned(&reference.elem)));
                }
                None if has_input => errors.at(
                    ty,
                    "a procedure has one input: put the values into one struct (what is lent is taken by reference)",
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

// `&mut App`, `&str`, `&[T]`
fn check_reference(reference: &TypeReference, errors: &mut Diagnostics) {
    if reference.mutability.is_some() {
        errors.at(
            reference,
            "calls share what is lent: take it by `&` and put what changes behind a lock",
        );
    }
    let owned = match strip_groups(&reference.elem) {
        Type::Path(path) if path.path.is_ident("str") => "String",
        Type::Slice(_) => "Vec<_>",
        _ => return,
    };
    errors.at(reference, format!("an input is taken by value: write `{owned}`"));
}

/// The reference in `Option<&T>`.
fn optional_reference(ty: &Type) -> Option<&TypeReference> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Option")?;
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
            return Some(Output::Unary { ty: syn::parse_quote!(()), is_result: false });
        }
        ReturnType::Default => {
            errors.at(
                &signature.ident,
                "a procedure is an `async fn`, or a function that returns `impl Stream<Item = …>`",
            );
            return None;
        }
    };
    if let Type::ImplTrait(bounds) = ty {
        let item = stream_item(bounds, errors)?;
        return Some(Output::Stream { item, error: None });
    }
    if let Some((Type::ImplTrait(bounds), error)) = result_parts(ty) {
        let Some(error) = error else {
            errors.at(ty, "name the error here: write `Result<impl Stream<Item = …>, Error>`");
            return None;
        };
        let item = stream_item(bounds, errors)?;
        return Some(Output::Stream { item, error: Some(owned(error)) });
    }
    if is_async {
        check_borrows(ty, errors);
        return Some(Output::Unary { ty: owned(ty), is_result: is_result(ty) });
    }
    // A named stream type, such as `BoxStream<'static, T>`.
    let (stream, error) = match result_parts(ty) {
        Some((stream, Some(error))) => (stream, Some(owned(error))),
        _ => (ty, None),
    };
    let is_result = stream_argument(stream).is_some_and(is_result);
    let item = Item { ty: ItemType::Of(owned(stream)), is_result };
    Some(Output::Stream { item, error })
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
        errors.at(bounds, "a procedure returns `impl Stream<Item = …>`, or is an `async fn`");
        return None;
    };
    check_borrows(item, errors);
    let item = strip_groups(item);
    Some(Item { ty: ItemType::Named(owned(item)), is_result: is_result(item) })
}

/// The last type argument of a named stream type, which is its item by custom.
fn stream_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(generics) = &path.path.segments.last()?.arguments else {
        return None;
    };
    generics.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether a type is a `Result`, by its name: also `io::Result<T>`, `AppResult<T>`.
fn is_result(ty: &Type) -> bool {
    match strip_groups(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident.to_string().ends_with("Result")),
        _ => false,
    }
}

/// The types in `Result<T, E>`; `E` may be hidden by an alias.
fn result_parts(ty: &Type) -> Option<(&Type, Option<&Type>)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(generics) = &last.arguments else { return None };
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

    const MESSAGE: &str = "what is sent is owned: return `String` for `&str`, `Vec<T>` for `&[T]`";

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
