//! Kinds of procedures: one row each, which rules and generated code read.
//!
//! A new kind whose function returns its reply is a row here and a method of
//! `MountPoint` in the runtime.

use proc_macro2::{Ident, Span};
use syn::Type;

use crate::parse::types::is_named;

/// A kind of procedure.
pub(crate) struct Kind {
    /// The name of the type that the function returns, if it decides; a function that
    /// returns it need not be `async`.
    returned: Option<&'static str>,
    /// The variant of `ProcedureKind`: the form that clients are told.
    definition: &'static str,
    /// The trait with the types of the reply, and the name of its first type.
    pub(crate) types: (&'static str, &'static str),
    /// The trait with the call of the function.
    pub(crate) handler: &'static str,
    /// The method of `MountPoint`.
    mount: &'static str,
    /// `true` if the output's type decides about the method; see `UnaryOutput`.
    pub(crate) is_by_output: bool,
}

/// One result.
pub(crate) const UNARY: Kind = Kind {
    returned: None,
    definition: "Unary",
    types: ("Unary", "Output"),
    handler: "UnaryHandler",
    mount: "unary",
    is_by_output: true,
};

/// An event iterator without a task.
const HIBERNATING: Kind = Kind {
    returned: Some("HibernatingIterator"),
    definition: "Stream",
    types: ("HibernatingHandler", "Iterator"),
    handler: "UnaryHandler",
    mount: "hibernating",
    is_by_output: false,
};

/// A stream of events.
pub(crate) const STREAM: Kind = Kind {
    returned: None,
    definition: "Stream",
    types: ("Streams", "Item"),
    handler: "StreamHandler",
    mount: "stream",
    is_by_output: false,
};

/// The kinds that the name of the returned type decides.
const BY_NAME: [&Kind; 1] = [&HIBERNATING];

impl Kind {
    /// Returns the kind of a function that returns a type, or a `Result` of it, by the
    /// type's name.
    pub(crate) fn of(returned: &Type) -> Option<&'static Self> {
        BY_NAME.into_iter().find(|kind| kind.returned.is_some_and(|name| is_named(returned, name)))
    }

    pub(crate) fn definition(&self) -> Ident {
        Ident::new(self.definition, Span::call_site())
    }

    pub(crate) fn mount(&self) -> Ident {
        Ident::new(self.mount, Span::mixed_site())
    }
}
