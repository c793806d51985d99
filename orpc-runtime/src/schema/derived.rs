//! Run-time part of `#[derive(JsonSchema)]`, whose other part is `orpc-macros/src/schema`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Value, json};

use super::keys;
use super::refine::VARIANT;
use super::refs::{Refs, Types, each_part_mut};

/// The keyword with the faults of a schema that cannot be used, a list of texts.
pub(super) const FAULTS: &str = "x-faults";

/// The keyword that marks the schema of a type with this derive.
pub(super) const DERIVED: &str = "x-derived";

/// Maximum number of nested generations of one type's schema. A type that is flattened
/// into a variant of itself has two.
const MOST_OPEN: usize = 4;

/// The name of a field, and a function of its type.
pub type OfField<'r, T> = (&'r str, fn() -> T);

/// The additions of the derive to the schema of a type.
#[derive(Debug)]
pub struct Rules<'r> {
    /// The member and its text that serde writes in front of a struct's fields.
    pub tag: Option<(&'r str, &'r str)>,
    /// The number of the first field of a tuple that may be left out.
    pub optional_from: Option<usize>,
    /// The fields with the names of their types.
    pub fields: &'r [OfField<'r, &'static str>],
    /// The fields that hold maps, with the JSON types of the keys.
    pub keys: &'r [OfField<'r, Vec<String>>],
    /// The payloads that stand beside a tag.
    pub payloads: &'r [Payload<'r>],
}

/// The payload of a variant that is written as one object with its tag.
#[derive(Debug)]
pub struct Payload<'r> {
    /// The name of the variant.
    pub variant: &'r str,
    /// Serde reads it.
    pub is_read: bool,
    /// Serde writes it.
    pub is_written: bool,
    /// The schema of its type.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// The schema of a type, or a reference to it.
pub fn schema_of<T: ?Sized + JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Returns the name of a type, as the compiler prints it.
pub fn type_name<T: ?Sized>() -> &'static str {
    std::any::type_name::<T>()
}

/// The JSON types of a type's values.
pub fn key_types<K: ?Sized + JsonSchema>() -> Vec<String> {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let schema = settings.into_generator().into_root_schema_for::<K>().to_value();
    keys::types(&schema)
}

/// Returns whether the schema stands where it is used.
pub fn is_inline<T: JsonSchema>() -> bool {
    flag("inline", std::any::type_name::<T>(), T::inline_schema)
}

/// Returns the name of the schema.
pub fn name<T: JsonSchema>() -> Cow<'static, str> {
    text("name", std::any::type_name::<T>(), T::schema_name, "Endless")
}

/// Returns the unique id of the schema.
pub fn id<T: JsonSchema>() -> Cow<'static, str> {
    let name = std::any::type_name::<T>();
    text("id", name, T::schema_id, name)
}

/// Returns whether a member of the type may be left out.
pub fn is_option<T: JsonSchema>() -> bool {
    flag("option", std::any::type_name::<T>(), T::_schemars_private_is_option)
}

/// Returns the schema, with the additions of the derive.
pub fn schema<T: JsonSchema>(generator: &mut SchemaGenerator, rules: &Rules<'_>) -> Schema {
    rules.schema(std::any::type_name::<T>(), T::json_schema, generator)
}

/// Returns the schema without null.
pub fn non_optional_schema<T: JsonSchema>(
    generator: &mut SchemaGenerator,
    rules: &Rules<'_>,
) -> Schema {
    let generate = T::_schemars_private_non_optional_json_schema;
    rules.schema(std::any::type_name::<T>(), generate, generator)
}

// The functions below take the name of a type and functions of it: generic ones would be compiled
// once for each type with the derive.

fn flag(question: &'static str, type_name: &'static str, answer: fn() -> bool) -> bool {
    once_more(question, type_name, answer, || false)
}

fn text(
    question: &'static str,
    type_name: &'static str,
    answer: fn() -> Cow<'static, str>,
    otherwise: &'static str,
) -> Cow<'static, str> {
    once_more(question, type_name, answer, || otherwise.into())
}

/// Returns the schema of a type that recurses into itself endlessly.
fn endless(type_name: &str) -> Schema {
    let name = readable(type_name);
    let fault = format!(
        "the type `{name}` recurses without an array or object in between: its schema has no end"
    );
    json_schema!({ FAULTS: [fault] })
}

/// Returns the name of a twin's type: `api::_::__SchemaOfTree<u8>` is `Tree<u8>`.
fn readable(name: &str) -> &str {
    const TWIN: &str = "__SchemaOf";
    name.find(TWIN).map_or(name, |at| &name[at + TWIN.len()..])
}

/// Calls `answer` unless calls for the same type and question are nested too deeply.
fn once_more<R>(
    question: &'static str,
    type_name: &'static str,
    answer: impl FnOnce() -> R,
    without_end: impl FnOnce() -> R,
) -> R {
    let (_asked, is_open) = Asked::enter((question, type_name));
    if is_open { without_end() } else { answer() }
}

/// A question, and the name of the type that is asked.
type Question = (&'static str, &'static str);

thread_local! {
    /// The number of nested calls for each question.
    static OPEN: RefCell<HashMap<Question, usize>> = RefCell::default();
}

/// Counts down however the answer ends.
struct Asked(Question);

impl Asked {
    /// Counts a call. Returns `true` with it if the calls are nested too deeply.
    fn enter(question: Question) -> (Self, bool) {
        let is_open = OPEN.with_borrow_mut(|open| {
            let count = open.entry(question).or_insert(0);
            *count += 1;
            *count > MOST_OPEN
        });
        (Self(question), is_open)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| {
            if let Some(count) = open.get_mut(&self.0) {
                *count -= 1;
                if *count == 0 {
                    open.remove(&self.0);
                }
            }
        });
    }
}

/// Removes the marks of this derive from a schema.
pub(super) fn remove_marks(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    members.remove(DERIVED);
    each_part_mut(members, |_, part| remove_marks(part));
}

impl Rules<'_> {
    /// Returns the schema of a type, with these additions.
    fn schema(
        &self,
        type_name: &'static str,
        generate: fn(&mut SchemaGenerator) -> Schema,
        generator: &mut SchemaGenerator,
    ) -> Schema {
        let schema = || generate(generator);
        let mut schema = once_more("schema", type_name, schema, || endless(type_name));
        self.apply(type_name, generator, &mut schema);
        schema
    }

    fn apply(&self, type_name: &str, generator: &mut SchemaGenerator, schema: &mut Schema) {
        let is_read = generator.contract().is_deserialize();
        if is_read {
            schema.insert(DERIVED.to_owned(), true.into());
        }
        if let Some((tag, name)) = self.tag
            && !is_read
        {
            put_first(schema, tag, name);
        }
        if let Some(first) = self.optional_from
            && is_read
            && let Some(least) = schema.get("minItems").and_then(Value::as_u64)
        {
            schema.insert("minItems".to_owned(), json!(least.min(first as u64)));
        }
        let owner = readable(type_name);
        let mut faults = Vec::new();
        for (field, name) in self.fields {
            if let Some(key) = keys::compound_key(name()) {
                faults.push(keys::fault(&format!("{owner}.{field}"), key));
            }
        }
        for (field, types) in self.keys {
            if let Some(kind) = types().iter().find(|kind| !keys::is_text(kind)) {
                faults.push(keys::fault(&format!("{owner}.{field}"), kind));
            }
        }
        for payload in self.payloads {
            let is_there = if is_read { payload.is_read } else { payload.is_written };
            if is_there {
                let place = format!("{owner}.{}", payload.variant);
                let types = payload.types(generator);
                if types == Types::NULL {
                    note_nothing(schema, &place);
                } else if !payload.fits(generator, types) {
                    faults.push(beside_tag(&place, &types.to_string()));
                }
            }
        }
        if !faults.is_empty() {
            let known = schema.remove(FAULTS);
            let known = known.and_then(|known| known.as_array().cloned()).unwrap_or_default();
            let faults = known.into_iter().chain(faults.into_iter().map(Value::from)).collect();
            schema.insert(FAULTS.to_owned(), Value::Array(faults));
        }
    }
}

impl Payload<'_> {
    /// The JSON types of the values; none while the type is being made.
    fn types(&self, generator: &mut SchemaGenerator) -> Types {
        let schema = (self.schema)(generator).to_value();
        Refs { root: &Value::Null, definitions: Some(generator.definitions()) }.types(&schema)
    }

    /// Returns whether a value may be an object, or the name of a variant, which becomes a
    /// member.
    fn fits(&self, generator: &mut SchemaGenerator, types: Types) -> bool {
        let schema = (self.schema)(generator);
        let has_names =
            ["$ref", "const", "enum", "oneOf", "anyOf"].iter().any(|it| schema.get(*it).is_some());
        types == Types::NONE
            || types.has(Types::OBJECT.or(Types::NULL))
            || types.has(Types::STRING) && has_names
    }
}

/// Notes that a variant has no members beside its tag.
fn note_nothing(schema: &mut Schema, place: &str) {
    let variants = schema.get_mut("oneOf").and_then(Value::as_array_mut);
    let notes = variants.into_iter().flatten().filter_map(|variant| variant.get_mut(VARIANT));
    for note in notes.filter_map(Value::as_object_mut) {
        if note.get("of").is_some_and(|of| of == place) {
            note.insert("is_nothing".to_owned(), true.into());
        }
    }
}

/// The fault of a payload that cannot stand beside a tag.
pub(super) fn beside_tag(place: &str, holds: &str) -> String {
    format!(
        "`{place}` holds {holds}, which cannot stand beside the enum's `tag`: write the variant \
         with named fields, or give the enum a `content`"
    )
}

/// Puts a member with a text of its own in front of an object's members.
fn put_first(schema: &mut Schema, tag: &str, name: &str) {
    let members = schema.ensure_object();
    let properties = members.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        let others = std::mem::take(properties);
        properties.insert(tag.to_owned(), json!({ "type": "string", "const": name }));
        properties.extend(others.into_iter().filter(|(name, _)| name != tag));
    }
    let required = members.entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required.as_array_mut() {
        required.retain(|name| name != tag);
        required.insert(0, tag.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks inside of the answer for as long as there is one. Returns the number of answers.
    fn answers() -> usize {
        once_more("question", "u8", || 1 + answers(), || 0)
    }

    #[test]
    fn a_question_is_answered_four_times_inside_of_itself() {
        assert_eq!(answers(), 4);
        // Beside itself, of another type and with another text it is another question.
        let both = once_more("question", "u8", || [answers(), answers()], || [0, 0]);
        assert_eq!(both, [3, 3]);
        assert_eq!(once_more("question", "u16", answers, || 0), 4);
        assert_eq!(once_more("other", "u8", answers, || 0), 4);
        let panics = || once_more("question", "u8", || panic!("no answer"), || ());
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(answers(), 4);
    }

    #[test]
    fn types_have_the_properties_that_schemars_gives_them() {
        assert!(is_option::<Option<u8>>() && !is_option::<u8>());
        assert!(is_inline::<u8>() && !is_inline::<std::time::Duration>());
        assert_eq!(
            (name::<u8>(), name::<std::time::Duration>()),
            ("uint8".into(), "Duration".into())
        );
        assert_eq!(id::<std::time::Duration>(), "std::time::Duration");
        assert_eq!(key_types::<u8>(), ["integer"]);
        assert_eq!(type_name::<u8>(), "u8");
    }

    #[test]
    fn a_tag_stands_in_front_of_the_members() {
        let put = |schema: Value| {
            let mut schema = Schema::try_from(schema).unwrap();
            put_first(&mut schema, "t", "A");
            serde_json::to_string(&schema).unwrap()
        };
        let tag = r#""t":{"type":"string","const":"A"}"#;
        assert_eq!(put(json!({})), format!(r#"{{"properties":{{{tag}}},"required":["t"]}}"#));
        let schema = json!({ "properties": { "a": true, "t": true }, "required": ["a", "t"] });
        let expected = format!(r#"{{"properties":{{{tag},"a":true}},"required":["t","a"]}}"#);
        assert_eq!(put(schema), expected);
    }

    #[test]
    fn marks_are_removed_at_every_depth() {
        let part = json!({ DERIVED: true, "type": "string" });
        let mut schema = json!({ DERIVED: true, "items": part, "$defs": { "a": part } });
        remove_marks(&mut schema);
        let part = json!({ "type": "string" });
        assert_eq!(schema, json!({ "items": part, "$defs": { "a": part } }));
    }

    #[test]
    fn the_variant_of_a_place_is_noted_as_nothing() {
        let variants = json!([{ VARIANT: { "of": "E.A" } }, { VARIANT: { "of": "E.B" } }, {}]);
        let mut schema = Schema::try_from(json!({ "oneOf": variants })).unwrap();
        note_nothing(&mut schema, "E.B");
        let mut expected = variants;
        expected[1][VARIANT]["is_nothing"] = json!(true);
        assert_eq!(schema.to_value(), json!({ "oneOf": expected }));
    }

    #[test]
    fn a_twin_has_the_name_of_its_type() {
        assert_eq!(readable("api::_::__SchemaOfTree<u8>"), "Tree<u8>");
        assert_eq!(readable("api::Tree<u8>"), "api::Tree<u8>");
    }
}
