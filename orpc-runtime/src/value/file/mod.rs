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

#[cfg(feature = "http")]
pub(crate) use content::Disk;
pub use content::FileReader;
pub(crate) use side_channel::Arrivals;
pub(super) use side_channel::{hold, receive};

/// A `File` of JavaScript: a name, a type and bytes. A `Blob` arrives as a file
/// with the name `blob`.
///
/// Cheap to clone, as clones share the bytes. Those of a large upload are in a
/// temporary file, which is gone with the last clone.
///
/// A file of an event or of a batch's answer is lost: oRPC has no form for it.
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
    /// A file of bytes at hand. A type that is no media type's text is none, as in
    /// JavaScript: letters are lower case, and what is not ASCII makes it empty.
    pub fn new(
        name: impl Into<String>,
        content_type: impl AsRef<str>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self::of(name.into(), content_type.as_ref(), Content::Memory(bytes.into()))
    }

    /// A file whose bytes come from a stream, which is read while they are sent.
    /// It can be read once. Over HTTP an error of the stream breaks the
    /// connection, as the response has begun by then; a message of a socket is
    /// whole, so there the call fails.
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

    /// A file whose bytes are in a temporary one.
    #[cfg(feature = "http")]
    pub(crate) fn on_disk(name: String, content_type: &str, disk: Disk) -> Self {
        Self::of(name, content_type, Content::Disk(disk))
    }

    fn of(name: String, content_type: &str, content: Content) -> Self {
        let is_text = content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let content_type = if is_text { content_type.to_ascii_lowercase() } else { String::new() };
        Self(Arc::new(Inner { name: name.into(), content_type: content_type.into(), content }))
    }

    /// The name, as the client says it: no path to be trusted.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The media type, as the client says it; empty if there is none.
    pub fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// How many bytes it has; unknown of a [stream](File::from_stream) alone.
    pub fn size(&self) -> Option<u64> {
        self.0.content.length()
    }

    /// All bytes.
    ///
    /// # Errors
    /// If the temporary file cannot be read, or the stream fails or was read before.
    pub async fn bytes(&self) -> io::Result<Bytes> {
        self.bytes_within(usize::MAX).await
    }

    /// All bytes, if they are not more than so many.
    pub(crate) async fn bytes_within(&self, limit: usize) -> io::Result<Bytes> {
        self.reader().read_all(limit).await
    }

    /// The bytes one block after the other, from the first. A
    /// [stream](File::from_stream) has one reader.
    pub fn reader(&self) -> FileReader {
        self.0.content.reader()
    }
}

/// Files are the same if name, type and bytes are; bytes that are not in memory
/// are the same as themselves alone.
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

/// Only from an input of a call: no other format has files.
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

/// The file behind a tag.
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
