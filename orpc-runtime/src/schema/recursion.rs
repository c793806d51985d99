//! Types that recurse without an array or object in between.

use std::collections::HashSet;

use serde_json::Value;

use super::compile::SchemaError;

/// Refuses a schema with a type that recurses without an array or object in between,
/// such as `struct List(Option<Box<List>>)`: validating or reading a value of it never
/// ends.
pub(super) fn refuse_circles(schema: &Value) -> Result<(), SchemaError> {
    let mut search = Search { root: schema, harmless: HashSet::new() };
    let definitions = schema.get("$defs").and_then(Value::as_object);
    let names = definitions.into_iter().flatten().map(|(name, _)| format!("#/$defs/{name}"));
    for place in std::iter::once("#".to_owned()).chain(names) {
        if let Some(node) = search.node(&place)
            && search.leads_back(node, &mut vec![place.clone()])
        {
            let name = match place.strip_prefix("#/$defs/") {
                Some(name) => name,
                None => schema.get("title").and_then(Value::as_str).unwrap_or("the input"),
            };
            return Err(SchemaError::Faults(vec![format!(
                "the type `{name}` recurses without an array or object in between: it is \
                 nothing but itself, and a value of it would have no end"
            )]));
        }
    }
    Ok(())
}

struct Search<'s> {
    root: &'s Value,
    /// References that do not recurse.
    harmless: HashSet<String>,
}

impl<'s> Search<'s> {
    fn node(&self, reference: &str) -> Option<&'s Value> {
        self.root.pointer(reference.strip_prefix('#')?)
    }

    /// Returns `true` if a schema is, or may be, one of the outer ones.
    fn leads_back(&mut self, node: &'s Value, outer: &mut Vec<String>) -> bool {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str)
            && !self.harmless.contains(reference)
        {
            if outer.iter().any(|place| place == reference) {
                return true;
            }
            outer.push(reference.to_owned());
            let back = self.node(reference).is_some_and(|node| self.leads_back(node, outer));
            outer.pop();
            if back {
                return true;
            }
            self.harmless.insert(reference.to_owned());
        }
        ["anyOf", "oneOf", "allOf"]
            .iter()
            .filter_map(|keyword| node.get(*keyword)?.as_array())
            .flatten()
            .any(|part| self.leads_back(part, outer))
    }
}
