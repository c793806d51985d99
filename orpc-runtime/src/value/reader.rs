//! A [`Value`] as the source of values for a type.

use serde::de::{Error as _, Expected, Unexpected};

use super::bigint_paths::{Place, Places};
use super::dynamic::Value;
use super::file::hold;
use super::json::{exact_integer, to_raw};
use super::kind::{self, Kind};
use super::path::PathSegment;
use super::source::{self, Ask, Error, Given, Key, Source};
use super::{Map, Set};

/// The name under which `serde_json::value::RawValue` requests JSON text, as the only
/// entry of a map.
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Reads a tree of values. Special values reach the wrapper types, and others that preserve
/// their kind, with their type; where serde buffers them, with a tag.
pub(crate) struct Reader<'a> {
    next: Next<'a>,
    /// The lists and maps around the next value.
    open: Vec<Open<'a>>,
}

/// The next value.
enum Next<'a> {
    Value(&'a Value),
    /// A special value in its plain form.
    Plain(&'a Value),
    /// An entry of a map, which is a list of both.
    Pair(&'a (Value, Value)),
    Text(String),
    /// The value has been taken.
    Nothing,
}

/// A list or map that has been entered.
struct Open<'a> {
    rest: Rest<'a>,
    /// Place in the type, if it has integers that may be bigints.
    place: Option<Place<'a>>,
    /// The step to the value that has been read last.
    segment: Option<PathSegment>,
}

/// The rest of a list or map.
enum Rest<'a> {
    Items(std::iter::Enumerate<std::slice::Iter<'a, Value>>),
    Entries(std::iter::Enumerate<std::slice::Iter<'a, (Value, Value)>>),
    Pair(std::iter::Enumerate<std::array::IntoIter<&'a Value, 2>>),
    Members(indexmap::map::Iter<'a, String, Value>),
    /// The name of a variant and its payload.
    Variant(indexmap::map::Iter<'a, String, Value>),
    /// A special value as the only member of a map.
    Tagged(Option<(Kind, &'a Value)>),
    /// JSON text as the only member of a map.
    Raw(Option<String>),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(value: &'a Value, places: Option<&'a Places>) -> Self {
        let root = Open { rest: Rest::Raw(None), place: places.map(Places::root), segment: None };
        Self { next: Next::Value(value), open: vec![root] }
    }

    /// Returns the path of an error.
    pub(crate) fn path(&self, error: &Error) -> Vec<PathSegment> {
        source::path(self.open.iter().map(|open| open.segment.clone()), error)
    }

    /// Returns the place of the next value in the type.
    fn place(&self) -> Option<Place<'a>> {
        let open = self.open.last()?;
        match &open.segment {
            Some(PathSegment::Key(name)) => open.place.and_then(|place| place.member(name)),
            Some(PathSegment::Index(index)) => open.place.and_then(|place| place.item(*index)),
            None => open.place,
        }
    }

    fn enter(&mut self, rest: Rest<'a>, place: Option<Place<'a>>) -> Given<'a> {
        let given = match rest {
            Rest::Items(_) | Rest::Entries(_) | Rest::Pair(_) => Given::Items,
            _ => Given::Members,
        };
        self.open.push(Open { rest, place, segment: None });
        given
    }

    fn items(&mut self, items: &'a [Value]) -> Given<'a> {
        let place = self.place();
        self.enter(Rest::Items(items.iter().enumerate()), place)
    }

    /// Gives a value as it is.
    fn any(&mut self, value: &'a Value) -> Given<'a> {
        let place = self.place();
        match value {
            // Undefined is null for all types except those that ask for it by name.
            Value::Undefined | Value::Null => Given::Unit,
            Value::Bool(bool) => Given::Bool(*bool),
            Value::Number(number) => match exact_integer(*number) {
                Some(integer) => match u64::try_from(integer) {
                    Ok(integer) => Given::Unsigned(integer),
                    Err(_) => Given::Negative(integer),
                },
                None => Given::Float(*number),
            },
            Value::String(text) => Given::Text(text.into()),
            Value::Array(items) => self.items(items),
            Value::Object(members) => self.enter(Rest::Members(members.iter()), place),
            Value::BigInt(_) if place.is_some_and(Place::is_wide) => self.integer(value),
            special => self.enter(Rest::Tagged(special.kind().map(|kind| (kind, special))), place),
        }
    }

    /// Gives an integer, which may be a bigint.
    fn integer(&mut self, value: &'a Value) -> Given<'a> {
        let Value::BigInt(big) = value else { return self.any(value) };
        if let Ok(integer) = u64::try_from(big) {
            Given::Unsigned(integer)
        } else if let Ok(integer) = i64::try_from(big) {
            Given::Negative(integer)
        } else if let Ok(integer) = u128::try_from(big) {
            Given::Wide(integer)
        } else if let Ok(integer) = i128::try_from(big) {
            Given::NegativeWide(integer)
        } else {
            Given::Huge
        }
    }

    /// Gives the plain form of a special value.
    fn plain(&mut self, value: &'a Value) -> Given<'a> {
        match value {
            Value::BigInt(big) => Given::Text(big.as_str().into()),
            Value::Date(date) => date.iso().map_or(Given::Unit, |text| Given::Text(text.into())),
            Value::Url(url) => Given::Text(url.as_str().into()),
            Value::RegExp(pattern) => Given::Text(pattern.to_string().into()),
            Value::Set(Set(members)) => self.items(members),
            Value::Map(Map(entries)) => {
                let place = self.place().and_then(|place| place.item(0));
                self.enter(Rest::Entries(entries.iter().enumerate()), place)
            }
            Value::Custom(coded) => self.any(coded.form()),
            Value::File(file) => Given::Unsigned(hold(file)),
            Value::Undefined => Given::Unit,
            _ => self.any(value),
        }
    }

    /// Gives a value to a newtype struct of that name.
    fn newtype(&mut self, name: &'static str, value: &'a Value) -> Result<Given<'a>, Error> {
        let kind = value.kind();
        let place = self.place();
        if name == RAW_VALUE {
            let text = to_raw(value).map_err(Error::custom)?;
            return Ok(self.enter(Rest::Raw(Some(Box::<str>::from(text).into())), place));
        }
        // Only names of special types have this prefix.
        let asked = if name.starts_with('$') { Kind::of_tag(name) } else { None };
        let is_undefined = name == kind::VALUE && kind == Some(Kind::Undefined);
        if let Some(kind) = kind
            && (is_undefined || asked == Some(kind))
        {
            return Ok(self.enter(Rest::Tagged(Some((kind, value))), place));
        }
        self.next = Next::Value(value);
        Ok(Given::Inner)
    }

    /// Leaves all but that number of lists and maps, and goes on in the last one.
    fn innermost(&mut self, depth: usize) -> Option<&mut Open<'a>> {
        self.open.truncate(depth);
        self.next = Next::Nothing;
        let open = self.open.last_mut()?;
        open.segment = None;
        Some(open)
    }
}

impl<'a> Source<'a> for Reader<'a> {
    fn value(&mut self, ask: Ask, expected: &dyn Expected) -> Result<Given<'a>, Error> {
        Ok(match (std::mem::replace(&mut self.next, Next::Nothing), ask) {
            (Next::Value(Value::Undefined | Value::Null), Ask::Option) => Given::Unit,
            (Next::Plain(Value::Date(date)), Ask::Option) if date.millis().is_none() => Given::Unit,
            (next @ (Next::Value(_) | Next::Plain(_)), Ask::Option) => {
                self.next = next;
                Given::Inner
            }
            (Next::Value(value), Ask::Newtype(name)) => self.newtype(name, value)?,
            // The form may have a special type again.
            (Next::Plain(Value::Custom(coded)), Ask::Newtype(name)) => {
                self.newtype(name, coded.form())?
            }
            (next @ Next::Plain(_), Ask::Newtype(_)) => {
                self.next = next;
                Given::Inner
            }
            (Next::Value(Value::String(variant)), Ask::Enum(..)) => Given::Text(variant.into()),
            (Next::Value(Value::Object(members)), Ask::Enum(..)) if members.len() == 1 => {
                let place = self.place();
                self.enter(Rest::Variant(members.iter()), place)
            }
            (Next::Value(_), Ask::Enum(..)) => {
                let other = Unexpected::Other("another value");
                return Err(Error::invalid_type(other, &"an enum"));
            }
            (Next::Value(value), Ask::Wide) => self.integer(value),
            (Next::Value(value), _) => self.any(value),
            (Next::Plain(value), _) => self.plain(value),
            (Next::Pair((key, value)), _) => {
                let place = self.open.last().and_then(|open| open.place);
                self.enter(Rest::Pair([key, value].into_iter().enumerate()), place)
            }
            (Next::Text(text), _) => Given::Text(text.into()),
            (Next::Nothing, _) => {
                return Err(Error::invalid_type(Unexpected::Other("nothing"), expected));
            }
        })
    }

    fn depth(&self) -> usize {
        self.open.len()
    }

    fn item(&mut self, depth: usize) -> Result<bool, Error> {
        let Some(open) = self.innermost(depth) else { return Ok(false) };
        let (index, next) = match &mut open.rest {
            Rest::Items(rest) => rest.next().map(|(index, value)| (index, Next::Value(value))),
            Rest::Entries(rest) => rest.next().map(|(index, pair)| (index, Next::Pair(pair))),
            Rest::Pair(rest) => rest.next().map(|(index, value)| (index, Next::Value(value))),
            _ => None,
        }
        .unzip();
        open.segment = index.map(PathSegment::Index);
        if let Some(next) = next {
            self.next = next;
        }
        Ok(index.is_some())
    }

    fn member(&mut self, depth: usize) -> Result<Option<Key<'a>>, Error> {
        let Some(open) = self.innermost(depth) else { return Ok(None) };
        match &mut open.rest {
            Rest::Members(rest) => {
                let Some((name, value)) = rest.next() else { return Ok(None) };
                open.segment = Some(PathSegment::Key(name.clone()));
                self.next = Next::Value(value);
                Ok(Some(Key::Name(name)))
            }
            // Its name is no step of a path.
            Rest::Variant(rest) => {
                let Some((name, value)) = rest.next() else { return Ok(None) };
                open.place = open.place.and_then(|place| place.member(name));
                self.next = Next::Value(value);
                Ok(Some(Key::Name(name)))
            }
            Rest::Tagged(rest) => {
                let Some((kind, value)) = rest.take() else { return Ok(None) };
                self.next = Next::Plain(value);
                Ok(Some(Key::Tag(kind.tag())))
            }
            Rest::Raw(rest) => {
                let Some(text) = rest.take() else { return Ok(None) };
                self.next = Next::Text(text);
                Ok(Some(Key::Name(RAW_VALUE)))
            }
            Rest::Items(_) | Rest::Entries(_) | Rest::Pair(_) => Ok(None),
        }
    }
}
