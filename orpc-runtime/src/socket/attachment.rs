//! Attachments of sockets.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::kept::KeepError;

/// Maximum length of an attachment's text in bytes, as on Cloudflare.
const MAX_LENGTH: usize = 2048;

/// A value as JSON text.
#[derive(Debug, Clone)]
pub(super) struct Attachment(Box<[u8]>);

/// Error of a value that cannot be attached to a socket, or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachmentError {
    /// The text of the value is longer than 2,048 bytes.
    #[error("an attachment of {length} bytes is too long, {MAX_LENGTH} are allowed")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// The value cannot be serialised.
    #[error("an attachment cannot be serialised")]
    Write(#[source] serde_json::Error),
    /// The [keeper](super::SocketConfig::kept_by) of the socket did not accept it.
    #[error(transparent)]
    NotKept(#[from] KeepError),
    /// The value is of another type.
    #[error("the attachment is of another type than the one requested")]
    Read(#[source] serde_json::Error),
}

impl Attachment {
    pub(super) fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, AttachmentError> {
        let text = serde_json::to_vec(value).map_err(AttachmentError::Write)?;
        if text.len() > MAX_LENGTH {
            return Err(AttachmentError::TooLong { length: text.len() });
        }
        Ok(Self(text.into()))
    }

    /// Wraps the text of a socket that was kept.
    pub(super) fn kept(text: &RawValue) -> Self {
        Self(text.get().as_bytes().into())
    }

    /// Returns the text.
    pub(super) fn raw(&self) -> Option<Box<RawValue>> {
        let text = std::str::from_utf8(&self.0).ok()?;
        RawValue::from_string(text.to_owned()).ok()
    }

    /// Returns the length of its text.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, AttachmentError> {
        serde_json::from_slice(&self.0).map_err(AttachmentError::Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_may_have_2048_bytes_and_no_more() {
        // The text includes two quotes.
        assert!(Attachment::new(&"x".repeat(2046)).is_ok());
        let error = Attachment::new(&"x".repeat(2047)).unwrap_err();
        assert!(matches!(error, AttachmentError::TooLong { length: 2049 }));
    }

    #[test]
    fn an_attachment_of_another_type_is_an_error() {
        let attachment = Attachment::new(&"text").unwrap();
        assert_eq!(attachment.read::<String>().unwrap(), "text");
        assert!(matches!(attachment.read::<u32>(), Err(AttachmentError::Read(_))));
    }
}
