//! Rules of annotated functions, for every attribute.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::visit_mut::{VisitMut, visit_path_mut, visit_type_reference_mut};
use syn::{
    Attribute, FnArg, GenericParam, Ident, Lifetime, Path, Safety, Signature, Token, Type,
    TypeImplTrait, TypeReference, Visibility,
};

use crate::diagnostics::Diagnostics;
use crate::parse::cfg::{Answers, Unknown};
use crate::parse::types::{is_named, last_segment, optional_reference, owned, strip_groups};

/// Attribute of a function.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Procedure,
    Middleware,
}

impl Role {
    /// Returns the noun for messages, which is also the name of the attribute.
    fn noun(self) -> &'static str {
        match self {
            Self::Procedure => "procedure",
            Self::Middleware => "middleware",
        }
    }
}

/// An argument, identified by its type alone.
pub(crate) enum Argument {
    /// `&T`
    Borrowed(Type),
    /// `Option<&T>`
    MaybeBorrowed(Type),
    /// `T`
    Owned(Type),
}

/// A function up to its body, which stays raw tokens: it may be half-typed.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
}

impl Function {
    pub(crate) fn parse(item: TokenStream, role: Role) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| {
            let attributes = input.call(Attribute::parse_outer)?;
            let visibility = input.parse()?;
            if !starts_signature(input) {
                let noun = role.noun();
                return Err(input.error(format!("put #[{noun}] on a function: `pub async fn …`")));
            }
            let signature = Signature::parse(input)?;
            input.parse::<TokenStream>()?;
            Ok(Self { attributes, visibility, signature })
        };
        parser.parse2(item)
    }

    /// Removes the arguments whose `cfg` does not hold, and expands each `cfg_attr` with
    /// attributes that are described to clients.
    pub(crate) fn evaluate(&mut self, answers: &Answers) -> Result<(), Unknown> {
        answers.arguments(&mut self.signature)?;
        answers.expand_all(&mut self.attributes, |attribute| {
            let name = attribute.clone().into_iter().next().map(|name| name.to_string());
            name.is_some_and(|name| name == "doc" || name == "deprecated")
        })
    }

    /// Returns `true` if this is a method, beside which no type can be generated.
    pub(crate) fn is_method(&self) -> bool {
        self.signature.receiver().is_some() || mentions_self(&self.signature)
    }
}

/// A function up to its name: the known part of a half-typed signature.
pub(crate) struct Head {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
}

impl Head {
    pub(crate) fn parse(item: TokenStream) -> Option<Self> {
        let parser = |input: ParseStream<'_>| {
            let head = Self::parse_name(input);
            input.parse::<TokenStream>()?;
            Ok(head)
        };
        parser.parse2(item).ok()?
    }

    fn parse_name(input: ParseStream<'_>) -> Option<Self> {
        let attributes = input.call(Attribute::parse_outer).ok()?;
        let (visibility, ident) = visibility_and_name(input)?;
        Some(Self { attributes, visibility, ident })
    }
}

/// Returns the visibility and name of a function; `None` if it is not a function, or
/// has no name yet.
pub(crate) fn visibility_and_name(input: ParseStream<'_>) -> Option<(Visibility, Ident)> {
    let visibility = input.parse().ok()?;
    if !starts_signature(input) {
        return None;
    }
    while !input.peek(Token![fn]) {
        input.parse::<TokenTree>().ok()?;
    }
    input.parse::<Token![fn]>().ok()?;
    Some((visibility, input.parse().ok()?))
}

/// Returns `true` if a function's signature follows.
pub(crate) fn starts_signature(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn])
        || input.peek(Token![async])
        || input.peek(Token![unsafe]) && !input.peek2(Token![impl]) && !input.peek2(Token![trait])
        || input.peek(Token![extern]) && !input.peek2(Token![crate])
        || input.peek(Token![const]) && (input.peek2(Token![fn]) || input.peek2(Token![async]))
}

/// Reports properties that no annotated function can have.
pub(crate) fn check(signature: &Signature, role: Role, errors: &mut Diagnostics) {
    check_qualifiers(signature, role, errors);
    check_generics(signature, role, errors);
    check_own_names(signature, errors);
    check_self(signature, role, errors);
}

// `unsafe fn`, `extern "C" fn`, `const fn`, `fn(…, ...)`
fn check_qualifiers(signature: &Signature, role: Role, errors: &mut Diagnostics) {
    let noun = role.noun();
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, format!("remove `unsafe`: a {noun} is run by calls of clients"));
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, format!("remove `extern`: a {noun} is an ordinary Rust function"));
    }
    if let Some(token) = &signature.constness {
        errors.at(token, format!("remove `const`: a {noun} is run for each call"));
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, format!("remove `...`: a {noun} has a fixed number of arguments"));
    }
}

// `fn f<T>(…)`, `fn f<const N: usize>(…)`
fn check_generics(signature: &Signature, role: Role, errors: &mut Diagnostics) {
    let reason = match role {
        Role::Procedure => "a procedure cannot be generic, its schema is that of one type",
        Role::Middleware => "a middleware cannot be generic, it provides one type",
    };
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            errors.at(parameter, format!("write the type itself: {reason}"));
        }
    }
}

/// Returns `true` if `Self` is part of a type.
fn mentions_self(signature: &Signature) -> bool {
    fn has_self(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "Self",
            TokenTree::Group(group) => has_self(group.stream()),
            _ => false,
        })
    }
    has_self(signature.inputs.to_token_stream()) || has_self(signature.output.to_token_stream())
}

// `async fn f(input: Self)` in an `impl`
fn check_self(signature: &Signature, role: Role, errors: &mut Diagnostics) {
    if signature.receiver().is_none() && mentions_self(signature) {
        errors.at(
            &signature.ident,
            format!("move this function out of the `impl`, and write the type in place of `Self`: a {} stands in a module", role.noun()),
        );
    }
}

// `fn __Input()`, `-> __Output`: types of these names are generated beside the
// function.
fn check_own_names(signature: &Signature, errors: &mut Diagnostics) {
    struct Names<'e>(&'e mut Diagnostics);

    impl Names<'_> {
        fn check(&mut self, ident: &Ident) {
            let name = ident.to_string();
            if name.strip_prefix("__").is_some_and(|rest| rest.starts_with(char::is_uppercase)) {
                let message =
                    format!("rename `{name}`: names of this form belong to generated code");
                self.0.at(ident, message);
            }
        }
    }

    impl VisitMut for Names<'_> {
        fn visit_path_mut(&mut self, path: &mut Path) {
            if let (None, Some(first)) = (path.leading_colon, path.segments.first()) {
                self.check(&first.ident);
            }
            visit_path_mut(self, path);
        }
    }

    let mut names = Names(errors);
    names.check(&signature.ident);
    for input in &signature.inputs {
        // The pattern has a scope of its own.
        if let FnArg::Typed(argument) = input {
            names.visit_type_mut(&mut argument.ty.clone());
        }
    }
    names.visit_return_type_mut(&mut signature.output.clone());
}

/// Returns the arguments. The role decides about those by value: `owned` returns
/// whether to keep one.
pub(crate) fn arguments(
    signature: &Signature,
    role: Role,
    errors: &mut Diagnostics,
    mut is_owned: impl FnMut(&Type, &mut Diagnostics) -> bool,
) -> Vec<Argument> {
    let mut arguments = Vec::new();
    for argument in &signature.inputs {
        let ty = match argument {
            FnArg::Typed(argument) => strip_groups(&argument.ty),
            FnArg::Receiver(receiver) => {
                let message = format!(
                    "remove `self`, and take `&Context` instead: a {} is a function of a module",
                    role.noun()
                );
                errors.at(receiver, message);
                continue;
            }
        };
        check_one_type(ty, "name the type instead of `impl …`: an argument is of one type", errors);
        match (ty, optional_reference(ty)) {
            (Type::Reference(reference), _) => {
                check_reference(reference, role, false, errors);
                arguments.push(Argument::Borrowed(owned(&reference.elem)));
            }
            (_, Some(reference)) => {
                check_reference(reference, role, true, errors);
                arguments.push(Argument::MaybeBorrowed(owned(&reference.elem)));
            }
            (_, None) if is_owned(ty, errors) => arguments.push(Argument::Owned(owned(ty))),
            (_, None) => {}
        }
    }
    arguments
}

// `impl Into<String>`, `Vec<impl Into<String>>`
pub(crate) fn check_one_type(ty: &Type, message: &str, errors: &mut Diagnostics) {
    struct Impls<'e>(&'e str, &'e mut Diagnostics);

    impl VisitMut for Impls<'_> {
        fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
            self.1.at(ty, self.0);
        }
    }

    Impls(message, errors).visit_type_mut(&mut ty.clone());
}

// `&mut App`, `&str`, `&[T]`, `&LastEventId`
fn check_reference(
    reference: &TypeReference,
    role: Role,
    is_optional: bool,
    errors: &mut Diagnostics,
) {
    if matches!(role, Role::Procedure)
        && let Some(last) = last_segment(&reference.elem)
        && last.ident == "EventIterator"
        && !last.arguments.is_none()
    {
        let ty = reference.elem.to_token_stream().to_string().replace(' ', "");
        return errors.at(
            reference,
            format!(
                "write `mut events: {ty}`: an input is taken by value, also a stream of events"
            ),
        );
    }
    if reference.mutability.is_some() {
        errors.at(
            reference,
            "take it by `&`, and put state that changes behind a lock: calls share this value",
        );
    }
    let unlent = |ty: &str| {
        match role {
        Role::Procedure if is_optional => {
            format!("write `Option<{ty}>`: an input is taken by value")
        }
        Role::Procedure => format!("write `{ty}`: an input is taken by value"),
        Role::Middleware => "take `&Context`, `&Call` or a value of an earlier middleware: none provides a text or a slice".to_owned(),
    }
    };
    match strip_groups(&reference.elem) {
        Type::Slice(_) => errors.at(reference, unlent("Vec<_>")),
        ty if is_named(ty, "str") => errors.at(reference, unlent("String")),
        ty if is_named(ty, "LastEventId") && !is_optional => {
            errors.at(reference, "write `Option<&LastEventId>`: a call may have none");
        }
        _ => {}
    }
}

// `-> &str`, `-> Cow<'_, str>`, `impl Stream<Item = &'a str>`
pub(crate) fn check_borrows(ty: &Type, role: Role, errors: &mut Diagnostics) {
    struct Borrows<'e>(&'e str, &'e mut Diagnostics);

    let message = match role {
        Role::Procedure => {
            "return an owned type, `String` for `&str`, `Vec<T>` for `&[T]`: a result outlives the call"
        }
        Role::Middleware => {
            "return an owned type, `String` for `&str`, `Arc<T>` for `&T`: procedures borrow the value, which cannot borrow itself"
        }
    };

    impl VisitMut for Borrows<'_> {
        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            if reference.lifetime.is_none() {
                self.1.at_span(reference.span(), self.0);
            }
            visit_type_reference_mut(self, reference);
        }

        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                self.1.at(lifetime, self.0);
            }
        }
    }

    Borrows(message, errors).visit_type_mut(&mut ty.clone());
}
