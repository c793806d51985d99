//! Forms in request and response bodies.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use futures::{Stream, StreamExt as _};
use http_body::Body;

use super::read::ReadError;
use crate::serve::form::FormError;
use crate::serve::patience::Patience;
use crate::value::{File, FileReader};
use crate::wire::{Form, Part};

/// Data of a request's body, with its timeout.
pub(super) struct Chunks<'b, B> {
    pub(super) body: Pin<&'b mut B>,
    pub(super) patience: &'b mut Patience,
}

impl<B: Body<Error = ReadError>> Stream for Chunks<'_, B> {
    type Item = Result<Bytes, FormError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let this = &mut *self;
            let Some(frame) = ready!(this.patience.poll_frame(this.body.as_mut(), cx)) else {
                return Poll::Ready(None);
            };
            let frame = match frame.map_err(ReadError::from) {
                Ok(frame) => frame,
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            };
            if let Ok(mut data) = frame.into_data() {
                return Poll::Ready(Some(Ok(data.copy_to_bytes(data.remaining()))));
            }
        }
    }
}

impl From<ReadError> for FormError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooLarge => Self::TooLarge,
            ReadError::Late => Self::Late,
            ReadError::NoMemory(exhausted) => Self::NoMemory(exhausted),
            ReadError::Broken => Self::Malformed,
        }
    }
}

/// A form that is being sent: each file is read when the connection asks for more.
pub(super) struct FormBody {
    parts: VecDeque<Part>,
    file: Option<FileReader>,
    /// Number of bytes left, if it is known.
    left: Option<u64>,
}

impl FormBody {
    pub(super) fn new(form: Form) -> Self {
        Self { left: form.length(), parts: form.into_parts().into(), file: None }
    }

    /// Creates a body of a file without a form.
    pub(super) fn of_file(file: File) -> Self {
        Self { left: file.size(), parts: [Part::File(file)].into(), file: None }
    }

    /// The bytes of texts and files that are in memory.
    pub(super) fn in_memory(&self) -> usize {
        let in_memory = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::File(file) => file.in_memory(),
        };
        self.parts.iter().map(in_memory).sum()
    }

    pub(super) fn left(&self) -> Option<u64> {
        self.left
    }

    pub(super) fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            let bytes = match &mut self.file {
                Some(file) => match ready!(file.poll_next_unpin(cx)) {
                    Some(Ok(bytes)) => bytes,
                    Some(Err(error)) => {
                        tracing::error!(%error, "a file cannot be read to its end");
                        self.parts.clear();
                        self.file = None;
                        return Poll::Ready(Some(Err(error)));
                    }
                    None => {
                        self.file = None;
                        continue;
                    }
                },
                None => match self.parts.pop_front() {
                    Some(Part::Text(text)) => text,
                    Some(Part::File(file)) => {
                        self.file = Some(file.reader());
                        continue;
                    }
                    None => return Poll::Ready(None),
                },
            };
            if !bytes.is_empty() {
                self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
                return Poll::Ready(Some(Ok(bytes)));
            }
        }
    }
}
