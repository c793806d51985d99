//! The text of an input on its way through a program.

use std::borrow::Cow;

use serde_json::Value;

use super::checks::Property;
use super::deserializer::Place;
use super::{ANYTHING, Checks, Node, NodeId, ONLY_NULL, Program, Rest, Tagged};
use crate::schema::instance::Instance;
use crate::schema::refs::Types;
use crate::value::tokens::{NotJson, Number, Text, Tokens};
use crate::value::{Name, ReadError, Source, SourceKey, normalise_numbers};

/// A value that the program refuses: the validator finds out why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused;

impl From<NotJson> for Refused {
    fn from(NotJson: NotJson) -> Self {
        Self
    }
}

/// A text on its way through a program, or a source of values.
pub(in crate::schema) struct Input<'p, 'de> {
    program: &'p Program,
    /// Empty if there is a source: it is asked when there are no tokens, so that reading a text
    /// costs nothing more.
    pub(super) tokens: Tokens<'de>,
    pub(super) source: Option<&'p mut (dyn Source<'de> + 'p)>,
    /// Bytes that may still be read twice: to find the tag of an object, to try a node, or for a
    /// validator.
    ahead: usize,
    /// Hashes of what may not stand twice in the open containers: names of members that are no
    /// properties, and items.
    hashes: Vec<u64>,
    /// Number of nodes that are being tried, one in the other.
    tried: usize,
}

/// Maximum number of nodes that are tried one in the other: a schema may refer to itself.
const MAX_TRIED: usize = 16;

/// A value that JSON names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Literal {
    Null,
    Bool(bool),
}

/// A node that accepts any value.
static ANY: Node = Node::Any;

/// The node of the values of a source.
static ELSEWHERE: Node = Node::Elsewhere;

/// A program that accepts any value.
static ANYTHING_AT_ALL: Program = Program { nodes: Vec::new(), root: 0 };

impl Program {
    /// Begins to read a text, or the value of an envelope that has nothing else.
    pub(in crate::schema) fn enter<'p, 'de>(
        &'p self,
        text: &'de str,
        is_envelope: bool,
    ) -> Option<Input<'p, 'de>> {
        let mut input = Input::new(self, text);
        if is_envelope {
            if input.tokens.peek() != Some(b'{') {
                return None;
            }
            input.tokens.open().ok()?;
            if input.tokens.next_member(true).ok()??.as_str() != "json" {
                return None;
            }
        }
        Some(input)
    }
}

impl<'p, 'de> Input<'p, 'de> {
    pub(super) fn new(program: &'p Program, text: &'de str) -> Self {
        /// Times that a text may be read ahead.
        const TIMES_AHEAD: usize = 4;
        /// Further bytes, so that a short text can be tried with many nodes.
        const MORE_AHEAD: usize = 256;

        let ahead = text.len().saturating_mul(TIMES_AHEAD).saturating_add(MORE_AHEAD);
        let tokens = Tokens::new(text);
        Self { program, tokens, source: None, ahead, hashes: Vec::new(), tried: 0 }
    }

    /// Creates the input of a text that may be any value.
    pub(in crate::schema) fn anything(text: &'de str) -> Self {
        Self::new(&ANYTHING_AT_ALL, text)
    }

    /// Creates the input of a source.
    pub(in crate::schema) fn of(source: &'p mut (dyn Source<'de> + 'p)) -> Self {
        Self { source: Some(source), ..Self::anything("") }
    }

    /// Returns the place of the whole value.
    pub(in crate::schema) fn root(&mut self) -> Place<'_, 'p, 'de> {
        let node = match &self.source {
            Some(_) => &ELSEWHERE,
            None => self.program.nodes.get(self.program.root).unwrap_or(&ANY),
        };
        Place { input: self, node }
    }

    /// Returns `true` if nothing follows the value.
    pub(in crate::schema) fn leave(mut self, is_envelope: bool) -> bool {
        let is_alone =
            !is_envelope || self.tokens.next_member(false).is_ok_and(|name| name.is_none());
        is_alone && self.tokens.end().is_ok()
    }

    fn node(&self, rest: Rest) -> Result<&'p Node, Refused> {
        match rest {
            Rest::Any => Ok(&ANY),
            Rest::Refused => Err(Refused),
            Rest::Of(node) => Ok(&self.program.nodes[node]),
        }
    }

    /// Returns `true` if no two of the hashes from that index on are equal, and removes them.
    fn are_distinct(&mut self, start: usize) -> bool {
        let hashes = &mut self.hashes[start..];
        hashes.sort_unstable();
        let are_distinct = hashes.is_sorted_by(|one, other| one < other);
        self.hashes.truncate(start);
        are_distinct
    }

    /// Returns the constraints of the next value.
    pub(super) fn checks(&mut self, mut node: &'p Node) -> Result<&'p Checks, Refused> {
        loop {
            match node {
                Node::Any => return Ok(&ANYTHING),
                Node::Same(target) => node = &self.program.nodes[*target],
                Node::Checks(checks) => return Ok(checks),
                Node::Nullable(inner) => {
                    if self.tokens.peek() == Some(b'n') {
                        return Ok(&ONLY_NULL);
                    }
                    node = &self.program.nodes[*inner];
                }
                Node::Tagged(tagged) => node = self.variant(tagged)?,
                Node::AnyOf(parts) => node = self.part(parts)?,
                Node::Elsewhere => return Err(Refused),
                Node::Other(validator) => {
                    let text = self.look_ahead(|input| {
                        input.tokens.peek();
                        let start = input.tokens.at();
                        input.skip(&ANY)?;
                        Ok(input.tokens.since(start))
                    })?;
                    let mut value: Value = serde_json::from_str(text).map_err(|_| Refused)?;
                    normalise_numbers(&mut value);
                    return if validator.is_valid(Instance::Plain(&value)) {
                        Ok(&ANYTHING)
                    } else {
                        Err(Refused)
                    };
                }
            }
        }
    }

    /// Reads without going on.
    fn look_ahead<R>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<R, Refused>,
    ) -> Result<R, Refused> {
        let tokens = self.tokens.clone();
        let result = read(self)?;
        let length = self.tokens.at() - tokens.at();
        self.ahead = self.ahead.checked_sub(length).ok_or(Refused)?;
        self.tokens = tokens;
        Ok(result)
    }

    /// Returns the first of several nodes that accepts the next value.
    fn part(&mut self, parts: &'p [NodeId]) -> Result<&'p Node, Refused> {
        if self.tried == MAX_TRIED {
            return Err(Refused);
        }
        let (tokens, hashes) = (self.tokens.clone(), self.hashes.len());
        self.tried += 1;
        for part in parts {
            // A try costs something even if it fails at once.
            self.ahead = self.ahead.checked_sub(1).ok_or(Refused)?;
            let node = &self.program.nodes[*part];
            let is_accepted = self.skip(node).is_ok();
            let length = self.tokens.at() - tokens.at();
            self.ahead = self.ahead.checked_sub(length).ok_or(Refused)?;
            self.tokens = tokens.clone();
            self.hashes.truncate(hashes);
            if is_accepted {
                self.tried -= 1;
                return Ok(node);
            }
        }
        Err(Refused)
    }

    /// Returns the variant that the tag of the next object names.
    fn variant(&mut self, tagged: &Tagged) -> Result<&'p Node, Refused> {
        let node = self.look_ahead(|input| {
            if input.tokens.peek() != Some(b'{') {
                return Err(Refused);
            }
            input.tokens.open()?;
            let mut is_first = true;
            while let Some(name) = input.tokens.next_member(is_first)? {
                is_first = false;
                if name.as_str() == &*tagged.tag {
                    if input.tokens.peek() != Some(b'"') {
                        return Err(Refused);
                    }
                    let name = input.tokens.string()?;
                    return tagged.variant(name.as_str()).ok_or(Refused);
                }
                input.skip(&ANY)?;
            }
            Err(Refused)
        })?;
        Ok(&self.program.nodes[node])
    }

    /// Reads a text, whose quotation mark is the next byte.
    #[inline]
    pub(super) fn text(&mut self, checks: &Checks) -> Result<Text<'de>, Refused> {
        let text = self.tokens.string()?;
        let is_valid = checks.types.has(Types::STRING) && checks.text.accept(text.as_str());
        if is_valid { Ok(text) } else { Err(Refused) }
    }

    /// Reads a number, whose first byte is the next one.
    #[inline]
    pub(super) fn number(&mut self, checks: &Checks) -> Result<Number, Refused> {
        let number = self.tokens.number()?;
        let is_valid = checks.types.has(Types::NUMBER) && checks.number.accept(number);
        if is_valid { Ok(number) } else { Err(Refused) }
    }

    /// Reads a literal.
    pub(super) fn literal(&mut self, checks: &Checks) -> Result<Literal, Refused> {
        let (text, literal, of) = match self.tokens.peek() {
            Some(b'n') => ("null", Literal::Null, Types::NULL),
            Some(b't') => ("true", Literal::Bool(true), Types::BOOLEAN),
            Some(b'f') => ("false", Literal::Bool(false), Types::BOOLEAN),
            _ => return Err(Refused),
        };
        self.tokens.literal(text)?;
        if checks.types.has(of) { Ok(literal) } else { Err(Refused) }
    }

    /// Checks the next value and discards it.
    pub(super) fn skip(&mut self, node: &'p Node) -> Result<(), Refused> {
        let checks = self.checks(node)?;
        match self.tokens.peek() {
            Some(b'{') => {
                let mut members = Members::open(self, checks)?;
                while members.next()?.is_some() {
                    let node = members.node;
                    members.input.skip(node)?;
                }
            }
            Some(b'[') => {
                let mut items = Items::open(self, checks)?;
                while let Some(node) = items.next()? {
                    items.input.skip(node)?;
                }
            }
            Some(b'"') => drop(self.text(checks)?),
            Some(b'-' | b'0'..=b'9') => drop(self.number(checks)?),
            _ => drop(self.literal(checks)?),
        }
        Ok(())
    }
}

/// The members of an object.
pub(super) struct Members<'r, 'p, 'de> {
    pub(super) input: &'r mut Input<'p, 'de>,
    checks: &'p Checks,
    /// Node of the member whose name has been read.
    pub(super) node: &'p Node,
    count: usize,
    is_ended: bool,
    /// Index of the property that is expected next.
    next: usize,
    /// Bits of the properties that have been read.
    found: u64,
    /// Index of the object's first hash; of a source, the depth.
    hashes: usize,
}

impl<'r, 'p, 'de> Members<'r, 'p, 'de> {
    pub(super) fn open(input: &'r mut Input<'p, 'de>, checks: &'p Checks) -> Result<Self, Refused> {
        if !checks.types.has(Types::OBJECT) {
            return Err(Refused);
        }
        input.tokens.open()?;
        let hashes = input.hashes.len();
        Ok(Self { input, checks, node: &ANY, count: 0, is_ended: false, next: 0, found: 0, hashes })
    }

    /// The members of the map that a source has entered.
    #[cold]
    pub(super) fn elsewhere(input: &'r mut Input<'p, 'de>) -> Self {
        let (node, checks) = (&ELSEWHERE, &ANYTHING);
        let hashes = input.source.as_ref().map_or(0, |source| source.depth());
        Self { input, checks, node, count: 0, is_ended: false, next: 0, found: 0, hashes }
    }

    /// Goes to the value of the next member, and returns its key.
    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    pub(super) fn next_key(&mut self) -> Result<Option<Name<'de>>, ReadError> {
        match self.next() {
            Ok(name) => Ok(name.map(Name::new)),
            Err(Refused) => self.next_elsewhere(),
        }
    }

    /// Goes to the payload of a variant, and returns its name.
    pub(super) fn variant(&mut self) -> Result<Cow<'de, str>, ReadError> {
        self.next_key()?.map(Name::into_text).ok_or_else(ReadError::refused)
    }

    /// Tells a source that the variant has a payload, or none.
    pub(super) fn note_payload(&mut self, has_payload: bool) {
        if let Some(source) = &mut self.input.source {
            source.variant(has_payload);
        }
    }

    #[cold]
    fn next_elsewhere(&mut self) -> Result<Option<Name<'de>>, ReadError> {
        let Some(source) = &mut self.input.source else { return Err(ReadError::refused()) };
        Ok(source.member(self.hashes)?.map(|key| match key {
            SourceKey::Name(name) => Name::new(Text::Borrowed(name)),
            SourceKey::Tag(tag) => Name::tag(tag),
        }))
    }

    /// Goes to the value of the next member, and returns its name.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Text<'de>>, Refused> {
        // Members are often in the order of the properties, of which some are left out.
        if let Some(name) = self.expected(self.next)? {
            return Ok(Some(name));
        }
        self.unexpected()
    }

    /// Goes to the value of that property, if it is the next member.
    #[inline]
    fn expected(&mut self, index: usize) -> Result<Option<Text<'de>>, Refused> {
        let Some(property) = self.checks.object.properties.get(index) else { return Ok(None) };
        let Some(expected) = &property.text else { return Ok(None) };
        let Some(name) = self.input.tokens.expected_member(self.count == 0, expected) else {
            return Ok(None);
        };
        self.property(index, property)?;
        Ok(Some(name))
    }

    /// Goes to the value of a member that may have any name.
    fn unexpected(&mut self) -> Result<Option<Text<'de>>, Refused> {
        if self.is_ended {
            return Ok(None);
        }
        if let Some(name) = self.expected(self.next + 1)? {
            return Ok(Some(name));
        }
        let Some(name) = self.input.tokens.next_member(self.count == 0)? else {
            self.close()?;
            return Ok(None);
        };
        let object = &self.checks.object;
        match object.find(name.as_str()) {
            Some(index) => self.property(index, &object.properties[index])?,
            None => {
                self.count += 1;
                self.node = self.input.node(object.other(name.as_str()))?;
                self.input.hashes.push(hash(name.as_str().as_bytes()));
            }
        }
        Ok(Some(name))
    }

    /// Notes that the next value is that of a property.
    #[inline]
    fn property(&mut self, index: usize, property: &Property) -> Result<(), Refused> {
        let bit = 1 << index;
        if self.found & bit != 0 {
            return Err(Refused);
        }
        self.found |= bit;
        self.count += 1;
        self.next = index + 1;
        self.node = &self.input.program.nodes[property.node];
        Ok(())
    }

    /// Checks the object as a whole. Of two members of one name only the last would count.
    fn close(&mut self) -> Result<(), Refused> {
        self.is_ended = true;
        // The next bytes may be a member of the object around this one.
        self.next = usize::MAX;
        let object = &self.checks.object;
        let is_unique = self.input.are_distinct(self.hashes);
        let is_complete = object.required & !self.found == 0 && object.length.contain(self.count);
        if is_unique && is_complete { Ok(()) } else { Err(Refused) }
    }

    /// Checks that the object ends here. Of a source, members may be left.
    pub(super) fn end(mut self) -> Result<(), ReadError> {
        match self.next() {
            Ok(None) => Ok(()),
            Err(Refused) if self.input.source.is_some() => self.next_elsewhere().map(drop),
            _ => Err(ReadError::refused()),
        }
    }
}

/// Hashes a name or an item. Two of one hash are taken for one.
fn hash(bytes: &[u8]) -> u64 {
    // FNV-1a.
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Hashes a scalar by its text. Strings with escapes are left to the validator.
fn hash_scalar(text: &str) -> Result<u64, Refused> {
    match text.as_bytes() {
        [b'"', content @ ..] if content.contains(&b'\\') => Err(Refused),
        [b'-' | b'0'..=b'9', ..] => Ok(match Tokens::new(text).number()? {
            Number::Unsigned(number) => hash(&number.to_be_bytes()),
            Number::Negative(number) => hash(&number.to_be_bytes()),
            Number::Float(number) => hash(&number.to_be_bytes()),
        }),
        [b'{' | b'[', ..] => Err(Refused),
        text => Ok(hash(text)),
    }
}

/// The items of an array.
pub(super) struct Items<'r, 'p, 'de> {
    pub(super) input: &'r mut Input<'p, 'de>,
    checks: &'p Checks,
    count: usize,
    is_ended: bool,
    /// Offset of the item that was read last.
    start: usize,
    /// Index of the array's first hash; of a source, the depth.
    hashes: usize,
}

impl<'r, 'p, 'de> Items<'r, 'p, 'de> {
    pub(super) fn open(input: &'r mut Input<'p, 'de>, checks: &'p Checks) -> Result<Self, Refused> {
        if !checks.types.has(Types::ARRAY) {
            return Err(Refused);
        }
        input.tokens.open()?;
        let hashes = input.hashes.len();
        Ok(Self { input, checks, count: 0, is_ended: false, start: 0, hashes })
    }

    /// The items of the list that a source has entered.
    #[cold]
    pub(super) fn elsewhere(input: &'r mut Input<'p, 'de>) -> Self {
        let hashes = input.source.as_ref().map_or(0, |source| source.depth());
        Self { input, checks: &ANYTHING, count: 0, is_ended: false, start: 0, hashes }
    }

    /// Goes to the next item, and returns its place.
    #[cfg_attr(all(not(debug_assertions), not(target_family = "wasm")), inline(always))]
    pub(super) fn next_place(&mut self) -> Result<Option<Place<'_, 'p, 'de>>, ReadError> {
        let node = match self.next() {
            Ok(Some(node)) => node,
            Ok(None) => return Ok(None),
            Err(Refused) if self.next_elsewhere()? => &ELSEWHERE,
            Err(Refused) => return Ok(None),
        };
        Ok(Some(Place { input: self.input, node }))
    }

    #[cold]
    fn next_elsewhere(&mut self) -> Result<bool, ReadError> {
        let Some(source) = &mut self.input.source else { return Err(ReadError::refused()) };
        source.item(self.hashes)
    }

    /// Goes to the next item, and returns its node.
    pub(super) fn next(&mut self) -> Result<Option<&'p Node>, Refused> {
        if self.is_ended {
            return Ok(None);
        }
        let is_unique = self.checks.array.is_unique;
        if is_unique && self.count > 0 {
            let item = hash_scalar(self.input.tokens.since(self.start))?;
            self.input.hashes.push(item);
        }
        if !self.input.tokens.next_item(self.count == 0)? {
            self.is_ended = true;
            let is_distinct = !is_unique || self.input.are_distinct(self.hashes);
            let is_complete = self.checks.array.length.contain(self.count);
            return if is_distinct && is_complete { Ok(None) } else { Err(Refused) };
        }
        if is_unique {
            self.input.tokens.peek();
            self.start = self.input.tokens.at();
        }
        let node = self.input.node(self.checks.array.item(self.count))?;
        self.count += 1;
        Ok(Some(node))
    }

    /// Checks that the array ends here. Of a source, items may be left.
    pub(super) fn end(mut self) -> Result<(), ReadError> {
        match self.next() {
            Ok(None) => Ok(()),
            Err(Refused) if self.input.source.is_some() => self.next_elsewhere().map(drop),
            _ => Err(ReadError::refused()),
        }
    }
}
