//! Schemas that programs check by themselves, and schemas that they leave to the validator.

use serde_json::{Map, Value, json};

use super::super::{Node, Program};
use crate::schema::validator::tests::reference;

/// A schema is checked without the validator.
const ALONE: bool = true;
/// Some part of it is checked by the validator.
const WITH_VALIDATOR: bool = false;

fn is_alone(program: &Program) -> bool {
    !program.nodes.iter().any(|node| matches!(node, Node::Other(_)))
}

/// Checks which inputs a program accepts, as the validator does, and on what it calls it.
fn check(schema: &Value, alone: bool, accepted: &[Value], refused: &[Value]) {
    let program = Program::of(schema).unwrap_or_else(|| panic!("no program: {schema}"));
    let validator = reference(schema);
    assert_eq!(is_alone(&program), alone, "{schema}");
    for input in accepted {
        assert!(validator.is_valid(input), "{schema} {input}");
        assert_eq!(program.read::<Value>(&input.to_string()).as_ref(), Some(input), "{schema}");
    }
    for input in refused {
        assert!(!validator.is_valid(input), "{schema} {input}");
        assert_eq!(program.read::<Value>(&input.to_string()), None, "{schema} {input}");
    }
}

#[test]
fn equal_items_are_found_in_any_notation() {
    let schema = json!({ "items": { "type": ["string", "number"] }, "uniqueItems": true });
    let program = Program::of(&schema).unwrap();
    for text in [
        "[1,1.0]",
        "[10 , 1e1]",
        "[0,-0]",
        "[0.5,5e-1]",
        "[\"a\" ,\"a\"]",
        r#"["a","\u0061"]"#,
        "[1e400]",
    ] {
        assert_eq!(program.read::<Value>(text), None, "{text}");
    }
    for text in ["[1 ,10, 1.5,-1]", "[ \"a\" , \"b\" ]"] {
        assert_eq!(program.read::<Value>(text), serde_json::from_str(text).ok(), "{text}");
    }
}

#[test]
fn limits_of_lengths_and_numbers() {
    check(
        &json!({ "type": "string", "minLength": 2, "maxLength": 3, "title": "t", "x-note": 1 }),
        ALONE,
        &[json!("ab"), json!("éé"), json!("abc")],
        &[json!("a"), json!("é"), json!("abcd"), json!(2), json!(null)],
    );
    check(
        &json!({ "type": "array", "minItems": 1, "maxItems": 2, "items": { "type": "boolean" } }),
        ALONE,
        &[json!([true]), json!([true, false])],
        &[json!([]), json!([1]), json!([true, true, true]), json!({})],
    );
    check(
        &json!({ "type": "object", "minProperties": 1, "maxProperties": 2 }),
        ALONE,
        &[json!({ "a": 1 }), json!({ "a": 1, "b": [] })],
        &[json!({}), json!({ "a": 1, "b": 1, "c": 1 }), json!([])],
    );
    check(
        &json!({ "minimum": 1, "maximum": 3.5 }),
        ALONE,
        &[json!(1), json!(1.5), json!(3.5), json!("0"), json!(null)],
        &[json!(0), json!(0.5), json!(3.75), json!(4), json!(-1)],
    );
    check(
        &json!({ "type": "number", "exclusiveMinimum": -1, "exclusiveMaximum": 2 }),
        ALONE,
        &[json!(0), json!(1.5), json!(-0.5)],
        &[json!(-1), json!(2), json!(-2)],
    );
    check(
        &json!({ "type": ["integer", "null"] }),
        ALONE,
        &[json!(1), json!(null)],
        &[json!(1.5), json!("1")],
    );
    check(&json!({ "type": ["integer", "number"] }), ALONE, &[json!(1), json!(1.5)], &[json!("")]);
}

#[test]
fn texts_and_other_constants() {
    check(&json!({ "const": "a" }), ALONE, &[json!("a")], &[json!("b"), json!(null), json!(1)]);
    check(
        &json!({ "enum": ["a", "b", null] }),
        ALONE,
        &[json!("a"), json!("b"), json!(null)],
        &[json!("c"), json!(1), json!([])],
    );
    check(&json!({ "enum": ["a", "b"] }), ALONE, &[json!("b")], &[json!(null)]);
    check(&json!({ "const": null }), WITH_VALIDATOR, &[json!(null)], &[json!("a")]);
    check(&json!({ "const": ["a"] }), WITH_VALIDATOR, &[json!(["a"])], &[json!("a")]);
    check(&json!({ "enum": ["a", 1] }), WITH_VALIDATOR, &[json!("a"), json!(1)], &[json!("b")]);
    check(
        &json!({ "const": "a", "enum": ["a", "b"] }),
        WITH_VALIDATOR,
        &[json!("a")],
        &[json!("b")],
    );
    check(
        &json!({ "pattern": "^a", "format": "email" }),
        ALONE,
        &[json!("a@b.org"), json!(1)],
        &[json!("b@b.org"), json!("a")],
    );
}

#[test]
fn items_and_members() {
    check(&json!(true), ALONE, &[json!(1), json!([])], &[]);
    check(&json!({ "items": false }), ALONE, &[json!([]), json!(1)], &[json!([1])]);
    check(
        &json!({ "properties": { "a": false, "b": true } }),
        ALONE,
        &[json!({ "b": 1 }), json!({ "c": 1 })],
        &[json!({ "a": 1 })],
    );
    check(&json!({ "uniqueItems": false }), ALONE, &[json!([1, 1])], &[]);
    check(&json!({ "uniqueItems": true }), WITH_VALIDATOR, &[json!([1, 2])], &[json!([1, 1])]);
    check(
        &json!({ "items": { "type": ["string", "number", "boolean", "null"] }, "uniqueItems": true }),
        ALONE,
        &[json!([]), json!([1, "1", true, null]), json!([0, false, "", -1, 1.5, 2]), json!("x")],
        &[
            json!([1, 2, 1]),
            json!([1.5, 1.5]),
            json!([1, 1.0]),
            json!(["a", "b", "a"]),
            json!([null, null]),
        ],
    );
    check(
        &json!({ "items": { "type": "array", "items": { "type": "integer" } }, "uniqueItems": true }),
        WITH_VALIDATOR,
        &[json!([[1], [2]])],
        &[json!([[1], [1]])],
    );
    // The items of an inner array are not those of the outer one.
    let unique = json!({ "items": { "type": "string" }, "uniqueItems": true });
    check(
        &json!({ "type": "array", "items": unique }),
        ALONE,
        &[json!([["a", "b"], ["a"], []]), json!([])],
        &[json!([["a"], ["b", "b"]])],
    );
    check(
        &json!({
            "patternProperties": { "^[0-9]+$": { "type": "boolean" } },
            "properties": { "a": { "type": "string" } },
            "additionalProperties": false,
        }),
        ALONE,
        &[json!({ "1": true, "22": false, "a": "x" }), json!({})],
        &[json!({ "1": 1 }), json!({ "b": true }), json!({ "a": true })],
    );
    for patterns in [json!({ "^a": true, "b$": true }), json!({ "^a$": { "type": "string" } })] {
        let schema =
            json!({ "patternProperties": patterns, "properties": { "a": { "minLength": 1 } } });
        check(&schema, WITH_VALIDATOR, &[json!({ "a": "x" })], &[json!({ "a": "" })]);
    }
    check(
        &json!({ "prefixItems": [{ "type": "integer" }, true], "items": { "type": "string" } }),
        ALONE,
        &[json!([1]), json!([1, 2, "a"]), json!([])],
        &[json!(["a"]), json!([1, 2, 3])],
    );
    check(
        &json!({
            "type": "object",
            "properties": { "a": { "type": "integer" }, "b": { "type": "string" } },
            "required": ["b"],
            "additionalProperties": { "type": "boolean" },
        }),
        ALONE,
        &[json!({ "b": "x" }), json!({ "a": 1, "c": true, "b": "x" })],
        &[json!({}), json!({ "a": 1 }), json!({ "b": 1 }), json!({ "b": "x", "c": 1 })],
    );
    check(
        &json!({ "properties": { "a": true }, "additionalProperties": false }),
        ALONE,
        &[json!({ "a": 1 })],
        &[json!({ "b": 1 })],
    );
    check(&json!({ "required": ["a"] }), WITH_VALIDATOR, &[json!({ "a": 1 })], &[json!({})]);
    check(
        &json!({ "x-names": [{ "name": "a", "aliases": ["b"], "required": true }] }),
        WITH_VALIDATOR,
        &[json!({ "a": 1 }), json!({ "b": 1 })],
        &[json!({}), json!({ "a": 1, "b": 1 })],
    );
}

#[test]
fn objects_of_many_members() {
    for (count, alone) in [(64, ALONE), (65, WITH_VALIDATOR)] {
        let names = (0..count).map(|n| format!("m{n}"));
        let properties: Map<_, _> =
            names.clone().map(|name| (name, json!({ "type": "integer" }))).collect();
        let all: Value = names.clone().map(|name| (name, json!(1))).collect::<Map<_, _>>().into();
        let required: Vec<_> = names.clone().collect();
        for missing in [0, 1, count - 1] {
            let mut partial = all.clone();
            partial.as_object_mut().unwrap().remove(&required[missing]);
            let schema = json!({ "properties": properties, "required": required });
            check(&schema, alone, std::slice::from_ref(&all), &[partial]);
        }
        // The variants of an enum likewise.
        let variant = |name: &String| {
            json!({
                "type": "object",
                "properties": { name: { "type": "integer" } },
                "required": [name],
                "additionalProperties": false,
            })
        };
        let variants: Vec<_> = required.iter().map(variant).collect();
        let last = json!({ &required[count - 1]: 1 });
        check(&json!({ "oneOf": variants }), alone, &[last], &[json!({ "m0": "x" }), json!({})]);
    }
}

#[test]
fn kinds_beyond_json() {
    let safe = 9_007_199_254_740_991_i64;
    check(
        &json!({ "type": "integer", "x-native-type": "integer" }),
        ALONE,
        &[json!(safe), json!(-safe)],
        &[json!(safe + 1), json!(-safe - 1), json!(1.5)],
    );
    check(
        &json!({ "type": "number", "x-native-type": "number" }),
        ALONE,
        &[json!(1.5)],
        &[json!("")],
    );
    check(&json!({ "type": "array", "x-native-type": "json" }), ALONE, &[json!([])], &[json!(1)]);
    check(
        &json!({ "type": ["string", "null"], "x-native-type": "date" }),
        ALONE,
        &[json!(null)],
        &[json!("2020-01-01"), json!(1)],
    );
    let schema =
        json!({ "type": "string", "x-native-type": "date", "formatMinimum": "2020-01-01" });
    check(&schema, ALONE, &[], &[json!(null), json!("2021-01-01")]);
}

#[test]
fn schemas_that_hold_beside_each_other() {
    check(
        &json!({
            "properties": { "a": { "type": "integer" } },
            "required": ["a"],
            "allOf": [
                { "properties": { "b": { "type": "integer" } }, "required": ["b"], "title": "t" },
                { "$ref": "#/$defs/c" },
            ],
            "$defs": { "c": { "properties": { "c": { "type": "integer" } } } },
        }),
        ALONE,
        &[json!({ "a": 1, "b": 1 }), json!({ "a": 1, "b": 1, "c": 1 })],
        &[json!({ "a": 1 }), json!({ "b": 1 }), json!({ "a": 1, "b": 1, "c": "x" })],
    );
    check(
        &json!({
            "properties": { "a": { "type": "integer" } },
            "allOf": [{ "properties": { "a": { "minimum": 3 } } }],
        }),
        WITH_VALIDATOR,
        &[json!({ "a": 3 })],
        &[json!({ "a": 1 }), json!({ "a": "x" })],
    );
    let both = |one: u8, other: u8| json!({ "allOf": [{ "minimum": one }, { "minimum": other }] });
    check(&both(2, 2), ALONE, &[json!(2)], &[json!(1)]);
    check(&both(2, 3), ALONE, &[json!(3)], &[json!(2)]);
    check(&both(3, 2), ALONE, &[json!(3)], &[json!(2)]);
    let both = |one: Value, other: Value| json!({ "allOf": [one, other] });
    for (one, other) in [(1, 2), (2, 1)] {
        check(
            &both(
                json!({ "minLength": one, "maxItems": one }),
                json!({ "minLength": other, "maxItems": other }),
            ),
            ALONE,
            &[json!("ab"), json!([1])],
            &[json!("a"), json!([1, 2])],
        );
    }
    check(
        &both(json!({ "items": { "minimum": 1 } }), json!({ "items": { "maximum": 2 } })),
        ALONE,
        &[json!([1, 2])],
        &[json!([0]), json!([3])],
    );
    check(
        &both(json!({ "exclusiveMinimum": 1 }), json!({ "exclusiveMinimum": 2 })),
        WITH_VALIDATOR,
        &[json!(3)],
        &[json!(2)],
    );
    check(
        &both(json!({ "pattern": "a" }), json!({ "pattern": "b" })),
        WITH_VALIDATOR,
        &[json!("ab")],
        &[json!("a"), json!("b")],
    );
    // The members that a keyword leaves open depend on those beside it in the same schema.
    for (one, other) in [
        (json!({ "additionalProperties": false }), json!({ "properties": { "a": true } })),
        (json!({ "properties": { "a": true } }), json!({ "additionalProperties": false })),
    ] {
        let mut schema = one;
        schema["allOf"] = json!([other]);
        check(&schema, WITH_VALIDATOR, &[json!({})], &[json!({ "a": 1 })]);
    }
    check(
        &json!({ "allOf": [{ "additionalProperties": false }], "type": "object" }),
        ALONE,
        &[json!({})],
        &[json!({ "a": 1 }), json!([])],
    );
    check(
        &json!({ "$ref": "#/$defs/a", "maximum": 5, "$defs": { "a": { "minimum": 3 } } }),
        ALONE,
        &[json!(3), json!(5)],
        &[json!(2), json!(6)],
    );
}

#[test]
fn a_schema_or_null() {
    let nothing = json!({ "type": "null", "title": "t" });
    check(
        &json!({ "anyOf": [nothing, { "type": "integer" }] }),
        ALONE,
        &[json!(null), json!(1)],
        &[json!("x"), json!(false)],
    );
    for (parts, alone) in [
        (json!([{ "type": "string" }, { "type": "integer" }]), ALONE),
        (json!([nothing, { "type": "string" }, { "type": "integer" }]), ALONE),
        (json!([{ "type": "integer" }, { "type": "null", "const": null }]), WITH_VALIDATOR),
    ] {
        check(&json!({ "anyOf": parts }), alone, &[json!(1)], &[json!(false), json!([])]);
    }
}

#[test]
fn values_of_one_of_several_schemas() {
    let shape = |name: &str, of: Value| json!({ "type": "object", "properties": { name: of }, "required": [name] });
    let number = json!({ "type": "integer", "minimum": 1 });
    let schema = json!({ "anyOf": [
        number,
        shape("a", number.clone()),
        shape("a", json!({ "type": "string" })),
        { "type": "array", "items": { "anyOf": [{ "type": "boolean" }, shape("b", number.clone())] } },
    ] });
    check(
        &schema,
        ALONE,
        &[
            json!(1),
            json!({ "a": 1 }),
            json!({ "a": "x" }),
            json!([true, { "b": 1, "c": 2 }, false]),
            json!([]),
        ],
        &[
            json!(0),
            json!({ "a": 0 }),
            json!({ "b": 1 }),
            json!([1]),
            json!([{ "b": 0 }]),
            json!("x"),
        ],
    );
    // Names and items that a schema has read before it refuses do not count for the next one.
    let schema = json!({ "anyOf": [
        { "type": "object", "additionalProperties": { "type": "integer" } },
        { "type": "object", "additionalProperties": { "type": ["integer", "string"] } },
        { "items": { "type": "integer" }, "uniqueItems": true },
        { "items": { "type": ["integer", "string"] }, "uniqueItems": true },
    ] });
    let accepted = [json!({ "a": 1, "b": "x" }), json!([1, "x"]), json!({ "c": 1 }), json!([2, 1])];
    check(&json!({ "items": schema }), ALONE, &[json!(accepted)], &[json!([[1, "x", 1]])]);
    check(
        &json!({ "type": "object", "additionalProperties": schema }),
        ALONE,
        &[json!({ "x": { "y": "s" }, "y": { "z": 1 } })],
        &[json!({ "x": [1, "x", 1] })],
    );
    // A part with a keyword that the validator knows alone.
    let schema = json!({ "anyOf": [{ "type": "string" }, { "not": { "type": "integer" } }] });
    check(&schema, WITH_VALIDATOR, &[json!("x"), json!([])], &[json!(1)]);
}

#[test]
fn values_are_tried_a_limited_number_of_times() {
    let schema = json!({ "anyOf": [
        { "type": "array", "items": { "$ref": "#" }, "maxItems": 0 },
        { "type": "array", "items": { "$ref": "#" } },
    ] });
    let program = Program::of(&schema).unwrap();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(program.read::<Value>(&nested(2)), Some(json!([[]])));
    for depth in [20, 120] {
        assert_eq!(program.read::<Value>(&nested(depth)), None, "{depth}");
    }
    let schema = json!({ "anyOf": [{ "$ref": "#" }, { "type": "string" }] });
    let text = format!("\"{}\"", "x".repeat(1_000_000));
    assert_eq!(Program::of(&schema).unwrap().read::<Value>(&text), None);
    // A try that fails at once costs little, but not nothing.
    let many: Vec<_> = (0..300).map(|_| json!({ "type": "integer" })).collect();
    let program = |parts: Vec<Value>| Program::of(&json!({ "anyOf": parts })).unwrap();
    let with_array = |count| [&many[..count], &[json!({ "type": "array" })]].concat();
    assert_eq!(program(with_array(200)).read("[]"), Some(json!([])));
    assert_eq!(program(with_array(300)).read::<Value>("[]"), None);
}

/// The schema of a variant as an object of one member.
fn variant(name: &str) -> Value {
    json!({
        "type": "object",
        "properties": { name: { "type": "integer" } },
        "required": [name],
        "additionalProperties": false,
        "description": "one",
    })
}

#[test]
fn variants_as_texts_and_objects_of_one_member() {
    let texts = json!({ "type": "string", "enum": ["x", "y"] });
    let text = json!({ "const": "z", "title": "t" });
    let schema = json!({ "oneOf": [texts, text, variant("a"), variant("b")] });
    check(
        &schema,
        ALONE,
        &[json!("x"), json!("y"), json!("z"), json!({ "a": 1 }), json!({ "b": 1 })],
        &[
            json!("w"),
            json!(1),
            json!({}),
            json!({ "a": "1" }),
            json!({ "c": 1 }),
            json!({ "a": 1, "b": 1 }),
            json!({ "a": 1, "c": 1 }),
        ],
    );
    check(&json!({ "oneOf": [texts, text] }), ALONE, &[json!("x")], &[json!({ "a": 1 })]);
    check(&json!({ "oneOf": [variant("a")] }), ALONE, &[json!({ "a": 1 })], &[json!("a")]);
    // Others are not, each for one keyword.
    let changes: [fn(&mut Value); 7] = [
        |part| part["additionalProperties"] = json!(true),
        |part| part["properties"]["b"] = json!(true),
        |part| part["required"] = json!([]),
        |part| part["required"] = json!(["b"]),
        |part| part["required"] = json!(["a", "b"]),
        |part| part["minProperties"] = json!(1),
        |part| part["type"] = json!("array"),
    ];
    for change in changes {
        let mut part = variant("a");
        change(&mut part);
        check(&json!({ "oneOf": [part, text] }), WITH_VALIDATOR, &[json!("z")], &[json!("w")]);
    }
    for (one, other) in [(&texts, &texts), (&variant("a"), &variant("a"))] {
        let schema = json!({ "oneOf": [one, other] });
        check(&schema, WITH_VALIDATOR, &[], &[json!("x"), json!({ "a": 1 })]);
    }
    for part in [
        json!({ "type": "string", "minLength": 2, "enum": ["x", "xy"] }),
        json!({ "const": "xy", "enum": ["x", "xy"] }),
        json!({ "$ref": "#/$defs/xy" }),
        json!({ "type": "array", "enum": ["x"] }),
    ] {
        let schema = json!({
            "oneOf": [part, variant("a")],
            "$defs": { "xy": { "const": "xy" } },
        });
        check(&schema, WITH_VALIDATOR, &[json!({ "a": 1 })], &[json!("x"), json!({})]);
    }
}

#[test]
fn variants_with_a_tag() {
    let tagged = |tag: &Value, of: &str| {
        json!({
            "type": "object",
            "properties": { "n": { "type": of }, "t": tag },
            "required": ["t"],
        })
    };
    let (a, b) = (json!({ "const": "a" }), json!({ "type": "string", "enum": ["b", "c"] }));
    let accepted = [
        json!({ "t": "a" }),
        json!({ "t": "a", "n": 1 }),
        json!({ "n": "x", "t": "b" }),
        json!({ "n": "x", "t": "c", "m": [{ "t": "d" }] }),
    ];
    let refused = [
        json!({ "t": "a", "n": "x" }),
        json!({ "t": "b", "n": 1 }),
        json!({ "t": "d" }),
        json!({ "t": 1 }),
        json!({}),
        json!([]),
        json!("a"),
    ];
    let parts = [tagged(&a, "integer"), tagged(&b, "string")];
    check(&json!({ "oneOf": parts }), ALONE, &accepted, &refused);
    // One whose tag may be missing, that is no object, that has another text, or that is told
    // apart by nothing.
    let mut optional = parts.clone();
    optional[1]["required"] = json!([]);
    check(&json!({ "oneOf": optional }), WITH_VALIDATOR, &accepted, &refused[..2]);
    let mut untyped = parts.clone();
    untyped[1].as_object_mut().unwrap().remove("type");
    check(&json!({ "oneOf": untyped }), WITH_VALIDATOR, &accepted, &refused[..2]);
    let mut any = parts.clone();
    any[1]["properties"]["t"] = json!({ "type": "string" });
    check(&json!({ "oneOf": any }), WITH_VALIDATOR, &accepted[2..], &refused[1..2]);
    let same = [tagged(&a, "integer"), tagged(&json!({ "enum": ["b", "a"] }), "string")];
    check(
        &json!({ "oneOf": same }),
        WITH_VALIDATOR,
        &[json!({ "t": "b", "n": "x" }), json!({ "t": "a", "n": "x" })],
        &[json!({ "t": "a" }), json!({ "t": "c" })],
    );
}

#[test]
fn references() {
    let schema = json!({
        "$ref": "#/$defs/tree",
        "$defs": { "tree": {
            "type": "object",
            "properties": { "n": { "type": "integer" }, "in": { "$ref": "#/$defs/tree" } },
            "required": ["n"],
        } },
    });
    check(
        &schema,
        ALONE,
        &[json!({ "n": 1 }), json!({ "n": 1, "in": { "in": { "n": 1 }, "n": 1 } })],
        &[json!({}), json!({ "n": 1, "in": { "in": {}, "n": 1 } })],
    );
    check(
        &json!({ "type": "array", "items": { "$ref": "#" } }),
        ALONE,
        &[json!([]), json!([[], [[]]])],
        &[json!([[1]]), json!(1)],
    );
    // The validator of a part would take the part for the root.
    assert!(Program::of(&json!({ "items": { "not": { "$ref": "#" } } })).is_none());
    let schema = json!({
        "items": { "not": { "$ref": "#/$defs/a" } },
        "$defs": { "a": { "const": 1 } },
    });
    check(&schema, WITH_VALIDATOR, &[json!([2])], &[json!([1])]);
}

/// A schema around another one, and a value of it around a value.
type Around = fn(Value, usize) -> Value;

#[test]
fn schemas_that_are_nested_deeply() {
    let nests: [(Around, Around); 7] = [
        (|inner, _| json!({ "items": inner }), |inner, _| json!([inner])),
        (|inner, _| json!({ "prefixItems": [inner] }), |inner, _| json!([inner])),
        (|inner, _| json!({ "properties": { "a": inner } }), |inner, _| json!({ "a": inner })),
        (|inner, _| json!({ "additionalProperties": inner }), |inner, _| json!({ "b": inner })),
        (|inner, _| json!({ "anyOf": [{ "type": "null" }, inner] }), |inner, _| inner),
        (
            |inner, _| {
                let mut variant = variant("a");
                variant["properties"]["a"] = inner;
                json!({ "oneOf": [variant] })
            },
            |inner, _| json!({ "a": inner }),
        ),
        (|inner, _| json!({ "allOf": [inner] }), |inner, _| inner),
    ];
    for (schema, value) in nests {
        for (depth, alone) in [(64, ALONE), (65, WITH_VALIDATOR)] {
            let around = |of: Around, leaf: Value| (0..depth).fold(leaf, of);
            check(
                &around(schema, json!({ "type": "integer" })),
                alone,
                &[around(value, json!(1))],
                &[around(value, json!("x"))],
            );
        }
    }
    for (depth, alone) in [(64, ALONE), (65, WITH_VALIDATOR)] {
        let mut definitions: Map<_, _> = (1..depth)
            .map(|n| (format!("d{n}"), json!({ "$ref": format!("#/$defs/d{}", n + 1) })))
            .collect();
        definitions.insert(format!("d{depth}"), json!({ "type": "integer" }));
        let schema = json!({ "$ref": "#/$defs/d1", "$defs": definitions });
        check(&schema, alone, &[json!(1)], &[json!("x")]);
    }
}

#[test]
fn a_program_has_a_maximum_size() {
    for (count, fits) in [(10_001, true), (10_002, false)] {
        let items = vec![json!({ "type": "integer" }); count];
        assert_eq!(Program::of(&json!({ "prefixItems": items })).is_some(), fits, "{count}");
    }
}
