//! A procedure that is built from its description.

use orpc_runtime::__private::{Mount, MountPoint, Scope, Unary, UnaryHandler};
use orpc_runtime::{Definition, Error, ErrorDeclaration, Procedure, ProcedureKind, RpcError};

use crate::place::{ERROR, INPUT, OUTPUT, Place, of_current};

pub(crate) struct Described;

impl Procedure for Described {
    type Input = Place<INPUT>;
    type Reply = Place<OUTPUT>;
    type Error = Declared;
    const HAS_INPUT: bool = true;

    fn definition() -> Definition {
        of_current(|procedure| {
            let mut definition = Definition::new(leaked(&procedure.name), ProcedureKind::Unary);
            definition = definition.docs(leaked(&procedure.docs));
            if let Some([since, note]) = &procedure.deprecated {
                definition = definition.deprecated(Some(leaked(since)), Some(leaked(note)));
            }
            if procedure.get { definition.allow_get() } else { definition }
        })
    }
}

impl Mount<(), ()> for Described {
    fn mount(point: MountPoint<'_, ()>) {
        point.unary::<Self, ()>();
    }
}

impl Unary for Described {
    type Output = Place<OUTPUT>;
}

impl UnaryHandler<(), ()> for Described {
    const NEEDS_SOCKET: bool = false;

    async fn call<'a>(_: Scope<'a, ()>, _: Place<INPUT>) -> Result<Place<OUTPUT>, Declared> {
        Ok(Place)
    }
}

/// An error that is declared and never comes.
pub(crate) enum Declared {}

impl RpcError for Declared {
    fn into_error(self) -> Error {
        match self {}
    }

    fn declarations() -> Vec<ErrorDeclaration> {
        let declaration = |(index, error): (usize, &crate::description::Error)| {
            let declaration =
                ErrorDeclaration::new(leaked(&error.code)).with_message(leaked(&error.message));
            match (&error.data, index) {
                (None, _) => declaration,
                (_, 0) => declaration.with_data::<Place<ERROR>>(),
                (_, 1) => declaration.with_data::<Place<{ ERROR + 1 }>>(),
                (_, 2) => declaration.with_data::<Place<{ ERROR + 2 }>>(),
                (_, 3) => declaration.with_data::<Place<{ ERROR + 3 }>>(),
                _ => panic!("there are four errors at most"),
            }
        };
        of_current(|procedure| procedure.errors.iter().enumerate().map(declaration).collect())
    }
}

/// A text for as long as the program runs: attributes are literals.
fn leaked(text: &str) -> &'static str {
    text.to_owned().leak()
}
