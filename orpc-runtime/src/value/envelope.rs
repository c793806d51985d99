//! The envelope `{"json": …, "meta": […]}` that carries every value.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::json::write_json;
use super::path::PathSegment;

/// The most `meta` items of one envelope.
const MAX_META: usize = 50_000;

/// A payload that is no envelope, or one that contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed envelope")]
pub(crate) struct Malformed;

/// An envelope with its parts still as text.
#[derive(Debug, Default, Clone)]
pub struct Envelope<'a> {
    json: Option<&'a RawValue>,
    meta: Vec<MetaEntry<'a>>,
}

/// One `meta` item: the type code of the value at a path.
#[derive(Debug, Clone)]
struct MetaEntry<'a> {
    code: u64,
    path: Vec<Segment<'a>>,
}

#[derive(Debug, Clone)]
enum Segment<'a> {
    Key(Cow<'a, str>),
    Index(u64),
}

impl<'a> Envelope<'a> {
    /// Reads an envelope. Empty text is undefined, as is any JSON value but an
    /// object, of which JavaScript would read an undefined member `json`.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, Malformed> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(text).map_err(|_| Malformed)
    }

    /// The value as a tree of JSON, with the places of the values that JSON has
    /// no type for.
    pub(crate) fn into_tree(self) -> Result<Tree, Malformed> {
        let value = match self.json {
            Some(json) => Some(serde_json::from_str(json.get()).map_err(|_| Malformed)?),
            None => None,
        };
        let mut tree = Tree { value, marks: Vec::new() };
        let mut marked = HashSet::new();
        let mut undefined = false;
        for entry in &self.meta {
            let value = tree.value.as_ref().filter(|_| !undefined).ok_or(Malformed)?;
            match entry.check(value, &mut marked)? {
                Some(mark) if mark.kind != UNDEFINED => tree.marks.push(mark),
                Some(mark) => undefined |= mark.path.is_empty(),
                None => {}
            }
        }
        if undefined {
            tree.value = None;
        }
        Ok(tree)
    }
}

/// A value as JSON, where all that JSON cannot say is in the marks.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The value; none is undefined.
    pub(crate) value: Option<Value>,
    /// What stands in the JSON for something else.
    pub(crate) marks: Vec<Mark>,
}

/// A place whose value is of a type that JSON lacks.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) path: Vec<PathSegment>,
    /// The name of the type in JavaScript.
    pub(crate) kind: &'static str,
}

impl MetaEntry<'_> {
    /// Checks the value at the path against the type. `marked` are the values that
    /// have a type by now, known by their addresses: the tree does not change.
    fn check(
        &self,
        root: &Value,
        marked: &mut HashSet<*const Value>,
    ) -> Result<Option<Mark>, Malformed> {
        // A path goes through own members of JSON values only: not into a value
        // that is something else by now.
        let mut target = root;
        let mut path = Vec::new();
        for segment in &self.path {
            if marked.contains(&std::ptr::from_ref(target)) {
                return Err(Malformed);
            }
            let step = segment.step_into(target).ok_or(Malformed)?;
            path.push(step.0);
            target = step.1;
        }
        let kind = match (self.code, target) {
            (0, Value::String(digits)) if is_bigint(digits) => "bigint",
            (1, Value::String(_) | Value::Null) => "Date",
            (2, Value::Null) => "NaN",
            (3, Value::Null) => UNDEFINED,
            (4, Value::String(text)) if url::Url::parse(text).is_ok() => "URL",
            (5, Value::String(text)) if is_regexp(text) => "RegExp",
            (6, Value::Array(_)) => "Set",
            (7, Value::Array(entries)) if entries.iter().all(Value::is_array) => "Map",
            (0..=7, _) => return Err(Malformed),
            // Codes that nobody registered are left alone.
            _ => return Ok(None),
        };
        if !marked.insert(std::ptr::from_ref(target)) {
            return Err(Malformed);
        }
        Ok(Some(Mark { path, kind }))
    }
}

impl Segment<'_> {
    /// The own member of a container, with the segment as the container has it:
    /// an index may be written as a key and a key as an index.
    fn step_into<'v>(&self, container: &'v Value) -> Option<(PathSegment, &'v Value)> {
        match container {
            Value::Array(items) => {
                let index = match self {
                    Segment::Index(index) => usize::try_from(*index).ok()?,
                    Segment::Key(key) => array_index(key)?,
                };
                Some((PathSegment::Index(index), items.get(index)?))
            }
            Value::Object(members) => {
                let key = match self {
                    Segment::Index(index) => index.to_string(),
                    Segment::Key(key) => key.clone().into_owned(),
                };
                let member = members.get(&key)?;
                Some((PathSegment::Key(key), member))
            }
            _ => None,
        }
    }
}

/// An index as JavaScript spells the key of an array's element.
fn array_index(key: &str) -> Option<usize> {
    let canonical =
        key == "0" || (!key.starts_with('0') && key.bytes().all(|b| b.is_ascii_digit()));
    if canonical { key.parse().ok() } else { None }
}

/// The one type whose JSON form, null, stands for itself.
const UNDEFINED: &str = "undefined";

/// At most as many digits as the official decoder takes.
const BIGINT_DIGITS: usize = 4300;

fn is_bigint(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (1..=BIGINT_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

/// `/pattern/flags`; the pattern itself is not compiled.
fn is_regexp(text: &str) -> bool {
    let Some((pattern, flags)) = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'))
    else {
        return false;
    };
    let known = |flag: char| "dgimsuvy".contains(flag) && flags.matches(flag).count() == 1;
    let both_unicode_modes = flags.contains('u') && flags.contains('v');
    !pattern.is_empty()
        && !pattern.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
        && flags.chars().all(known)
        && !both_unicode_modes
}

/// Appends the envelope of a value; `{}` where there is none (undefined).
/// On failure `out` is as long as before.
pub(crate) fn write_envelope<T: Serialize + ?Sized>(
    value: Option<&T>,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let Some(value) = value else {
        out.extend_from_slice(b"{}");
        return Ok(());
    };
    let start = out.len();
    out.extend_from_slice(b"{\"json\":");
    write_json(value, out).inspect_err(|_| out.truncate(start))?;
    out.push(b'}');
    Ok(())
}

// The members as JavaScript reads them: the last of a name counts, unknown ones
// are ignored, and primitives and arrays have no member `json`.
impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EnvelopeVisitor;

        impl<'de> Visitor<'de> for EnvelopeVisitor {
            type Value = Envelope<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an envelope")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut envelope = Envelope::default();
                let mut meta = None;
                while let Some(member) = map.next_key()? {
                    match member {
                        Member::Json => envelope.json = Some(map.next_value()?),
                        Member::Meta => meta = Some(map.next_value::<&'de RawValue>()?),
                        Member::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                if let Some(meta) = meta {
                    let entries: Option<Vec<_>> =
                        serde_json::from_str(meta.get()).map_err(de::Error::custom)?;
                    envelope.meta = entries.unwrap_or_default();
                    if envelope.meta.len() > MAX_META {
                        return Err(de::Error::invalid_length(envelope.meta.len(), &"fewer items"));
                    }
                }
                Ok(envelope)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Envelope::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Envelope::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Envelope::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Envelope::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Envelope::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Envelope::default())
            }
        }

        deserializer.deserialize_any(EnvelopeVisitor)
    }
}

/// The name of an envelope's member.
enum Member {
    Json,
    Meta,
    Other,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MemberVisitor;

        impl Visitor<'_> for MemberVisitor {
            type Value = Member;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Member, E> {
                Ok(match name {
                    "json" => Member::Json,
                    "meta" => Member::Meta,
                    _ => Member::Other,
                })
            }
        }

        deserializer.deserialize_identifier(MemberVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for MetaEntry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;

        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = MetaEntry<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a type code followed by a path")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let code =
                    seq.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
                let mut path = Vec::new();
                while let Some(segment) = seq.next_element()? {
                    path.push(segment);
                }
                Ok(MetaEntry { code, path })
            }
        }

        deserializer.deserialize_seq(EntryVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Segment<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SegmentVisitor;

        impl<'de> Visitor<'de> for SegmentVisitor {
            type Value = Segment<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key or an index")
            }

            fn visit_u64<E>(self, index: u64) -> Result<Self::Value, E> {
                Ok(Segment::Index(index))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Segment::Key(Cow::Owned(key.to_owned())))
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Segment::Key(Cow::Borrowed(key)))
            }
        }

        deserializer.deserialize_any(SegmentVisitor)
    }
}
