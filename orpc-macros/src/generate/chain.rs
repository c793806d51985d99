//! Middlewares in a row, each with the context that it leaves to the next one.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::Path;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use crate::generate::checked;
use crate::runtime::{Runtime, at};

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
    pub(crate) sources: Ident,
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
            let sources = format_ident!("__M{index}");
            links.push(Link { path, alias, sources, context, private });
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
    pub(crate) fn aliases(&self, scope: Scope, runtime: &Runtime) -> TokenStream {
        let aliases = self.links.iter().enumerate().map(|(index, Link { path, alias, .. })| {
            let place = at(path.span());
            let named = Ident::new(&format!("__Named{index}"), place);
            let middleware = checked::middleware(&named, path, runtime);
            let (lookup, ty) = if is_importable(path) {
                lookup(path, scope.holder(index, place), runtime)
            } else {
                (TokenStream::new(), path.to_token_stream())
            };
            quote! {
                #lookup
                #[doc(hidden)] type #named = #ty;
                #[doc(hidden)] type #alias = #middleware;
            }
        });
        aliases.collect()
    }

    /// `__Middleware0: RunMiddleware<__C, __M0>, __M0: 'static,`
    pub(crate) fn bounds(&self) -> TokenStream {
        let bounds = self.links.iter().map(|Link { alias, sources, context, private, .. }| {
            quote!(#alias: #private::RunMiddleware<#context, #sources>, #sources: 'static,)
        });
        bounds.collect()
    }
}

/// The place of the code that names middlewares.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// A module.
    Module,
    /// A module or a block.
    Any,
}

impl Scope {
    /// The name of a struct for one middleware, and its path: no name that is imported
    /// from a module around this one hides it, as those are `__With` alone.
    fn holder(self, index: usize, place: Span) -> (Ident, TokenStream) {
        match self {
            Self::Module => {
                let name = Ident::new(&format!("__With{index}"), place);
                (name.clone(), quote_spanned!(place=> self::#name))
            }
            Self::Any => {
                let name = Ident::new(&format!("__WithinProcedure{index}"), place);
                (name.clone(), name.into_token_stream())
            }
        }
    }
}

/// ```text
/// struct __With0 {}
/// const _: () = {
///     struct __Found {}
///     const _: () = {
///         use authenticate as __Found;
///         impl NamedType for self::__With0 { type Type = __Found; }
///     };
/// };
/// <self::__With0 as NamedType>::Type
/// ```
///
/// Returns the type of a name, or the struct where the name is of a function alone:
/// without `#[middleware]` it has no type.
fn lookup(
    path: &Path,
    (holder, holder_path): (Ident, TokenStream),
    runtime: &Runtime,
) -> (TokenStream, TokenStream) {
    let place = at(path.span());
    let private = runtime.private_at(place);
    let found = Ident::new("__Found", place);
    let import = import(path, &found);
    let definition = quote_spanned! {place=>
        #[doc(hidden)]
        struct #holder {}
        const _: () = {
            struct #found {}
            const _: () = {
                #import
                impl #private::NamedType for #holder_path {
                    type Type = #found;
                }
            };
        };
    };
    (definition, quote_spanned!(place=> <#holder_path as #private::NamedType>::Type))
}

/// `use authenticate as __Found;`: the type of that name, the value, or both. An item
/// `__Found` of an outer block stands for the one that is missing.
pub(crate) fn import(path: &Path, found: &Ident) -> TokenStream {
    let place = at(path.span());
    quote_spanned!(place=> use #path as #found;)
}

/// Returns `true` if an import can name the path: no type is part of it.
pub(crate) fn is_importable(path: &Path) -> bool {
    let is_type = |segment: &syn::PathSegment| {
        segment.ident.unraw().to_string().starts_with(char::is_uppercase)
    };
    let before = path.segments.len().saturating_sub(1);
    path.segments.iter().all(|segment| segment.arguments.is_none())
        && !path.segments.iter().take(before).any(is_type)
}
