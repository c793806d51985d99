//! Types whose schemas are those of the procedure that is being looked at.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::anything;
use crate::description::{Procedure, Type};

// Schemas are generated in threads of their own, one after the other.
static TYPES: Mutex<Vec<Type>> = Mutex::new(Vec::new());
static CURRENT: Mutex<Option<Procedure>> = Mutex::new(None);
static NEXT: Mutex<VecDeque<Procedure>> = Mutex::new(VecDeque::new());

fn locked<T>(of: &'static Mutex<T>) -> MutexGuard<'static, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn describe_types(types: Vec<Type>) {
    *locked(&TYPES) = types;
}

/// Has all schemas be those of one procedure.
pub(crate) fn mount(procedure: Procedure) {
    locked(&NEXT).clear();
    *locked(&CURRENT) = Some(procedure);
}

/// Has schemas be those of each procedure in turn: the schema of an input is that
/// of the next one.
pub(crate) fn visit(procedures: Vec<Procedure>) {
    *locked(&CURRENT) = None;
    *locked(&NEXT) = procedures.into();
}

/// Looks at the current procedure.
pub(crate) fn of_current<T>(look: impl FnOnce(&Procedure) -> T) -> T {
    look(locked(&CURRENT).as_ref().expect("a procedure is being looked at"))
}

/// The places of a procedure that have types.
pub(crate) struct Place<const P: usize>;

pub(crate) const INPUT: usize = 0;
pub(crate) const OUTPUT: usize = 1;
/// That of the first error's data; the others follow.
pub(crate) const ERROR: usize = 2;

impl<const P: usize> JsonSchema for Place<P> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Place{P}").into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        if P == INPUT
            && let Some(next) = locked(&NEXT).pop_front()
        {
            *locked(&CURRENT) = Some(next);
        }
        let schema = of_current(|procedure| match P {
            INPUT => procedure.input.clone(),
            OUTPUT => procedure.output.clone(),
            _ => procedure.errors[P - ERROR].data.clone().unwrap_or_else(anything),
        });
        filled_in(schema, generator)
    }
}

/// One of the types that have names.
struct Named<const N: usize>;

impl<const N: usize> JsonSchema for Named<N> {
    fn schema_name() -> Cow<'static, str> {
        locked(&TYPES)[N].name.clone().into()
    }

    fn schema_id() -> Cow<'static, str> {
        locked(&TYPES)[N].id.clone().into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let goes_in = generator.contract().is_deserialize();
        let schema = {
            let Type { schema, input, .. } = &locked(&TYPES)[N];
            input.as_ref().filter(|_| goes_in).unwrap_or(schema).clone()
        };
        filled_in(schema, generator)
    }
}

/// The schema with references in place of names.
fn filled_in(schema: Value, generator: &mut SchemaGenerator) -> Schema {
    Schema::try_from(referring(schema, generator)).expect("schemas are objects or booleans")
}

fn referring(schema: Value, generator: &mut SchemaGenerator) -> Value {
    match schema {
        Value::Object(mut members) => {
            if let Some(index) = members.get("$type").and_then(Value::as_u64) {
                let reference = match index {
                    0 => generator.subschema_for::<Named<0>>(),
                    1 => generator.subschema_for::<Named<1>>(),
                    2 => generator.subschema_for::<Named<2>>(),
                    3 => generator.subschema_for::<Named<3>>(),
                    _ => panic!("there are four types with names"),
                };
                return reference.to_value();
            }
            // A type that is named here and now, of which there may be any number.
            if let Some(Value::String(name)) = members.remove("$define") {
                let schema = referring(Value::Object(members), generator);
                generator.definitions_mut().insert(name.clone(), schema);
                return Schema::new_ref(format!("#/$defs/{name}")).to_value();
            }
            let members = members.into_iter();
            members.map(|(name, value)| (name, referring(value, generator))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| referring(item, generator)).collect(),
        other => other,
    }
}

impl<const P: usize> Serialize for Place<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de, const P: usize> Deserialize<'de> for Place<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}
