//! The errors that a procedure declares.

use super::{Code, Error};
use crate::schema::TypeSchema;

/// An error that a procedure may fail with.
///
/// Derive it for an enum of your own with
/// [`#[derive(RpcError)]`](derive@crate::RpcError): each variant is declared to
/// clients with its code, status, message and data. [`Error`] and
/// `Box<dyn std::error::Error + Send + Sync>` implement it and declare nothing.
#[diagnostic::on_unimplemented(
    message = "write `#[derive(Debug, RpcError)]` for `{Self}`, or return `Result<_, orpc_runtime::Error>`: calls fail with RPC errors",
    label = "not an RPC error",
    note = "`?` converts every standard error into `orpc_runtime::Error`, whose text clients do not see"
)]
pub trait RpcError: Send + Sync + 'static {
    /// Converts the error into its wire form.
    fn into_error(self) -> Error;

    /// Returns the errors that are part of the procedure's type.
    fn declarations() -> Vec<ErrorDeclaration> {
        Vec::new()
    }
}

/// An error with `#[derive(RpcError)]`.
pub trait TypedError: RpcError {}

/// A condition that holds for no type: see the derive.
#[diagnostic::on_unimplemented(
    message = "derive `RpcError` for this error, with `#[rpc_error(transparent)]` where it holds a typed one, or write `.map_err(Error::internal)` before `?`",
    label = "holds an error that clients know, which `?` would hide",
    note = "derive `RpcError` for the error around it, with `#[rpc_error(transparent)]`; or write `.map_err(Error::internal)` before `?`"
)]
pub trait HiddenFromClients {}

/// One error of a procedure's type.
#[derive(Debug, Clone)]
pub struct ErrorDeclaration {
    code: &'static str,
    status: u16,
    message: &'static str,
    data: Option<TypeSchema>,
}

impl ErrorDeclaration {
    /// Creates an error without data, with the status and message of its code: those of
    /// [`Code`], otherwise 500 and the code itself.
    pub fn new(code: &'static str) -> Self {
        let known = Code::from_text(code);
        Self {
            code,
            status: known.map_or(500, Code::status),
            message: known.map_or(code, Code::default_message),
            data: None,
        }
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets the default message.
    #[must_use]
    pub fn with_message(mut self, message: &'static str) -> Self {
        self.message = message;
        self
    }

    /// Sets the type of the data.
    #[must_use]
    pub fn with_data<T: schemars::JsonSchema>(mut self) -> Self {
        self.data = Some(TypeSchema::of::<T>());
        self
    }

    /// Returns the code, such as `RATE_LIMITED`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the HTTP status, 400..=599.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the default message.
    pub fn default_message(&self) -> &'static str {
        self.message
    }

    /// Writes the JSON Schema of the data.
    pub(crate) fn data_schema(&self) -> Option<TypeSchema> {
        self.data
    }
}

impl RpcError for Error {
    fn into_error(self) -> Error {
        self
    }
}

impl RpcError for Box<dyn std::error::Error + Send + Sync + 'static> {
    fn into_error(self) -> Error {
        Error::internal(self)
    }
}

impl RpcError for std::convert::Infallible {
    fn into_error(self) -> Error {
        match self {}
    }
}
