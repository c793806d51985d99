//! TypeScript types.

use super::docs::Docs;

/// A TypeScript type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    /// A type with a keyword of the language, or a user-defined text.
    Text(String),
    /// A literal type: a string, number, boolean or bigint.
    Literal(String),
    /// A named type, by its name in the JSON Schema.
    Named(String),
    Array(Box<Type>),
    Tuple {
        items: Vec<Type>,
        /// Number of required items.
        required: usize,
        rest: Option<Box<Type>>,
    },
    Object {
        members: Vec<Member>,
        index: Option<Box<Index>>,
    },
    /// A type of the standard library with arguments.
    Generic(&'static str, Vec<Type>),
    Union(Vec<Type>),
    Intersection(Vec<Type>),
    /// One of a union's types, with its comment.
    Documented(Docs, Box<Type>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) optional: bool,
    pub(super) docs: Docs,
}

/// Index signature of the unnamed members.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Index {
    /// `string` or `number`.
    pub(super) key: &'static str,
    pub(super) ty: Type,
}

impl Type {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Returns `unknown`.
    pub(super) fn unknown() -> Self {
        Self::text("unknown")
    }

    /// Returns the union of the types.
    pub(super) fn union(types: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for ty in types {
            let parts = match ty {
                Self::Union(parts) => parts,
                other => vec![other],
            };
            for part in parts {
                if !all.contains(&part) && part != Self::text("never") {
                    all.push(part);
                }
            }
        }
        if all.contains(&Self::unknown()) {
            return Self::unknown();
        }
        match (all.pop(), all.is_empty()) {
            (None, _) => Self::text("never"),
            (Some(Self::Documented(_, only)), true) => *only,
            (Some(only), true) => only,
            (Some(last), false) => {
                all.push(last);
                Self::Union(all)
            }
        }
    }

    /// Returns the intersection of the types.
    pub(super) fn intersection(types: Vec<Self>) -> Self {
        let mut all: Vec<Self> = Vec::new();
        for ty in types {
            if ty != Self::unknown() && !all.contains(&ty) {
                all.push(ty);
            }
        }
        match (all.pop(), all.is_empty()) {
            (None, _) => Self::unknown(),
            (Some(only), true) => only,
            (Some(last), false) => {
                all.push(last);
                Self::Intersection(all)
            }
        }
    }

    /// Returns the type, or its union with null.
    pub(super) fn or_null(self, nullable: bool) -> Self {
        if nullable { Self::union([self, Self::text("null")]) } else { self }
    }

    /// Returns `true` if null is one of its values.
    pub(super) fn is_nullable(&self) -> bool {
        match self {
            Self::Text(text) => text == "null" || text == "unknown",
            Self::Union(types) => types.iter().any(Self::is_nullable),
            Self::Documented(_, ty) => ty.is_nullable(),
            _ => false,
        }
    }

    /// Visits every name in it.
    pub(super) fn visit_names(&self, visitor: &mut dyn FnMut(&str)) {
        match self {
            Self::Named(name) => visitor(name),
            Self::Text(_) | Self::Literal(_) => {}
            Self::Array(item) | Self::Documented(_, item) => item.visit_names(visitor),
            Self::Tuple { items, rest, .. } => {
                for item in items.iter().chain(rest.as_deref()) {
                    item.visit_names(visitor);
                }
            }
            Self::Object { members, index } => {
                for member in members {
                    member.ty.visit_names(visitor);
                }
                if let Some(index) = index {
                    index.ty.visit_names(visitor);
                }
            }
            Self::Generic(_, types) | Self::Union(types) | Self::Intersection(types) => {
                for ty in types {
                    ty.visit_names(visitor);
                }
            }
        }
    }
}
