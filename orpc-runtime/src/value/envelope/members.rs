//! The members of an envelope, as they are read from its text.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Envelope, MAX_META, MAX_PATH, MetaEntry, Path, Segment};

// The members as JavaScript reads them: the last of a name is used, unknown ones are
// ignored, and primitives and arrays have no member `json`.
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
                        Member::Maps => envelope.maps = Some(map.next_value()?),
                        Member::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                if let Some(meta) = meta {
                    let entries: Option<Bounded<_, MAX_META>> =
                        serde_json::from_str(meta.get()).map_err(de::Error::custom)?;
                    envelope.meta = entries.map_or_else(Vec::new, |entries| entries.0);
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

/// Name of an envelope's member.
enum Member {
    Json,
    Meta,
    Maps,
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
                    "maps" => Member::Maps,
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
                let Segment::Index(code) = code else {
                    return Err(de::Error::custom("expected a type code"));
                };
                let path = Bounded::<Element<'de>, MAX_PATH>::rest(seq)?.0;
                let path: Option<Vec<_>> =
                    path.into_iter().map(|Element(segment)| segment).collect();
                Ok(MetaEntry { code, path: path.map(Path) })
            }
        }

        deserializer.deserialize_seq(EntryVisitor)
    }
}

/// The form that is read above.
impl Serialize for MetaEntry<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        list.serialize_element(&self.code)?;
        let Some(Path(segments)) = &self.path else {
            // Neither a key nor an index.
            list.serialize_element(&())?;
            return list.end();
        };
        for segment in segments {
            match segment {
                Segment::Key(key) => list.serialize_element(key)?,
                Segment::Index(index) => list.serialize_element(index)?,
            }
        }
        list.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Path<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Bounded::<_, MAX_PATH>::deserialize(deserializer).map(|path| Self(path.0))
    }
}

/// A list of at most `MAX` items. A longer one is not read to its end.
struct Bounded<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Bounded<T, MAX> {
    /// Reads the remaining items of a list.
    fn rest<'de, A>(mut seq: A) -> Result<Self, A::Error>
    where
        T: Deserialize<'de>,
        A: SeqAccess<'de>,
    {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            if items.len() == MAX {
                return Err(de::Error::invalid_length(MAX + 1, &"fewer items"));
            }
            items.push(item);
        }
        Ok(Self(items))
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Bounded<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BoundedVisitor<T, const MAX: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for BoundedVisitor<T, MAX> {
            type Value = Bounded<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MAX} items")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Bounded::rest(seq)
            }
        }

        deserializer.deserialize_seq(BoundedVisitor(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Segment<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Element(segment) = Element::deserialize(deserializer)?;
        segment.ok_or_else(|| de::Error::custom("expected a key or an index"))
    }
}

/// An element of a path; `None` if the JSON is neither a key nor an index.
struct Element<'a>(Option<Segment<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Element<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementVisitor;

        impl<'de> Visitor<'de> for ElementVisitor {
            type Value = Element<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key or an index")
            }

            fn visit_u64<E>(self, index: u64) -> Result<Self::Value, E> {
                Ok(Element(Some(Segment::Index(index))))
            }

            // Numbers are compared by value, not by spelling.
            fn visit_f64<E>(self, index: f64) -> Result<Self::Value, E> {
                let is_index = index.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&index);
                Ok(Element(is_index.then_some(Segment::Index(index as u64))))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Element(Some(Segment::Key(Cow::Owned(key.to_owned())))))
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Element(Some(Segment::Key(Cow::Borrowed(key)))))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Element(None))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Element(None))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Element(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Element(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Element(None))
            }
        }

        deserializer.deserialize_any(ElementVisitor)
    }
}
