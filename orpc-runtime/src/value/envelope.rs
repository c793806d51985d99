//! The envelope `{"json": …, "meta": […]}` that carries every value.

mod members;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::custom::Coded;
use super::dynamic::{Object, Value};
use super::json::{normalise_numbers, write_json};
use super::kind::Kind;
use super::meta::Meta;
use super::path::PathSegment;
use super::same_value_zero::{distinct, distinct_keys};
use super::writer::{Integers, Serialised, Written, write_value};
use super::{BigInt, Date, File, Map, RegExp, Set, Url};

/// Maximum number of `meta` items of one envelope.
const MAX_META: usize = 50_000;

/// Maximum number of segments of a path: JSON is never as deep.
const MAX_PATH: usize = 128;

/// Maximum nesting of user-defined types, each of which is the form of the next.
const MAX_FORMS: usize = 8;

/// A payload that is not an envelope, or an inconsistent one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed envelope")]
pub(crate) struct Malformed;

/// Files of a form by number.
pub(crate) type Files = BTreeMap<usize, File>;

/// An envelope with its parts still as text.
#[derive(Debug, Default, Clone)]
pub struct Envelope<'a> {
    json: Option<&'a RawValue>,
    meta: Vec<MetaEntry<'a>>,
    maps: Option<&'a RawValue>,
    /// Attached files, and their places.
    files: Vec<(Path<'a>, File)>,
}

/// An envelope that owns its text.
#[derive(Debug)]
pub(crate) struct OwnedEnvelope {
    json: Option<Box<RawValue>>,
    /// The items as JSON text, because parsed ones take many times as much: a call keeps
    /// its input while middlewares run. `None` if there are none.
    meta: Option<Box<RawValue>>,
    files: Vec<(Path<'static>, File)>,
}

impl OwnedEnvelope {
    pub(crate) fn borrow(&self) -> Envelope<'_> {
        let meta = self.meta.as_deref().map(|meta| serde_json::from_str(meta.get()));
        Envelope {
            json: self.json.as_deref(),
            // Written below, so that it can be parsed.
            meta: meta.and_then(Result::ok).unwrap_or_default(),
            maps: None,
            files: self.files.clone(),
        }
    }
}

/// A path from the root of a value.
#[derive(Debug, Clone)]
struct Path<'a>(Vec<Segment<'a>>);

/// One `meta` item: the type code of the value at a path.
#[derive(Debug, Clone)]
struct MetaEntry<'a> {
    code: u64,
    /// `None` if it cannot exist, which is an error only if the code is known.
    path: Option<Path<'a>>,
}

#[derive(Debug, Clone)]
enum Segment<'a> {
    Key(Cow<'a, str>),
    Index(u64),
}

impl<'a> Envelope<'a> {
    /// Parses an envelope. Empty text is undefined, and so is any JSON value except an
    /// object, because JavaScript would read an undefined member `json`.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, Malformed> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(text).map_err(|_| Malformed)
    }

    /// Parses the envelope of a form with files.
    pub(crate) fn parse_form(text: &'a [u8], files: &Files) -> Result<Self, Malformed> {
        let mut envelope: Self = serde_json::from_slice(text).map_err(|_| Malformed)?;
        let Some(maps) = envelope.maps else { return Ok(envelope) };
        let maps: Option<Vec<Path<'a>>> =
            serde_json::from_str(maps.get()).map_err(|_| Malformed)?;
        let place = |(number, path)| Some((path, files.get(&number)?.clone()));
        let placed = maps.unwrap_or_default().into_iter().enumerate().map(place);
        envelope.files = placed.collect::<Option<_>>().ok_or(Malformed)?;
        Ok(envelope)
    }

    /// Returns the envelope of a member of the value; undefined if it does not exist or
    /// the value is not an object.
    pub(crate) fn member(self, name: &str) -> Self {
        let members = self.json.and_then(|json| serde_json::from_str(json.get()).ok());
        let members: HashMap<Cow<'a, str>, &'a RawValue> = members.unwrap_or_default();
        let below = |mut path: Path<'a>| {
            let is_below = matches!(path.0.first(), Some(Segment::Key(key)) if key == name);
            is_below.then(|| Path(path.0.split_off(1)))
        };
        let meta = self.meta.into_iter().filter_map(|MetaEntry { code, path }| {
            let path = path.map(below);
            // An invalid path has no path below it.
            Some(MetaEntry { code, path: Some(path??) })
        });
        let files = self.files.into_iter().filter_map(|(path, file)| Some((below(path)?, file)));
        Self {
            json: members.get(name).copied(),
            meta: meta.collect(),
            maps: None,
            files: files.collect(),
        }
    }

    /// Copies the text, so that the envelope owns it.
    pub(crate) fn into_owned(self) -> OwnedEnvelope {
        let files = self.files.into_iter();
        let meta = (!self.meta.is_empty()).then(|| serde_json::value::to_raw_value(&self.meta));
        OwnedEnvelope {
            json: self.json.map(ToOwned::to_owned),
            // Numbers and texts can be written.
            meta: meta.and_then(Result::ok),
            files: files.map(|(path, file)| (path.into_owned(), file)).collect(),
        }
    }

    /// Returns the text of the value, if it is plain JSON: defined, and without types.
    pub(crate) fn plain_text(&self) -> Option<&'a str> {
        let is_plain = self.meta.is_empty() && self.files.is_empty();
        self.json.filter(|_| is_plain).map(RawValue::get)
    }

    /// Returns the value, if it is plain JSON: defined, and without types. Its numbers
    /// are those of JavaScript.
    pub(crate) fn plain_json(&self) -> Result<Option<Json>, Malformed> {
        if !self.meta.is_empty() || !self.files.is_empty() {
            return Ok(None);
        }
        let mut json = self.json()?;
        json.iter_mut().for_each(normalise_numbers);
        Ok(json)
    }

    /// Returns the value as a tree of JSON, without the types in `meta`.
    fn json(&self) -> Result<Option<Json>, Malformed> {
        self.json.map(|json| serde_json::from_str(json.get()).map_err(|_| Malformed)).transpose()
    }

    /// Returns the value with its types, including the user-defined ones with these
    /// codes. The paths are those of dates that cannot be parsed reliably.
    pub(crate) fn value(&self, codes: &[u32]) -> Result<(Value, Vec<Vec<PathSegment>>), Malformed> {
        let Some(mut json) = self.json()? else {
            let is_plain = self.meta.iter().all(|entry| entry.kind(codes).is_none());
            return if is_plain && self.files.is_empty() {
                Ok((Value::Undefined, Vec::new()))
            } else {
                Err(Malformed)
            };
        };
        let mut marks = Marks::default();
        let mut unreadable = Vec::new();
        for (path, file) in &self.files {
            let (target, _) = path.find(&json, &marks)?;
            let mark = Mark::File(file.clone());
            if marks.insert(std::ptr::from_ref(target), mark).is_some() {
                return Err(Malformed);
            }
        }
        for entry in &self.meta {
            let Some(kind) = entry.kind(codes) else { continue };
            let (target, path) = entry.path.as_ref().ok_or(Malformed)?.find(&json, &marks)?;
            let mark = Mark::new(kind, target)?;
            if let Mark::UnreadableDate = mark {
                unreadable.push(path);
            }
            let address = std::ptr::from_ref(target);
            let mark = match (mark, marks.remove(&address)) {
                (mark, None) => mark,
                // The form of a user-defined type may have a special type itself.
                (Mark::Custom(code, depth, _), Some(form)) if form.depth() < MAX_FORMS => {
                    Mark::Custom(code, depth + form.depth(), Some(Box::new(form)))
                }
                _ => return Err(Malformed),
            };
            marks.insert(address, mark);
        }
        Ok((typed(&mut json, &mut marks)?, unreadable))
    }
}

/// Types of the nodes of a JSON tree, by address: the tree does not move while there
/// are marks.
type Marks = HashMap<*const Json, Mark>;

/// Type of a value, from its type code.
enum Mark {
    BigInt(BigInt),
    Date(Date),
    UnreadableDate,
    Nan,
    Undefined,
    Url(Url),
    RegExp(RegExp),
    Set,
    Map,
    File(File),
    /// A user-defined type: its code, the nesting of its form, and the form's type.
    Custom(u32, usize, Option<Box<Mark>>),
}

impl Mark {
    /// Returns the nesting of user-defined types.
    fn depth(&self) -> usize {
        match self {
            Self::Custom(_, depth, _) => *depth,
            _ => 0,
        }
    }
}

impl Path<'_> {
    fn into_owned(self) -> Path<'static> {
        let segments = self.0.into_iter().map(|segment| match segment {
            Segment::Key(key) => Segment::Key(Cow::Owned(key.into_owned())),
            Segment::Index(index) => Segment::Index(index),
        });
        Path(segments.collect())
    }

    /// Finds the value at the path, and the path as the containers spell it. Follows
    /// own members of JSON values only: values that already have another type are not
    /// entered.
    fn find<'v>(
        &self,
        root: &'v Json,
        marks: &Marks,
    ) -> Result<(&'v Json, Vec<PathSegment>), Malformed> {
        let mut target = root;
        let mut path = Vec::with_capacity(self.0.len());
        for segment in &self.0 {
            if marks.contains_key(&std::ptr::from_ref(target)) {
                return Err(Malformed);
            }
            let step = segment.step_into(target).ok_or(Malformed)?;
            path.push(step.0);
            target = step.1;
        }
        Ok((target, path))
    }
}

impl MetaEntry<'_> {
    /// Returns the type of the code, either built in or among the given codes; `None`
    /// for other codes, whatever their path is.
    fn kind(&self, codes: &[u32]) -> Option<Kind> {
        let custom = || u32::try_from(self.code).ok().filter(|code| codes.contains(code));
        Kind::built_in(self.code).or_else(|| custom().map(Kind::Custom))
    }
}

impl Mark {
    /// Checks the JSON of a value against its type.
    fn new(kind: Kind, target: &Json) -> Result<Self, Malformed> {
        let text = || target.as_str().ok_or(Malformed);
        let null = || target.is_null().then_some(()).ok_or(Malformed);
        Ok(match kind {
            Kind::BigInt => Self::BigInt(text()?.parse().map_err(|_| Malformed)?),
            Kind::Date if target.is_null() => Self::Date(Date::INVALID),
            Kind::Date => Date::of_javascript(text()?).map_or(Self::UnreadableDate, Self::Date),
            Kind::Nan => null().map(|()| Self::Nan)?,
            Kind::Undefined => null().map(|()| Self::Undefined)?,
            Kind::Url => Self::Url(text()?.parse().map_err(|_| Malformed)?),
            Kind::RegExp => Self::RegExp(text()?.parse().map_err(|_| Malformed)?),
            Kind::Set if target.is_array() => Self::Set,
            Kind::Map if target.is_array() => Self::Map,
            Kind::Custom(code) => Self::Custom(code, 1, None),
            Kind::Set | Kind::Map | Kind::File => return Err(Malformed),
        })
    }
}

/// Converts a tree of JSON to a value, and consumes the tree.
fn typed(json: &mut Json, marks: &mut Marks) -> Result<Value, Malformed> {
    let mark = if marks.is_empty() { None } else { marks.remove(&std::ptr::from_ref(json)) };
    marked(json, mark, marks)
}

fn marked(json: &mut Json, mark: Option<Mark>, marks: &mut Marks) -> Result<Value, Malformed> {
    match mark {
        None => plain(json, marks),
        Some(Mark::BigInt(big)) => Ok(Value::BigInt(big)),
        Some(Mark::Date(date)) => Ok(Value::Date(date)),
        Some(Mark::UnreadableDate) => Ok(Value::Date(Date::INVALID)),
        Some(Mark::Nan) => Ok(Value::Number(f64::NAN)),
        Some(Mark::Undefined) => Ok(Value::Undefined),
        Some(Mark::Url(url)) => Ok(Value::Url(url)),
        Some(Mark::RegExp(pattern)) => Ok(Value::RegExp(pattern)),
        Some(Mark::File(file)) => Ok(Value::File(file)),
        Some(Mark::Set) => match plain(json, marks)? {
            Value::Array(members) => Ok(Value::Set(Set(distinct(members)))),
            _ => Err(Malformed),
        },
        Some(Mark::Map) => match plain(json, marks)? {
            Value::Array(items) => {
                let mut entries = Vec::with_capacity(items.len());
                for item in items {
                    entries.push(map_entry(item)?);
                }
                Ok(Value::Map(Map(distinct_keys(entries))))
            }
            _ => Err(Malformed),
        },
        Some(Mark::Custom(code, _, form)) => {
            let form = marked(json, form.map(|form| *form), marks)?;
            Ok(Value::Custom(Box::new(Coded::new(code, form))))
        }
    }
}

fn plain(json: &mut Json, marks: &mut Marks) -> Result<Value, Malformed> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => Value::Number(number.as_f64().ok_or(Malformed)?),
        Json::String(text) => Value::String(std::mem::take(text)),
        Json::Array(items) => {
            // Values that have been read are freed; the addresses of the others stay
            // valid.
            let mut items = std::mem::take(items);
            let mut typed_items = Vec::with_capacity(items.len());
            for item in &mut items {
                typed_items.push(typed(item, marks)?);
            }
            Value::Array(typed_items)
        }
        Json::Object(members) => {
            let mut typed_members = Object::with_capacity(members.len());
            for (name, member) in members {
                match typed(member, marks)? {
                    // An undefined member is omitted.
                    Value::Undefined => {}
                    value => drop(typed_members.insert(name.clone(), value)),
                }
            }
            Value::Object(typed_members)
        }
    })
}

/// Returns key and value of a map's entry: missing ones are undefined, further ones
/// ignored.
fn map_entry(entry: Value) -> Result<(Value, Value), Malformed> {
    let Value::Array(entry) = entry else { return Err(Malformed) };
    let mut entry = entry.into_iter();
    Ok((entry.next().unwrap_or_default(), entry.next().unwrap_or_default()))
}

impl Segment<'_> {
    /// Returns the own member of a container, with the segment as the container spells
    /// it: an index may be written as a key and a key as an index.
    fn step_into<'v>(&self, container: &'v Json) -> Option<(PathSegment, &'v Json)> {
        match container {
            Json::Array(items) => {
                let index = match self {
                    Segment::Index(index) => usize::try_from(*index).ok()?,
                    Segment::Key(key) => array_index(key)?,
                };
                Some((PathSegment::Index(index), items.get(index)?))
            }
            Json::Object(members) => {
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

/// Parses an array index as JavaScript spells it.
fn array_index(key: &str) -> Option<usize> {
    let canonical =
        key == "0" || (!key.starts_with('0') && key.bytes().all(|b| b.is_ascii_digit()));
    if canonical { key.parse().ok() } else { None }
}

/// Appends the envelope of a plain JSON value. On failure `out` keeps its length.
pub(crate) fn write_plain(
    value: &dyn Serialised,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let start = out.len();
    out.extend_from_slice(b"{\"json\":");
    write_json(value, out).inspect_err(|_| out.truncate(start))?;
    out.push(b'}');
    Ok(())
}

/// Appends the envelope of a value of any type, and returns its files. With `maps` the
/// envelope has their places; otherwise the files are dropped. On failure `out` keeps
/// its length.
pub(crate) fn write_typed(
    value: &dyn Serialised,
    integers: Integers<'_>,
    maps: bool,
    out: &mut Vec<u8>,
) -> Result<Vec<File>, serde_json::Error> {
    let start = out.len();
    out.extend_from_slice(b"{\"json\":");
    let mut meta = Meta::default();
    match write_value(value, integers, out, &mut meta).inspect_err(|_| out.truncate(start))? {
        Written::Value => meta.write("", out),
        Written::Undefined => out.truncate(start + 1),
    }
    if maps {
        meta.write_maps("", out);
    }
    out.push(b'}');
    Ok(meta.files().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_that_owns_its_text_takes_no_more_than_it() {
        let items = vec!["[1,\"a\",0]"; MAX_META].join(",");
        let text = format!("{{\"json\":{{\"a\":[\"1\"]}},\"meta\":[{items}]}}");
        let owned = Envelope::parse(text.as_bytes()).unwrap().into_owned();
        let kept = size_of_val(owned.json.as_deref().unwrap())
            + size_of_val(owned.meta.as_deref().unwrap());
        assert!(kept <= text.len(), "{kept} of {}", text.len());
    }

    #[test]
    fn items_come_back_as_they_were_read() {
        let text = br#"{"json":{},"meta":[[1],[2,"a\"\u00fc\n",3,""],[3,-1],[4,{},"b"],[1,2.0],[18446744073709551615,4294967295]]}"#;
        let envelope = Envelope::parse(text).unwrap();
        assert_eq!(envelope.meta.len(), 6);
        let written = format!("{:?}", envelope.meta);
        let owned = envelope.into_owned();
        assert_eq!(format!("{:?}", owned.borrow().meta), written);
        let none = Envelope::parse(b"{\"json\":1}").unwrap().into_owned();
        assert!(none.meta.is_none() && none.borrow().meta.is_empty());
    }
}
