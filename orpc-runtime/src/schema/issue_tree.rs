//! A schema as the search for issues walks it: next to a value, each place once.
//!
//! A validator tells of a union that no branch accepts, with the errors of all branches,
//! which it makes anew at every level. The walk picks the branch that the value was meant
//! for by its tag or its form alone, and goes on in that one.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::compile::SchemaError;
use super::refs::{Refs, Types};
use super::validator::{Pattern, Validator};

/// The place of a node in its tree.
pub(super) type NodeId = usize;

/// All nodes of a schema.
pub(super) struct IssueTree {
    nodes: Vec<SchemaNode>,
    pub(super) root: NodeId,
}

/// One schema without those in it.
pub(super) struct SchemaNode {
    /// The JSON types of its values.
    pub(super) types: Types,
    /// The keywords that are about the value itself.
    pub(super) own: Option<Arc<Validator>>,
    /// The one value, or the values, that it takes.
    pub(super) constants: Option<Vec<Value>>,
    /// Schemas that the same value is of.
    pub(super) all: Vec<NodeId>,
    pub(super) unions: Vec<Union>,
    pub(super) properties: Vec<Property>,
    /// The names of `properties` and of others that must be there.
    pub(super) required: Vec<String>,
    pub(super) patterns: Vec<(Pattern, NodeId)>,
    pub(super) others: Others,
    /// No members but those which this schema or one that the same value is of names.
    pub(super) is_closed_as_a_whole: bool,
    pub(super) prefix: Vec<NodeId>,
    pub(super) items: Option<NodeId>,
    /// No value at all.
    pub(super) is_never: bool,
}

/// A member with a name.
pub(super) struct Property {
    pub(super) name: String,
    pub(super) node: NodeId,
    pub(super) is_required: bool,
}

/// Members that no name or pattern is of.
#[derive(Clone, Copy)]
pub(super) enum Others {
    Anything,
    Nothing,
    Of(NodeId),
}

/// Schemas of which a value is of one.
pub(super) struct Union {
    /// Those beside null.
    pub(super) branches: Vec<NodeId>,
    /// Null is one of its values.
    pub(super) takes_null: bool,
    pub(super) tag: Option<Tag>,
    /// The one member that an object of each branch has, if each has one of its own.
    pub(super) names: Vec<(String, NodeId)>,
}

/// The member by which the objects of a union are told apart.
pub(super) struct Tag {
    pub(super) name: String,
    /// The values of it that each branch takes.
    pub(super) options: Vec<(Value, NodeId)>,
    /// The branch of all other values.
    pub(super) other: Option<NodeId>,
}

impl IssueTree {
    /// That of a schema as its validator is compiled from.
    pub(super) fn of(schema: &Value) -> Result<Self, SchemaError> {
        let refs = Refs::of(schema);
        let mut builder =
            Builder { refs, nodes: Vec::new(), known: HashMap::new(), compiled: HashMap::new() };
        let root = builder.reference("#", schema)?;
        let Builder { nodes, .. } = builder;
        let mut tree = Self { nodes, root };
        tree.find_tags();
        Ok(tree)
    }

    pub(super) fn node(&self, id: NodeId) -> &SchemaNode {
        &self.nodes[id]
    }

    /// Finds how the branches of unions are told apart, which takes all nodes.
    fn find_tags(&mut self) {
        let mut found = Vec::new();
        for (id, node) in self.nodes.iter().enumerate() {
            for (index, union) in node.unions.iter().enumerate() {
                let objects: Vec<_> = union
                    .branches
                    .iter()
                    .copied()
                    .filter(|branch| self.node(*branch).types == Types::OBJECT)
                    .collect();
                found.push((id, index, self.tag(&objects), self.names(&objects)));
            }
        }
        for (id, index, tag, names) in found {
            let union = &mut self.nodes[id].unions[index];
            union.tag = tag;
            union.names = names;
        }
    }

    /// The member that each branch has a value of its own for.
    fn tag(&self, objects: &[NodeId]) -> Option<Tag> {
        let first = self.members(*objects.first()?);
        first.into_iter().find_map(|(name, _, is_required)| {
            if !is_required {
                return None;
            }
            let mut options: Vec<(Value, NodeId)> = Vec::new();
            let mut other = None;
            for object in objects {
                let members = self.members(*object);
                let (_, member, is_required) = members.into_iter().find(|(it, ..)| *it == name)?;
                match self.constants(member) {
                    Some(values) => {
                        for value in values {
                            // Two branches of one tag are not told apart by it.
                            if options.iter().any(|(known, _)| known == value) {
                                return None;
                            }
                            options.push((value.clone(), *object));
                        }
                    }
                    None if is_required && other.is_none() => other = Some(*object),
                    None => return None,
                }
            }
            // One option alone says nothing of a value with another one.
            (options.len() > usize::from(other.is_some())).then(|| Tag {
                name: name.to_owned(),
                options,
                other,
            })
        })
    }

    /// The one required member of each branch, if it takes no others.
    fn names(&self, objects: &[NodeId]) -> Vec<(String, NodeId)> {
        let name = |object: &NodeId| {
            let node = self.node(*object);
            match (node.properties.as_slice(), node.others) {
                ([only], Others::Nothing) if only.is_required => Some((only.name.clone(), *object)),
                _ => None,
            }
        };
        let names: Option<Vec<_>> = objects.iter().map(name).collect();
        names.unwrap_or_default()
    }

    /// The named members of a node and of those that the same value is of.
    fn members(&self, id: NodeId) -> Vec<(&str, NodeId, bool)> {
        let mut members = Vec::new();
        self.collect_members(id, 8, &mut members);
        members
    }

    fn collect_members<'t>(
        &'t self,
        id: NodeId,
        depth: usize,
        members: &mut Vec<(&'t str, NodeId, bool)>,
    ) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let node = self.node(id);
        let own = node.properties.iter();
        members.extend(own.map(|it| (it.name.as_str(), it.node, it.is_required)));
        for part in &node.all {
            self.collect_members(*part, depth, members);
        }
    }

    /// The only values that a node takes, if they are told.
    pub(super) fn constants(&self, id: NodeId) -> Option<&[Value]> {
        let node = self.node(id);
        match &node.constants {
            Some(constants) => Some(constants),
            None => match node.all.as_slice() {
                [only] if *only != id => self.node(*only).constants.as_deref(),
                _ => None,
            },
        }
    }
}

struct Builder<'a> {
    refs: Refs<'a>,
    nodes: Vec<SchemaNode>,
    /// The nodes of definitions.
    known: HashMap<String, NodeId>,
    /// The validators of keywords that many places share.
    compiled: HashMap<String, Arc<Validator>>,
}

/// The keywords that are about a value itself.
const OWN: [&str; 24] = [
    "type",
    "const",
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "formatMinimum",
    "formatMaximum",
    "formatExclusiveMinimum",
    "formatExclusiveMaximum",
    "minContains",
    "maxContains",
];
/// Those with a schema in them, which is no reference.
const OWN_WITH_SCHEMA: [&str; 3] = ["not", "contains", "propertyNames"];

impl Builder<'_> {
    /// The node of a definition, which may lead back to itself.
    fn reference(&mut self, reference: &str, schema: &Value) -> Result<NodeId, SchemaError> {
        if let Some(id) = self.known.get(reference) {
            return Ok(*id);
        }
        let id = self.reserve();
        self.known.insert(reference.to_owned(), id);
        self.nodes[id] = self.build(schema)?;
        Ok(id)
    }

    fn node(&mut self, schema: &Value) -> Result<NodeId, SchemaError> {
        let id = self.reserve();
        self.nodes[id] = self.build(schema)?;
        Ok(id)
    }

    fn reserve(&mut self) -> NodeId {
        self.nodes.push(SchemaNode::anything());
        self.nodes.len() - 1
    }

    fn build(&mut self, schema: &Value) -> Result<SchemaNode, SchemaError> {
        let mut node = SchemaNode::anything();
        node.types = self.refs.types(schema);
        let Some(members) = schema.as_object() else {
            node.is_never = schema == &Value::Bool(false);
            return Ok(node);
        };
        node.own = self.own(members)?;
        node.constants = match (members.get("const"), members.get("enum")) {
            (Some(value), _) => Some(vec![value.clone()]),
            (_, Some(Value::Array(values))) => Some(values.clone()),
            _ => None,
        };
        let reference = members.get("$ref").and_then(Value::as_str);
        if let Some(reference) = reference
            && let Some(target) = self.refs.get(reference)
        {
            node.all.push(self.reference(reference, target)?);
        }
        for part in list(members, "allOf") {
            node.all.push(self.node(part)?);
        }
        for keyword in ["anyOf", "oneOf"] {
            if members.contains_key(keyword) {
                node.unions.push(self.union(list(members, keyword))?);
            }
        }
        self.add_object(members, &mut node)?;
        for part in list(members, "prefixItems") {
            node.prefix.push(self.node(part)?);
        }
        if let Some(items) = members.get("items") {
            node.items = Some(self.node(items)?);
        }
        Ok(node)
    }

    fn union(&mut self, parts: &[Value]) -> Result<Union, SchemaError> {
        let mut branches = Vec::new();
        let mut takes_null = false;
        for part in parts {
            let types = self.refs.types(part);
            takes_null |= types.has(Types::NULL);
            if types != Types::NULL {
                branches.push(self.node(part)?);
            }
        }
        Ok(Union { branches, takes_null, tag: None, names: Vec::new() })
    }

    fn add_object(
        &mut self,
        members: &Map<String, Value>,
        node: &mut SchemaNode,
    ) -> Result<(), SchemaError> {
        node.required =
            list(members, "required").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        for (name, property) in named(members, "properties") {
            let id = self.node(property)?;
            let is_required = node.required.contains(name);
            node.properties.push(Property { name: name.clone(), node: id, is_required });
        }
        for (pattern, part) in named(members, "patternProperties") {
            let names = Pattern::new(pattern).map_err(|reason| SchemaError::new("", reason))?;
            node.patterns.push((names, self.node(part)?));
        }
        node.others = match members.get("additionalProperties") {
            None | Some(Value::Bool(true)) => Others::Anything,
            Some(Value::Bool(false)) => Others::Nothing,
            Some(part) => Others::Of(self.node(part)?),
        };
        node.is_closed_as_a_whole =
            members.get("unevaluatedProperties") == Some(&Value::Bool(false));
        Ok(())
    }

    /// The validator of the keywords that are about the value itself.
    fn own(&mut self, members: &Map<String, Value>) -> Result<Option<Arc<Validator>>, SchemaError> {
        let is_own = |keyword: &str, value: &Value| {
            OWN.contains(&keyword)
                || keyword.starts_with("x-")
                || OWN_WITH_SCHEMA.contains(&keyword) && !value.to_string().contains("\"$ref\"")
        };
        let mut own: Map<String, Value> = members
            .iter()
            .filter(|(keyword, value)| is_own(keyword, value))
            .map(|(keyword, value)| (keyword.clone(), value.clone()))
            .collect();
        if members.get("items") == Some(&Value::Bool(false)) {
            let most = list(members, "prefixItems").len() as u64;
            let limit = members.get("maxItems").and_then(Value::as_u64);
            own.insert("maxItems".to_owned(), json!(limit.map_or(most, |limit| limit.min(most))));
        }
        if own.is_empty() {
            return Ok(None);
        }
        let own = Value::Object(own);
        let text = own.to_string();
        if let Some(known) = self.compiled.get(&text) {
            return Ok(Some(Arc::clone(known)));
        }
        let validator = Arc::new(Validator::compile(&own)?);
        self.compiled.insert(text, Arc::clone(&validator));
        Ok(Some(validator))
    }
}

impl SchemaNode {
    fn anything() -> Self {
        Self {
            types: Types::ANY,
            own: None,
            constants: None,
            all: Vec::new(),
            unions: Vec::new(),
            properties: Vec::new(),
            required: Vec::new(),
            patterns: Vec::new(),
            others: Others::Anything,
            is_closed_as_a_whole: false,
            prefix: Vec::new(),
            items: None,
            is_never: false,
        }
    }
}

fn list<'v>(members: &'v Map<String, Value>, keyword: &str) -> &'v [Value] {
    members.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn named<'v>(
    members: &'v Map<String, Value>,
    keyword: &str,
) -> impl Iterator<Item = (&'v String, &'v Value)> {
    members.get(keyword).and_then(Value::as_object).into_iter().flatten()
}
