//! Types that read inputs by a program.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use super::super::Program;

#[test]
fn members_of_one_name_and_envelopes() {
    let schema = json!({ "properties": { "a": true }, "required": ["a"] });
    let program = Program::of(&schema).unwrap();
    for text in [r#"{"a":1,"a":2}"#, r#"{"a":1,"b":1,"b":2}"#, r#"{"b":1,"c":2}"#] {
        assert_eq!(program.read::<Value>(text), None, "{text}");
    }
    assert!(program.read::<Value>(r#"{"a":1,"b":1,"c":2}"#).is_some());
    let read = |text| program.read_envelope::<Value>(text);
    assert_eq!(read(r#" { "json" : {"a":1} } "#), Some(json!({ "a": 1 })));
    for text in [
        r#"{"json":{"a":1},"meta":[]}"#,
        r#"{"meta":[],"json":{"a":1}}"#,
        r#"{"other":{"a":1}}"#,
        r#"{"json":{}}"#,
        r#"{"json":{"a":1}} x"#,
        "{}",
        "[]",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn names_of_members_are_keys_of_other_types() {
    let program = Program::of(&json!({ "type": "object" })).unwrap();
    let text = r#"{"true":1,"false":2}"#;
    let found = program.read::<BTreeMap<bool, u8>>(text);
    assert_eq!(found, Some(BTreeMap::from([(true, 1), (false, 2)])));
    assert_eq!(program.read::<BTreeMap<bool, u8>>(r#"{"yes":1}"#), None);
    let found = program.read::<BTreeMap<i16, u8>>(r#"{"-7":1,"300":2}"#);
    assert_eq!(found, Some(BTreeMap::from([(-7, 1), (300, 2)])));
    assert_eq!(program.read::<BTreeMap<i16, u8>>(r#"{"40000":1}"#), None);
}

/// A type that asks for a value by one method and takes any.
struct Lenient<const METHOD: usize>(&'static str);

impl<'de, const METHOD: usize> Deserialize<'de> for Lenient<METHOD> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = Anything;
        let kind = match METHOD {
            0 => deserializer.deserialize_bool(visitor),
            1 => deserializer.deserialize_u8(visitor),
            2 => deserializer.deserialize_f64(visitor),
            3 => deserializer.deserialize_string(visitor),
            4 => deserializer.deserialize_bytes(visitor),
            5 => deserializer.deserialize_unit(visitor),
            6 => deserializer.deserialize_tuple(1, visitor),
            7 => deserializer.deserialize_map(visitor),
            8 => deserializer.deserialize_struct("Lenient", &[], visitor),
            _ => deserializer.deserialize_any(visitor),
        };
        kind.map(Self)
    }
}

/// Tells the kind of a value.
struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok("bool")
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok("negative")
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok("unsigned")
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok("float")
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok("text")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok("null")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok("array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok("object")
    }
}

/// The kind that a program gives, and the one of `serde_json::Value`.
type Kinds = [Option<&'static str>; 2];

fn kinds<const METHOD: usize>(text: &str) -> Kinds {
    let program = Program::of(&json!(true)).unwrap();
    let tree: Value = serde_json::from_str(text).unwrap();
    let read: Option<Lenient<METHOD>> = program.read(text);
    let parsed: Result<Lenient<METHOD>, _> = serde_json::from_value(tree);
    [read.map(|read| read.0), parsed.ok().map(|parsed| parsed.0)]
}

#[test]
fn a_type_gets_the_kinds_of_values_that_it_asks_for() {
    let methods: [fn(&str) -> Kinds; 10] = [
        kinds::<0>, kinds::<1>, kinds::<2>, kinds::<3>, kinds::<4>, kinds::<5>, kinds::<6>,
        kinds::<7>, kinds::<8>, kinds::<9>,
    ];
    let mut given = 0;
    for (method, kinds) in methods.iter().enumerate() {
        for text in ["null", "true", "1", "-1", "1.5", "\"x\"", "[]", "[1]", "{}", "{\"a\":1}"] {
            let [read, parsed] = kinds(text);
            assert_eq!(read, parsed, "method {method}: {text}");
            given += usize::from(read.is_some());
        }
    }
    assert_eq!(given, 1 + 3 + 3 + 1 + 3 + 1 + 2 + 2 + 4 + 10);
}

#[test]
fn a_variant_without_a_payload_may_have_null_as_one() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    enum Either {
        Unit,
        Other(u8),
    }

    let program = Program::of(&json!(true)).unwrap();
    for (text, expected) in [
        (r#""Unit""#, Some(Either::Unit)),
        (r#"{"Unit":null}"#, Some(Either::Unit)),
        (r#"{"Other":7}"#, Some(Either::Other(7))),
        (r#"{"Unit":1}"#, None),
        (r#"{"Unit":null,"Other":7}"#, None),
        (r#""Other""#, None),
        ("{}", None),
        ("null", None),
    ] {
        let tree: Value = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::from_value(tree).ok(), expected, "{text}");
        assert_eq!(program.read::<Either>(text), expected, "{text}");
    }
}

#[test]
fn many_members_without_a_schema_are_told_apart() {
    let program = Program::of(&json!({ "type": "object" })).unwrap();
    let members: Map<_, _> = (0..1000).map(|n| (format!("member{n}"), json!(n))).collect();
    let value = Value::from(members);
    assert_eq!(program.read::<Value>(&value.to_string()), Some(value));
}
