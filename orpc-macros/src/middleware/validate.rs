//! Typed view of a middleware, and the check of its rules.

use proc_macro2::Ident;
use syn::{Attribute, GenericArgument, PathArguments, ReturnType, Signature, Type, Visibility};

use crate::diagnostics::Diagnostics;
use crate::generate::docs::Docs;
use crate::parse::cfg::cfg_attributes;
use crate::parse::signature::Argument;
use crate::parse::signature::{self, Function, Role, check_borrows, check_one_type};
use crate::parse::types::{is_named, last_segment, owned, result_parts, strip_groups};
use crate::runtime::Runtime;

/// A function that can be a middleware.
pub(super) struct Middleware<'a> {
    pub(super) ident: &'a Ident,
    pub(super) visibility: &'a Visibility,
    pub(super) cfgs: Vec<Attribute>,
    pub(super) docs: Docs,
    pub(super) runtime: &'a Runtime,
    pub(super) arguments: Vec<Argument>,
    pub(super) kind: Kind,
}

/// Position of a middleware around the rest of the call.
pub(super) enum Kind {
    /// Returns a value for the procedures, or ends the call.
    Before { returned: Type },
    /// Runs the rest itself, with a value for the procedures.
    Around { returned: Type, value: Box<Type> },
}

impl Kind {
    /// Returns the type of the value, as far as it is written.
    pub(super) fn value(&self) -> &Type {
        match self {
            Self::Around { value, .. } => value,
            Self::Before { returned } => result_parts(returned).map_or(returned, |(ok, _)| ok),
        }
    }

    /// Returns `true` if the value is `()`.
    pub(super) fn is_unit(&self) -> bool {
        matches!(self.value(), Type::Tuple(tuple) if tuple.elems.is_empty())
    }
}

/// Checks a function. Reports all its mistakes.
pub(super) fn validate<'a>(
    function: &'a Function,
    runtime: &'a Runtime,
    errors: &mut Diagnostics,
) -> Option<Middleware<'a>> {
    let Function { attributes, visibility, signature } = function;
    signature::check(signature, Role::Middleware, errors);
    if signature.asyncness.is_none() {
        errors.at(signature.fn_token, "write `async` before `fn`: a middleware is awaited");
    }
    let (arguments, next) = arguments(signature, errors);
    let kind = kind(signature, next, errors)?;
    Some(Middleware {
        ident: &signature.ident,
        visibility,
        cfgs: cfg_attributes(attributes),
        docs: Docs::of(attributes),
        runtime,
        arguments,
        kind,
    })
}

/// Returns the arguments, and the type of `next`.
fn arguments(function: &Signature, errors: &mut Diagnostics) -> (Vec<Argument>, Option<Type>) {
    let mut next: Option<Type> = None;
    let arguments = signature::arguments(function, Role::Middleware, errors, |ty, errors| {
        if matches!(ty, Type::ImplTrait(_)) {
            return false;
        }
        if !is_named(ty, "Next") {
            errors.at(
                ty,
                "take it by reference, or write `next: Next`: a middleware has no input, it runs before the input is read",
            );
            return false;
        }
        if next.is_some() {
            errors.at(ty, "remove this `Next`: it is given before");
            return false;
        }
        next = Some(ty.clone());
        true
    });
    (arguments, next)
}

fn kind(signature: &Signature, next: Option<Type>, errors: &mut Diagnostics) -> Option<Kind> {
    let returned = match &signature.output {
        ReturnType::Type(_, ty) => strip_groups(ty).clone(),
        ReturnType::Default => syn::parse_quote!(()),
    };
    check_one_type(
        &returned,
        "name the type instead of `impl …`: a middleware provides one type",
        errors,
    );
    check_borrows(&returned, Role::Middleware, errors);
    let is_done = result_parts(&returned).is_some_and(|(ok, _)| is_named(ok, "Completed"));
    match next {
        // An alias may hide its type; the compiler knows it.
        Some(_) if !is_done && !is_alias(&returned) => {
            let message = "return `Result<Completed, Error>`, which `next` gives: a middleware that takes `Next` returns the result of the call";
            match &signature.output {
                ReturnType::Type(_, ty) => errors.at(ty, message),
                ReturnType::Default => errors.at(&signature.ident, message),
            }
            None
        }
        Some(next) => {
            Some(Kind::Around { returned: owned(&returned), value: Box::new(value_of(&next)) })
        }
        None if is_done => {
            errors.at(
                &signature.output,
                "add an argument `next: Next`, which gives `Completed`; or return a value for the procedures",
            );
            None
        }
        None => Some(Kind::Before { returned: owned(&returned) }),
    }
}

/// Returns whether a type may be another one than its name says.
fn is_alias(ty: &Type) -> bool {
    last_segment(ty).is_some() && result_parts(ty).is_none() && !is_named(ty, "Completed")
}

/// Returns the `T` of `Next<T>`, by default `()`.
fn value_of(next: &Type) -> Type {
    let arguments = last_segment(next).map(|segment| &segment.arguments);
    let Some(PathArguments::AngleBracketed(generics)) = arguments else {
        return syn::parse_quote!(());
    };
    let ty = generics.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(owned(ty)),
        _ => None,
    });
    ty.unwrap_or_else(|| syn::parse_quote!(()))
}
