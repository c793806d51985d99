//! Conversions to and from types of other crates.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "num-bigint")]
mod num_bigint;
#[cfg(feature = "time")]
mod time;

/// ```
/// use orpc_runtime::prelude::*;
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct Document {
///     /// A string in JavaScript.
///     id: uuid::Uuid,
/// }
///
/// #[procedure]
/// async fn copy(mut input: Document) -> Document {
///     input.id = uuid::Uuid::nil();
///     input
/// }
/// ```
#[cfg(all(doctest, feature = "uuid"))]
struct Uuids;

/// ```
/// use orpc_runtime::prelude::*;
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct Counts {
///     /// An array of numbers in JavaScript.
///     digest: bytes::Bytes,
///     /// An object.
///     by_name: indexmap::IndexMap<String, u32>,
///     /// A `Map`.
///     #[serde(with = "orpc_runtime::value::map::<u64, u32>")]
///     by_id: indexmap::IndexMap<u64, u32>,
/// }
/// ```
#[cfg(all(doctest, feature = "bytes", feature = "indexmap"))]
struct BytesAndMaps;
