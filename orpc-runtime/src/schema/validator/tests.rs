//! Validators beside `jsonschema`.

use jsonschema::error::ValidationError;
use jsonschema::json::SerdeJson;
use jsonschema::paths::Location;
use jsonschema::{Draft, Keyword as Custom, PatternOptions};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::{Check, Format, Validator};
use crate::schema::instance::Instance;
use crate::schema::keyword::{DATE_RANGE, NAMES, Names, NativeType};
use crate::value::KEYWORD;

/// A keyword of our own.
enum Own {
    NativeType(NativeType),
    Names(Names),
    /// No value of plain JSON is a date.
    DateBound,
}

impl<'i> Custom<'i, SerdeJson> for Own {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        if Custom::<SerdeJson>::is_valid(self, value) {
            return Ok(());
        }
        Err(ValidationError::custom("refused"))
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        match self {
            Self::NativeType(of) => of.fault(Instance::Plain(value)).is_none(),
            Self::Names(names) => names.fault(Instance::Plain(value)).is_none(),
            Self::DateBound => true,
        }
    }
}

type Made<'a> = Result<Box<dyn for<'i> Custom<'i, SerdeJson>>, ValidationError<'a>>;

fn native_type<'a>(schema: &'a Map<String, Value>, value: &'a Value, _: Location) -> Made<'a> {
    Ok(Box::new(Own::NativeType(NativeType::of(schema, value))))
}

fn names<'a>(_: &'a Map<String, Value>, value: &'a Value, _: Location) -> Made<'a> {
    Ok(Box::new(Own::Names(Names::of(value))))
}

fn date_bound<'a>(_: &'a Map<String, Value>, _: &'a Value, _: Location) -> Made<'a> {
    Ok(Box::new(Own::DateBound))
}

/// Compiles a schema with `jsonschema`, to compare with.
pub(in crate::schema) fn reference(schema: &Value) -> jsonschema::Validator {
    let is_duration = |text: &str| Format::named("duration").unwrap().accepts(text);
    let mut options = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(20_000))
        .with_format("duration", is_duration)
        .with_format("ip", |text: &str| text.parse::<std::net::IpAddr>().is_ok())
        .offline()
        .with_keyword(KEYWORD, native_type)
        .with_keyword(NAMES, names);
    for keyword in DATE_RANGE {
        options = options.with_keyword(keyword, date_bound);
    }
    options.build(schema).unwrap_or_else(|error| panic!("{schema}: {error}"))
}

fn number() -> impl Strategy<Value = Value> {
    select(vec![
        json!(0),
        json!(-0.0),
        json!(1),
        json!(1.0),
        json!(1e2),
        json!(2),
        json!(3),
        json!(-1),
        json!(0.1),
        json!(0.3),
        json!(0.30000000000000004),
        json!(2.5),
        json!(1.5),
        json!(1e15),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_992_i64),
        json!(9_007_199_254_740_993_i64),
        json!(9_007_199_254_740_992.0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1.8446744073709552e19),
    ])
}

fn text() -> impl Strategy<Value = String> {
    select(vec!["", "a", "b", "ab", "abc", "1", "é", "👍", "a@b.org", "2020-01-01", "127.0.0.1"])
        .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        number(),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((select(vec!["a", "b", "c", "ab"]), inner), 0..4).prop_map(
                |members| {
                    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
                }
            ),
        ]
    })
}

/// Returns one keyword, or several that belong together, with a schema in them.
fn keyword(inner: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let of = |name: &'static str, value: BoxedStrategy<Value>| {
        value.prop_map(move |value| json!({ name: value })).boxed()
    };
    let names = || select(vec!["a", "b", "c", "ab"]).prop_map(str::to_owned);
    let named = |inner: BoxedStrategy<Value>| {
        prop::collection::btree_map(names(), inner, 0..3).prop_map(|all| json!(all)).boxed()
    };
    let count = || (0_u64..4).prop_map(Value::from).boxed();
    let list = |inner: BoxedStrategy<Value>| {
        prop::collection::vec(inner, 1..4).prop_map(Value::from).boxed()
    };
    let name_list =
        || prop::collection::btree_set(names(), 0..3).prop_map(|all| json!(all)).boxed();
    let kinds = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let kind = || select(kinds.to_vec()).prop_map(str::to_owned);
    let pattern =
        || select(vec!["^a", "b$", r"^\d$", "^(?!ab)", r"(.)\1", "."]).prop_map(str::to_owned);
    let formats = vec!["email", "date", "ipv4", "unknown"];
    let divisor = select(vec![json!(1), json!(0.1), json!(2), json!(0.01), json!(1.5), json!(3)]);
    prop_oneof![
        6 => of("type", kind().prop_map(Value::from).boxed()),
        2 => of("type", prop::collection::btree_set(kind(), 1..4).prop_map(|all| json!(all)).boxed()),
        1 => of("const", value().boxed()),
        2 => of("enum", list(value().boxed())),
        1 => of("minimum", number().boxed()),
        1 => of("maximum", number().boxed()),
        1 => of("exclusiveMinimum", number().boxed()),
        1 => of("exclusiveMaximum", number().boxed()),
        1 => of("multipleOf", divisor.boxed()),
        1 => of("minLength", count()),
        1 => of("maxLength", count()),
        1 => of("pattern", pattern().prop_map(Value::from).boxed()),
        1 => of("format", select(formats).prop_map(Value::from).boxed()),
        1 => of("minItems", count()),
        1 => of("maxItems", count()),
        1 => of("uniqueItems", any::<bool>().prop_map(Value::from).boxed()),
        1 => (inner.clone(), count(), count(), any::<bool>(), any::<bool>()).prop_map(
            |(inner, min, max, has_min, has_max)| {
                let mut all = json!({ "contains": inner });
                if has_min { all["minContains"] = min; }
                if has_max { all["maxContains"] = max; }
                all
            },
        ),
        2 => of("items", inner.clone()),
        1 => of("prefixItems", list(inner.clone())),
        1 => of("unevaluatedItems", inner.clone()),
        1 => of("minProperties", count()),
        1 => of("maxProperties", count()),
        2 => of("required", name_list()),
        1 => prop::collection::btree_map(names(), name_list(), 0..3)
            .prop_map(|all| json!({ "dependentRequired": all })),
        1 => of("dependentSchemas", named(inner.clone())),
        1 => of("propertyNames", inner.clone()),
        4 => of("properties", named(inner.clone())),
        1 => prop::collection::btree_map(pattern(), inner.clone(), 0..3)
            .prop_map(|all| json!({ "patternProperties": all })),
        2 => of("additionalProperties", inner.clone()),
        1 => of("unevaluatedProperties", inner.clone()),
        2 => of("$ref", select(vec!["#/$defs/one", "#/$defs/two"]).prop_map(Value::from).boxed()),
        1 => of("allOf", list(inner.clone())),
        1 => of("anyOf", list(inner.clone())),
        1 => of("oneOf", list(inner.clone())),
        1 => of("not", inner.clone()),
        1 => (inner.clone(), inner.clone(), inner, 0..4).prop_map(|(one, then, other, which)| {
            let mut all = json!({ "if": one });
            if which & 1 == 1 { all["then"] = then; }
            if which & 2 == 2 { all["else"] = other; }
            all
        }),
    ]
    .boxed()
}

fn schema() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![1 => any::<bool>().prop_map(Value::from), 3 => Just(json!({}))].boxed();
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop::collection::vec(keyword(inner), 1..4)
            .prop_map(|keywords| {
                let mut all = Map::new();
                for keyword in keywords {
                    all.extend(keyword.as_object().cloned().unwrap_or_default());
                }
                Value::Object(all)
            })
            .boxed()
    })
    .boxed()
}

#[test]
fn validators_accept_what_jsonschema_accepts() {
    let count = std::env::var("SCHEMA_CASES").map_or(3_000, |count| count.parse().unwrap());
    let mut runner = TestRunner::new(Config { cases: count, ..Config::default() });
    let input = (schema(), schema(), schema(), prop::collection::vec(value(), 12));
    let (mut accepted, mut refused) = (0, 0);
    let counts = std::cell::RefCell::new((&mut accepted, &mut refused));
    runner
        .run(&input, |(mut schema, one, two, values)| {
            // A definition may refer to the other one, below one of its own members.
            if let Value::Object(members) = &mut schema {
                let two = json!({ "properties": { "a": { "$ref": "#/$defs/two" } }, "not": two });
                let two = without_references(two, 0);
                let one = without_references(one, 0);
                members.insert("$defs".to_owned(), json!({ "one": one, "two": two }));
            }
            let expected = reference(&schema);
            let validator = Validator::compile(&schema).unwrap();
            for value in values {
                // `jsonschema` divides large numbers as floats; `number.rs` has cases of them.
                if schema.to_string().contains("multipleOf") && is_large(&value) {
                    continue;
                }
                let is_valid = expected.is_valid(&value);
                let mut counts = counts.borrow_mut();
                *(if is_valid { &mut *counts.0 } else { &mut *counts.1 }) += 1;
                prop_assert_eq!(
                    validator.is_valid(Instance::Plain(&value)),
                    is_valid,
                    "{} {}",
                    schema,
                    value
                );
                let typed = crate::value::Value::from(value.clone());
                // Numbers of values with types are floats.
                if typed.to_json() == value {
                    prop_assert_eq!(validator.is_valid(Instance::Typed(&typed)), is_valid);
                }
                let faults = validator.faults(Instance::Plain(&value), false);
                prop_assert_eq!(faults.is_empty(), is_valid, "{} {}", schema, value);
            }
            Ok(())
        })
        .unwrap();
    assert!(accepted > 3 * count && refused > 3 * count, "{accepted} accepted, {refused} refused");
}

/// Returns whether a number in a value is beyond those that floats have exactly.
fn is_large(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number.abs() > 9e15),
        Value::Array(items) => items.iter().any(is_large),
        Value::Object(members) => members.values().any(is_large),
        _ => false,
    }
}

/// Removes references to definitions that apply to the same value, which have no end.
fn without_references(schema: Value, depth: usize) -> Value {
    match schema {
        Value::Object(members) => members
            .into_iter()
            .filter(|(name, _)| name != "$ref" || depth > 8)
            .map(|(name, part)| {
                let is_member = name == "a" && part.get("$ref").is_some();
                let part = if is_member { part } else { without_references(part, depth) };
                (name, part)
            })
            .collect(),
        Value::Array(parts) => {
            parts.into_iter().map(|part| without_references(part, depth)).collect()
        }
        other => other,
    }
}

#[test]
fn a_recursive_union_is_checked_in_a_bounded_number_of_steps() {
    let node = json!({
        "type": "object",
        "properties": { "a": { "$ref": "#/$defs/tree" } },
        "additionalProperties": false,
    });
    let schema = json!({
        "$ref": "#/$defs/tree",
        "$defs": { "tree": { "anyOf": [node, node, node, { "type": "string" }] } },
    });
    let validator = Validator::compile(&schema).unwrap();
    let tree = |leaf: Value| (0..100).fold(leaf, |inner, _| json!({ "a": inner }));
    // Without results that are kept this takes three to the power of a hundred steps.
    assert!(!validator.is_valid(Instance::Plain(&tree(json!(1)))));
    assert!(validator.is_valid(Instance::Plain(&tree(json!("leaf")))));
}

#[test]
fn a_schema_that_is_nothing_but_itself_accepts_nothing() {
    for schema in [json!({ "$ref": "#" }), json!({ "if": { "$ref": "#" }, "else": false })] {
        let validator = Validator::compile(&schema).unwrap();
        assert!(!validator.is_valid(Instance::Plain(&json!(1))), "{schema}");
        validator.faults(Instance::Plain(&json!(1)), false);
    }
}

/// Each of the schemas counts those around it that apply to the same value.
#[test]
fn at_most_256_schemas_apply_to_one_value() {
    let (value, small) = (json!(1), json!({ "minimum": 2 }));
    for (schema, nested) in [
        (json!({ "type": "integer" }), 0),
        (json!({ "allOf": [{ "allOf": [{ "type": "integer" }] }] }), 2),
        (json!({ "anyOf": [false, true] }), 1),
        (json!({ "oneOf": [false, true] }), 1),
        (json!({ "if": false, "else": true }), 1),
        (json!({ "$ref": "#/$defs/a", "$defs": { "a": true } }), 1),
    ] {
        let validator = Validator::compile(&schema).unwrap();
        let is_valid = |nesting| {
            Check::of(&validator).is_valid(validator.root, Instance::Plain(&value), nesting)
        };
        assert!(is_valid(255 - nested) && !is_valid(256 - nested), "{schema}");
    }
    for (schema, nested) in [
        (small.clone(), 0),
        (json!({ "allOf": [{ "allOf": [small] }] }), 2),
        (json!({ "$ref": "#/$defs/a", "$defs": { "a": small } }), 1),
    ] {
        let validator = Validator::compile(&schema).unwrap();
        let faults = |nesting| {
            let (mut faults, value) = (Vec::new(), Instance::Plain(&value));
            let mut check = Check::of(&validator);
            check.add_faults(validator.root, value, false, nesting, &mut faults);
            faults.len()
        };
        assert_eq!([255 - nested, 256 - nested].map(faults), [1, 0], "{schema}");
    }
    let validator = Validator::compile(&json!({ "oneOf": [true, true] })).unwrap();
    let message = |nesting| {
        let (mut faults, value) = (Vec::new(), Instance::Plain(&value));
        Check::of(&validator).add_faults(validator.root, value, false, nesting, &mut faults);
        faults[0].message().contains("more than one")
    };
    assert_eq!([254, 255].map(message), [true, false], "no alternative applies any more");
}

#[test]
fn a_value_of_several_alternatives_and_one_of_none_are_told_apart() {
    let message = |schema: Value| {
        let validator = Validator::compile(&schema).unwrap();
        validator.faults(Instance::Plain(&json!(1)), false)[0].message().to_owned()
    };
    let several = json!({ "oneOf": [true, { "minimum": 0 }, false] });
    assert!(message(several).contains("more than one"));
    assert!(message(json!({ "oneOf": [false, { "minimum": 2 }] })).contains("none"));
}

#[test]
fn members_and_items_that_nothing_evaluates_are_checked() {
    let both = |more: Value, rest: &str| {
        let mut schema = more;
        schema[rest] = json!({ "const": 1 });
        schema
    };
    let items = |more: Value| both(more, "unevaluatedItems");
    let members = |more: Value| both(more, "unevaluatedProperties");
    let named = json!({ "properties": { "a": { "type": "integer" } } });
    for schema in [
        items(json!({})),
        items(json!({ "prefixItems": [true] })),
        items(json!({ "prefixItems": [true], "items": true })),
        items(json!({ "contains": { "type": "string" } })),
        items(json!({ "allOf": [{ "prefixItems": [true, true] }] })),
        items(json!({ "allOf": [items(json!({}))], "maxItems": 2 })),
        members(json!({})),
        members(named.clone()),
        members(json!({ "patternProperties": { "^a": true } })),
        members(json!({ "allOf": [named], "anyOf": [{ "properties": { "b": true } }] })),
        members(json!({ "oneOf": [named, { "required": ["b"] }] })),
        members(json!({ "if": { "required": ["a"] }, "then": named })),
        members(json!({ "if": named, "else": { "properties": { "b": true } } })),
        members(json!({ "dependentSchemas": { "b": { "properties": { "b": true } } } })),
        members(json!({ "$ref": "#/$defs/a", "$defs": { "a": named } })),
        members(json!({ "allOf": [members(named.clone())] })),
        members(json!({ "not": named })),
        items(json!({ "allOf": [{ "unevaluatedItems": true }] })),
        members(json!({ "allOf": [{ "unevaluatedProperties": true }] })),
    ] {
        let (validator, expected) = (Validator::compile(&schema).unwrap(), reference(&schema));
        for value in [
            json!([]),
            json!([2]),
            json!([1, 2]),
            json!([2, 1]),
            json!([2, 2]),
            json!(["x", 1]),
            json!([1, "x", 2]),
            json!([2, 2, 2]),
            json!({}),
            json!({ "a": 2 }),
            json!({ "a": "x" }),
            json!({ "b": 2 }),
            json!({ "b": 1 }),
            json!({ "a": 2, "b": 1 }),
            json!({ "a": 2, "b": 2 }),
            json!({ "a": "x", "b": 2 }),
            json!({ "a": "x", "b": 1 }),
            json!({ "ab": 2 }),
        ] {
            let is_valid = validator.is_valid(Instance::Plain(&value));
            assert_eq!(is_valid, expected.is_valid(&value), "{schema} {value}");
        }
    }
}

#[test]
fn a_keyword_without_a_message_is_named() {
    for (schema, value, name) in [
        (json!({ "contains": { "const": 1 } }), json!([2]), "contains"),
        (json!({ "dependentRequired": { "a": ["b"] } }), json!({ "a": 1 }), "dependentRequired"),
        (json!({ "dependentSchemas": { "a": false } }), json!({ "a": 1 }), "dependentSchemas"),
        (json!({ "not": true }), json!(1), "not"),
        (json!({ "if": true, "then": false }), json!(1), "if"),
        (json!({ "items": false }), json!([1]), "items"),
        (json!({ "properties": { "a": false } }), json!({ "a": 1 }), "properties"),
        (json!({ "unevaluatedItems": false }), json!([1]), "unevaluatedItems"),
        (json!({ "unevaluatedProperties": false }), json!({ "a": 1 }), "unevaluatedProperties"),
    ] {
        let faults = Validator::compile(&schema).unwrap().faults(Instance::Plain(&value), false);
        assert_eq!(faults.len(), 1, "{schema}");
        assert_eq!(faults[0].message(), format!("Invalid input: refused by `{name}`"));
    }
}

#[test]
fn schemas_that_cannot_be_compiled_are_errors_with_their_place() {
    for (schema, pointer, reason) in [
        (json!(1), "", "1 is not a schema"),
        (json!({ "type": "text" }), "/type", "\"text\" is not a type"),
        (json!({ "minimum": "1" }), "/minimum", "\"1\" is not a number"),
        (json!({ "multipleOf": 0 }), "/multipleOf", "0 is not a number greater than 0"),
        (json!({ "maxLength": -1 }), "/maxLength", "-1 is not a count"),
        (json!({ "maxLength": 1.5 }), "/maxLength", "1.5 is not a count"),
        (json!({ "pattern": "(" }), "/pattern", "\"(\" is not a regular expression"),
        (json!({ "enum": "a" }), "/enum", "\"a\" is not a list"),
        (json!({ "required": [1] }), "/required", "1 is not a name"),
        (json!({ "properties": [] }), "/properties", "[] is not an object"),
        (json!({ "properties": { "a/b": 1 } }), "/properties/a~1b", "1 is not a schema"),
        (json!({ "allOf": [true, 1] }), "/allOf/1", "1 is not a schema"),
        (json!({ "$ref": 1 }), "/$ref", "1 is not a reference"),
        (
            json!({ "$ref": "other.json" }),
            "/$ref",
            "there is nothing at the reference \"other.json\"",
        ),
        (
            json!({ "$ref": "#/$defs/a" }),
            "/$ref",
            "there is nothing at the reference \"#/$defs/a\"",
        ),
        (json!({ "$dynamicRef": "#a" }), "/$dynamicRef", "`$dynamicRef` is not supported"),
    ] {
        let error = Validator::compile(&schema).unwrap_err().to_string();
        let expected = format!("the JSON Schema cannot be compiled at `{pointer}`: {reason}");
        assert_eq!(error, expected, "{schema}");
    }
    assert!(Validator::compile(&json!({ "maxLength": 2.0, "unknown": [1] })).is_ok());
}
