//! Programs beside the validator and `serde_json`.

mod alone;
mod reading;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Node, Program};
use crate::schema::InputDecoder;
use crate::schema::instance::Instance;
use crate::schema::validator::tests::reference;
use crate::value::{BigInt, Date, Envelope, Set, Undefined};

impl Program {
    /// Deserialises a text that the program accepts.
    fn read<T: DeserializeOwned>(&self, text: &str) -> Option<T> {
        self.read_as(text, false)
    }

    /// Deserialises the value of an envelope that has nothing else.
    fn read_envelope<T: DeserializeOwned>(&self, envelope: &str) -> Option<T> {
        self.read_as(envelope, true)
    }

    fn read_as<T: DeserializeOwned>(&self, text: &str, is_envelope: bool) -> Option<T> {
        let mut input = self.enter(text, is_envelope)?;
        let value = T::deserialize(input.root()).ok()?;
        input.leave(is_envelope).then_some(value)
    }
}

/// A type with texts that its program accepts.
struct Case {
    name: &'static str,
    samples: Vec<Value>,
    /// Returns the value that the program reads, and the one that the validator and
    /// `serde_json` give.
    #[expect(clippy::type_complexity)]
    read: Box<dyn Fn(&str) -> (Option<String>, Option<String>)>,
}

fn case<T>(samples: impl IntoIterator<Item = Value>) -> Case
where
    T: DeserializeOwned + JsonSchema + Debug + 'static,
{
    let decoder = InputDecoder::<T>::compile().unwrap();
    let jsonschema = reference(decoder.parts.plain.schema());
    let read = move |text: &str| {
        let parts = &decoder.parts;
        let program = parts.program.as_ref().expect("the schema has a program");
        let fast = program.read::<T>(text).map(|value| format!("{value:?}"));
        let envelope = format!("{{\"json\":{text}}}");
        let plain = Envelope::parse(envelope.as_bytes()).and_then(|envelope| envelope.plain_json());
        let slow = plain.ok().and_then(|tree| {
            let tree = tree?;
            let is_valid = parts.plain.is_valid(Instance::Plain(&tree));
            assert_eq!(is_valid, jsonschema.is_valid(&tree), "{text}");
            if !is_valid || parts.plain.excess(Instance::Plain(&tree)).is_some() {
                return None;
            }
            let value = serde_json::from_value::<T>(tree.clone()).ok();
            let value = value.map(|value| format!("{value:?}"));
            // An input that the program refuses is read in several steps, to the same value.
            let mut steps = None;
            let result = parts.decode_plain(&tree, &mut |place| {
                steps = Some(T::deserialize(place)?);
                Ok(())
            });
            let steps = result.ok().and(steps).map(|value| format!("{value:?}"));
            assert_eq!(steps, value, "{text}");
            value
        });
        (fast, slow)
    };
    Case {
        name: std::any::type_name::<T>(),
        samples: samples.into_iter().collect(),
        read: Box::new(read),
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Numbers {
    #[schemars(range(min = 1, max = 999))]
    count: u32,
    #[schemars(range(min = -0.5, max = 1.5))]
    ratio: f64,
    small: i8,
    long: Option<u64>,
    signed: Option<i64>,
    wide: Option<i128>,
    short: Option<f32>,
}

/// An object that goes on with the name that the one in it expects.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Around {
    inner: Within,
    b: u8,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Within {
    a: u8,
    b: Option<u8>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Texts {
    #[schemars(length(min = 1, max = 4))]
    name: String,
    #[schemars(regex(pattern = r"^\d{2}(?=x)x$"))]
    code: Option<String>,
    #[schemars(email)]
    email: Option<String>,
    letter: Option<char>,
    address: Option<std::net::IpAddr>,
    #[serde(default)]
    list: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Strict {
    first_one: u8,
    #[serde(default)]
    second_one: bool,
    third: Option<()>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum External {
    Unit,
    Other,
    New(u8),
    Pair(u8, String),
    Struct { a: Option<u8> },
    Empty {},
    Nothing(),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Internal {
    Circle { radius: u32 },
    Square { side: u32, label: Option<String> },
    Inner(Inner),
    Nothing,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    New(u8),
    Pair(u8, u8),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
    Shape { side: i32 },
    List(Vec<u8>),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Inner {
    n: u16,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Flattened {
    id: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
struct Short(#[schemars(length(max = 3))] String);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Long(String);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Tree {
    value: Long,
    #[schemars(length(max = 2))]
    children: Vec<Tree>,
    next: Option<Box<Tree>>,
}

/// Constraints in `allOf`, as the derive of this library writes those of elements.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Refined {
    #[schemars(length(max = 8), extend("allOf" = [{ "items": { "maxLength": 2 } }, { "maxItems": 3 }]))]
    list: Vec<String>,
    #[schemars(length(min = 1, max = 5), extend("allOf" = [{ "minLength": 2 }, { "maxLength": 9 }]))]
    text: Option<String>,
    #[schemars(extend("allOf" = [{ "additionalProperties": { "maximum": 9 } }]))]
    map: BTreeMap<String, u8>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Everything {
    tuple: (u8, Option<String>, bool),
    array: [u8; 2],
    short: Short,
    set: BTreeSet<u8>,
    map: BTreeMap<String, External>,
    numbered: BTreeMap<i16, bool>,
    internal: Internal,
    adjacent: Adjacent,
    untagged: Untagged,
    any: Value,
    unit: (),
    result: Result<u8, String>,
}

fn cases() -> Vec<Case> {
    let numbers = json!({
        "count": 1, "ratio": 0.5, "small": -128, "long": 0, "signed": -1, "wide": 7,
        "short": 1.5,
    });
    let wide = json!({ "count": 999, "ratio": 1, "small": 0, "long": 9_007_199_254_740_991_u64 });
    let texts = json!({
        "name": "a👍b", "code": "12x", "email": "ada@example.org", "letter": "é",
        "address": "::1", "list": ["", "\u{2028}\"\\\n"],
    });
    let internal = json!([
        { "kind": "circle", "radius": 1 },
        { "side": 2, "label": null, "kind": "square" },
        { "kind": "inner", "n": 3 },
        { "kind": "nothing" },
    ]);
    let external = json!(["Unit", "Other", { "New": 1 }, { "Pair": [1, "b"] }, { "Struct": {} }, { "Empty": {} }]);
    let tree = json!({
        "value": "root",
        "children": [{ "value": "leaf", "children": [], "next": null }],
        "next": { "value": "next", "children": [] },
    });
    let everything = json!({
        "tuple": [1, null, true], "array": [1, 2], "short": "abc", "set": [1, 2],
        "map": { "a": "Unit", "b": { "New": 2 } }, "numbered": { "-5": true, "7": false },
        "internal": { "kind": "nothing" }, "adjacent": { "t": "New", "c": 4 }, "untagged": [1],
        "any": { "deep": [1, "2", null, { "3": 4.5 }] }, "unit": null, "result": { "Ok": 1 },
    });
    vec![
        case::<Numbers>([wide, numbers]),
        case::<Texts>([json!({ "name": "x" }), texts]),
        case::<Strict>([json!({ "firstOne": 1, "third": null }), json!({ "firstOne": 2 })]),
        case::<Vec<External>>([external]),
        case::<Vec<Internal>>([internal]),
        case::<Vec<Adjacent>>([json!([
            { "t": "Unit" }, { "t": "New", "c": 1 }, { "c": [1, 2], "t": "Pair" },
        ])]),
        case::<Vec<Untagged>>([json!([1, "text", { "side": -1 }, [1, 2]])]),
        case::<Flattened>([json!({ "id": 1, "n": 2, "more": [1], "other": "x" })]),
        case::<Tree>([tree]),
        case::<Refined>([json!({ "list": ["", "ab", "a"], "text": "abcde", "map": { "a": 9 } })]),
        case::<Everything>([everything]),
        case::<BTreeMap<String, u8>>([json!({ "a": 1, "b": 2 })]),
        case::<Value>([json!({ "a": [1, 2.5, "x", null, true, { "b": {} }] })]),
        case::<Option<(u8, u8)>>([json!(null), json!([1, 2])]),
        case::<Around>([json!({ "inner": { "a": 1 }, "b": 2 })]),
        case::<String>([json!("text")]),
        case::<u64>([json!(0), json!(9_007_199_254_740_991_u64)]),
        case::<f64>([json!(0.1), json!(-1e300)]),
        case::<()>([json!(null)]),
        case::<Option<Date>>([json!(null)]),
        case::<Vec<Option<BigInt>>>([json!([null])]),
        case::<Vec<Undefined>>([json!([])]),
        case::<BTreeMap<String, Option<Set<u8>>>>([json!({ "a": null })]),
    ]
}

/// Texts of scalars, of which some are spelled as JavaScript does not spell them.
const SCALARS: [&str; 44] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "1",
    "1.0",
    "1e0",
    "1E+2",
    "10e-1",
    "100e-2",
    "2.5",
    "-1",
    "-128",
    "-129",
    "127",
    "128",
    "255",
    "256",
    "999",
    "1000",
    "65535",
    "65536",
    "1.5",
    "1.5000000000000001",
    "-0.5",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "3.4028235e38",
    "3.5e38",
    "1e308",
    "1e400",
    "\"\"",
    "\"x\"",
    "\"\\u00e9\\ud83d\\udc4d\"",
    "\"\\ud83d\"",
    "\"\u{2028}\"",
    "\"12x\"",
];
const NAMES: [&str; 17] = [
    "kind", "t", "c", "old", "third", "more", "n", "id", "Unit", "New", "Nothing", "circle", "a",
    "7", "+7", "07", "\\u0061",
];

/// A change of a text.
#[derive(Debug, Clone)]
struct Change {
    /// Number of the value that is changed, in the order of the text.
    place: usize,
    kind: usize,
    with: usize,
}

/// Writes a value as text with changes.
struct Writer<'a> {
    changes: &'a [Change],
    place: usize,
    out: String,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) {
        let change = self.changes.iter().find(|change| change.place == self.place).cloned();
        self.place += 1;
        let scalar = |with: usize| SCALARS[with % SCALARS.len()];
        let (kind, with) = change.map_or((0, 0), |change| (change.kind, change.with));
        match (kind, value) {
            (1, _) => self.out.push_str(scalar(with)),
            (2, Value::String(text)) => {
                self.out.push('"');
                text.chars().for_each(|char| {
                    let mut units = [0; 2];
                    char.encode_utf16(&mut units)
                        .iter()
                        .for_each(|unit| self.out.push_str(&format!("\\u{unit:04x}")));
                });
                self.out.push('"');
            }
            (2, Value::Number(number)) if !number.is_f64() => {
                self.out.push_str(&format!("{number}.0e0"));
            }
            (3, _) => {
                self.out.push_str(" \n\t");
                self.value(value);
                self.out.push_str("\r ");
            }
            (4, _) => {
                self.out.push_str("[1,");
                self.value(value);
                self.out.push(']');
            }
            (5, _) => {
                self.out.push_str("{\"New\":");
                self.value(value);
                self.out.push('}');
            }
            (6, _) => self.out.push_str("{}"),
            (7, _) => self.out.push_str("[]"),
            (8.., Value::Object(members)) => self.object(members, kind, with),
            (8, Value::Array(items)) => {
                let twice: Vec<_> = items.iter().chain(items).collect();
                self.array(&twice);
            }
            (9, Value::Array(items)) => self.array(&items.iter().skip(1).collect::<Vec<_>>()),
            (_, Value::Object(members)) => self.object(members, 0, 0),
            (_, Value::Array(items)) => self.array(&items.iter().collect::<Vec<_>>()),
            (10, _) => self.out.push_str("nul"),
            (_, scalar) => self.out.push_str(&scalar.to_string()),
        }
    }

    fn array(&mut self, items: &[&Value]) {
        self.out.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.value(item);
        }
        self.out.push(']');
    }

    fn object(&mut self, members: &Map<String, Value>, kind: usize, with: usize) {
        let mut members: Vec<(String, Value)> =
            members.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let at = with % members.len().max(1);
        let name = NAMES[with % NAMES.len()].to_owned();
        match kind {
            8 if !members.is_empty() => drop(members.remove(at)),
            9 => members.push((name, json!(1))),
            10 => members.reverse(),
            11 if !members.is_empty() => {
                let member = members[at].clone();
                members.insert(with % (members.len() + 1), member);
            }
            12 if !members.is_empty() => members[at].0 = name,
            13 if !members.is_empty() => {
                let name = members[at].0.clone();
                members.push((name, json!("text")));
            }
            14 => members.push((name, json!(null))),
            _ => {}
        }
        self.out.push('{');
        for (index, (name, value)) in members.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            // A name may have escapes.
            self.out.push_str(&format!("\"{name}\""));
            self.out.push_str(if kind == 15 { " : " } else { ":" });
            self.value(value);
        }
        self.out.push('}');
    }
}

fn written(value: &Value, changes: &[Change]) -> String {
    let mut writer = Writer { changes, place: 0, out: String::new() };
    writer.value(value);
    writer.out
}

#[test]
fn programs_read_the_samples_of_their_types() {
    for case in cases() {
        for sample in &case.samples {
            let (fast, slow) = (case.read)(&written(sample, &[]));
            assert!(slow.is_some(), "{}: {sample} is no sample", case.name);
            assert_eq!(fast, slow, "{}: {sample}", case.name);
        }
    }
}

/// A map of at least two members.
#[derive(Debug, Deserialize)]
struct Several(#[expect(dead_code, reason = "compared as text")] BTreeMap<String, u8>);

impl JsonSchema for Several {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Several".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "additionalProperties": { "type": "integer", "minimum": 0, "maximum": 255 },
            "minProperties": 2,
        })
    }
}

#[test]
fn members_of_one_name_count_once() {
    let case = case::<Several>([]);
    let (fast, slow) = (case.read)(r#"{"a":1,"b":2}"#);
    assert!(fast.is_some() && fast == slow, "{fast:?} {slow:?}");
    assert_eq!((case.read)(r#"{"a":1,"a":2}"#), (None, None));
}

#[test]
fn constraints_of_elements_need_no_validator() {
    let decoder = InputDecoder::<Refined>::compile().unwrap();
    let program = decoder.parts.program.as_ref().unwrap();
    assert!(!program.nodes.iter().any(|node| matches!(node, Node::Other(_))));
    let read = |list: Value, text: &str, map: Value| {
        let value = json!({ "list": list, "text": text, "map": map });
        program.read::<Refined>(&value.to_string()).is_some()
    };
    assert!(read(json!(["ab", "", "a"]), "ab", json!({ "a": 9 })));
    assert!(!read(json!(["abc"]), "ab", json!({})));
    assert!(!read(json!(["a", "b", "c", "d"]), "ab", json!({})));
    assert!(!read(json!([]), "a", json!({})));
    assert!(!read(json!([]), "abcdef", json!({})));
    assert!(!read(json!([]), "ab", json!({ "a": 10 })));
}

#[test]
fn an_empty_tuple_of_a_variant_is_refused_as_serde_json_refuses_it() {
    let case = case::<External>([]);
    assert_eq!((case.read)(r#"{"Nothing":[]}"#), (None, None));
    assert_eq!((case.read)(r#"{"Nothing": [ ] }"#), (None, None));
}

#[test]
fn programs_accept_nothing_that_the_validator_or_serde_refuses_and_read_the_same_values() {
    let count = std::env::var("PROGRAM_CASES").map_or(200_000, |count| count.parse().unwrap());
    let cases = cases();
    let change = (0_usize..30, 0_usize..16, any::<usize>())
        .prop_map(|(place, kind, with)| Change { place, kind, with });
    let changes = prop::collection::vec(change, 0..4);
    let mut runner = TestRunner::new(Config { cases: count, ..Config::default() });
    let accepted = Cell::new(0);
    let input = (0..cases.len(), any::<prop::sample::Index>(), changes);
    runner
        .run(&input, |(case, sample, changes)| {
            let case = &cases[case];
            let text = written(sample.get(&case.samples), &changes);
            let (fast, slow) = (case.read)(&text);
            if let Some(fast) = fast {
                accepted.set(accepted.get() + 1);
                prop_assert_eq!(Some(fast), slow, "{}: {}", case.name, text);
            }
            Ok(())
        })
        .unwrap();
    let accepted = accepted.get();
    assert!(accepted > count / 10, "only {accepted} of {count} were accepted");
}
