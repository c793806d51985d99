//! Typed view of a procedure, and the check of its rules.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, FnArg, GenericArgument, Ident, Lifetime, Pat, PathArguments, PathSegment,
    ReturnType, Signature, Type, TypeImplTrait, TypeParamBound, TypeReference, Visibility,
};

use super::kind::{Kind, STREAM, UNARY};
use super::parse::Options;
use crate::diagnostics::Diagnostics;
use crate::generate::docs::Docs;
use crate::generate::extract::Subject;
use crate::naming::{RESERVED, camel_case};
use crate::parse::cfg::cfg_attributes;
use crate::parse::signature::Argument;
use crate::parse::signature::{self, Function, Role, check_borrows, check_one_type};
use crate::parse::types::{
    impl_trait, is_built_in, is_named, last_segment, owned, replace_impl_trait, result_parts,
    strip_groups,
};
use crate::runtime::Runtime;

/// A function that can be a procedure.
pub(crate) struct Procedure<'a> {
    pub(crate) subject: Subject,
    pub(crate) ident: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) docs: Docs,
    pub(crate) deprecated: Option<&'a Attribute>,
    pub(crate) wire_name: String,
    pub(crate) options: &'a Options,
    pub(crate) runtime: Runtime,
    pub(crate) is_async: bool,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) output: Output,
}

/// The return type of the function.
pub(crate) enum Output {
    /// A reply of that kind, or a `Result` of one.
    Reply { ty: Box<Type>, kind: &'static Kind },
    /// A stream, or a `Result` of one.
    Stream(Box<Stream>),
}

/// The type of a stream, as far as it is written.
pub(crate) enum Stream {
    /// `impl Stream<Item = …>`
    Opaque { item: Box<Type> },
    /// `Result<impl Stream<Item = …>, Error>`, or an alias of it. In `returned` the
    /// `impl` is replaced by `__Opaque`.
    OpaqueResult { item: Box<Type>, returned: Box<Type> },
    /// A named type, of which only the compiler knows whether it is a stream, and of
    /// what.
    Named { returned: Box<Type> },
}

impl Output {
    /// Returns the kind of the procedure.
    pub(crate) fn kind(&self) -> &'static Kind {
        match self {
            Self::Reply { kind, .. } => kind,
            Self::Stream(_) => &STREAM,
        }
    }
}

impl Procedure<'_> {
    /// Returns the type of the input.
    pub(crate) fn input(&self) -> Option<&Type> {
        input(&self.arguments)
    }
}

fn input(arguments: &[Argument]) -> Option<&Type> {
    arguments.iter().find_map(|argument| match argument {
        Argument::Owned(ty) => Some(ty),
        Argument::Borrowed(_) | Argument::MaybeBorrowed(_) => None,
    })
}

/// Checks a function. Reports all its mistakes.
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
    if let (Some(check), None) = (&options.validate, input(&arguments)) {
        errors.at(check, "remove `validate`, or take an input by value: there is nothing to check");
    }
    let output = output(signature, errors)?;
    Some(Procedure {
        subject,
        cfgs: cfg_attributes(attributes),
        docs: Docs::of(attributes),
        deprecated: attributes.iter().find(|attr| attr.path().is_ident("deprecated")),
        ident: &signature.ident,
        visibility,
        wire_name,
        options,
        runtime: options.runtime(),
        is_async: signature.asyncness.is_some(),
        arguments,
        output,
    })
}

impl Options {
    /// Returns the name on the wire, and its span.
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
        errors.at_span(span, "write a name: it cannot be empty");
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
    check_input_name(function, errors);
    check_extractors(function, errors);
    let mut has_input = false;
    signature::arguments(function, Role::Procedure, errors, |ty, errors| {
        check_owned(ty, errors);
        let is_first = !std::mem::replace(&mut has_input, true);
        // A second `impl …` is reported already.
        if !is_first && !matches!(ty, Type::ImplTrait(_)) {
            errors.at(
                ty,
                "put the values into one struct: a procedure has one input (extractors are taken by reference)",
            );
        }
        is_first
    })
}

// `input: &Greet`
fn check_input_name(function: &Signature, errors: &mut Diagnostics) {
    for argument in &function.inputs {
        let FnArg::Typed(argument) = argument else { continue };
        if let (Pat::Ident(pattern), Type::Reference(reference)) =
            (&*argument.pat, strip_groups(&argument.ty))
            && pattern.ident == "input"
            && reference.mutability.is_none()
            && matches!(last_segment(&reference.elem), Some(last) if last.ident != "str")
        {
            let ty = reference.elem.to_token_stream().to_string().replace(' ', "");
            errors.at(
                reference,
                format!("write `input: {ty}`: an input is taken by value, and a reference is to the context or the call"),
            );
        }
    }
}

/// Extractors of axum for state, and for what clients send.
const OF_STATE: [&str; 2] = ["Extension", "State"];
const OF_INPUT: [&str; 4] = ["Form", "Json", "Path", "Query"];

// `State(app): State<Arc<App>>`
fn check_extractors(function: &Signature, errors: &mut Diagnostics) {
    for argument in &function.inputs {
        let FnArg::Typed(argument) = argument else { continue };
        if let (Pat::TupleStruct(pattern), Some(last)) =
            (&*argument.pat, last_segment(&argument.ty))
            && pattern.path.segments.last().is_some_and(|own| own.ident == last.ident)
            && let Some(inner) = only_argument(last)
        {
            let is_one_of = |names: &[&str]| names.iter().any(|name| last.ident == name);
            let shown = |ty: &Type| ty.to_token_stream().to_string().replace(' ', "");
            let inside = last_segment(inner).filter(|inner| inner.ident == "Arc");
            let message = if is_one_of(&OF_STATE) {
                let context = shown(inside.and_then(only_argument).unwrap_or(inner));
                format!(
                    "write `app: &{context}`: the context is borrowed, without `{}` of axum",
                    last.ident
                )
            } else if is_one_of(&OF_INPUT) {
                let input = shown(inner);
                format!(
                    "write `input: {input}`: the input is the argument by value, without `{}` of axum",
                    last.ident
                )
            } else {
                continue;
            };
            errors.at(&argument.ty, message);
        }
    }
}

/// Returns the type in `Arc<T>`.
fn only_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(generics) = &segment.arguments else { return None };
    match (generics.args.first(), generics.args.len()) {
        (Some(GenericArgument::Type(ty)), 1) => Some(ty),
        _ => None,
    }
}

/// Traits whose objects nobody deserialises. Those of a user's own trait may be, as with
/// typetag.
const NEVER_READ: [&str; 16] = [
    "Any",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Debug",
    "Display",
    "Error",
    "Fn",
    "FnMut",
    "FnOnce",
    "Future",
    "Iterator",
    "Read",
    "Stream",
    "ToString",
    "Write",
];

// `In<'_>`, `Vec<&str>`, `Box<dyn Any>`, `fn()`; not `Cow<'_, str>`, which may be owned
fn check_owned(ty: &Type, errors: &mut Diagnostics) {
    struct Borrows<'e>(&'e mut Diagnostics);

    const MESSAGE: &str =
        "write a type that owns its data, `String` for `&str`: an input outlives its message";

    const UNREADABLE: &str = "write a struct, an enum or another type with `Deserialize` and `JsonSchema`: an input is read from JSON";

    impl VisitMut for Borrows<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            let is_never_read = |bound: &TypeParamBound| match bound {
                TypeParamBound::Trait(bound) => bound
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| NEVER_READ.iter().any(|name| last.ident == name)),
                _ => false,
            };
            match ty {
                Type::TraitObject(object) if object.bounds.iter().any(is_never_read) => {
                    self.0.at(&*ty, UNREADABLE);
                }
                Type::FnPtr(_) | Type::Ptr(_) => self.0.at(&*ty, UNREADABLE),
                _ => visit_mut::visit_type_mut(self, ty),
            }
        }

        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") {
                self.0.at(&*reference, MESSAGE);
            }
        }

        fn visit_path_segment_mut(&mut self, segment: &mut PathSegment) {
            if segment.ident != "Cow" {
                visit_mut::visit_path_segment_mut(self, segment);
            }
        }

        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                self.0.at(&*lifetime, MESSAGE);
            }
        }
    }

    match ty {
        // It is reported already.
        Type::ImplTrait(_) => {}
        Type::Slice(_) => errors.at(ty, "write `Vec<_>`: an input is owned"),
        ty if is_named(ty, "str") => errors.at(ty, "write `String`: an input is owned"),
        ty => Borrows(errors).visit_type_mut(&mut ty.clone()),
    }
}

fn output(signature: &Signature, errors: &mut Diagnostics) -> Option<Output> {
    let is_async = signature.asyncness.is_some();
    let ty = match &signature.output {
        ReturnType::Type(_, ty) => strip_groups(ty),
        ReturnType::Default if is_async => {
            return Some(Output::Reply { ty: Box::new(syn::parse_quote!(())), kind: &UNARY });
        }
        ReturnType::Default => {
            errors.at(&signature.ident, NEITHER);
            return None;
        }
    };
    if matches!(ty, Type::Never(_)) {
        errors.at(ty, "write the type of a result: a procedure that never returns has none");
        return None;
    }
    let stream = |stream| Some(Output::Stream(Box::new(stream)));
    if let Type::ImplTrait(bounds) = ty {
        return stream(Stream::Opaque { item: Box::new(stream_item(bounds, errors)?) });
    }
    if let Some(bounds) = impl_trait(ty) {
        let item = Box::new(stream_item(bounds, errors)?);
        let opaque = syn::parse_quote!(__Opaque);
        let returned = Box::new(syn::parse2(replace_impl_trait(&owned(ty), &opaque)).ok()?);
        return stream(Stream::OpaqueResult { item, returned });
    }
    check_one_type(ty, "name the type instead of `impl …`: a result is of one type", errors);
    let success = result_parts(ty).map_or(ty, |(success, _)| success);
    let kind = Kind::of(success);
    if is_async || kind.is_some() {
        check_borrows(ty, Role::Procedure, errors);
        return Some(Output::Reply { ty: Box::new(owned(ty)), kind: kind.unwrap_or(&UNARY) });
    }
    // A named stream type, such as `BoxStream<'static, T>`.
    if is_built_in(success) || is_named(success, "Value") {
        errors.at(success, NEITHER);
        return None;
    }
    stream(Stream::Named { returned: Box::new(owned(ty)) })
}

const NEITHER: &str =
    "write `async` before `fn`, or return `impl Stream<Item = …>`: a procedure does either";

/// Returns the item of `impl Stream<Item = …>`.
fn stream_item(bounds: &TypeImplTrait, errors: &mut Diagnostics) -> Option<Type> {
    let item_of = |bound: &TypeParamBound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|segment| segment.ident != "Iterator")?;
        let PathArguments::AngleBracketed(generics) = &last.arguments else { return None };
        generics.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(item) if item.ident == "Item" => Some(item.ty.clone()),
            _ => None,
        })
    };
    let Some(item) = bounds.bounds.iter().find_map(item_of) else {
        errors.at(bounds, "write `impl Stream<Item = …>`, or an `async fn` and one type");
        return None;
    };
    check_borrows(&item, Role::Procedure, errors);
    Some(owned(strip_groups(&item)))
}
