//! A deserialiser of dummy values, which compares names on its way.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::Value;

use super::{
    Any, DEEPEST, Explorer, Key, Names, constants, properties, property_names, takes_any_text,
};

/// Maximum number of nested options, lists, tuples and maps without a type that has a name.
const MOST_NAMELESS: usize = 64;

/// A text that is no name.
const NO_NAME: &str = "\u{0}";

/// The end of a pass.
#[derive(Debug, thiserror::Error)]
#[error("a dummy value is refused")]
pub(super) enum Failed {
    Missing(&'static str),
    UnknownVariant(&'static [&'static str]),
    Other,
}

impl de::Error for Failed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownVariant(expected)
    }
}

/// A deserialiser of dummy values.
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
    fn enter_nameless(&mut self) -> Result<(), Failed> {
        self.nameless += 1;
        if self.nameless <= MOST_NAMELESS {
            return Ok(());
        }
        let place = self.place.split(['[', '{']).next().unwrap_or_default();
        self.explorer.faults.borrow_mut().push(format!(
            "the type `{place}` recurses without a struct or enum in between: its schema has no end"
        ));
        Err(Failed::Other)
    }

    /// Enters a type; fails where it is entered already.
    fn enter(&mut self, names: Names) -> Result<(), Failed> {
        let key = names.key();
        if self.open.len() > DEEPEST || (!names.list.is_empty() && self.open.contains(&key)) {
            return Err(Failed::Other);
        }
        self.open.push(key);
        self.nameless = 0;
        Ok(())
    }

    /// Returns the elements of a list, or of a tuple of that length.
    fn elements(&self, length: usize) -> Elements<'_, 's> {
        let (parts, _) = self.explorer.parts(&self.nodes);
        let element = |index: usize| -> Vec<&'s Value> {
            let prefix = parts.iter().filter_map(|part| part.get("prefixItems")?.get(index));
            prefix.chain(parts.iter().filter_map(|part| part.get("items"))).collect()
        };
        let elements = (0..length).map(|index| self.at(element(index), &format!("[{index}]")));
        Elements(elements.rev().collect())
    }

    /// Gives the members of a struct: the names that the schema knows as well, those
    /// that no pass has reached first.
    fn members<'de, V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
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
        visitor.visit_map(Members { left: members.collect(), of: Some(names), value: None })
    }
}

macro_rules! scalars {
    ($($method:ident $visit:ident $value:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
            visitor.$visit($value)
        })*
    };
}

impl<'de> Deserializer<'de> for Probe<'_, '_> {
    type Error = Failed;

    scalars! {
        deserialize_bool visit_bool false;
        deserialize_i8 visit_i8 0;
        deserialize_i16 visit_i16 0;
        deserialize_i32 visit_i32 0;
        deserialize_i64 visit_i64 0;
        deserialize_i128 visit_i128 0;
        deserialize_u8 visit_u8 0;
        deserialize_u16 visit_u16 0;
        deserialize_u32 visit_u32 0;
        deserialize_u64 visit_u64 0;
        deserialize_u128 visit_u128 0;
        deserialize_f32 visit_f32 0.0;
        deserialize_f64 visit_f64 0.0;
        deserialize_char visit_char 'a';
        deserialize_str visit_str "";
        deserialize_string visit_str "";
        deserialize_bytes visit_bytes b"";
        deserialize_byte_buf visit_bytes b"";
        deserialize_identifier visit_str NO_NAME;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        let tags = self.explorer.tags.borrow();
        let tag = tags.iter().find(|(place, _)| *place == self.place).map(|(_, tag)| *tag);
        drop(tags);
        let (place, nodes) = (self.place.clone(), self.nodes.clone());
        self.explorer.any.replace(Some(Any { place, nodes }));
        let Some(tag) = tag else {
            return visitor.visit_map(Members { left: Vec::new(), of: None, value: None });
        };
        let tagged = [(tag, NO_NAME)].into_iter();
        visitor.visit_map(de::value::MapDeserializer::<_, Failed>::new(tagged))
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Failed> {
        self.enter_nameless()?;
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.enter(Names { of: "", list: &[] })?;
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Failed> {
        self.enter_nameless()?;
        visitor.visit_seq(self.elements(1))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        mut self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.enter_nameless()?;
        visitor.visit_seq(self.elements(length.min(DEEPEST)))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Failed> {
        self.enter_nameless()?;
        let (parts, _) = self.explorer.parts(&self.nodes);
        let values = parts.iter().filter_map(|part| part.get("additionalProperties")).collect();
        let value = self.at(values, "{}");
        visitor.visit_map(Members { left: vec![("0", value)], of: None, value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        // Such names are agreements between a type and its own deserialiser.
        if name.starts_with('$') {
            return Err(Failed::Other);
        }
        self.members(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        if name.starts_with('$') {
            return Err(Failed::Other);
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
        let Some(variant) = next else { return Err(Failed::Other) };
        self.explorer.reach(names, variant);
        let is_text = texts.contains(&variant);
        let nodes = properties(&parts, variant);
        let is_compared = !is_derived && !parts.is_empty();
        let takes_any_text = takes_any_text(&parts);
        let probe = self.at(nodes, &format!(".{variant}"));
        let has_names = !texts.is_empty() || !objects.is_empty();
        visitor.visit_enum(Chosen {
            probe,
            variant,
            is_text,
            is_compared,
            takes_any_text,
            has_names,
        })
    }
}

/// The elements of a list, the last one first.
struct Elements<'e, 's>(Vec<Probe<'e, 's>>);

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = Failed;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Failed> {
        self.0.pop().map(|probe| seed.deserialize(probe)).transpose()
    }
}

/// The members of a struct or map, the last one first.
struct Members<'e, 's> {
    left: Vec<(&'static str, Probe<'e, 's>)>,
    of: Option<Names>,
    value: Option<Probe<'e, 's>>,
}

impl<'de> MapAccess<'de> for Members<'_, '_> {
    type Error = Failed;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Failed> {
        let Some((name, probe)) = self.left.pop() else { return Ok(None) };
        if let Some(names) = self.of {
            probe.explorer.reach(names, name);
        }
        self.value = Some(probe);
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failed> {
        seed.deserialize(self.value.take().ok_or(Failed::Other)?)
    }
}

/// One variant of an enum.
struct Chosen<'e, 's> {
    probe: Probe<'e, 's>,
    variant: &'static str,
    /// The schema has the variant as a text.
    is_text: bool,
    is_compared: bool,
    takes_any_text: bool,
    has_names: bool,
}

impl<'de, 'e, 's> EnumAccess<'de> for Chosen<'e, 's> {
    type Error = Failed;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Failed> {
        let variant = seed.deserialize(StrDeserializer::<Failed>::new(self.variant));
        // A refusal by one variant says nothing of an enum around this one.
        let variant = variant.map_err(|_| Failed::Other)?;
        if self.variant == NO_NAME && self.is_compared && self.has_names && !self.takes_any_text {
            self.probe.explorer.fault(
                self.probe.place.trim_end_matches(['.', '\u{0}']),
                format_args!(
                    "serde reads every name as its variant `other`, which its JSON Schema refuses"
                ),
            );
        }
        Ok((variant, self))
    }
}

impl Chosen<'_, '_> {
    /// Reports a payload that only one of serde and the schema knows.
    fn compare_payload(&self, has_payload: bool) {
        if !self.is_compared || self.variant == NO_NAME {
            return;
        }
        let (is_text, is_object) = (self.is_text, !self.probe.nodes.is_empty());
        let place = &self.probe.place;
        if !has_payload && !is_text && is_object {
            self.probe.explorer.fault(
                place,
                format_args!("serde skips the payload, which its JSON Schema asks for"),
            );
        }
        if has_payload && is_text && !is_object {
            self.probe
                .explorer
                .fault(place, format_args!("serde reads a payload, which its JSON Schema lacks"));
        }
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_, '_> {
    type Error = Failed;

    fn unit_variant(self) -> Result<(), Failed> {
        self.compare_payload(false);
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failed> {
        self.compare_payload(true);
        seed.deserialize(self.probe)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Failed> {
        self.compare_payload(true);
        self.probe.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.compare_payload(true);
        self.probe.members("", fields, visitor)
    }
}
