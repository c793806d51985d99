//! The rules for a contract, and its methods as procedures.

use std::collections::HashMap;

use quote::quote;
use syn::{FnArg, Ident, Receiver, ReceiverKind, Signature};

use super::parse::{Method, Trait};
use crate::diagnostics::Diagnostics;
use crate::generate::extract::Subject;
use crate::naming::snake_case;
use crate::parse::cfg::cfg_attributes;
use crate::parse::signature::Function;
use crate::procedure::{self, Procedure};

/// The methods without their receivers, as functions of procedures.
pub(super) struct Procedures<'a> {
    functions: Vec<(&'a Method, Function)>,
    /// The module with the hidden types.
    pub(super) module: Ident,
    contract: &'a Ident,
}

/// Reports every violation in the trait.
pub(super) fn validate<'a>(contract: &'a Trait, errors: &mut Diagnostics) -> Procedures<'a> {
    let Trait { ident, generics, methods, others, .. } = contract;
    if !generics.params.is_empty() {
        errors.at(
            generics,
            "remove the parameters: the types of a contract are those that clients know",
        );
    }
    if methods.is_empty() && others.is_empty() {
        errors.at(
            ident,
            "write `async fn name(&self, …) -> …;` in this trait: a contract has procedures",
        );
    }
    for Method { function: Function { signature, .. }, options, .. } in methods {
        check_receiver(signature, errors);
        if let Some(first) = options.with.first() {
            errors.at(
                first,
                "remove `with`: the implementation puts middlewares in front of its router, with `Router::with_middleware`",
            );
        }
    }
    let module = snake_case(ident);
    let functions = methods.iter().map(|method| (method, method.without_receiver())).collect();
    let procedures = Procedures { functions, module, contract: ident };
    check_names(&procedures, errors);
    procedures
}

impl<'a> Procedures<'a> {
    /// Returns each method with its procedure.
    pub(super) fn validated(
        &'a self,
        errors: &mut Diagnostics,
    ) -> Vec<(&'a Method, Option<Procedure<'a>>)> {
        let (module, contract) = (&self.module, self.contract);
        let validated = self.functions.iter().map(|(method, function)| {
            let ident = &function.signature.ident;
            let subject = Subject {
                marker: quote!(#module::#ident),
                function: quote!(<__C as #contract>::#ident),
                bound: quote!(__C: #contract,),
            };
            (*method, procedure::validate(function, subject, &method.options, errors))
        });
        validated.collect()
    }
}

impl Method {
    fn without_receiver(&self) -> Function {
        let Function { attributes, visibility, signature } = &self.function;
        let mut signature = signature.clone();
        let arguments = signature.inputs.into_iter();
        signature.inputs = arguments.filter(|it| !matches!(it, FnArg::Receiver(_))).collect();
        Function { attributes: attributes.clone(), visibility: visibility.clone(), signature }
    }
}

// `fn f()`, `fn f(self)`, `fn f(&mut self)`
fn check_receiver(signature: &Signature, errors: &mut Diagnostics) {
    const MESSAGE: &str = "write `&self`: calls share the implementation";
    match signature.receiver() {
        Some(Receiver { mutability: None, kind: ReceiverKind::Reference(_, _, None), .. }) => {}
        Some(receiver) => errors.at(receiver, MESSAGE),
        None => errors.at(
            &signature.ident,
            format!("add `&self`: {}", "a contract's procedures are methods of its implementation"),
        ),
    }
}

// Two methods of one name on the wire.
fn check_names(procedures: &Procedures<'_>, errors: &mut Diagnostics) {
    let mut taken: HashMap<String, (&Ident, bool)> = HashMap::new();
    for (method, function) in &procedures.functions {
        let ident = &function.signature.ident;
        let (name, span) = method.options.wire_name(ident);
        let is_always = cfg_attributes(&function.attributes).is_empty();
        match taken.get(&name) {
            // A `cfg` may choose between them.
            Some((_, other_is_always)) if !(is_always || *other_is_always) => {}
            Some((other, _)) => errors.at_span(
                span,
                format!("give `{other}` or `{ident}` another `name = \"…\"`: both are `{name}` on the wire"),
            ),
            None => drop(taken.insert(name, (ident, is_always))),
        }
    }
}
