//! Attributes of serde and schemars, with schemars' semantics.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path, Token};

/// One item in the parentheses of an attribute.
pub(super) enum Item {
    /// `!key`, by which schemars ignores an item of serde's.
    Not(Path),
    Meta(Meta),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![!]) {
            input.parse::<Token![!]>()?;
            return Ok(Self::Not(input.parse()?));
        }
        input.parse().map(Self::Meta)
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Not(path) => quote::quote!(!#path).to_tokens(tokens),
            Self::Meta(meta) => meta.to_tokens(tokens),
        }
    }
}

impl Item {
    fn is(&self, key: &str) -> bool {
        matches!(self, Self::Meta(meta) if meta.path().is_ident(key))
    }
}

/// Returns the items of all attributes of that name. The derive that an attribute is
/// meant for reports syntax errors in it.
pub(super) fn items(attributes: &[Attribute], name: &str) -> Vec<Item> {
    let parse = |attribute: &Attribute| {
        let items = attribute.parse_args_with(Punctuated::<Item, Token![,]>::parse_terminated);
        items.into_iter().flatten()
    };
    attributes.iter().filter(|attribute| attribute.path().is_ident(name)).flat_map(parse).collect()
}

/// The attributes of one place.
pub(super) struct Attributes {
    pub(super) schemars: Vec<Item>,
    pub(super) serde: Vec<Item>,
    pub(super) validate: Vec<Item>,
    pub(super) garde: Vec<Item>,
}

impl Attributes {
    pub(super) fn of(attributes: &[Attribute]) -> Self {
        Self {
            schemars: items(attributes, "schemars"),
            serde: items(attributes, "serde"),
            validate: items(attributes, "validate"),
            garde: items(attributes, "garde"),
        }
    }

    /// Returns the items of one of serde's keys: those of schemars' attribute come
    /// first.
    fn effective<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Meta> {
        let is_unset =
            self.schemars.iter().any(|item| matches!(item, Item::Not(path) if path.is_ident(key)));
        let is_set = self.schemars.iter().any(|item| item.is(key));
        let serde = self.serde.iter().filter(move |_| !is_unset && !is_set);
        self.schemars.iter().chain(serde).filter_map(move |item| match item {
            Item::Meta(meta) if meta.path().is_ident(key) => Some(meta),
            _ => None,
        })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.effective(key).next().is_some()
    }

    /// Returns the text of `key = "…"`.
    pub(super) fn text(&self, key: &str) -> Option<LitStr> {
        self.effective(key).find_map(text_of)
    }

    /// Returns the text of `key = "…"` in schemars' attribute.
    pub(super) fn schemars_text(&self, key: &str) -> Option<LitStr> {
        self.schemars.iter().find_map(|item| match item {
            Item::Meta(meta) if meta.path().is_ident(key) => text_of(meta),
            _ => None,
        })
    }

    /// Returns the texts of `alias = "…"`, which only serde has.
    pub(super) fn aliases(&self) -> Vec<LitStr> {
        let aliases = self.serde.iter().filter_map(|item| match item {
            Item::Meta(meta) if meta.path().is_ident("alias") => text_of(meta),
            _ => None,
        });
        aliases.collect()
    }

    /// Returns `true` if serde's attribute has the word `other`.
    pub(super) fn is_other(&self) -> bool {
        self.serde
            .iter()
            .any(|item| matches!(item, Item::Meta(Meta::Path(path)) if path.is_ident("other")))
    }

    /// Returns the serialised name, if `rename` sets one.
    pub(super) fn written_name(&self) -> Option<LitStr> {
        self.effective("rename").find_map(|meta| match meta {
            Meta::List(list) => {
                let sides = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
                sides.ok()?.iter().find(|side| side.path().is_ident("serialize")).and_then(text_of)
            }
            meta => text_of(meta),
        })
    }

    pub(super) fn skips_reading(&self) -> bool {
        self.has("skip") || self.has("skip_deserializing")
    }

    pub(super) fn skips_writing(&self) -> bool {
        self.has("skip") || self.has("skip_serializing")
    }
}

/// Returns the text of `key = "…"`.
pub(super) fn text_of(meta: &Meta) -> Option<LitStr> {
    match meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns `true` if the last segment of a path is that name.
pub(super) fn ends_with(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

/// Returns a path without its last segment.
pub(super) fn parent(path: &Path) -> Path {
    let count = path.segments.len().saturating_sub(1);
    Path {
        leading_colon: path.leading_colon,
        segments: path.segments.iter().take(count).cloned().collect(),
    }
}
