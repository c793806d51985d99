//! Types of a router's procedures.

use std::collections::{BTreeMap, BTreeSet};

use schemars::Schema;
use serde_json::Value;

use super::docs::Docs;
use super::forms::{Forms, references};
use super::names::names;
use super::schemas::{docs_of, type_of};
use super::types::Type;
use crate::describe::{
    Direction, ErrorDescription, IoDescription, ProcedureDescription, RouterDescription,
    TypeDescription,
};

/// Contents of a file of types.
pub(super) struct Model {
    /// The named types, by name.
    pub(super) types: BTreeMap<String, NamedType>,
    pub(super) procedures: Branch,
    pub(super) forms: Forms,
}

/// A type with a name.
pub(super) struct NamedType {
    pub(super) ty: Type,
    pub(super) docs: Docs,
}

/// The procedures below a name, in order.
#[derive(Default)]
pub(super) struct Branch(pub(super) Vec<(String, Node)>);

pub(super) enum Node {
    Procedure(Box<Procedure>),
    Branch(Branch),
}

/// One procedure.
pub(super) struct Procedure {
    pub(super) docs: Docs,
    pub(super) is_get: bool,
    pub(super) input: Flow,
    pub(super) output: Flow,
    pub(super) errors: Vec<DeclaredError>,
}

/// Type of an input or output; `None` is undefined.
pub(super) enum Flow {
    Value(Option<Type>),
    Events(Option<Type>, Option<Type>),
    /// An event iterator of these events, with procedures as its members.
    Object(Option<Type>, Branch),
}

/// An error that a procedure declares.
pub(super) struct DeclaredError {
    pub(super) code: String,
    pub(super) status: u16,
    pub(super) message: String,
    pub(super) data: Option<Type>,
}

impl Model {
    pub(super) fn of(description: &RouterDescription) -> Self {
        let inputs = Side::of(description, Direction::Input);
        let outputs = Side::of(description, Direction::Output);
        let agreeing = agreeing(&inputs, &outputs);
        let direction = |named: &TypeDescription| {
            let id = &named.rust_type;
            let is_split = inputs.0.contains_key(&**id) && outputs.0.contains_key(&**id);
            let is_one = !is_split || agreeing.contains(&**id);
            (id.clone(), if is_one { Direction::Both } else { named.direction })
        };
        let unique = names(&description.types.values().map(direction).collect());
        let name = |own: &str| match description.types.get(own) {
            Some(named) => unique[&direction(named)].clone(),
            None => own.to_owned(),
        };
        let types = description.types.iter().map(|(own, named)| {
            let (ty, docs) = type_and_docs(&named.schema, &name);
            (name(own), NamedType { ty, docs })
        });
        let mut procedures = Branch::default();
        for described in &description.procedures {
            procedures.insert(&described.path, procedure(described, &name));
        }
        Self { types: types.collect(), procedures, forms: forms(description, &name) }
    }
}

/// Returns the schemas of the inputs, with the names of the file.
fn forms(description: &RouterDescription, name: Name<'_>) -> Forms {
    let description = description.clone().map_references(name);
    let mut types = BTreeMap::new();
    for (own, named) in &description.types {
        if named.direction != Direction::Output {
            types.insert(name(own), named.schema.as_value().clone());
        }
    }
    let mut inputs = Vec::new();
    add_inputs(&[], &description.procedures, &mut inputs);
    let mut reached = BTreeSet::new();
    let mut left: Vec<_> = inputs.iter().flat_map(|(_, schema)| references(schema)).collect();
    while let Some(name) = left.pop() {
        if let Some(schema) = types.get(&name)
            && reached.insert(name)
        {
            left.extend(references(schema));
        }
    }
    types.retain(|name, _| reached.contains(name));
    Forms { types, inputs }
}

fn add_inputs(
    above: &[String],
    procedures: &[ProcedureDescription],
    inputs: &mut Vec<(Vec<String>, Value)>,
) {
    for procedure in procedures {
        let path = [above, &procedure.path].concat();
        if let IoDescription::Object { methods, .. } = &procedure.output {
            add_inputs(&path, methods, inputs);
        }
        if let IoDescription::Value { schema } = &procedure.input {
            inputs.push((path, schema.as_value().clone()));
        }
    }
}

/// Returns the name of a type in the file.
type Name<'n> = &'n dyn Fn(&str) -> String;

fn procedure(described: &ProcedureDescription, name: Name<'_>) -> Procedure {
    Procedure {
        docs: Docs::of(described),
        is_get: described.method == http::Method::GET,
        input: flow(&described.input, name),
        output: flow(&described.output, name),
        errors: described.errors.iter().map(|error| declared(error, name)).collect(),
    }
}

fn flow(described: &IoDescription, name: Name<'_>) -> Flow {
    let optional = |schema: &Option<Schema>| schema.as_ref().map(|schema| ty(schema, name));
    match described {
        IoDescription::Undefined => Flow::Value(None),
        IoDescription::Value { schema } => Flow::Value(Some(ty(schema, name))),
        IoDescription::Events { event, returns } => {
            Flow::Events(optional(event), optional(returns))
        }
        IoDescription::Object { event, methods } => {
            let mut branch = Branch::default();
            for method in methods {
                branch.insert(&method.path, procedure(method, name));
            }
            Flow::Object(optional(event), branch)
        }
    }
}

fn declared(error: &ErrorDescription, name: Name<'_>) -> DeclaredError {
    DeclaredError {
        code: error.code.clone(),
        status: error.status,
        message: error.message.clone(),
        data: error.data.as_ref().map(|schema| ty(schema, name)),
    }
}

fn ty(schema: &Schema, name: Name<'_>) -> Type {
    renamed(type_of(schema.as_value()), name)
}

fn type_and_docs(schema: &Schema, name: Name<'_>) -> (Type, Docs) {
    (ty(schema, name), docs_of(schema.as_value()))
}

impl Branch {
    /// Visits every procedure.
    pub(super) fn visit(&self, visitor: &mut dyn FnMut(&Procedure)) {
        for (_, node) in &self.0 {
            match node {
                Node::Branch(branch) => branch.visit(visitor),
                Node::Procedure(procedure) => visitor(procedure),
            }
        }
    }

    fn insert(&mut self, path: &[String], procedure: Procedure) {
        let Some((name, rest)) = path.split_first() else { return };
        if rest.is_empty() {
            self.0.push((name.clone(), Node::Procedure(Box::new(procedure))));
            return;
        }
        let known = self.0.iter().position(|(own, node)| own == name && node.is_branch());
        let at = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push((name.clone(), Node::Branch(Self::default())));
        }
        if let Some((_, Node::Branch(branch))) = self.0.get_mut(at) {
            branch.insert(rest, procedure);
        }
    }
}

impl Node {
    fn is_branch(&self) -> bool {
        matches!(self, Self::Branch(_))
    }
}

/// The types of all inputs, or of all outputs, by the paths of the Rust types, which
/// stand in place of names.
struct Side<'d>(BTreeMap<&'d str, (Type, Docs)>);

impl<'d> Side<'d> {
    fn of(description: &'d RouterDescription, direction: Direction) -> Self {
        let path = |name: &str| match description.types.get(name) {
            Some(named) => named.rust_type.clone(),
            None => name.to_owned(),
        };
        let of_side = description
            .types
            .values()
            .filter(|named| named.direction == direction || named.direction == Direction::Both);
        let types =
            of_side.map(|named| (named.rust_type.as_str(), type_and_docs(&named.schema, &path)));
        Self(types.collect())
    }
}

/// Returns the paths of the types that are equal on both sides, with all types in them:
/// schemas may differ in what a type of TypeScript does not say.
fn agreeing<'d>(inputs: &Side<'d>, outputs: &Side<'d>) -> BTreeSet<&'d str> {
    let is_same = |path: &&&str| inputs.0.get(**path) == outputs.0.get(**path);
    let mut agreeing: BTreeSet<&str> = inputs.0.keys().filter(is_same).copied().collect();
    loop {
        let is_sound = |path: &&str| {
            let mut is_sound = true;
            inputs.0[*path].0.visit_names(&mut |name| is_sound &= agreeing.contains(name));
            is_sound
        };
        let sound: BTreeSet<&str> = agreeing.iter().copied().filter(is_sound).collect();
        if sound.len() == agreeing.len() {
            return sound;
        }
        agreeing = sound;
    }
}

/// Returns the same type with other names in it.
fn renamed(ty: Type, name: &dyn Fn(&str) -> String) -> Type {
    let all = |types: Vec<Type>| types.into_iter().map(|ty| renamed(ty, name)).collect();
    match ty {
        Type::Named(own) => Type::Named(name(&own)),
        Type::Text(_) | Type::Literal(_) => ty,
        Type::Array(item) => Type::Array(renamed(*item, name).into()),
        Type::Tuple { items, required, rest } => Type::Tuple {
            items: all(items),
            required,
            rest: rest.map(|rest| renamed(*rest, name).into()),
        },
        Type::Object { mut members, mut index } => {
            for member in &mut members {
                member.ty = renamed(member.ty.clone(), name);
            }
            if let Some(index) = &mut index {
                index.ty = renamed(index.ty.clone(), name);
            }
            Type::Object { members, index }
        }
        Type::Documented(docs, ty) => Type::Documented(docs, renamed(*ty, name).into()),
        Type::Generic(generic, types) => Type::Generic(generic, all(types)),
        Type::Union(types) => Type::Union(all(types)),
        Type::Intersection(types) => Type::Intersection(all(types)),
    }
}
