//! Arguments that a function takes by reference, and their extraction from a context.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;

use crate::parse::signature::Argument;

use crate::runtime::local;

/// The function for which code is generated.
pub(crate) struct Subject {
    /// The hidden type.
    pub(crate) marker: TokenStream,
    /// Path of the function in calls.
    pub(crate) function: TokenStream,
    /// Bound of the context, if the function is a method of it.
    pub(crate) bound: TokenStream,
}

impl Subject {
    /// Creates the subject of a function with the hidden type beside it.
    pub(crate) fn function(ident: &Ident) -> Self {
        Self { marker: quote!(#ident), function: quote!(#ident), bound: TokenStream::new() }
    }

    /// Returns `true` if the function is a method of the context.
    pub(crate) fn is_method(&self) -> bool {
        !self.bound.is_empty()
    }
}

/// Source of an argument.
enum Source<'a> {
    /// The context, by that trait with that parameter.
    Context(Ident, &'a Ident),
    /// The call, by that trait: a contract does not know its implementation.
    Call(Ident),
}

impl Source<'_> {
    /// `<__C as Lends<App, __H0>>`, `<HeaderMap as LentByCall>`
    fn implementor(&self, ty: &Type, private: &TokenStream) -> TokenStream {
        match self {
            Self::Context(lends, parameter) => {
                quote!(<__C as #private::#lends<#ty, #parameter>>)
            }
            Self::Call(lent) => quote!(<#ty as #private::#lent>),
        }
    }
}

/// The type parameters of the arguments' sources, which the compiler infers.
pub(crate) struct Sources<'a> {
    arguments: &'a [Argument],
    pub(crate) parameters: Vec<Ident>,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(arguments: &'a [Argument], subject: &Subject) -> Self {
        // A value of the call needs no parameter.
        let is_by_context = !subject.is_method();
        let lent = arguments
            .iter()
            .filter(|argument| is_by_context && !matches!(argument, Argument::Owned(_)));
        let parameters = lent.enumerate().map(|(index, _)| format_ident!("__H{index}")).collect();
        Self { arguments, parameters }
    }

    /// Returns the arguments with the types of those taken by reference, and their
    /// sources.
    fn borrowed(&self) -> impl Iterator<Item = (&Argument, Option<(&Type, Source<'_>)>)> {
        let mut parameters = self.parameters.iter();
        self.arguments.iter().map(move |argument| {
            let (ty, by_context, by_call) = match argument {
                Argument::Owned(_) => return (argument, None),
                Argument::Borrowed(ty) => (ty, "Lends", "LentByCall"),
                Argument::MaybeBorrowed(ty) => (ty, "MayLend", "MaybeLentByCall"),
            };
            let source = match parameters.next() {
                Some(parameter) => {
                    Source::Context(Ident::new(by_context, Span::call_site()), parameter)
                }
                None => Source::Call(Ident::new(by_call, Span::call_site())),
            };
            (argument, Some((ty, source)))
        })
    }

    /// `(__H0, __H1,)`
    pub(crate) fn tuple(&self) -> TokenStream {
        let parameters = &self.parameters;
        quote!((#(#parameters,)*))
    }

    /// `__C: Lends<App, __H0>, __H0: 'static,` for a context.
    pub(crate) fn bounds(&self, context: &TokenStream, private: &TokenStream) -> TokenStream {
        let bounds = self.borrowed().filter_map(|(_, lent)| match lent? {
            (ty, Source::Context(lends, parameter)) => {
                Some(quote!(#context: #private::#lends<#ty, #parameter>, #parameter: 'static,))
            }
            (_, Source::Call(_)) => None,
        });
        bounds.collect()
    }

    /// Returns the arguments of the call of the user's function; `owned` is the one
    /// taken by value.
    pub(crate) fn values(&self, owned: &Ident, private: &TokenStream) -> Vec<TokenStream> {
        let scope = local("scope");
        let value = |(_, lent): (&Argument, Option<(&Type, Source<'_>)>)| match lent {
            None => quote!(#owned),
            Some((ty, source)) => {
                let source = source.implementor(ty, private);
                quote!(#source::lend(#scope))
            }
        };
        self.borrowed().map(value).collect()
    }

    /// Returns an expression that is `true` if one of the arguments needs a socket.
    pub(crate) fn needs_socket(&self, private: &TokenStream) -> TokenStream {
        let mut needs_socket = quote!(false);
        for (argument, lent) in self.borrowed() {
            if let (Argument::Borrowed(_), Some((ty, source))) = (argument, lent) {
                let source = source.implementor(ty, private);
                needs_socket.extend(quote!(|| #source::NEEDS_SOCKET));
            }
        }
        needs_socket
    }

    /// `impl<__C, __H0> Trait<__C, (__H0,)> for name where …`, without its body.
    pub(crate) fn implement(
        &self,
        implemented: &str,
        subject: &Subject,
        private: &TokenStream,
        place: Span,
    ) -> TokenStream {
        let (parameters, tuple) = (&self.parameters, self.tuple());
        let Subject { marker, bound, .. } = subject;
        let bounds = self.bounds(&quote!(__C), private);
        let implemented = Ident::new(implemented, place);
        quote_spanned! {place=>
            impl<__C, #(#parameters),*> #private::#implemented<__C, #tuple> for #marker
            where
                __C: #private::Send + #private::Sync + 'static,
                #bound
                #bounds
        }
    }
}
