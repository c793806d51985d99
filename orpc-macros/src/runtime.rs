//! Path of `orpc_runtime` in generated code, and spans and names of it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

/// Returns the span of generated code that the compiler reports at the user's code.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// Creates a name that the user's items cannot refer to.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Generates `type Input = __Input;` in an implementation, where a private type is
/// reported at its own name.
pub(crate) fn associated(name: &str, ty: &(impl ToTokens + Spanned)) -> TokenStream {
    let place = at(ty.span());
    let name = Ident::new(name, place);
    quote_spanned!(place=> type #name = #ty;)
}

fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let locate = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.into_iter().map(locate).collect()
}

/// Path of `orpc_runtime` in generated code.
#[derive(Clone)]
pub(crate) struct Runtime(Path);

impl Default for Runtime {
    fn default() -> Self {
        Self(syn::parse_quote!(::orpc_runtime))
    }
}

impl Runtime {
    /// Wraps a path.
    pub(crate) fn new(path: Path) -> Self {
        Self(path)
    }

    /// Returns the crate itself.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// Returns the crate, as code that the compiler reports at that place.
    pub(crate) fn root_at(&self, span: Span) -> TokenStream {
        located(self.0.to_token_stream(), span)
    }

    /// Returns the hidden module that generated code uses.
    pub(crate) fn private(&self) -> TokenStream {
        self.private_at(Span::call_site())
    }

    /// Returns the hidden module, as code that the compiler reports at that place.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        let root = self.root_at(span);
        quote_spanned!(span=> #root::__private)
    }

    /// Returns the path of a re-exported crate, as text for its derive.
    pub(crate) fn private_text(&self, name: &str) -> String {
        let root = &self.0;
        format!("{}::__private::{name}", quote!(#root).to_string().replace(' ', ""))
    }
}
