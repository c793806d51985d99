//! Doc comments, which clients are shown.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Expr, ExprLit, Lit};

/// A doc comment.
#[derive(Default)]
pub(crate) struct Docs(Vec<Doc>);

/// One attribute of a doc comment.
enum Doc {
    Text(String),
    /// `#[doc = include_str!("…")]`, which the compiler evaluates.
    Expression(Box<Expr>),
}

impl Docs {
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let parts = attributes.iter().filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) if attribute.path().is_ident("doc") => {
                Some(match &pair.value {
                    Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Doc::Text(text.value()),
                    value => Doc::Expression(Box::new(value.clone())),
                })
            }
            _ => None,
        });
        Self(parts.collect())
    }

    /// Returns the text as an expression of type `&'static str`: the lines without the
    /// space that follows `///`. `None` if there is no comment.
    ///
    /// ```text
    /// { static __DOCS: Docs = Docs::new(concat!(" Sends.", "\n", include_str!("send.md"))); __DOCS.get() }
    /// ```
    pub(crate) fn text(&self, private: &TokenStream) -> Option<TokenStream> {
        let texts = self.0.iter().map(|part| match part {
            Doc::Text(text) => Some(text.as_str()),
            Doc::Expression(_) => None,
        });
        if let Some(texts) = texts.collect::<Option<Vec<_>>>() {
            let text = plain_docs(&texts.join("\n"));
            return (!text.is_empty()).then(|| text.into_token_stream());
        }
        let parts = self.0.iter().map(|part| match part {
            Doc::Text(text) => text.to_token_stream(),
            Doc::Expression(value) => value.to_token_stream(),
        });
        Some(quote! {
            {
                static __DOCS: #private::Docs =
                    #private::Docs::new(::core::concat!(#(#parts, "\n"),*));
                __DOCS.get()
            }
        })
    }
}

/// Returns the lines without the space that follows `///`.
fn plain_docs(text: &str) -> String {
    // Unlike `lines`, this keeps the empty line between two paragraphs.
    let lines = text.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
