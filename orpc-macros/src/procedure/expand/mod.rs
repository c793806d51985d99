//! The items beside the function.

mod definition;
mod parts;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use self::definition::definition;
use self::parts::{Mount, Parts, parts};
use super::validate::Procedure;
use crate::generate::chain::{Chain, Link, Scope};
use crate::generate::extract::Sources;
use crate::generate::marker::marker;
use crate::naming::camel_case;
use crate::parse::cfg::cfg_attributes;
use crate::parse::signature::Head;
use crate::runtime::{Runtime, associated, at, local};

/// ```text
/// pub struct send {}
/// const _: () = {
///     type __Input = SendMessage;
///     type __Returned = Result<(), SendError>;
///     …
///     impl Procedure for send { … }
///     impl Unary for send { type Output = __Output; }
///     impl<__C, __H0> UnaryHandler<__C, (__H0,)> for send where __C: Lends<App, __H0> { … }
///     impl<__C, __H0> Mount<__C, (__H0,)> for send where __C: Lends<App, __H0> { … }
/// };
/// ```
///
/// `__C` is the router's context. Each `__Hn` is the source of one argument; it is a
/// parameter of the traits so that the compiler infers it. The user's types are named
/// once each, so that the compiler reports a mistake in one once.
pub(super) fn expand(procedure: &Procedure<'_>) -> TokenStream {
    let marker = marker(procedure.ident, procedure.visibility, &procedure.cfgs);
    let implementations = implementations(procedure);
    quote!(#marker #implementations)
}

/// Returns the implementations for the hidden type.
pub(crate) fn implementations(procedure: &Procedure<'_>) -> TokenStream {
    let Procedure { subject, cfgs, runtime, .. } = procedure;
    let marker = &subject.marker;
    let private = runtime.private();
    let has_input = procedure.input().is_some();
    let input_type = procedure.input().map_or(quote!(()), |ty| ty.to_token_stream());
    let input = Ident::new("__Input", input_type.span());
    let definition = definition(procedure, &private);
    let sources = Sources::new(&procedure.arguments, subject);
    let Parts { types, reply, error, implementation, mount } = parts(procedure, &sources, &input);
    let mount = mount_implementation(procedure, &sources, &mount);
    let input_item = associated("Input", &input);
    let reply_item = associated("Reply", &reply);
    let error_item = associated("Error", &error);
    let check = procedure.options.validate.as_ref().map(|check| validation(check, runtime));

    quote! {
        #(#cfgs)*
        #[allow(deprecated, unused_parens)]
        const _: () = {
            type __Input = #input_type;
            #types

            impl #private::Procedure for #marker {
                #input_item
                #reply_item
                #error_item
                const HAS_INPUT: ::core::primitive::bool = #has_input;

                fn definition() -> #private::Definition {
                    #definition
                }

                #check
            }

            #implementation

            #mount
        };
    }
}

/// ```text
/// fn validate(input: &__Input) -> Vec<Issue> {
///     IntoIssues::into_issues(check(input))
/// }
/// ```
fn validation(check: &Path, runtime: &Runtime) -> TokenStream {
    // A function of another type is reported at its name.
    let place = at(check.span());
    let private = runtime.private_at(place);
    let input = Ident::new("input", place);
    quote_spanned! {place=>
        fn validate(#input: &Self::Input) -> #private::Vec<#private::Issue> {
            #private::IntoIssues::into_issues(#check(#input))
        }
    }
}

/// ```text
/// type __Middleware0 = authenticate;
///
/// impl<__C, __M0, __H0> Mount<__C, (__M0, __H0,)> for send
/// where
///     __Middleware0: RunMiddleware<__C, __M0>,
///     <__Middleware0 as Middleware>::Context<__C>: Lends<User, __H0>,
/// {
///     fn mount(point: MountPoint<'_, __C>) {
///         point.behind::<__Middleware0, __M0>(|point| point.unary::<Self, (__H0,)>())
///     }
/// }
/// ```
fn mount_implementation(
    procedure: &Procedure<'_>,
    sources: &Sources<'_>,
    mount: &Mount,
) -> TokenStream {
    let Procedure { subject, options, runtime, .. } = procedure;
    let (marker, bound) = (&subject.marker, &subject.bound);
    let private = runtime.private();
    let tuple = sources.tuple();
    let chain = Chain::new(&options.with, quote!(__C), runtime);
    let bounds = sources.bounds(chain.context(), &private);
    let (links, outer) = (&chain.links, chain.bounds());
    let names = links.iter().map(|link| &link.sources).chain(&sources.parameters);
    let all = links.iter().map(|link| &link.sources).chain(&sources.parameters);
    let point = local("point");
    let innermost = match mount {
        Mount::Method(method) => quote!(#point.#method::<Self, #tuple>()),
        Mount::Output(output) => {
            quote!(<#output as #private::UnaryOutput>::mount::<Self, _, #tuple>(#point))
        }
    };
    let body = links.iter().rev().fold(
        innermost,
        |inner, Link { alias, sources, .. }| quote!(#point.behind::<#alias, #sources>(|#point| #inner)),
    );
    let aliases = chain.aliases(Scope::Any, runtime);
    quote! {
        #aliases

        impl<__C, #(#names),*> #private::Mount<__C, (#(#all,)*)> for #marker
        where
            __C: #private::Send + #private::Sync + 'static,
            #bound
            #outer
            #bounds
        {
            fn mount(#point: #private::MountPoint<'_, __C>) {
                #body
            }
        }
    }
}

/// Returns the hidden type, as a procedure that calls never reach, which avoids errors
/// caused by its absence.
pub(crate) fn stub(head: &Head, runtime: &Runtime) -> TokenStream {
    let private = runtime.private();
    let Head { attributes, visibility, ident } = head;
    let cfgs = cfg_attributes(attributes);
    let marker = marker(ident, visibility, &cfgs);
    let name = camel_case(ident);
    quote! {
        #marker

        #(#cfgs)*
        const _: () = {
            impl #private::Procedure for #ident {
                type Input = ();
                type Reply = ();
                type Error = #private::Infallible;
                const HAS_INPUT: ::core::primitive::bool = false;

                fn definition() -> #private::Definition {
                    #private::Definition::new(#name, #private::ProcedureKind::Unary)
                }
            }

            impl<__C> #private::Mount<__C, ()> for #ident {
                fn mount(_: #private::MountPoint<'_, __C>) {}
            }
        };
    }
}
