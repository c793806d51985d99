//! Agreement of a type's schema and its `Deserialize`: the cases in which the two are
//! known to differ.

/// A router with one procedure of a type, for each type.
macro_rules! inputs {
    ($($name:ident: $ty:ty => [$($expected:expr),* $(,)?];)*) => {
        $(
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                #[procedure]
                pub(super) async fn take(input: $ty) {
                    let _ = input;
                }
            }
        )*

        /// Each router with parts of its error.
        fn cases() -> Vec<(&'static str, Router<()>, Vec<&'static str>)> {
            vec![$((
                stringify!($name),
                Router::new().procedure::<$name::take, _>(),
                vec![$($expected),*],
            )),*]
        }
    };
}

mod combinations;
mod derived;
mod faults;
mod foreign;
mod unions;

use std::collections::BTreeMap;
use std::net::IpAddr;

use orpc_runtime::prelude::*;
use serde_json::{Value, json};

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Untagged {
    Number(u8),
    Text(String),
    Shape { side: i32 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Tagged {
    Circle { radius: u32 },
    Square { side: u32 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub enum Adjacent {
    Unit,
    New(u8),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum External {
    Unit,
    New(u8),
    Pair(u8, u8),
    Struct { a: u8 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Inner {
    n: u16,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Flattened {
    id: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Strict {
    some_number: u8,
    #[serde(default = "seven")]
    with_default: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maybe: Option<u8>,
    #[serde(alias = "other")]
    named: bool,
}

fn seven() -> u8 {
    7
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Loose {
    a: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Newtype(u8);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    children: Vec<Tree>,
}

/// Accepts less than its schema.
#[derive(Serialize, JsonSchema)]
pub struct Even(u8);

impl<'de> Deserialize<'de> for Even {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            even if even % 2 == 0 => Ok(Self(even)),
            _ => Err(serde::de::Error::custom("not even")),
        }
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Wrapped {
    list: Vec<Even>,
}

echoes! {
    int8: i8;
    uint8: u8;
    uint32: u32;
    int64: i64;
    uint64: u64;
    size: usize;
    float: f64;
    single: f32;
    text: String;
    letter: char;
    flag: bool;
    maybe: Option<u8>;
    list: Vec<u8>;
    pair: (u8, String);
    three: [u8; 3];
    map: BTreeMap<String, u8>;
    numbered: BTreeMap<u8, bool>;
    address: IpAddr;
    anything: Value;
    newtype: Newtype;
    unit: ();
    untagged: Untagged;
    tagged: Tagged;
    adjacent: Adjacent;
    external: External;
    flattened: Flattened;
    strict: Strict;
    loose: Loose;
    tree: Tree;
    wrapped: Wrapped;
}

/// Accepted as the given text, or refused with issues at the given paths.
enum Expected {
    Accepted(&'static str),
    Refused(&'static [&'static str]),
}

use Expected::{Accepted, Refused};

use crate::support::{echoes, post, send};

const CASES: &[(&str, &str, Expected)] = &[
    // JavaScript has one kind of number.
    ("uint8", "1.0", Accepted("1")),
    ("uint8", "1e2", Accepted("100")),
    ("uint8", "-0", Accepted("0")),
    ("uint8", "-0.0", Accepted("0")),
    ("uint8", "1.5", Refused(&["[]"])),
    ("uint8", "255", Accepted("255")),
    ("uint8", "256", Refused(&["[]"])),
    ("uint8", "-1", Refused(&["[]"])),
    ("uint8", "\"1\"", Refused(&["[]"])),
    ("uint8", "true", Refused(&["[]"])),
    ("int8", "-128", Accepted("-128")),
    ("int8", "-129", Refused(&["[]"])),
    ("int8", "127.0", Accepted("127")),
    ("uint32", "4294967295", Accepted("4294967295")),
    ("uint32", "4294967296", Refused(&["[]"])),
    ("uint32", "1e20", Refused(&["[]"])),
    // Beyond 2^53 - 1 a number is not exact; see the tests of values for bigints.
    ("int64", "9007199254740992", Refused(&["[]"])),
    ("int64", "-9007199254740993", Refused(&["[]"])),
    ("int64", "9223372036854775808", Refused(&["[]"])),
    ("int64", "1.5", Refused(&["[]"])),
    ("uint64", "-1", Refused(&["[]"])),
    ("uint64", "18446744073709551616", Refused(&["[]"])),
    ("uint64", "1e300", Refused(&["[]"])),
    ("size", "7.0", Accepted("7")),
    ("size", "-7", Refused(&["[]"])),
    ("float", "1", Accepted("1")),
    ("float", "1e21", Accepted("1e+21")),
    // Beyond its range a number would become infinite.
    ("single", "3.4028235e38", Accepted("3.4028235e+38")),
    ("single", "-1e39", Refused(&["[]"])),
    ("single", "1e300", Refused(&["[]"])),
    ("float", "0.1", Accepted("0.1")),
    ("float", "1.7976931348623157e308", Accepted("1.7976931348623157e+308")),
    ("float", "null", Refused(&["[]"])),
    // Text.
    ("text", "\"\"", Accepted("\"\"")),
    ("text", "1", Refused(&["[]"])),
    ("letter", "\"🦀\"", Accepted("\"🦀\"")),
    ("letter", "\"ab\"", Refused(&["[]"])),
    ("letter", "\"\"", Refused(&["[]"])),
    ("address", "\"127.0.0.1\"", Accepted("\"127.0.0.1\"")),
    ("address", "\"::1\"", Accepted("\"::1\"")),
    ("address", "\"localhost\"", Refused(&["[]"])),
    ("flag", "false", Accepted("false")),
    ("flag", "0", Refused(&["[]"])),
    // Null and undefined.
    ("maybe", "null", Accepted("null")),
    ("maybe", "3", Accepted("3")),
    ("maybe", "300", Refused(&["[]"])),
    ("unit", "null", Accepted("")),
    ("anything", "{\"a\":[1,null]}", Accepted("{\"a\":[1,null]}")),
    // Sequences.
    ("list", "[1,2]", Accepted("[1,2]")),
    ("list", "[1,\"x\",300]", Refused(&["[1]", "[2]"])),
    ("list", "{}", Refused(&["[]"])),
    ("pair", "[1,\"a\"]", Accepted("[1,\"a\"]")),
    ("pair", "[1]", Refused(&["[]"])),
    ("pair", "[1,\"a\",2]", Refused(&["[]"])),
    ("three", "[1,2,3]", Accepted("[1,2,3]")),
    ("three", "[1,2]", Refused(&["[]"])),
    ("three", "[1,2,3,4]", Refused(&["[]"])),
    // Maps.
    ("map", "{\"0\":1}", Accepted("{\"0\":1}")),
    ("map", "{\"0\":\"x\"}", Refused(&["[\"0\"]"])),
    ("numbered", "{\"7\":true}", Accepted("{\"7\":true}")),
    ("numbered", "{\"x\":true}", Refused(&["[]"])),
    // Structs: a sequence is refused, unknown members only if the type denies them.
    ("loose", "{\"a\":1,\"b\":2}", Accepted("{\"a\":1}")),
    ("loose", "[1]", Refused(&["[]"])),
    ("loose", "{}", Refused(&["[\"a\"]"])),
    ("loose", "null", Refused(&["[]"])),
    ("newtype", "1", Accepted("1")),
    ("newtype", "[1]", Refused(&["[]"])),
    (
        "strict",
        "{\"someNumber\":1,\"named\":true}",
        Accepted("{\"someNumber\":1,\"withDefault\":7,\"named\":true}"),
    ),
    (
        "strict",
        "{\"someNumber\":1,\"named\":true,\"maybe\":null}",
        Accepted("{\"someNumber\":1,\"withDefault\":7,\"named\":true}"),
    ),
    (
        "strict",
        "{\"someNumber\":1,\"named\":true,\"withDefault\":null}",
        Refused(&["[\"withDefault\"]"]),
    ),
    ("strict", "{\"someNumber\":1,\"named\":true,\"x\":1}", Refused(&["[]"])),
    ("strict", "{\"some_number\":1,\"named\":true}", Refused(&["[\"someNumber\"]", "[]"])),
    ("tree", "{\"children\":[{\"children\":[]}]}", Accepted("{\"children\":[{\"children\":[]}]}")),
    (
        "tree",
        "{\"children\":[{\"children\":[{}]}]}",
        Refused(&["[\"children\",0,\"children\",0,\"children\"]"]),
    ),
    // Enums in all four representations.
    ("external", "\"Unit\"", Accepted("\"Unit\"")),
    ("external", "{\"New\":1}", Accepted("{\"New\":1}")),
    ("external", "{\"Pair\":[1,2]}", Accepted("{\"Pair\":[1,2]}")),
    ("external", "{\"Struct\":{\"a\":1}}", Accepted("{\"Struct\":{\"a\":1}}")),
    ("external", "{\"Other\":1}", Refused(&["[]"])),
    ("external", "{\"New\":1,\"Pair\":[1,2]}", Refused(&["[]"])),
    ("adjacent", "{\"t\":\"Unit\"}", Accepted("{\"t\":\"Unit\"}")),
    ("adjacent", "{\"t\":\"New\",\"c\":1.0}", Accepted("{\"t\":\"New\",\"c\":1}")),
    (
        "tagged",
        "{\"kind\":\"circle\",\"radius\":2.0}",
        Accepted("{\"kind\":\"circle\",\"radius\":2}"),
    ),
    ("tagged", "{\"kind\":\"circle\",\"radius\":-1}", Refused(&["[\"radius\"]"])),
    ("tagged", "{\"kind\":\"circle\"}", Refused(&["[\"radius\"]"])),
    ("tagged", "{\"kind\":\"circle\",\"radius\":1,\"side\":1}", Refused(&["[]"])),
    ("tagged", "{\"kind\":\"oval\"}", Refused(&["[\"kind\"]"])),
    ("untagged", "5.0", Accepted("5")),
    ("untagged", "\"five\"", Accepted("\"five\"")),
    ("untagged", "{\"side\":1e1}", Accepted("{\"side\":10}")),
    ("untagged", "300", Refused(&["[]"])),
    ("untagged", "[]", Refused(&["[]"])),
    // Flattened members.
    ("flattened", "{\"id\":1,\"n\":2.0,\"x\":null}", Accepted("{\"id\":1,\"n\":2,\"x\":null}")),
    ("flattened", "{\"id\":1}", Refused(&["[\"n\"]"])),
    // A `Deserialize` that is stricter than the schema.
    ("wrapped", "{\"list\":[2,4.0]}", Accepted("{\"list\":[2,4]}")),
    ("wrapped", "{\"list\":[2,3]}", Refused(&["[\"list\",1]"])),
];

#[tokio::test]
async fn schema_and_deserialize_agree() {
    check(echoes::router(), CASES).await;
}

/// Sends each input to the procedure of that name, and compares the result.
async fn check(router: Router<()>, cases: &[(&str, &str, Expected)]) {
    let service = Rpc::new(router).http(());
    let mut failures = Vec::new();
    for (name, input, expected) in cases {
        let request = post(&format!("/{}", camel_case(name)), format!("{{\"json\":{input}}}"));
        let answer = send(service.clone(), request).await;
        let passes = match expected {
            Accepted("") => answer.status == 200 && answer.body == "{}",
            Accepted(output) => {
                answer.status == 200 && answer.body == format!("{{\"json\":{output}}}")
            }
            Refused(paths) => answer.status == 400 && places(&answer.json()) == *paths,
        };
        if !passes {
            failures.push(format!("{name} {input}: {} {}", answer.status, answer.body));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn places(error: &Value) -> Vec<String> {
    let issues = error["data"]["issues"].as_array().cloned().unwrap_or_default();
    issues.iter().map(|issue| issue["path"].to_string()).collect()
}

#[tokio::test]
async fn undefined_is_accepted_only_where_null_is() {
    let service = Rpc::new(echoes::router::<()>()).http(());
    let answer = send(service.clone(), post("/maybe", "{}")).await;
    assert_eq!(answer.body, "{\"json\":null}");
    for (name, expected) in [("loose", "object"), ("uint8", "integer"), ("text", "string")] {
        let answer = send(service.clone(), post(&format!("/{name}"), "{}")).await;
        let message = format!("Invalid input: expected {expected}, received undefined");
        assert_eq!(
            answer.json()["data"],
            json!({ "issues": [{ "message": message, "path": [] }] }),
            "{name}"
        );
    }
}

/// The wire name of a procedure.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(1);
        format!("{name}{}{tail}", head.to_uppercase())
    })
}

/// Checks that each router is refused with parts of its error, or has none.
fn assert_refused(cases: Vec<(&'static str, Router<()>, Vec<&'static str>)>) {
    let mut failures = Vec::new();
    for (name, router, expected) in cases {
        let said = match Rpc::try_new(router) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        let is_right = if expected.is_empty() {
            said.is_empty()
        } else {
            said.contains("procedure `take`") && expected.iter().all(|text| said.contains(text))
        };
        if !is_right {
            failures.push(format!("{name}: {said:?}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
