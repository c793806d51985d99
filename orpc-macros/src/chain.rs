//! Middlewares in a row, each with the context that it leaves to the next one.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use crate::attribute::{Runtime, at};
use crate::checked;

/// The middlewares of a procedure or router, the first one outermost.
pub(crate) struct Chain<'a> {
    pub(crate) links: Vec<Link<'a>>,
    context: TokenStream,
}

/// One middleware.
pub(crate) struct Link<'a> {
    pub(crate) path: &'a Path,
    /// An alias of it: what is no type is reported where the alias is made, once.
    pub(crate) alias: Ident,
    /// Type parameter of the arguments' sources.
    pub(crate) how: Ident,
    /// The context in front of it.
    pub(crate) context: TokenStream,
    /// The hidden module, as code that is reported at the middleware's name.
    pub(crate) private: TokenStream,
}

impl<'a> Chain<'a> {
    /// `context` is the one in front of all of them.
    pub(crate) fn new(paths: &'a [Path], context: TokenStream, runtime: &Runtime) -> Self {
        let mut links = Vec::new();
        let mut context = context;
        for (index, path) in paths.iter().enumerate() {
            let place = at(path.span());
            let private = runtime.private_at(place);
            let alias = Ident::new(&format!("__Middleware{index}"), place);
            let behind =
                quote_spanned!(place=> <#alias as #private::Middleware>::Context<#context>);
            let how = format_ident!("__M{index}");
            links.push(Link { path, alias, how, context, private });
            context = behind;
        }
        Self { links, context }
    }

    /// Returns the context behind the last one.
    pub(crate) fn context(&self) -> &TokenStream {
        &self.context
    }

    /// Returns the middlewares, each with the context behind it.
    pub(crate) fn behind(&self) -> Vec<(&Path, TokenStream)> {
        let contexts = self.links.iter().skip(1).map(|link| &link.context).chain([&self.context]);
        self.links.iter().map(|link| link.path).zip(contexts.cloned()).collect()
    }

    /// ```text
    /// type __Named0 = authenticate;
    /// type __Middleware0 = <Checked<__Named0, { … }> as MiddlewareType>::Middleware;
    /// ```
    pub(crate) fn aliases(&self, runtime: &Runtime) -> TokenStream {
        let aliases = self.links.iter().enumerate().map(|(index, Link { path, alias, .. })| {
            let named = Ident::new(&format!("__Named{index}"), at(path.span()));
            let middleware = checked::middleware(&named, runtime);
            quote!(#[doc(hidden)] type #named = #path; #[doc(hidden)] type #alias = #middleware;)
        });
        aliases.collect()
    }

    /// `__Middleware0: RunMiddleware<__C, __M0>, __M0: 'static,`
    pub(crate) fn bounds(&self) -> TokenStream {
        let bounds = self.links.iter().map(|Link { alias, how, context, private, .. }| {
            quote!(#alias: #private::RunMiddleware<#context, #how>, #how: 'static,)
        });
        bounds.collect()
    }
}
