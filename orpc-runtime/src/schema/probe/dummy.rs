//! A source of dummy values, which compares names on its way.

use serde::de::Expected;
use serde_json::Value;

use super::{
    Any, DEEPEST, Explorer, Key, Names, constants, properties, property_names, takes_any_text,
};
use crate::value::{Ask, Given, ReadError, Source, SourceKey};

/// Maximum number of nested options, lists, tuples and maps without a type that has a name.
const MOST_NAMELESS: usize = 64;

/// A text that is no name.
const NO_NAME: &str = "\u{0}";

/// A place of a dummy value.
#[derive(Clone)]
pub(super) struct Probe<'e, 's> {
    explorer: &'e Explorer<'s>,
    /// The schemas of this place.
    nodes: Vec<&'s Value>,
    /// The place, for people.
    place: String,
    /// The lists of names around this place: a type in itself is not entered again.
    open: Vec<Key>,
    /// The number of types without a name directly around this place.
    nameless: usize,
    /// The struct around this place, and whether it is by the derive of this crate: the tag
    /// of an adjacently tagged enum has its name.
    owner: (&'static str, bool),
}

impl<'e, 's> Probe<'e, 's> {
    pub(super) fn new(explorer: &'e Explorer<'s>, schema: Option<&'s Value>, place: &str) -> Self {
        Self {
            explorer,
            nodes: schema.into_iter().collect(),
            place: place.to_owned(),
            open: Vec::new(),
            nameless: 0,
            owner: ("", false),
        }
    }

    fn at(&self, nodes: Vec<&'s Value>, step: &str) -> Self {
        let (explorer, open) = (self.explorer, self.open.clone());
        let place = format!("{}{step}", self.place);
        let (nameless, owner) = (self.nameless, self.owner);
        Self { explorer, nodes, place, open, nameless, owner }
    }

    /// Enters a type without a name; fails where such types alone recurse.
    fn enter_nameless(&mut self) -> Result<(), ReadError> {
        self.nameless += 1;
        if self.nameless <= MOST_NAMELESS {
            return Ok(());
        }
        let place = self.place.split(['[', '{']).next().unwrap_or_default();
        self.explorer.faults.borrow_mut().push(format!(
            "the type `{place}` recurses without a struct or enum in between: its schema has no end"
        ));
        Err(ReadError::refused())
    }

    /// Enters a type; fails where it is entered already.
    fn enter(&mut self, names: Names) -> Result<(), ReadError> {
        let key = names.key();
        if self.open.len() > DEEPEST || (!names.list.is_empty() && self.open.contains(&key)) {
            return Err(ReadError::refused());
        }
        self.open.push(key);
        self.nameless = 0;
        Ok(())
    }

    /// Returns the elements of a list, or of a tuple of that length, the last one first.
    fn elements(&self, length: usize) -> Frame<'e, 's> {
        let (parts, _) = self.explorer.parts(&self.nodes);
        let element = |index: usize| -> Vec<&'s Value> {
            let prefix = parts.iter().filter_map(|part| part.get("prefixItems")?.get(index));
            prefix.chain(parts.iter().filter_map(|part| part.get("items"))).collect()
        };
        let elements = (0..length).map(|index| self.at(element(index), &format!("[{index}]")));
        Frame::Elements(elements.rev().collect())
    }

    /// Returns the members of a struct, the last one first: the names that the schema knows as
    /// well, those that no pass has reached first.
    fn members(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
    ) -> Result<Frame<'e, 's>, ReadError> {
        let names = Names { of: name, list: fields };
        self.enter(names)?;
        let (parts, is_derived) = self.explorer.parts(&self.nodes);
        self.owner = (name, is_derived);
        let known = property_names(&parts);
        if !is_derived {
            self.explorer.compare(&self.place, fields, &known, "field");
        }
        let mut given: Vec<_> =
            fields.iter().copied().filter(|name| known.contains(name)).collect();
        if self.explorer.refs.is_none() {
            // One at a time: aliases of one field together are refused.
            let next = fields.iter().find(|name| !self.explorer.is_reached(names, name));
            given = next.or(fields.first()).copied().into_iter().collect();
        }
        given.sort_by_key(|name| !self.explorer.is_reached(names, name));
        let members = given
            .into_iter()
            .map(|name| (name, self.at(properties(&parts, name), &format!(".{name}"))));
        Ok(Frame::Members { left: members.collect(), of: Some(names) })
    }

    /// Returns the next variant of an enum.
    fn chosen(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
    ) -> Result<Frame<'e, 's>, ReadError> {
        if name.starts_with('$') {
            return Err(ReadError::refused());
        }
        let names = Names { of: name, list: variants };
        self.enter(names)?;
        let (parts, is_derived) = self.explorer.parts(&self.nodes);
        let is_derived = is_derived || self.owner == (name, true);
        let (texts, objects) = (constants(&parts), property_names(&parts));
        if !is_derived {
            let known = [texts.as_slice(), &objects].concat();
            self.explorer.compare(&self.place, variants, &known, "variant");
        }
        let known =
            variants.iter().copied().filter(|it| texts.contains(it) || objects.contains(it));
        let next = std::iter::once(NO_NAME)
            .chain(known)
            .find(|name| !self.explorer.is_reached(names, name))
            .or_else(|| variants.first().copied());
        let variant = next.ok_or_else(ReadError::refused)?;
        self.explorer.reach(names, variant);
        let nodes = properties(&parts, variant);
        Ok(Frame::Chosen(Chosen {
            probe: self.at(nodes, &format!(".{variant}")),
            variant,
            is_named: false,
            is_text: texts.contains(&variant),
            is_compared: !is_derived && !parts.is_empty(),
            takes_any_text: takes_any_text(&parts),
            has_names: !texts.is_empty() || !objects.is_empty(),
        }))
    }

    /// Returns the tag of an enum that is known by now, or nothing.
    fn any(self) -> Frame<'e, 's> {
        let tags = self.explorer.tags.borrow();
        let tag = tags.iter().find(|(place, _)| *place == self.place).map(|(_, tag)| *tag);
        drop(tags);
        self.explorer.any.replace(Some(Any { place: self.place, nodes: self.nodes }));
        Frame::Tag(tag)
    }
}

/// A pass over a type: the source of one dummy value.
pub(super) struct Pass<'e, 's> {
    next: Next<'e, 's>,
    open: Vec<Frame<'e, 's>>,
    /// The name of a variant has been given, and nothing since.
    is_at_variant: bool,
}

/// The next value.
enum Next<'e, 's> {
    Dummy(Probe<'e, 's>),
    NoName,
    /// The value has been taken.
    Nothing,
}

/// A list or map that has been entered.
enum Frame<'e, 's> {
    Elements(Vec<Probe<'e, 's>>),
    Members { left: Vec<(&'static str, Probe<'e, 's>)>, of: Option<Names> },
    Tag(Option<&'static str>),
    Chosen(Chosen<'e, 's>),
}

impl<'e, 's> Pass<'e, 's> {
    pub(super) fn new(root: Probe<'e, 's>) -> Self {
        Self { next: Next::Dummy(root), open: Vec::new(), is_at_variant: false }
    }

    /// Returns `true` if the last thing that was read is the name of a variant.
    pub(super) fn is_at_variant(&self) -> bool {
        self.is_at_variant
    }

    fn enter(&mut self, frame: Frame<'e, 's>) -> Given<'static> {
        let is_list = matches!(frame, Frame::Elements(_));
        self.open.push(frame);
        if is_list { Given::Items } else { Given::Members }
    }

    fn innermost(&mut self, depth: usize) -> Option<&mut Frame<'e, 's>> {
        self.open.truncate(depth);
        self.next = Next::Nothing;
        self.is_at_variant = false;
        self.open.last_mut()
    }
}

impl Source<'static> for Pass<'_, '_> {
    fn value(&mut self, ask: Ask, _: &dyn Expected) -> Result<Given<'static>, ReadError> {
        self.is_at_variant = false;
        let mut probe = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Dummy(probe) => probe,
            Next::NoName => return Ok(Given::Text(NO_NAME.into())),
            Next::Nothing => return Err(ReadError::refused()),
        };
        let frame = match ask {
            Ask::Bool => return Ok(Given::Bool(false)),
            Ask::Number | Ask::Wide => return Ok(Given::Unsigned(0)),
            Ask::Text | Ask::Bytes => return Ok(Given::Text("".into())),
            Ask::Char => return Ok(Given::Text("a".into())),
            Ask::Identifier => return Ok(Given::Text(NO_NAME.into())),
            Ask::Unit | Ask::Ignored => return Ok(Given::Unit),
            Ask::Option | Ask::Newtype(_) => {
                match ask {
                    Ask::Option => probe.enter_nameless()?,
                    _ => probe.enter(Names { of: "", list: &[] })?,
                }
                self.next = Next::Dummy(probe);
                return Ok(Given::Inner);
            }
            Ask::Any => probe.any(),
            Ask::Seq => {
                probe.enter_nameless()?;
                probe.elements(1)
            }
            Ask::Tuple(length) => {
                probe.enter_nameless()?;
                probe.elements(length.min(DEEPEST))
            }
            Ask::Map => {
                probe.enter_nameless()?;
                let (parts, _) = probe.explorer.parts(&probe.nodes);
                let values = parts.iter().filter_map(|part| part.get("additionalProperties"));
                let value = probe.at(values.collect(), "{}");
                Frame::Members { left: vec![("0", value)], of: None }
            }
            // Such names are agreements between a type and its own deserialiser.
            Ask::Struct(name, _) if name.starts_with('$') => return Err(ReadError::refused()),
            Ask::Struct(name, fields) => probe.members(name, fields)?,
            Ask::Enum(name, variants) => probe.chosen(name, variants)?,
        };
        Ok(self.enter(frame))
    }

    fn depth(&self) -> usize {
        self.open.len()
    }

    fn item(&mut self, depth: usize) -> Result<bool, ReadError> {
        let Some(Frame::Elements(left)) = self.innermost(depth) else { return Ok(false) };
        let Some(probe) = left.pop() else { return Ok(false) };
        self.next = Next::Dummy(probe);
        Ok(true)
    }

    fn member(&mut self, depth: usize) -> Result<Option<SourceKey<'static>>, ReadError> {
        let (name, next) = match self.innermost(depth) {
            Some(Frame::Members { left, of }) => {
                let Some((name, probe)) = left.pop() else { return Ok(None) };
                if let Some(names) = *of {
                    probe.explorer.reach(names, name);
                }
                (name, Next::Dummy(probe))
            }
            Some(Frame::Tag(tag)) => {
                let Some(tag) = tag.take() else { return Ok(None) };
                (tag, Next::NoName)
            }
            Some(Frame::Chosen(chosen)) if !chosen.is_named => {
                chosen.is_named = true;
                let next = (chosen.variant, Next::Dummy(chosen.probe.clone()));
                self.is_at_variant = true;
                next
            }
            _ => return Ok(None),
        };
        self.next = next;
        Ok(Some(SourceKey::Name(name)))
    }

    fn variant(&mut self, has_payload: bool) {
        self.is_at_variant = false;
        if let Some(Frame::Chosen(chosen)) = self.open.last() {
            chosen.compare(has_payload);
        }
    }
}

/// One variant of an enum.
struct Chosen<'e, 's> {
    probe: Probe<'e, 's>,
    variant: &'static str,
    /// Its name has been given.
    is_named: bool,
    /// The schema has the variant as a text.
    is_text: bool,
    is_compared: bool,
    takes_any_text: bool,
    has_names: bool,
}

impl Chosen<'_, '_> {
    /// Reports a name or a payload that only one of serde and the schema knows.
    fn compare(&self, has_payload: bool) {
        let (explorer, place) = (self.probe.explorer, &self.probe.place);
        if !self.is_compared {
            return;
        }
        if self.variant == NO_NAME {
            if self.has_names && !self.takes_any_text {
                explorer.fault(
                    place.trim_end_matches(['.', '\u{0}']),
                    format_args!(
                        "serde reads every name as its variant `other`, which its JSON Schema refuses"
                    ),
                );
            }
            return;
        }
        let (is_text, is_object) = (self.is_text, !self.probe.nodes.is_empty());
        if !has_payload && !is_text && is_object {
            let fault = format_args!("serde skips the payload, which its JSON Schema asks for");
            explorer.fault(place, fault);
        }
        if has_payload && is_text && !is_object {
            let fault = format_args!("serde reads a payload, which its JSON Schema lacks");
            explorer.fault(place, fault);
        }
    }
}
