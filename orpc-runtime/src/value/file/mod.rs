//! Files.

mod content;
mod side_channel;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::Stream;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

use super::kind::{self, Kind};
use super::special::Key;
use content::Content;

pub use content::FileReader;
pub(crate) use content::{Disk, Space};
pub(crate) use side_channel::Arrivals;
pub(super) use side_channel::{hold, receive};

/// A `File` of JavaScript: a name, a type and bytes. A `Blob` arrives as a file
/// with the name `blob`.
///
/// Cheap to clone: clones share the bytes. The bytes of a large upload are in a
/// temporary file, which is deleted with the last clone.
///
/// A file in an event or in the response of a batch is dropped: oRPC has no encoding
/// for it.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::value::File;
///
/// #[derive(Deserialize, JsonSchema)]
/// pub struct Upload {
///     title: String,
///     file: File,
///     #[schemars(length(max = 5))]
///     more: Vec<File>,
/// }
///
/// #[procedure]
/// pub async fn upload(input: Upload) -> Result<usize, Error> {
///     Ok(input.file.bytes().await?.len())
/// }
///
/// #[procedure]
/// pub async fn report() -> File {
///     File::new("report.csv", "text/csv", "a,b\n1,2\n")
/// }
/// ```
#[derive(Clone)]
pub struct File(Arc<Inner>);

struct Inner {
    name: Box<str>,
    content_type: Box<str>,
    content: Content,
}

impl File {
    /// Creates a file from bytes. As in JavaScript, the content type is lower-cased,
    /// and becomes empty if it is not ASCII.
    pub fn new(
        name: impl Into<String>,
        content_type: impl AsRef<str>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self::of(name.into(), content_type.as_ref(), Content::Memory(bytes.into()))
    }

    /// Creates a file from a stream, which is read while it is sent. It can be read
    /// once. Over HTTP an error of the stream aborts the connection, because the
    /// response has begun; on a socket a message is sent as a whole, so the call fails.
    ///
    /// ```
    /// use futures::stream;
    /// use orpc_runtime::value::File;
    ///
    /// let lines = (0..1000).map(|n| Ok::<_, std::io::Error>(format!("{n}\n").into()));
    /// let file = File::from_stream("numbers.txt", "text/plain", stream::iter(lines));
    /// assert_eq!(file.size(), None);
    /// ```
    pub fn from_stream<S, E>(
        name: impl Into<String>,
        content_type: impl AsRef<str>,
        bytes: S,
    ) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        Self::of(name.into(), content_type.as_ref(), Content::stream(bytes))
    }

    /// Creates a file from a temporary one.
    pub(crate) fn on_disk(name: String, content_type: &str, disk: Disk) -> Self {
        Self::of(name, content_type, Content::Disk(disk))
    }

    fn of(name: String, content_type: &str, content: Content) -> Self {
        let is_text = content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let content_type = if is_text { content_type.to_ascii_lowercase() } else { String::new() };
        Self(Arc::new(Inner { name: name.into(), content_type: content_type.into(), content }))
    }

    /// Returns the name that the client sent. Do not trust it as a path.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the media type that the client sent; empty if there is none.
    pub fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// Returns the length in bytes; `None` for a [stream](File::from_stream).
    pub fn size(&self) -> Option<u64> {
        self.0.content.length()
    }

    /// Returns the number of its bytes in memory.
    #[cfg(feature = "http")]
    pub(crate) fn in_memory(&self) -> usize {
        self.0.content.in_memory()
    }

    /// Reads all bytes.
    ///
    /// # Errors
    /// If the temporary file cannot be read, or the stream fails or was read before.
    pub async fn bytes(&self) -> io::Result<Bytes> {
        self.bytes_within(usize::MAX).await
    }

    /// Reads all bytes, if there are at most `limit`.
    pub(crate) async fn bytes_within(&self, limit: usize) -> io::Result<Bytes> {
        self.reader().read_all(limit).await
    }

    /// Returns a reader of the bytes, block by block. A [stream](File::from_stream) has
    /// one reader.
    pub fn reader(&self) -> FileReader {
        self.0.content.reader()
    }
}

/// Files are equal if name, type and bytes are; contents outside of memory are equal
/// only to themselves.
impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        let same_bytes = match (&self.0.content, &other.0.content) {
            (Content::Memory(own), Content::Memory(other)) => own == other,
            _ => false,
        };
        Arc::ptr_eq(&self.0, &other.0)
            || (same_bytes
                && self.name() == other.name()
                && self.content_type() == other.content_type())
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name())
            .field("content_type", &self.content_type())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// With any other format of serde it is an empty object, as in JavaScript.
impl Serialize for File {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Handed<'a>(&'a File);

        impl Serialize for Handed<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                side_channel::hand(self.0);
                serializer.serialize_map(Some(0))?.end()
            }
        }

        serializer.serialize_newtype_struct(kind::FILE, &Handed(self))
    }
}

/// Only inputs of calls have files: other formats have none.
impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(kind::FILE, FileVisitor)
    }
}

struct FileVisitor;

impl<'de> Visitor<'de> for FileVisitor {
    type Value = File;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a File")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<File, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<File, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<File, A::Error> {
        let mut map = map;
        match map.next_key()? {
            Some(Key::Tag(Kind::File)) => take_held(&mut map),
            Some(Key::Tag(kind)) => {
                Err(de::Error::invalid_type(de::Unexpected::Other(kind.name()), &self))
            }
            Some(Key::Name(_)) | None => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        }
    }
}

/// Takes the file behind a tag.
pub(super) fn take_held<'de, A: MapAccess<'de>>(map: &mut A) -> Result<File, A::Error> {
    let held = side_channel::held(map.next_value()?);
    held.ok_or_else(|| de::Error::custom("a file that is not part of the input"))
}

impl JsonSchema for File {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "File".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "x-native-type": "file" })
    }
}
