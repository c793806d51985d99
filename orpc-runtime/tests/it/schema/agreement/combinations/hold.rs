//! Comparison of serde, the schemas and TypeScript for one type.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Mutex;

use orpc_runtime::prelude::*;
use orpc_runtime::value::Date;
use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserializer, Serializer};
use serde_json::{Value, json};

use crate::support::{post, send};

/// A type-erased subject: all types go through one procedure.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    name: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
    read: fn(&Value) -> Option<Option<Value>>,
}

impl Subject {
    pub(super) fn of<T: Serialize + DeserializeOwned + JsonSchema>(name: &'static str) -> Self {
        Self {
            name,
            schema: SchemaGenerator::subschema_for::<T>,
            read: |value| {
                T::deserialize(value.clone()).ok().map(|it| serde_json::to_value(it).ok())
            },
        }
    }

    /// Returns what a value is written as after it was read; `Some(None)` where it cannot be
    /// written.
    fn read(&self, value: &Value) -> Option<Option<Value>> {
        (self.read)(value)
    }
}

/// The type under test, of the one test that has some. Schemas are generated in threads of their own.
static SUBJECT: Mutex<Option<Subject>> = Mutex::new(None);

fn subject() -> Subject {
    SUBJECT.lock().unwrap().expect("a type is being looked at")
}

/// A serialised value of the type under test.
pub struct One(Value);

impl JsonSchema for One {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "One".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        (subject().schema)(generator)
    }
}

impl<'de> Deserialize<'de> for One {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = subject().read(&Value::deserialize(deserializer)?).flatten();
        written.map(Self).ok_or_else(|| D::Error::custom("serde refuses it"))
    }
}

impl Serialize for One {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Values, and a date that makes the server read them as values with types.
#[derive(Deserialize, JsonSchema)]
pub struct Many {
    of: Vec<One>,
    #[allow(dead_code, reason = "it is there for the way that it is read")]
    at: Option<Date>,
}

#[procedure]
pub async fn echo(input: Many) -> Vec<One> {
    input.of
}

/// Faults by the names of types.
#[derive(Default)]
pub(super) struct Found {
    faults: Vec<String>,
    refused: BTreeMap<&'static str, String>,
}

impl Found {
    /// Compares all descriptions of a type with one another.
    pub(super) async fn hold(&mut self, subject: Subject, values: &[Value]) {
        *SUBJECT.lock().unwrap() = Some(subject);
        let router = Router::<()>::new().procedure::<echo, _>().check_outputs();
        #[cfg(feature = "typescript")]
        let types = orpc_runtime::typescript::try_client(&router).map(|text| text.to_string());
        let rpc = match Rpc::try_new(router) {
            Ok(rpc) => rpc,
            Err(error) => {
                self.refused.insert(subject.name, error.to_string());
                return;
            }
        };
        let service = rpc.http(());
        let mut sent: Vec<&Value> = values.iter().collect();
        let envelopes = |values: &[&Value]| {
            [
                json!({ "json": { "of": values } }),
                json!({ "json": { "of": values, "at": "2024-01-01T00:00:00.000Z" }, "meta": [[1, "at"]] }),
            ]
        };
        // The first round finds the values that the schema refuses.
        let mut refused = Vec::new();
        for envelope in envelopes(&sent) {
            let answer = send(service.clone(), post("/echo", envelope.to_string())).await;
            assert!(!answer.body.contains("issues, the rest"), "fewer values, to hear of all");
            let issues = answer.json()["data"]["issues"].as_array().cloned().unwrap_or_default();
            let places: Vec<_> =
                issues.iter().filter_map(|issue| issue["path"][1].as_u64()).collect();
            let is_refused = |index: &usize| places.contains(&(*index as u64));
            refused.push((0..values.len()).filter(is_refused).collect::<Vec<_>>());
        }
        if refused[0] != refused[1] {
            self.fault(
                &subject,
                format_args!("plain {:?}, with types {:?}", refused[0], refused[1]),
            );
        }
        let mut accepted = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let read = subject.read(value);
            let is_accepted = !refused[0].contains(&index);
            match &read {
                None if is_accepted => {
                    self.fault(&subject, format_args!("the schema takes {value}, serde does not"));
                }
                Some(written)
                    if !is_accepted
                        && !is_other_spelling(value, written.as_ref())
                        && !subject.is_stricter(value)
                        && subject.refuses_nothing() =>
                {
                    self.fault(&subject, format_args!("serde takes {value}, the schema does not"));
                }
                Some(Some(written)) if is_accepted => accepted.push((value, written.clone())),
                _ => {}
            }
        }
        // The second reads and writes all others.
        sent = accepted.iter().map(|(value, _)| *value).collect();
        for envelope in &envelopes(&sent)[..1] {
            let answer = send(service.clone(), post("/echo", envelope.to_string())).await;
            if answer.status == 200 {
                let written: Vec<_> = accepted.iter().map(|(_, written)| written.clone()).collect();
                assert_eq!(answer.json(), Value::Array(written), "{}", subject.name);
                continue;
            }
            self.fault(&subject, format_args!("{} {}", answer.status, answer.body));
            for (value, written) in &accepted {
                let envelope = json!({ "json": { "of": [value] } }).to_string();
                let answer = send(service.clone(), post("/echo", envelope)).await;
                if answer.status != 200 {
                    self.fault(
                        &subject,
                        format_args!("{value} is written {written}: {}", answer.status),
                    );
                }
            }
        }
        #[cfg(feature = "typescript")]
        self.hold_types(&subject, &types.expect("a router"), values, &refused[0], &accepted);
    }

    #[cfg(feature = "typescript")]
    fn hold_types(
        &mut self,
        subject: &Subject,
        text: &str,
        values: &[Value],
        refused: &[usize],
        accepted: &[(&Value, Value)],
    ) {
        let types = super::types::Types::of(text);
        for (value, written) in accepted {
            if !types.output.holds(written, &types) {
                self.fault(subject, format_args!("{written} is written, TypeScript has {text}"));
            }
            if !types.input.holds(value, &types) && !subject.has_other_names(value) {
                self.fault(subject, format_args!("{value} is taken, not by TypeScript {text}"));
            }
        }
        for index in refused {
            let value = &values[*index];
            if subject.refuses_nothing()
                && value != &json!(300)
                && !subject.is_looser()
                && types.input.names(value, &types)
            {
                self.fault(subject, format_args!("{value} is refused, not by TypeScript {text}"));
            }
        }
    }

    fn fault(&mut self, subject: &Subject, fault: std::fmt::Arguments<'_>) {
        self.faults.push(format!("{}: {fault}", subject.name));
    }

    /// Fails if a difference was found, or if other types than those were refused.
    pub(super) fn expect(self, refused: &[(&str, &str)]) {
        let mut faults = self.faults;
        let is_expected = |name: &str, error: &str| {
            refused.iter().any(|(end, text)| {
                name.ends_with(end) && error.contains("procedure `echo`") && error.contains(text)
            })
        };
        for (name, error) in &self.refused {
            if !is_expected(name, error) {
                faults.push(format!("{name} is refused: {error}"));
            }
        }
        for (end, _) in refused {
            if !self.refused.keys().any(|name| name.ends_with(end)) {
                faults.push(format!("{end} is built"));
            }
        }
        assert!(faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
    }
}

impl Subject {
    /// Returns `true` if the schema refuses on purpose what serde accepts: unknown members of a
    /// variant without payload that denies them, and members of the wrong type.
    fn is_stricter(&self, value: &Value) -> bool {
        let is_internal = self.name.starts_with("internal_strict");
        let is_unit = ["::Unit", "::NewtypeSkip"].iter().any(|name| self.name.contains(name));
        let is_lenient = is_internal && value.get("t").is_some_and(|tag| tag == "Last" || is_unit);
        // Serde reads a flattened option of an invalid value as `None`.
        is_lenient || self.name.ends_with("::FlattenOption")
    }

    /// Returns `true` if TypeScript cannot express the schema: a member of a map is of the
    /// type of the tag beside it as well.
    fn is_looser(&self) -> bool {
        ["NewtypeMap", "FlattenMap"].iter().any(|name| self.name.ends_with(name))
    }

    /// Returns `true` if a value has names that serde accepts beside those of TypeScript.
    fn has_other_names(&self, value: &Value) -> bool {
        self.name.contains("_other") || has_other_names(value)
    }

    /// Returns `true` if the schema has no constraints, so that it accepts all that serde reads.
    fn refuses_nothing(&self) -> bool {
        !self.name.starts_with("checks::")
    }
}

/// Returns `true` if a value has names that serde accepts beside those of TypeScript.
fn has_other_names(value: &Value) -> bool {
    let is_other = |name: &str| ["v", "w", "b", "what"].contains(&name);
    match value {
        Value::String(text) => is_other(text),
        Value::Array(items) => items.iter().any(has_other_names),
        Value::Object(members) => {
            members.iter().any(|(name, value)| is_other(name) || has_other_names(value))
        }
        _ => false,
    }
}

/// Returns `true` if serde reads a value in a form that it never writes, and that the schema
/// refuses on purpose: a struct as a list, a variant without payload as an object, and the
/// number of a variant for its name.
fn is_other_spelling(value: &Value, written: Option<&Value>) -> bool {
    let Some(written) = written else { return value.to_string().contains('[') };
    match (value, written) {
        (Value::Array(_), Value::Object(_) | Value::String(_)) => true,
        (Value::Object(members), Value::String(_)) => members.values().all(Value::is_null),
        (Value::Number(_), Value::String(_)) => true,
        (Value::Array(items), Value::Array(others)) => {
            items.iter().zip(others).any(|(one, other)| is_other_spelling(one, Some(other)))
        }
        (Value::Object(members), Value::Object(others)) => {
            if members.len() == 1 && members.values().all(Value::is_null) {
                return true;
            }
            let renamed = if members.len() == 1 && others.len() == 1 {
                members
                    .values()
                    .zip(others.values())
                    .any(|(one, other)| is_other_spelling(one, Some(other)))
            } else {
                false
            };
            renamed || members.iter().any(|(name, one)| is_other_spelling(one, others.get(name)))
        }
        _ => false,
    }
}
