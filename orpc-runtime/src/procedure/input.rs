//! Inputs of procedures: a value, or an event iterator.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::signature::IoSchema;
use crate::procedure::InputEvents;
use crate::schema::{DecodeError, InputDecoder, Issue, SchemaError};
use crate::value::{Envelope, Malformed, OwnedEnvelope};

/// The input of a call before it has a type.
#[derive(Debug)]
pub enum RawInput<'a> {
    /// A value.
    Value(Envelope<'a>),
    /// The text of an envelope.
    Text(&'a str),
    /// An event iterator.
    Events(InputEvents),
}

impl RawInput<'_> {
    /// Copies the text of an envelope, so that the input owns it.
    pub(crate) fn into_owned(self) -> Result<OwnedInput, Malformed> {
        Ok(match self {
            Self::Value(envelope) => OwnedInput::Value(envelope.into_owned()),
            Self::Text(text) => {
                Envelope::parse(text.as_bytes())?;
                OwnedInput::Text(text.into())
            }
            Self::Events(events) => OwnedInput::Events(Some(events)),
        })
    }
}

/// The input of a call that is read later.
pub(crate) enum OwnedInput {
    Value(OwnedEnvelope),
    Text(Box<str>),
    /// `None` once it is read.
    Events(Option<InputEvents>),
}

impl OwnedInput {
    /// Returns the input; `None` for an event iterator that was returned before.
    pub(crate) fn raw(&mut self) -> Option<RawInput<'_>> {
        match self {
            Self::Value(envelope) => Some(RawInput::Value(envelope.borrow())),
            Self::Text(text) => Some(RawInput::Text(text)),
            Self::Events(events) => events.take().map(RawInput::Events),
        }
    }
}

/// A type that can be the input of a procedure: one that derives `Deserialize`
/// and `JsonSchema`, or an [`EventIterator`](crate::EventIterator) of one.
#[diagnostic::on_unimplemented(
    message = "write `#[derive(Deserialize, JsonSchema)]` for `{Self}` and the types in it, or take it by `&`: by value a procedure takes its input",
    label = "not an input: it lacks `Deserialize`, `JsonSchema` or both",
    note = "crates with types of their own often implement these behind a feature"
)]
pub trait ProcedureInput: Sized + Send + 'static {
    /// Decoder, compiled once and used by all calls.
    #[doc(hidden)]
    type Decoder: Send + Sync + 'static;

    /// The input is an event iterator.
    #[doc(hidden)]
    const IS_EVENTS: bool = false;

    /// Compiles the decoder.
    #[doc(hidden)]
    fn compile() -> Result<Self::Decoder, SchemaError>;

    /// Reads the input of a call.
    #[doc(hidden)]
    fn decode(decoder: &Self::Decoder, input: RawInput<'_>) -> Result<Self, DecodeError>;

    /// Returns the type of the input.
    #[doc(hidden)]
    fn shape() -> IoSchema;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema + Send + 'static> ProcedureInput for T {
    type Decoder = InputDecoder<T>;

    fn compile() -> Result<Self::Decoder, SchemaError> {
        InputDecoder::compile()
    }

    fn decode(decoder: &Self::Decoder, input: RawInput<'_>) -> Result<Self, DecodeError> {
        match input {
            RawInput::Value(envelope) => decoder.decode(envelope),
            RawInput::Text(text) => decoder.decode_text(text),
            RawInput::Events(_) => {
                Err(wrong_kind("Invalid input: expected a value, received an event iterator"))
            }
        }
    }

    fn shape() -> IoSchema {
        IoSchema::value::<T>()
    }
}

/// Returns the error for an input of the wrong kind.
pub(crate) fn wrong_kind(message: &str) -> DecodeError {
    DecodeError::Invalid(vec![Issue { message: message.to_owned(), path: Vec::new() }])
}
