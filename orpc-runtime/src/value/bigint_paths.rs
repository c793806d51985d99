//! Locations of the integers of 64 and 128 bits in a value, from its JSON Schema. serde
//! does not distinguish a `u64` from the number of a `serde_json::Value`.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

/// Maximum number of places of one type.
const MAX_PLACES: usize = 10_000;

/// Place of a value without a schema.
const NOWHERE: usize = usize::MAX;

/// Error of a type with too many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_PLACES} places of different shapes")]
pub(crate) struct TooManyPlaces;

/// Places of a type: a graph whose edges are members and elements.
#[derive(Debug)]
pub(crate) struct Places(Vec<Node>);

#[derive(Debug, Default)]
struct Node {
    wide: bool,
    /// Clients can only look names up here.
    members: HashMap<String, usize, foldhash::fast::RandomState>,
    other_members: Option<usize>,
    first_items: Vec<usize>,
    other_items: Option<usize>,
}

/// One place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    places: &'a Places,
    at: usize,
}

impl Places {
    /// Builds the places of a schema.
    pub(crate) fn of(schema: &Value) -> Result<Self, TooManyPlaces> {
        let mut graph = Graph { root: schema, known: HashMap::new(), waiting: Vec::new() };
        graph.place(&[schema]);
        let mut nodes = Vec::new();
        while let Some(shapes) = graph.waiting.get(nodes.len()).cloned() {
            nodes.push(graph.node(&shapes));
            if graph.waiting.len() > MAX_PLACES {
                return Err(TooManyPlaces);
            }
        }
        Ok(Self(nodes))
    }

    /// Returns the place of the value itself.
    pub(crate) fn root(&self) -> Place<'_> {
        Place { places: self, at: 0 }
    }
}

impl<'a> Place<'a> {
    fn node(self) -> Option<&'a Node> {
        self.places.0.get(self.at)
    }

    /// Returns `true` if an integer of 64 or 128 bits may be at this place.
    pub(crate) fn is_wide(self) -> bool {
        self.node().is_some_and(|node| node.wide)
    }

    /// Returns the place of a member.
    pub(crate) fn member(self, name: &str) -> Option<Self> {
        let node = self.node()?;
        node.members.get(name).copied().or(node.other_members).map(|at| Self { at, ..self })
    }

    /// Returns the place of an element.
    pub(crate) fn item(self, index: usize) -> Option<Self> {
        let node = self.node()?;
        node.first_items.get(index).copied().or(node.other_items).map(|at| Self { at, ..self })
    }
}

/// A graph under construction: the node of a place stands for all schemas that may
/// apply there.
struct Graph<'s> {
    root: &'s Value,
    known: HashMap<Vec<*const Value>, usize>,
    waiting: Vec<Vec<&'s Value>>,
}

impl<'s> Graph<'s> {
    /// Returns the place of a value that these schemas describe.
    fn place(&mut self, schemas: &[&'s Value]) -> Option<usize> {
        let mut seen = BTreeSet::new();
        let mut shapes = Vec::new();
        for schema in schemas {
            self.expand(schema, &mut seen, &mut shapes);
        }
        if shapes.is_empty() {
            return None;
        }
        let key = seen.into_iter().collect();
        let next = self.waiting.len();
        let place = *self.known.entry(key).or_insert(next);
        if place == next {
            self.waiting.push(shapes);
        }
        Some(place)
    }

    /// Adds a schema and those that apply to the same value.
    fn expand(
        &self,
        schema: &'s Value,
        seen: &mut BTreeSet<*const Value>,
        shapes: &mut Vec<&'s Value>,
    ) {
        let Value::Object(members) = schema else { return };
        if !seen.insert(std::ptr::from_ref(schema)) {
            return;
        }
        shapes.push(schema);
        for keyword in ["anyOf", "oneOf", "allOf"] {
            for branch in list(members, keyword) {
                self.expand(branch, seen, shapes);
            }
        }
        for keyword in ["if", "then", "else"] {
            if let Some(branch) = members.get(keyword) {
                self.expand(branch, seen, shapes);
            }
        }
        let target = members.get("$ref").and_then(Value::as_str);
        if let Some(target) = target.and_then(|target| self.root.pointer(target.strip_prefix('#')?))
        {
            self.expand(target, seen, shapes);
        }
    }

    fn node(&mut self, shapes: &[&'s Value]) -> Node {
        let shapes: Vec<_> = shapes.iter().filter_map(|shape| shape.as_object()).collect();
        let names: BTreeSet<_> = shapes
            .iter()
            .flat_map(|shape| table(shape, "properties"))
            .map(|(name, _)| name)
            .collect();
        let mut members = HashMap::default();
        for name in names {
            let schemas: Vec<_> = shapes
                .iter()
                .flat_map(|shape| match table_entry(shape, "properties", name) {
                    Some(member) => vec![member],
                    None => others(shape),
                })
                .collect();
            members.insert(name.clone(), self.place(&schemas).unwrap_or(NOWHERE));
        }
        let other_members: Vec<_> = shapes.iter().flat_map(|shape| others(shape)).collect();
        let first = shapes.iter().map(|shape| list(shape, "prefixItems").len()).max().unwrap_or(0);
        let item = |shape: &&'s Map<String, Value>, index: usize| {
            list(shape, "prefixItems").get(index).or_else(|| shape.get("items"))
        };
        let mut first_items = Vec::new();
        for index in 0..first {
            let schemas: Vec<_> = shapes.iter().filter_map(|shape| item(shape, index)).collect();
            first_items.push(self.place(&schemas).unwrap_or(NOWHERE));
        }
        let other_items: Vec<_> = shapes.iter().filter_map(|shape| shape.get("items")).collect();
        Node {
            wide: shapes.iter().any(|shape| is_wide(shape)),
            members,
            other_members: self.place(&other_members),
            first_items,
            other_items: self.place(&other_items),
        }
    }
}

/// Returns `true` if a schema is that of an integer of 64 or 128 bits.
pub(crate) fn is_wide(schema: &Map<String, Value>) -> bool {
    let format = schema.get("format").and_then(Value::as_str);
    format.is_some_and(|format| matches!(format, "int64" | "uint64" | "int128" | "uint128"))
        && !schema.contains_key(super::kind::KEYWORD)
}

fn list<'s>(schema: &'s Map<String, Value>, keyword: &str) -> &'s [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn table<'s>(
    schema: &'s Map<String, Value>,
    keyword: &str,
) -> impl Iterator<Item = (&'s String, &'s Value)> {
    schema.get(keyword).and_then(Value::as_object).into_iter().flatten()
}

fn table_entry<'s>(schema: &'s Map<String, Value>, keyword: &str, name: &str) -> Option<&'s Value> {
    schema.get(keyword).and_then(Value::as_object)?.get(name)
}

/// Returns the schemas of members without a property of their own.
fn others(schema: &Map<String, Value>) -> Vec<&Value> {
    let patterns = table(schema, "patternProperties").map(|(_, schema)| schema);
    let additional = ["additionalProperties", "unevaluatedProperties"];
    patterns.chain(additional.into_iter().filter_map(|keyword| schema.get(keyword))).collect()
}
