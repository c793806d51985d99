//! From a Rust type to compiled JSON Schemas.

use std::cmp::Ordering;
use std::sync::OnceLock;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::effort::is_unbounded;
use super::expand::expand;
use super::instance::Instance;
use super::issue::{Issue, collect_issues};
use super::issue_tree::IssueTree;
use super::keyword::{INTEGER, JSON};
use super::lint::lint;
use super::program::Program;
use super::recursion::refuse_circles;
use super::refine::{Purpose, Refiner, Side};
use super::refs::Refs;
use super::type_schema::{TypeSchema, named};
use super::validator::Validator;
use super::walk::Walk;
use crate::value::{CODE_KEYWORD, KEYWORD, TooManyPlaces, is_wide};

/// Error of a schema that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It cannot be compiled.
    #[error("the JSON Schema cannot be compiled at `{pointer}`: {reason}")]
    NotCompiled {
        /// Place in the schema, as a JSON Pointer (RFC 6901).
        pointer: String,
        /// The fault.
        reason: String,
    },
    /// It has constraints that cannot be enforced, or that serde does not follow.
    #[error("{}", .0.join("; "))]
    Faults(Vec<String>),
}

impl SchemaError {
    pub(super) fn new(pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::NotCompiled { pointer: pointer.into(), reason: reason.into() }
    }
}

impl From<TooManyPlaces> for SchemaError {
    fn from(error: TooManyPlaces) -> Self {
        Self::new("", error.to_string())
    }
}

/// The name of a type of inputs, with the function that generates its schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct InputSchema {
    pub(super) type_name: &'static str,
    generate: fn(SchemaGenerator) -> Schema,
}

impl InputSchema {
    pub(super) fn of<T: JsonSchema>() -> Self {
        Self {
            type_name: std::any::type_name::<T>(),
            generate: SchemaGenerator::into_root_schema_for::<T>,
        }
    }

    /// Returns the JSON Schema (draft 2020-12) of the values that the type deserialises from.
    pub(super) fn generate(self) -> Result<Value, SchemaError> {
        let settings = SchemaSettings::draft2020_12().for_deserialize().with_transform(NumberRange);
        let schema = named(self.type_name, || (self.generate)(settings.into_generator()));
        refined(schema.to_value(), Side::Read, self.type_name)
    }
}

/// Returns the JSON Schema of the values that a type serialises to.
pub(super) fn output_schema(schema: TypeSchema) -> Result<Value, SchemaError> {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut root = schema.generate(&mut generator);
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    refined(root.to_value(), Side::Written, "")
}

/// Refines a schema: turns the notes of the derive into keywords of JSON Schema.
fn refined(schema: Value, side: Side, type_name: &str) -> Result<Value, SchemaError> {
    let mut refined = schema.clone();
    let refs = Refs::of(&schema);
    let mut refiner = Refiner { refs, side, purpose: Purpose::Validation, faults: Vec::new() };
    let place = schema.get("title").and_then(Value::as_str).unwrap_or("the type");
    let mut definitions = refined.as_object_mut().and_then(|it| it.shift_remove("$defs"));
    refiner.refine(&mut refined, place);
    for (name, definition) in definitions.iter_mut().filter_map(Value::as_object_mut).flatten() {
        refiner.refine(definition, name);
    }
    if let (Some(members), Some(definitions)) = (refined.as_object_mut(), definitions) {
        members.insert("$defs".to_owned(), definitions);
    }
    let mut faults = refiner.faults;
    if faults.is_empty() {
        faults = lint(&refined, place);
    }
    if let Some(key) = super::keys::compound_key(type_name) {
        faults.push(super::keys::fault(type_name, key));
    }
    faults.dedup();
    if !faults.is_empty() {
        return Err(SchemaError::Faults(faults));
    }
    if side == Side::Read {
        expand(&mut refined);
    }
    Ok(refined)
}

/// A compiled schema, against which values are checked.
pub(super) struct Compiled {
    validator: Validator,
    /// The schema as it was compiled.
    schema: Value,
    /// Created when the first value is refused.
    issues: OnceLock<Result<IssueTree, SchemaError>>,
    /// serde may take more steps than an input has values.
    is_unbounded: bool,
}

impl Compiled {
    fn of(schema: &Value, kinds: &mut Kinded) -> Result<Self, SchemaError> {
        refuse_circles(schema)?;
        let mut schema = Schema::try_from(schema.clone())
            .map_err(|error| SchemaError::new("", error.to_string()))?;
        kinds.transform(&mut schema);
        let schema = schema.to_value();
        let is_unbounded = is_unbounded(&schema);
        let validator = Validator::compile(&schema)?;
        Ok(Self { validator, schema, issues: OnceLock::new(), is_unbounded })
    }

    /// Returns the schema as a program that reads text, unless serde may take too many steps.
    pub(super) fn program(&self) -> Option<Program> {
        if self.is_unbounded { None } else { Program::of(&self.schema) }
    }

    #[cfg(test)]
    pub(super) fn schema(&self) -> &Value {
        &self.schema
    }

    pub(super) fn is_valid(&self, value: Instance<'_>) -> bool {
        self.validator.is_valid(value)
    }

    /// Returns the reason why a valid value cannot be deserialised in a bounded time, if
    /// that is so.
    pub(super) fn excess(&self, value: Instance<'_>) -> Option<Issue> {
        if !self.is_unbounded {
            return None;
        }
        let tree = self.issues.get_or_init(|| IssueTree::of(&self.schema)).as_ref().ok()?;
        (!Walk::is_bounded(tree, value)).then(|| Issue {
            message: "Invalid input: nested too deeply for an untagged enum".to_owned(),
            path: Vec::new(),
        })
    }

    /// Returns the reasons why a value is refused. `root` is the value as JSON.
    pub(super) fn issues(&self, value: Instance<'_>, root: &Value, undefined: bool) -> Vec<Issue> {
        match self.issues.get_or_init(|| IssueTree::of(&self.schema)) {
            Ok(tree) => collect_issues(tree, value, root, undefined),
            // The parts compile if the whole does.
            Err(_) => vec![Issue { message: "Invalid input".to_owned(), path: Vec::new() }],
        }
    }
}

/// Compiles a schema for values of plain JSON.
pub(super) fn compile_plain(schema: &Value) -> Result<Compiled, SchemaError> {
    Compiled::of(schema, &mut Kinded { plain_places: false })
}

/// Compiles a schema for values with types.
pub(super) fn compile_typed(schema: &Value) -> Result<Compiled, SchemaError> {
    Compiled::of(schema, &mut Kinded { plain_places: true })
}

/// Contents of a schema that affect how values with types are read.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Integers of 64 or 128 bits.
    pub(super) wide: bool,
    /// The codes of user-defined types.
    pub(super) codes: Vec<u32>,
}

impl Survey {
    pub(super) fn of(schema: &Value) -> Self {
        let mut survey = Self::default();
        if let Ok(mut schema) = Schema::try_from(schema.clone()) {
            survey.transform(&mut schema);
        }
        survey
    }
}

impl Transform for Survey {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(members) = schema.as_object() {
            self.wide |= is_wide(members);
            let code = members.get(CODE_KEYWORD).and_then(Value::as_u64);
            self.codes.extend(code.and_then(|code| u32::try_from(code).ok()));
        }
        transform_subschemas(self, schema);
    }
}

/// Adds the accepted kinds of values to each place. Types of plain JSON lack them, and
/// need them only beside others.
struct Kinded {
    plain_places: bool,
}

impl Transform for Kinded {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(members) = schema.as_object_mut() {
            if members.contains_key(KEYWORD) {
                // The kind implies the format, which has forms beyond that of JSON Schema.
                members.remove("format");
            } else if is_wide(members) {
                members.insert(KEYWORD.to_owned(), INTEGER.into());
            } else if self.plain_places
                && ["type", "const", "enum", "properties", "required"]
                    .iter()
                    .any(|keyword| members.contains_key(*keyword))
            {
                members.insert(KEYWORD.to_owned(), JSON.into());
            }
        }
        transform_subschemas(self, schema);
    }
}

/// Gives a number its type's range: schemars names the size in `format`, which
/// no validator of numbers reads, and writes the range of the small integers only.
#[derive(Debug, Clone)]
struct NumberRange;

impl Transform for NumberRange {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && let Some((minimum, maximum)) = number_range(format)
            && let Some(object) = schema.as_object_mut()
        {
            // A user's range never widens the type's.
            narrow(object, "minimum", minimum, Ordering::Less);
            narrow(object, "maximum", maximum, Ordering::Greater);
        }
        transform_subschemas(self, schema);
    }
}

/// Replaces a bound that is `wider`, or adds one.
fn narrow(schema: &mut Map<String, Value>, keyword: &str, bound: Value, wider: Ordering) {
    let own = schema.get(keyword).and_then(Value::as_f64);
    let order = own.zip(bound.as_f64()).and_then(|(own, bound)| own.partial_cmp(&bound));
    if order.is_none_or(|order| order == wider) {
        schema.insert(keyword.to_owned(), bound);
    }
}

fn number_range(format: &str) -> Option<(Value, Value)> {
    Some(match format {
        "int8" => (json!(i8::MIN), json!(i8::MAX)),
        "int16" => (json!(i16::MIN), json!(i16::MAX)),
        "int32" => (json!(i32::MIN), json!(i32::MAX)),
        "int64" | "int" => (json!(i64::MIN), json!(i64::MAX)),
        "uint8" => (json!(u8::MIN), json!(u8::MAX)),
        "uint16" => (json!(u16::MIN), json!(u16::MAX)),
        "uint32" => (json!(u32::MIN), json!(u32::MAX)),
        "uint64" | "uint" => (json!(u64::MIN), json!(u64::MAX)),
        // Beyond these bounds a value would be infinite, for which JSON has no number.
        // They are those of `f32` in decimal, slightly beyond them as doubles.
        "float" => (json!(-3.402_823_5e38), json!(3.402_823_5e38)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_range_of_its_type() {
        for (format, range) in [
            ("int8", (json!(-128), json!(127))),
            ("int16", (json!(-32768), json!(32767))),
            ("int32", (json!(-2_147_483_648_i64), json!(2_147_483_647))),
            ("int64", (json!(i64::MIN), json!(i64::MAX))),
            ("int", (json!(i64::MIN), json!(i64::MAX))),
            ("uint8", (json!(0), json!(255))),
            ("uint16", (json!(0), json!(65535))),
            ("uint32", (json!(0), json!(4_294_967_295_u64))),
            ("uint64", (json!(0), json!(u64::MAX))),
            ("uint", (json!(0), json!(u64::MAX))),
            ("float", (json!(-3.402_823_5e38), json!(3.402_823_5e38))),
        ] {
            assert_eq!(number_range(format), Some(range), "{format}");
        }
        assert_eq!(number_range("double"), None);
    }

    #[test]
    fn a_range_of_a_field_is_kept_within_that_of_its_type() {
        for (own, expected) in [
            (json!({}), (0, 255)),
            (json!({ "minimum": -5, "maximum": 300 }), (0, 255)),
            (json!({ "minimum": 0, "maximum": 255 }), (0, 255)),
            (json!({ "minimum": 5, "maximum": 10 }), (5, 10)),
            (json!({ "minimum": 300, "maximum": -1 }), (300, -1)),
        ] {
            let mut schema: Schema = own.clone().try_into().unwrap();
            schema.insert("format".to_owned(), "uint8".into());
            NumberRange.transform(&mut schema);
            let schema = schema.to_value();
            let found = (&schema["minimum"], &schema["maximum"]);
            assert_eq!(found, (&json!(expected.0), &json!(expected.1)), "{own}");
        }
    }
}
