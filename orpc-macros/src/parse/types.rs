//! Queries on the syntax of types.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{
    GenericArgument, Lifetime, PathArguments, PathSegment, Type, TypeImplTrait, TypeReference,
};

/// Returns `true` if a type is a `Result`, by its name: also `io::Result<T>`,
/// `AppResult<T>`.
pub(crate) fn is_result(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident.to_string().ends_with("Result"))
}

/// Returns `true` if that is the last segment of a type's path.
pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

/// Returns `true` if a type is, by its name, one of the language or the standard library
/// that is neither a `Result` nor a stream. The compiler decides about others.
pub(crate) fn is_built_in(ty: &Type) -> bool {
    const NAMES: [&str; 22] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize", "str", "String", "Option", "Vec", "HashMap", "BTreeMap",
    ];
    match last_segment(ty) {
        Some(last) => NAMES.iter().any(|name| last.ident == name),
        None => true,
    }
}

pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match strip_groups(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Returns the types in `Result<T, E>`; `E` may be hidden by an alias.
pub(crate) fn result_parts(ty: &Type) -> Option<(&Type, Option<&Type>)> {
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

/// Returns the type with every lifetime `'static`, for use outside of the signature.
pub(crate) fn owned(ty: &Type) -> Type {
    with_lifetime(ty, "'static")
}

/// Returns the type with every lifetime `'_`, for use in an expression.
pub(crate) fn inferred(ty: &Type) -> Type {
    with_lifetime(ty, "'_")
}

fn with_lifetime(ty: &Type, lifetime: &str) -> Type {
    struct Replace<'a>(&'a str);

    impl VisitMut for Replace<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::Reference(reference) = ty
                && reference.lifetime.is_none()
            {
                reference.lifetime = Some(Lifetime::new(self.0, reference.and_token.span));
            }
            visit_type_mut(self, ty);
        }

        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            *lifetime = Lifetime::new(self.0, lifetime.span());
        }
    }

    let mut ty = strip_groups(ty).clone();
    Replace(lifetime).visit_type_mut(&mut ty);
    ty
}

/// Returns the type inside of parentheses and of the invisible groups of
/// `macro_rules!`.
pub(crate) fn strip_groups(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// Returns the reference in `Option<&T>`.
pub(crate) fn optional_reference(ty: &Type) -> Option<&TypeReference> {
    let last = last_segment(ty).filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(generics) = &last.arguments else { return None };
    match generics.args.first()? {
        GenericArgument::Type(Type::Reference(reference)) => Some(reference),
        _ => None,
    }
}

/// Returns the `impl …` that a type is, or that is its first argument: of a `Result`,
/// or an alias of it.
pub(crate) fn impl_trait(ty: &Type) -> Option<&TypeImplTrait> {
    match strip_groups(ty) {
        Type::ImplTrait(bounds) => Some(bounds),
        ty if is_built_in(ty) => None,
        ty => match first_argument(ty)? {
            Type::ImplTrait(bounds) => Some(bounds),
            _ => None,
        },
    }
}

fn first_argument(ty: &Type) -> Option<&Type> {
    let PathArguments::AngleBracketed(generics) = &last_segment(ty)?.arguments else {
        return None;
    };
    generics.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(strip_groups(ty)),
        _ => None,
    })
}

/// Returns the type with another one in place of its `impl …`.
pub(crate) fn replace_impl_trait(ty: &Type, by: &Type) -> TokenStream {
    struct Replace<'a>(&'a Type);

    impl VisitMut for Replace<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            match ty {
                Type::ImplTrait(_) => *ty = self.0.clone(),
                _ => visit_type_mut(self, ty),
            }
        }
    }

    let mut ty = ty.clone();
    Replace(by).visit_type_mut(&mut ty);
    ty.into_token_stream()
}
