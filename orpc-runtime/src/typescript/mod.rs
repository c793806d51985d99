#![doc = include_str!("README.md")]

mod client;
mod constraints;
mod contract;
mod docs;
mod file;
mod forms;
mod model;
mod names;
mod print;
mod schemas;
mod tree;
mod types;

use std::fmt;
use std::path::Path;

use crate::router::{Router, RouterError};
use file::Mode;
pub use file::{FileError, Outcome};
use model::Model;

/// A TypeScript file, generated from a router.
pub struct TypeScript {
    model: Model,
    write: fn(&Model, &[String]) -> String,
    imports: Vec<String>,
}

/// Generates the client's type: `export type Client`, for `createORPCClient` of the
/// official client.
///
/// # Panics
/// If the router cannot be served, with all the reasons; [`try_client`] returns them.
#[must_use]
#[track_caller]
pub fn client<C: Send + Sync + 'static>(router: &Router<C>) -> TypeScript {
    served(try_client(router))
}

/// Generates the client's type.
///
/// # Errors
/// All the reasons why the router cannot be served.
pub fn try_client<C: Send + Sync + 'static>(router: &Router<C>) -> Result<TypeScript, RouterError> {
    TypeScript::new(router, client::text)
}

/// Generates the contract: `export const contract`, for code that needs the procedures
/// as a value, such as the method of GET calls in `RPCLink`, or a mock server. It needs
/// `@orpc/contract`.
///
/// # Panics
/// If the router cannot be served, with all the reasons; [`try_contract`] returns them.
#[must_use]
#[track_caller]
pub fn contract<C: Send + Sync + 'static>(router: &Router<C>) -> TypeScript {
    served(try_contract(router))
}

/// Generates the contract.
///
/// # Errors
/// All the reasons why the router cannot be served.
pub fn try_contract<C: Send + Sync + 'static>(
    router: &Router<C>,
) -> Result<TypeScript, RouterError> {
    TypeScript::new(router, contract::text)
}

/// Generates the schemas of the inputs for Zod 4, for forms and for validation by the client:
/// one exported constant for each type, of the name that it has in the client's type, and
/// `planetsFindInput` for an input of `planets.find` without a name. It needs `zod`.
///
/// # Panics
/// If the router cannot be served, with all the reasons; [`try_schemas`] returns them.
#[must_use]
#[track_caller]
pub fn schemas<C: Send + Sync + 'static>(router: &Router<C>) -> TypeScript {
    served(try_schemas(router))
}

/// Generates the schemas of the inputs.
///
/// # Errors
/// All the reasons why the router cannot be served.
pub fn try_schemas<C: Send + Sync + 'static>(
    router: &Router<C>,
) -> Result<TypeScript, RouterError> {
    TypeScript::new(router, forms::text)
}

#[track_caller]
fn served(made: Result<TypeScript, RouterError>) -> TypeScript {
    match made {
        Ok(text) => text,
        Err(error) => panic!("{error}"),
    }
}

impl TypeScript {
    fn new<C: Send + Sync + 'static>(
        router: &Router<C>,
        write: fn(&Model, &[String]) -> String,
    ) -> Result<Self, RouterError> {
        let model = Model::of(&router.try_describe()?);
        Ok(Self { model, write, imports: Vec::new() })
    }

    /// Adds a line after the imports of the file, for types that `x-typescript-type`
    /// names.
    #[must_use]
    pub fn import(mut self, line: impl Into<String>) -> Self {
        self.imports.push(line.into());
        self
    }

    /// Writes the file, if it has changed: for build scripts. The path is relative to
    /// the package. `ORPC_TS=check` only compares, `ORPC_TS=off` does nothing; neither
    /// does docs.rs.
    ///
    /// # Panics
    /// If the file cannot be written, or differs; this fails the build.
    /// [`try_write`](Self::try_write) returns the error.
    #[track_caller]
    pub fn write(&self, path: impl AsRef<Path>) {
        if let Err(error) = self.try_write(path) {
            panic!("{}", Report(&error));
        }
    }

    /// Writes the file, if it has changed.
    ///
    /// # Errors
    /// The file cannot be written, or differs.
    pub fn try_write(&self, path: impl AsRef<Path>) -> Result<Outcome, FileError> {
        let mode = Mode::from_env(Mode::Write)?;
        file::tell_cargo(path.as_ref(), mode);
        file::bring_to(path.as_ref(), &self.to_string(), mode)
    }

    /// Compares the file: for tests. `ORPC_TS=write` writes it instead.
    ///
    /// # Panics
    /// If the file differs, with a diff. [`try_check`](Self::try_check) returns the
    /// error.
    #[track_caller]
    pub fn check(&self, path: impl AsRef<Path>) {
        if let Err(error) = self.try_check(path) {
            panic!("{}", Report(&error));
        }
    }

    /// Compares the file.
    ///
    /// # Errors
    /// The file differs.
    pub fn try_check(&self, path: impl AsRef<Path>) -> Result<Outcome, FileError> {
        file::bring_to(path.as_ref(), &self.to_string(), Mode::from_env(Mode::Check)?)
    }
}

/// Writes the text of the file.
impl fmt::Display for TypeScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&(self.write)(&self.model, &self.imports))
    }
}

impl fmt::Debug for TypeScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypeScript").finish_non_exhaustive()
    }
}

/// An error with its cause.
struct Report<'e>(&'e FileError);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::error::Error as _;

        write!(f, "{}", self.0)?;
        self.0.source().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}
