//! Generation of descriptions.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::Schema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value};

use super::ids::ids;
use super::names::names;
use super::{
    Direction, ErrorDescription, IoDescription, MiddlewareDescription, ProcedureDescription,
    RouterDescription, TypeDescription,
};
use crate::core::ErrorDeclaration;
use crate::procedure::{
    Definition, IoSchema, IoSchemaKind, Member, MiddlewareSignature, Signature,
};
use crate::router::{Router, encoded};
use crate::schema::{Side, TypeSchema, each_part_mut, refine_for_description, unescaped};

/// Start of a reference to a named type.
const DEFINITIONS: &str = "#/$defs/";

/// Describes a router that can be served.
pub(super) fn description<C: Send + Sync + 'static>(router: &Router<C>) -> RouterDescription {
    let mut generators =
        Generators { inputs: Types::new(Side::Read), outputs: Types::new(Side::Written) };
    let mut procedures = Vec::new();
    router.visit(&[], &mut |path, mounted| {
        procedures.push(generators.procedure(path, &mounted.definition, &mounted.signature));
    });
    let (inputs, outputs) = (generators.inputs.finish(), generators.outputs.finish());

    let agreeing = agreeing(&inputs, &outputs);
    let direction = |id: &str, own: Direction| {
        let is_split = inputs.names.contains_key(id) && outputs.names.contains_key(id);
        let direction = if is_split && !agreeing.contains(id) { own } else { Direction::Both };
        (id.to_owned(), direction)
    };
    let of_inputs = inputs.names.keys().map(|id| direction(id, Direction::Input));
    let of_outputs = outputs.names.keys().map(|id| direction(id, Direction::Output));
    let names = names(&of_inputs.chain(of_outputs).collect(), &[]);
    let input_name = |id: &str| names[&direction(id, Direction::Input)].clone();
    let output_name = |id: &str| names[&direction(id, Direction::Output)].clone();

    let mut types = BTreeMap::new();
    inputs.describe(Direction::Input, &agreeing, &input_name, &mut types);
    outputs.describe(Direction::Output, &agreeing, &output_name, &mut types);
    let inputs = |name: &str| Some(definition(&input_name(inputs.ids.get(name)?)));
    let outputs = |name: &str| Some(definition(&output_name(outputs.ids.get(name)?)));
    for procedure in &mut procedures {
        rename_procedure(procedure, &inputs, &outputs);
    }
    RouterDescription { procedures, types }
}

/// Returns the reference to a named type.
fn definition(name: &str) -> String {
    format!("{DEFINITIONS}{name}")
}

/// Replaces the references to named types.
pub(super) fn map_references(
    description: &mut RouterDescription,
    reference: &dyn Fn(&str) -> String,
) {
    let known: BTreeSet<String> = description.types.keys().cloned().collect();
    let reference = |name: &str| known.contains(name).then(|| reference(name));
    for procedure in &mut description.procedures {
        rename_procedure(procedure, &reference, &reference);
    }
    for named in description.types.values_mut() {
        rename(&mut named.schema, &reference);
    }
}

/// Returns a schema with the types that it refers to.
pub(super) fn standalone(description: &RouterDescription, schema: &Schema) -> Schema {
    let mut definitions: BTreeMap<String, Value> = BTreeMap::new();
    let mut found = references(schema);
    while let Some(name) = found.pop() {
        if let Some(named) = description.types.get(&name)
            && !definitions.contains_key(&name)
        {
            found.extend(references(&named.schema));
            definitions.insert(name, named.schema.clone().to_value());
        }
    }
    let mut schema = schema.clone();
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), definitions.into_iter().collect::<Map<_, _>>().into());
    }
    schema
}

fn references(schema: &Schema) -> Vec<String> {
    let mut names = Vec::new();
    visit_references(&mut schema.clone().to_value(), &mut |reference| {
        names.extend(reference.strip_prefix(DEFINITIONS).map(str::to_owned));
    });
    names
}

/// Generators of all schemas. Schemas have the names of their generator until all are
/// known.
struct Generators {
    inputs: Types,
    outputs: Types,
}

impl Generators {
    fn procedure(
        &mut self,
        path: &[&str],
        definition: &Definition,
        signature: &Signature,
    ) -> ProcedureDescription {
        let input = self.inputs.io(signature.input);
        let output = match signature.output.0 {
            IoSchemaKind::Object(event, methods) => {
                let event = event.map(|event| self.outputs.schema(event));
                let methods = methods().into_iter().map(|method| {
                    let Member { path, definition, signature } = method;
                    let path: Vec<_> = path.iter().map(String::as_str).collect();
                    self.procedure(&path, &definition, &signature)
                });
                IoDescription::Object { event, methods: methods.collect() }
            }
            IoSchemaKind::Value(_) | IoSchemaKind::Events(..) => self.outputs.io(signature.output),
        };
        let meta = definition.meta.iter().map(|(key, value)| ((*key).to_owned(), *value));
        let middlewares =
            signature.middlewares.iter().map(|MiddlewareSignature { definition, errors }| {
                MiddlewareDescription {
                    name: definition.name.to_owned(),
                    title: title(definition.docs),
                    description: text(definition.docs),
                    errors: self.outputs.errors(errors),
                }
            });
        ProcedureDescription {
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            url_path: encoded(path),
            kind: definition.kind,
            method: definition.method.clone(),
            title: title(definition.docs),
            description: text(definition.docs),
            deprecated: definition.deprecated,
            meta: meta.collect(),
            input,
            output,
            middlewares: middlewares.collect(),
            errors: self.outputs.errors(&signature.errors),
        }
    }
}

fn text(docs: &str) -> Option<String> {
    (!docs.trim().is_empty()).then(|| docs.to_owned())
}

/// Returns the first paragraph, without the marks of a heading.
fn title(docs: &str) -> Option<String> {
    let lines = docs.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    let title = lines.collect::<Vec<_>>().join(" ");
    let title = title.trim_start_matches('#').trim_start();
    (!title.is_empty()).then(|| title.to_owned())
}

/// The types of all inputs, or of all outputs.
struct Types {
    generator: SchemaGenerator,
    side: Side,
}

impl Types {
    fn new(side: Side) -> Self {
        let settings = SchemaSettings::draft2020_12();
        let settings = match side {
            Side::Read => settings.for_deserialize(),
            Side::Written => settings.for_serialize(),
        };
        Self { generator: settings.into_generator(), side }
    }

    fn schema(&mut self, schema: TypeSchema) -> Schema {
        let schema = schema.generate(&mut self.generator).to_value();
        into_schema(refine_for_description(&schema, self.generator.definitions(), self.side))
    }

    fn io(&mut self, schema: IoSchema) -> IoDescription {
        match schema.0 {
            IoSchemaKind::Value(None) => IoDescription::Undefined,
            IoSchemaKind::Value(Some(schema)) => {
                IoDescription::Value { schema: self.schema(schema) }
            }
            IoSchemaKind::Events(event, returns) => IoDescription::Events {
                event: event.map(|schema| self.schema(schema)),
                returns: returns.map(|schema| self.schema(schema)),
            },
            // Only an output is one, which has its methods beside it.
            IoSchemaKind::Object(event, _) => IoDescription::Object {
                event: event.map(|schema| self.schema(schema)),
                methods: Vec::new(),
            },
        }
    }

    fn errors(&mut self, errors: &[ErrorDeclaration]) -> Vec<ErrorDescription> {
        let described = |error: &ErrorDeclaration| ErrorDescription {
            code: error.code().to_owned(),
            status: error.status(),
            message: error.default_message().to_owned(),
            data: error.data_schema().map(|schema| self.schema(schema)),
        };
        errors.iter().map(described).collect()
    }

    fn finish(mut self) -> Definitions {
        let known = ids(&mut self.generator);
        let definitions = self.generator.take_definitions(true);
        let mut ids = BTreeMap::new();
        let mut schemas = BTreeMap::new();
        for (name, schema) in &definitions {
            ids.insert(name.clone(), known.get(name).unwrap_or(name).clone());
            let refined = refine_for_description(schema, &definitions, self.side);
            schemas.insert(name.clone(), into_schema(refined));
        }
        let names = ids.iter().map(|(name, id)| (id.clone(), name.clone())).collect();
        Definitions { schemas, ids, names }
    }
}

/// Definitions of one side.
struct Definitions {
    /// Schemas by the generator's names.
    schemas: BTreeMap<String, Schema>,
    /// Ids of the types by these names.
    ids: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
}

impl Definitions {
    /// Returns the schemas by id, with ids in place of names, and the ids in each.
    fn by_id(&self) -> BTreeMap<&str, (Schema, Vec<String>)> {
        let id = |name: &str| self.ids.get(name).map(|id| definition(id));
        let by_id = self.schemas.iter().map(|(name, schema)| {
            let mut schema = schema.clone();
            rename(&mut schema, &id);
            let references = references(&schema);
            (self.ids[name].as_str(), (schema, references))
        });
        by_id.collect()
    }

    /// Adds the types under their names in the description.
    fn describe(
        &self,
        own: Direction,
        agreeing: &BTreeSet<String>,
        name: &dyn Fn(&str) -> String,
        types: &mut BTreeMap<String, TypeDescription>,
    ) {
        for (generated, schema) in &self.schemas {
            let mut schema = schema.clone();
            rename(&mut schema, &|own| Some(definition(&name(self.ids.get(own)?))));
            let rust_type = self.ids[generated].clone();
            let direction = if agreeing.contains(&rust_type) { Direction::Both } else { own };
            types.insert(name(&rust_type), TypeDescription { schema, rust_type, direction });
        }
    }
}

/// Returns the ids of the types whose schemas are equal on both sides, with all types in
/// them.
fn agreeing(inputs: &Definitions, outputs: &Definitions) -> BTreeSet<String> {
    let (inputs, outputs) = (inputs.by_id(), outputs.by_id());
    let is_same = |id: &&&str| inputs.get(**id) == outputs.get(**id);
    let mut agreeing: BTreeSet<&str> = inputs.keys().filter(is_same).copied().collect();
    loop {
        let is_sound = |id: &&str| inputs[*id].1.iter().all(|name| agreeing.contains(&**name));
        let sound: BTreeSet<&str> = agreeing.iter().copied().filter(is_sound).collect();
        if sound.len() == agreeing.len() {
            return sound.into_iter().map(str::to_owned).collect();
        }
        agreeing = sound;
    }
}

/// A new reference for each name of a type; `None` keeps it.
type Rename<'r> = &'r dyn Fn(&str) -> Option<String>;

fn rename_procedure(procedure: &mut ProcedureDescription, inputs: Rename<'_>, outputs: Rename<'_>) {
    rename_io(&mut procedure.input, inputs, inputs, outputs);
    rename_io(&mut procedure.output, outputs, inputs, outputs);
    let middlewares = procedure.middlewares.iter_mut().flat_map(|it| &mut it.errors);
    for error in procedure.errors.iter_mut().chain(middlewares) {
        rename_all(&mut error.data, outputs);
    }
}

/// `own` renames the types of the value, the others those of methods.
fn rename_io(io: &mut IoDescription, own: Rename<'_>, inputs: Rename<'_>, outputs: Rename<'_>) {
    match io {
        IoDescription::Undefined => {}
        IoDescription::Value { schema } => rename(schema, own),
        IoDescription::Events { event, returns } => {
            rename_all(event, own);
            rename_all(returns, own);
        }
        IoDescription::Object { event, methods } => {
            rename_all(event, own);
            methods.iter_mut().for_each(|method| rename_procedure(method, inputs, outputs));
        }
    }
}

fn rename_all(schema: &mut Option<Schema>, name: Rename<'_>) {
    schema.iter_mut().for_each(|schema| rename(schema, name));
}

/// Replaces the references of a schema.
fn rename(schema: &mut Schema, name: Rename<'_>) {
    let mut value = std::mem::take(schema).to_value();
    visit_references(&mut value, &mut |reference| {
        if let Some(renamed) = referenced(reference).and_then(|own| name(&own)) {
            *reference = renamed;
        }
    });
    *schema = into_schema(value);
}

/// Returns the name of a type in a reference.
fn referenced(reference: &str) -> Option<Cow<'_, str>> {
    reference.strip_prefix(DEFINITIONS).map(unescaped)
}

/// Visits the references of a schema and of all schemas in it.
fn visit_references(schema: &mut Value, visitor: &mut dyn FnMut(&mut String)) {
    let Some(members) = schema.as_object_mut() else { return };
    if let Some(Value::String(reference)) = members.get_mut("$ref") {
        visitor(reference);
    }
    each_part_mut(members, |_, part| visit_references(part, visitor));
}

/// Returns a schema of a value; generated ones are schemas.
fn into_schema(value: Value) -> Schema {
    Schema::try_from(value).unwrap_or_default()
}
