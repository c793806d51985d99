//! Types of a router's procedures.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::Value;

use super::docs::Docs;
use super::ids::ids;
use super::names::{Use, names};
use super::schemas::{docs_of, type_of};
use super::types::Type;
use crate::core::ErrorDeclaration;
use crate::procedure::{Definition, DurableMethod, IoSchema, IoSchemaKind, Mounted, Signature};
use crate::router::Router;
use crate::schema::{SchemaOf, Side as Direction, refine_for_types};

/// Contents of a file of types.
pub(super) struct Model {
    /// The named types, by name.
    pub(super) types: BTreeMap<String, NamedType>,
    pub(super) procedures: Branch,
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
    /// A durable iterator of these events, with its methods.
    Durable(Option<Type>, Branch),
}

/// An error that a procedure declares.
pub(super) struct DeclaredError {
    pub(super) code: &'static str,
    pub(super) status: u16,
    pub(super) message: &'static str,
    pub(super) data: Option<Type>,
}

impl Model {
    pub(super) fn of<C: Send + Sync + 'static>(router: &Router<C>) -> Self {
        let mut inputs = Side::new(Direction::Read);
        let mut outputs = Side::new(Direction::Written);
        let mut tree = Branch::default();
        router.visit(&[], &mut |path, mounted| {
            let path: Vec<_> = path.iter().map(|segment| (*segment).to_owned()).collect();
            let Mounted { definition, signature, .. } = mounted;
            tree.insert(&path, procedure(definition, signature, &mut inputs, &mut outputs));
        });
        let (inputs, outputs) = (inputs.finish(), outputs.finish());
        let agreeing = agreeing(&inputs, &outputs);
        let uses = |id: &str, of: Use| {
            let is_split = inputs.ids.contains(id) && outputs.ids.contains(id);
            let of = if is_split && !agreeing.contains(id) { of } else { Use::Both };
            (id.to_owned(), of)
        };
        let of_inputs = inputs.ids.iter().map(|id| uses(id, Use::Input));
        let of_outputs = outputs.ids.iter().map(|id| uses(id, Use::Output));
        let names = names(&of_inputs.chain(of_outputs).collect());
        let input_name = |name: &str| names[&uses(inputs.id(name), Use::Input)].clone();
        let output_name = |name: &str| names[&uses(outputs.id(name), Use::Output)].clone();

        let mut types = BTreeMap::new();
        inputs.name_types(&input_name, &mut types);
        outputs.name_types(&output_name, &mut types);

        tree.rename(&input_name, &output_name);
        Self { types, procedures: tree }
    }
}

/// Creates a procedure; its types have the names of their own side.
fn procedure(
    definition: &Definition,
    signature: &Signature,
    inputs: &mut Side,
    outputs: &mut Side,
) -> Procedure {
    let input = inputs.flow(signature.input);
    let output = match signature.output.0 {
        IoSchemaKind::Durable(message, methods) => {
            let mut branch = Branch::default();
            for DurableMethod { path, definition, signature } in methods() {
                branch.insert(&path, procedure(&definition, &signature, inputs, outputs));
            }
            Flow::Durable(message.map(|schema| outputs.ty(schema)), branch)
        }
        IoSchemaKind::Value(_) | IoSchemaKind::Events(..) => outputs.flow(signature.output),
    };
    Procedure {
        docs: Docs::of(definition),
        is_get: is_get(definition),
        input,
        output,
        errors: outputs.errors(&signature.errors),
    }
}

fn is_get(definition: &Definition) -> bool {
    definition.method == http::Method::GET
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

impl Branch {
    /// Renames the types to their names in the file.
    fn rename(&mut self, input: &dyn Fn(&str) -> String, output: &dyn Fn(&str) -> String) {
        for (_, node) in &mut self.0 {
            match node {
                Node::Branch(branch) => branch.rename(input, output),
                Node::Procedure(procedure) => procedure.rename(input, output),
            }
        }
    }
}

impl Procedure {
    fn rename(&mut self, input: &dyn Fn(&str) -> String, output: &dyn Fn(&str) -> String) {
        self.input.rename(input, input, output);
        self.output.rename(output, input, output);
        for error in &mut self.errors {
            rename(&mut error.data, output);
        }
    }
}

fn rename(ty: &mut Option<Type>, name: &dyn Fn(&str) -> String) {
    *ty = ty.take().map(|ty| renamed(ty, name));
}

impl Node {
    fn is_branch(&self) -> bool {
        matches!(self, Self::Branch(_))
    }
}

impl Flow {
    /// `own` renames the types of the value, the others those of methods.
    fn rename(
        &mut self,
        own: &dyn Fn(&str) -> String,
        input: &dyn Fn(&str) -> String,
        output: &dyn Fn(&str) -> String,
    ) {
        match self {
            Self::Value(ty) => rename(ty, own),
            Self::Events(message, done) => {
                rename(message, own);
                rename(done, own);
            }
            Self::Durable(message, methods) => {
                rename(message, own);
                methods.rename(input, output);
            }
        }
    }
}

/// The types of all inputs, or of all outputs.
struct Side(SchemaGenerator, Direction);

impl Side {
    fn new(direction: Direction) -> Self {
        let settings = SchemaSettings::draft2020_12();
        let settings = match direction {
            Direction::Read => settings.for_deserialize(),
            Direction::Written => settings.for_serialize(),
        };
        Self(settings.into_generator(), direction)
    }

    fn ty(&mut self, schema: SchemaOf) -> Type {
        let schema = schema(&mut self.0).to_value();
        type_of(&refine_for_types(&schema, self.0.definitions(), self.1))
    }

    fn flow(&mut self, shape: IoSchema) -> Flow {
        match shape.0 {
            IoSchemaKind::Value(schema) => Flow::Value(schema.map(|schema| self.ty(schema))),
            IoSchemaKind::Events(message, done) => Flow::Events(
                message.map(|schema| self.ty(schema)),
                done.map(|schema| self.ty(schema)),
            ),
            // Not an input, and an output only of procedures.
            IoSchemaKind::Durable(..) => Flow::Value(None),
        }
    }

    fn errors(&mut self, errors: &[ErrorDeclaration]) -> Vec<DeclaredError> {
        let declared = |error: &ErrorDeclaration| DeclaredError {
            code: error.code(),
            status: error.status(),
            message: error.default_message(),
            data: error.data_schema().map(|schema| self.ty(schema)),
        };
        errors.iter().map(declared).collect()
    }

    fn finish(mut self) -> Finished {
        let ids = ids(&mut self.0);
        let definitions = self.0.take_definitions(true);
        let refine = |schema: &Value| refine_for_types(schema, &definitions, self.1);
        let definitions: BTreeMap<_, _> =
            definitions.iter().map(|(name, schema)| (name.clone(), refine(schema))).collect();
        let by_name: BTreeMap<String, String> = definitions
            .keys()
            .map(|name| (name.clone(), ids.get(name).unwrap_or(name).clone()))
            .collect();
        Finished { ids: by_name.values().cloned().collect(), by_name, definitions }
    }
}

/// Definitions of one side.
struct Finished {
    definitions: BTreeMap<String, Value>,
    /// Id of each definition, by name.
    by_name: BTreeMap<String, String>,
    ids: BTreeSet<String>,
}

impl Finished {
    fn id<'n>(&'n self, name: &'n str) -> &'n str {
        self.by_name.get(name).map_or(name, String::as_str)
    }

    /// Adds the types under their names.
    fn name_types(&self, name: &dyn Fn(&str) -> String, types: &mut BTreeMap<String, NamedType>) {
        for (own, schema) in &self.definitions {
            let ty = renamed(type_of(schema), name);
            types.insert(name(own), NamedType { ty, docs: docs_of(schema) });
        }
    }

    /// Returns the types by id, with ids in place of names.
    fn types(&self) -> BTreeMap<&str, (Type, Docs)> {
        let id = |name: &str| self.id(name).to_owned();
        let ty = |schema| (renamed(type_of(schema), &id), docs_of(schema));
        self.definitions.iter().map(|(name, schema)| (self.id(name), ty(schema))).collect()
    }
}

/// Returns the ids of the types that are equal on both sides, with all types in them.
fn agreeing(inputs: &Finished, outputs: &Finished) -> BTreeSet<String> {
    let (inputs, outputs) = (inputs.types(), outputs.types());
    let is_same = |id: &&&str| inputs.get(**id) == outputs.get(**id);
    let mut agreeing: BTreeSet<&str> = inputs.keys().filter(is_same).copied().collect();
    loop {
        let is_sound = |id: &&str| {
            let mut is_sound = true;
            inputs[*id].0.visit_names(&mut |name| is_sound &= agreeing.contains(name));
            is_sound
        };
        let sound: BTreeSet<&str> = agreeing.iter().copied().filter(is_sound).collect();
        if sound.len() == agreeing.len() {
            return sound.into_iter().map(str::to_owned).collect();
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
