//! Effort that serde takes for a value of an untagged enum.
//!
//! serde tries the variants of an untagged enum one after the other, and with each of them
//! everything inside. In a recursive enum the effort is multiplied at every level, so that a
//! few hundred bytes would take longer than any server runs.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::instance::{Identity, Instance};
use super::issue_tree::{NodeId, Others, Union};
use super::refs::{Refs, Types, each_part};
use super::walk::{Meant, Walk};

/// Maximum number of values that serde tries for one input, each variant on its own.
pub(super) const MOST_EFFORT: u64 = 250_000;

/// Returns whether the effort can be more than proportional to the size of an input: the
/// schema has references, and a union of several objects or arrays without a tag.
pub(super) fn is_unbounded(schema: &Value) -> bool {
    let refs = Refs::of(schema);
    let (mut has_references, mut has_union) = (false, false);
    let mut look = |members: &Map<String, Value>| {
        has_references |= members.contains_key("$ref");
        let parts = members.get("anyOf").and_then(Value::as_array);
        let types: Vec<_> = parts.into_iter().flatten().map(|part| refs.types(part)).collect();
        has_union |= [Types::OBJECT, Types::ARRAY]
            .into_iter()
            .any(|kind| types.iter().filter(|types| types.has(kind)).count() > 1);
    };
    visit(schema, &mut look);
    has_references && has_union
}

fn visit(schema: &Value, look: &mut impl FnMut(&Map<String, Value>)) {
    let Some(members) = schema.as_object() else { return };
    look(members);
    let mut parts = Vec::new();
    each_part(members, |_, part| parts.push(part));
    parts.into_iter().for_each(|part| visit(part, look));
}

impl Walk<'_> {
    /// Returns the number of values that serde tries for a value of a schema.
    pub(super) fn effort(
        &self,
        id: NodeId,
        value: Instance<'_>,
        known: &mut HashMap<(NodeId, Identity), u64>,
    ) -> u64 {
        let key = value.identity().map(|identity| (id, identity));
        if let Some(effort) = key.as_ref().and_then(|key| known.get(key)) {
            return *effort;
        }
        let schema = self.node(id);
        let mut effort = 1_u64;
        for part in &schema.all {
            effort = effort.saturating_add(self.effort(*part, value, known));
        }
        for union in &schema.unions {
            for branch in self.branches_of(union, value) {
                effort = effort.saturating_add(self.effort(branch, value, known));
            }
        }
        if let Some(object) = value.object() {
            for (name, member) in object.iter() {
                let property = schema.properties.iter().find(|property| property.name == name);
                let inner = match (property, schema.others) {
                    (Some(property), _) => self.effort(property.node, member, known),
                    (None, Others::Of(others)) => self.effort(others, member, known),
                    (None, _) => 0,
                };
                effort = effort.saturating_add(inner);
            }
        }
        if let Some(array) = value.array() {
            for (index, item) in array.iter().enumerate() {
                if let Some(part) = schema.prefix.get(index).copied().or(schema.items) {
                    effort = effort.saturating_add(self.effort(part, item, known));
                }
            }
        }
        if let Some(key) = key {
            known.insert(key, effort);
        }
        effort
    }

    /// The variants that serde tries.
    fn branches_of(&self, union: &Union, value: Instance<'_>) -> Vec<NodeId> {
        if union.tag.is_some() || !union.names.is_empty() {
            return match self.meant(union, value) {
                Meant::Branch(branch) => vec![branch],
                Meant::OneOf(branches) => branches,
                Meant::None(_) => Vec::new(),
            };
        }
        let of = value.types();
        let fits = |branch: &NodeId| self.node(*branch).types.has(of);
        union.branches.iter().copied().filter(fits).collect()
    }
}
