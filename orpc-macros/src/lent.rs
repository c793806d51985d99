//! The arguments that a function takes by reference, and how a context lends them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;

use crate::attribute::local;

/// An argument, told apart by its type alone.
pub(crate) enum Argument {
    /// `&T`
    Lent(Type),
    /// `Option<&T>`
    MaybeLent(Type),
    /// `T`
    Owned(Type),
}

/// The function that code is generated for.
pub(crate) struct Subject {
    /// The hidden type.
    pub(crate) marker: TokenStream,
    /// The function, as a call of it names it.
    pub(crate) function: TokenStream,
    /// What the context has to be, if the function is a method of it.
    pub(crate) bound: TokenStream,
}

impl Subject {
    /// A function with the hidden type beside it.
    pub(crate) fn function(ident: &Ident) -> Self {
        Self { marker: quote!(#ident), function: quote!(#ident), bound: TokenStream::new() }
    }

    /// Whether the function is a method of the context.
    pub(crate) fn is_method(&self) -> bool {
        !self.bound.is_empty()
    }
}

/// How the context lends each argument: a type parameter each, which the
/// compiler infers.
pub(crate) struct How<'a> {
    arguments: &'a [Argument],
    pub(crate) parameters: Vec<Ident>,
}

impl<'a> How<'a> {
    pub(crate) fn new(arguments: &'a [Argument]) -> Self {
        let lent = arguments.iter().filter(|argument| !matches!(argument, Argument::Owned(_)));
        let parameters = lent.enumerate().map(|(index, _)| format_ident!("__H{index}")).collect();
        Self { arguments, parameters }
    }

    /// The arguments with the trait and the parameter of those that are lent.
    fn lent(&self) -> impl Iterator<Item = (&Argument, Option<(&Type, Ident, &Ident)>)> {
        let mut parameters = self.parameters.iter();
        self.arguments.iter().map(move |argument| {
            let (ty, lends) = match argument {
                Argument::Owned(_) => return (argument, None),
                Argument::Lent(ty) => (ty, "Lends"),
                Argument::MaybeLent(ty) => (ty, "MayLend"),
            };
            let lends = Ident::new(lends, Span::call_site());
            (argument, parameters.next().map(|parameter| (ty, lends, parameter)))
        })
    }

    /// `(__H0, __H1,)`
    pub(crate) fn tuple(&self) -> TokenStream {
        let parameters = &self.parameters;
        quote!((#(#parameters,)*))
    }

    /// `__C: Lends<App, __H0>, __H0: 'static,` for a context.
    pub(crate) fn bounds(&self, context: &TokenStream, private: &TokenStream) -> TokenStream {
        let bounds = self.lent().filter_map(|(_, lent)| lent).map(|(ty, lends, parameter)| {
            quote!(#context: #private::#lends<#ty, #parameter>, #parameter: 'static,)
        });
        bounds.collect()
    }

    /// The arguments of the call of the user's function; `owned` stands for what is
    /// taken by value.
    pub(crate) fn values(&self, owned: &Ident, private: &TokenStream) -> Vec<TokenStream> {
        let scope = local("scope");
        let value = |(_, lent): (&Argument, Option<(&Type, Ident, &Ident)>)| match lent {
            None => quote!(#owned),
            Some((ty, lends, parameter)) => {
                quote!(<__C as #private::#lends<#ty, #parameter>>::lend(#scope))
            }
        };
        self.lent().map(value).collect()
    }

    /// Whether one of the arguments takes a call on a socket.
    pub(crate) fn needs_socket(&self, private: &TokenStream) -> TokenStream {
        let mut needs_socket = quote!(false);
        for (argument, lent) in self.lent() {
            if let (Argument::Lent(_), Some((ty, lends, parameter))) = (argument, lent) {
                needs_socket
                    .extend(quote!(|| <__C as #private::#lends<#ty, #parameter>>::NEEDS_SOCKET));
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
