//! Errors as a client sees them.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Code, Output};
use crate::schema::{DecodeError, Issue, read_tree};
use crate::value::{
    Envelope, Integers, Meta, Serialised, Step, Value, Written, write_plain, write_value,
};

/// Message of every error whose text stays on the server.
const INTERNAL_MESSAGE: &str = "Internal server error";

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;
/// An error on its way to a client: the wire form of oRPC's `ORPCError`.
///
/// A procedure that returns `Result<T, Error>` can fail with any [`Code`]. Such
/// an error is not part of the procedure's type: a TypeScript client sees
/// `defined: false`. Errors that clients should handle by type are an enum with
/// [`#[derive(RpcError)]`](derive@crate::RpcError).
///
/// Every standard error converts with `?` into an internal error: the client reads
/// `INTERNAL_SERVER_ERROR`; the text is only logged.
///
/// ```
/// use orpc_runtime::{Code, Error};
///
/// fn read() -> Result<String, Error> {
///     let text = std::fs::read_to_string("/does/not/exist")?;
///     if text.is_empty() {
///         return Err(Error::new(Code::NotFound).with_message("Nothing there"));
///     }
///     Ok(text)
/// }
/// let error = read().unwrap_err();
/// assert_eq!((error.code(), error.status()), ("INTERNAL_SERVER_ERROR", 500));
/// assert_eq!(error.message(), "Internal server error");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    defined: bool,
    /// `true` once the error has been compared with the declared errors, and logged.
    finalized: bool,
    code: Cow<'static, str>,
    status: u16,
    message: Cow<'static, str>,
    data: Option<Data>,
    source: Option<Source>,
}

/// Data of an error: JSON with its type metadata.
struct Data {
    json: Box<RawValue>,
    meta: Meta,
}

impl Data {
    /// Serialises a value; `None` where it is undefined. Only the declaration of the
    /// error tells which of its large integers are bigints.
    fn of(value: &dyn Serialised) -> Result<Option<Self>, serde_json::Error> {
        let (mut text, mut meta) = (Vec::new(), Meta::default());
        let written = write_value(value, Integers::Undecided, &mut text, &mut meta)?;
        if written == Written::Undefined {
            return Ok(None);
        }
        let text = String::from_utf8(text).map_err(serde::ser::Error::custom)?;
        Ok(Some(Self { json: RawValue::from_string(text)?, meta }))
    }
}

impl Error {
    /// Creates an error with a code and the status and message of that code.
    pub fn new(code: Code) -> Self {
        Self::from_inner(Cow::Borrowed(code.as_str()), code.status(), code.default_message().into())
    }

    /// Creates an error from a code given as text. A code that is not in [`Code`] has
    /// status 500 and its own text as its message, unless they are set.
    pub fn custom(code: impl Into<Cow<'static, str>>) -> Self {
        let code = code.into();
        match Code::from_text(&code) {
            Some(known) => Self::new(known),
            None => Self::from_inner(code.clone(), 500, code),
        }
    }

    /// Creates an internal error: the client reads INTERNAL_SERVER_ERROR, 500,
    /// `Internal server error`; `source` is only logged.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>) -> Self {
        let mut error = Self::hidden();
        error.0.source = Some(source.into());
        error
    }

    /// Creates an internal error with nothing to log.
    pub(crate) fn hidden() -> Self {
        let code = Code::InternalServerError;
        Self::from_inner(Cow::Borrowed(code.as_str()), code.status(), INTERNAL_MESSAGE.into())
    }

    fn from_inner(code: Cow<'static, str>, status: u16, message: Cow<'static, str>) -> Self {
        Self(Box::new(Inner {
            defined: false,
            finalized: false,
            code,
            status,
            message,
            data: None,
            source: None,
        }))
    }

    /// Replaces the message. An empty one is ignored.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        if !message.is_empty() {
            self.0.message = message;
        }
        self
    }

    /// Replaces the HTTP status.
    ///
    /// # Panics
    /// If the status is outside 400..=599: a client takes such a response for a success.
    /// [`try_with_status`](Self::try_with_status) returns the error.
    #[must_use]
    #[track_caller]
    pub fn with_status(self, status: u16) -> Self {
        match self.try_with_status(status) {
            Ok(error) => error,
            Err(error) => panic!("{error}"),
        }
    }

    /// Replaces the HTTP status.
    ///
    /// # Errors
    /// If the status is outside 400..=599: a client takes such a response for a success.
    pub fn try_with_status(mut self, status: u16) -> Result<Self, StatusError> {
        if !(400..=599).contains(&status) {
            return Err(StatusError { status, response: "an error" });
        }
        self.0.status = status;
        Ok(self)
    }

    /// Attaches data for the client. Data that cannot be serialised turns the
    /// error into an internal one, and the reason is logged.
    ///
    /// A `u64` in the data (or another integer of 64 or 128 bits) is sent as a bigint
    /// if the procedure declares the error with such data, and otherwise as a number,
    /// because it cannot be told from one in a `serde_json::Value`. A
    /// [`BigInt`](crate::value::BigInt) is always sent as a bigint.
    #[must_use]
    pub fn with_data<T: Serialize + ?Sized>(self, data: &T) -> Self {
        self.with_serialised(&data)
    }

    fn with_serialised(mut self, data: &dyn Serialised) -> Self {
        match Data::of(data) {
            Ok(data) => {
                self.0.data = data;
                self
            }
            Err(error) => Self::internal(error),
        }
    }

    /// Reads an error that a client sent; none of its members is trusted.
    pub(crate) fn from_wire(envelope: &[u8]) -> Self {
        #[derive(serde::Deserialize)]
        struct Members {
            code: String,
            status: u16,
            message: String,
            #[serde(default)]
            data: Value,
        }

        let value = Envelope::parse(envelope).and_then(|envelope| envelope.value(&[]));
        let members = value.map(|(value, _)| read_tree(&value));
        match members {
            Ok(Some(Members { code, status, message, data })) if (400..=599).contains(&status) => {
                Self::custom(code).with_status(status).with_message(message).with_data(&data)
            }
            _ => Self::hidden(),
        }
    }

    /// Appends the envelope of the wire form, without files. On failure `out` keeps its
    /// length.
    pub(crate) fn write_envelope(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        write_plain(self, out)?;
        if let Some(data) = self.0.data.as_ref().filter(|data| !data.meta.is_empty()) {
            out.pop();
            data.meta.write(",\"data\"", out);
            out.push(b'}');
        }
        Ok(())
    }

    /// Returns the wire form with the files of the data. If it cannot be serialised,
    /// the reason is logged and the output is empty.
    pub(crate) fn output(&self) -> Output {
        let mut envelope = Vec::with_capacity(128);
        if let Err(reason) = self.write_envelope(&mut envelope) {
            tracing::error!(%reason, "an error cannot be serialised");
            return Output { envelope, files: Vec::new() };
        }
        let Some(Data { meta, .. }) = &self.0.data else {
            return Output { envelope, files: Vec::new() };
        };
        let files: Vec<_> = meta.files().cloned().collect();
        if !files.is_empty() {
            envelope.pop();
            meta.write_maps(",\"data\"", &mut envelope);
            envelope.push(b'}');
        }
        Output { envelope, files }
    }

    /// Returns `true` if the data has files.
    pub(crate) fn has_files(&self) -> bool {
        self.0.data.as_ref().is_some_and(|data| data.meta.files().next().is_some())
    }

    /// Decides which of the integers in the data are bigints.
    pub(crate) fn decide_integers(&mut self, is_bigint: impl Fn(&[Step]) -> bool) {
        if let Some(data) = &mut self.0.data
            && let Some(json) = data.meta.decide(&data.json, is_bigint)
        {
            data.json = json;
        }
    }

    /// Marks the error as one that the procedure declares.
    #[doc(hidden)]
    #[must_use]
    pub fn into_defined(mut self) -> Self {
        self.0.defined = true;
        self
    }

    /// Marks the error as final: the client gets it unchanged. Returns `false` if it
    /// was marked before.
    pub(crate) fn set_final(&mut self) -> bool {
        !std::mem::replace(&mut self.0.finalized, true)
    }

    /// Wraps the error of a procedure that is called in the same process. Middleware
    /// cannot look into it.
    pub(crate) fn of_procedure(error: Box<dyn Any + Send + Sync>) -> Self {
        let mut this = Self::hidden().with_source(ProcedureError(error));
        this.set_final();
        this
    }

    /// Returns the procedure error that this one wraps.
    pub(crate) fn into_procedure_error(mut self) -> Result<Box<dyn Any + Send + Sync>, Self> {
        match self.0.source.take().map(|source| source.downcast::<ProcedureError>()) {
            Some(Ok(error)) => Ok(error.0),
            Some(Err(source)) => Err(self.with_source(source)),
            None => Err(self),
        }
    }

    /// Sets what is logged of the error.
    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Marks the error as one that no procedure declares.
    pub(crate) fn into_undefined(mut self) -> Self {
        self.0.defined = false;
        self
    }

    /// Returns `true` if the procedure declares the error, so that a client knows its
    /// type.
    pub fn is_defined(&self) -> bool {
        self.0.defined
    }

    /// Returns the code, such as `NOT_FOUND`.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Returns the message that the client reads.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the data as JSON text, without type metadata.
    pub fn data(&self) -> Option<&str> {
        self.0.data.as_ref().map(|data| data.json.get())
    }

    /// Returns the data as a [`Value`]; undefined if there is none.
    pub fn data_value(&self) -> Value {
        self.typed_data(&[])
    }

    /// Returns the data, with the type codes of user-defined types.
    pub(crate) fn typed_data(&self, codes: &[u32]) -> Value {
        let Some(data) = &self.0.data else { return Value::Undefined };
        let mut text = b"{\"json\":".to_vec();
        text.extend_from_slice(data.json.get().as_bytes());
        data.meta.write("", &mut text);
        data.meta.write_maps("", &mut text);
        text.push(b'}');
        let files = data.meta.files().cloned().enumerate().collect();
        let envelope = Envelope::parse_form(&text, &files);
        let value = envelope.and_then(|envelope| envelope.value(codes));
        value.map_or(Value::Undefined, |(value, _)| value)
    }

    /// Logs the source of an internal error.
    pub(crate) fn log(&self, procedure: &str) {
        if let Some(source) = self.source() {
            tracing::error!(procedure, error = %Chain(source), "a handler failed");
        }
    }

    /// Returns the text for the log: that of the source with its own sources, if there is one.
    #[cfg(feature = "websocket")]
    pub(crate) fn reason(&self) -> String {
        self.source().map_or_else(|| self.to_string(), |source| Chain(source).to_string())
    }

    /// Returns the source of an internal error. It is never sent.
    pub fn source(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// Returns the source of an internal error by value.
    pub(crate) fn into_source(self) -> Option<Source> {
        self.0.source
    }
}

/// The members of the wire form, in its order.
impl Serialize for Error {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;

        let inner = &self.0;
        let members = if inner.data.is_some() { 5 } else { 4 };
        let mut object = serializer.serialize_struct("Error", members)?;
        object.serialize_field("defined", &inner.defined)?;
        object.serialize_field("code", &inner.code)?;
        object.serialize_field("status", &inner.status)?;
        object.serialize_field("message", &inner.message)?;
        if let Some(data) = &inner.data {
            object.serialize_field("data", &data.json)?;
        }
        object.end()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("defined", &self.0.defined)
            .field("code", &self.0.code)
            .field("status", &self.0.status)
            .field("message", &self.0.message)
            .field("data", &self.data())
            .field("source", &self.0.source)
            .finish()
    }
}

/// Errors are equal if a client cannot tell them apart.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        let seen = |error: &Self| (error.is_defined(), error.status());
        seen(self) == seen(other)
            && self.code() == other.code()
            && self.message() == other.message()
            && self.data_value() == other.data_value()
    }
}

/// Writes the code and the message, as the client sees them.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())
    }
}

/// Error of an HTTP status outside the range of its response: 200 to 399 for a success,
/// 400 to 599 for an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{response} cannot have the HTTP status {status}")]
pub struct StatusError {
    status: u16,
    response: &'static str,
}

impl StatusError {
    /// Creates the error of a successful response.
    pub(crate) fn of_success(status: u16) -> Self {
        Self { status, response: "a successful response" }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the procedure failed")]
struct ProcedureError(Box<dyn Any + Send + Sync>);

/// An error with its chain of sources, each once: the text of some ends with that of their source.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn std::error::Error + Send + Sync + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.0.to_string();
        f.write_str(&text)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let next = error.to_string();
            if !text.ends_with(&next) {
                write!(f, ": {next}")?;
            }
            text = next;
            cause = error.source();
        }
        Ok(())
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

// `Error` itself does not implement `std::error::Error`, which makes this impl
// possible. `Unpin` keeps typed errors out: `#[derive(RpcError)]` converts those to
// their declared form.
impl<E: std::error::Error + Send + Sync + Unpin + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self::internal(error)
    }
}

/// Creates the response to a request that cannot be read.
pub(crate) fn malformed_request(_: DecodeError) -> Error {
    Error::new(Code::BadRequest).with_message(
        "Malformed request. Ensure the request body is properly formatted and the 'Content-Type' header is set correctly.",
    )
}

/// Creates the response to an input that its type refuses.
pub(crate) fn invalid_input(issues: &[Issue]) -> Error {
    Error::new(Code::BadRequest)
        .with_message("Input validation failed")
        .with_data(&serde_json::json!({ "issues": issues }))
}

/// Creates the response to an input that was not decoded.
pub(crate) fn undecoded_input(error: DecodeError) -> Error {
    match error {
        DecodeError::Malformed => malformed_request(error),
        DecodeError::Invalid(issues) => invalid_input(&issues),
    }
}

/// Returns the message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("it failed")]
        Apart(#[source] std::io::Error),
        #[error("it failed: {0}")]
        Within(#[source] std::io::Error),
    }

    #[test]
    fn a_chain_has_the_text_of_each_source_once() {
        let disk = || std::io::Error::other("the disk is full");
        for failure in [Failure::Apart(disk()), Failure::Within(disk())] {
            assert_eq!(Chain(&failure).to_string(), "it failed: the disk is full");
        }
    }
}
