//! The paths of issues in unions, as zod 4.6.7 gives them for the schema of the same
//! meaning: `z.discriminatedUnion` for tagged enums, `z.union` for untagged ones.

use std::collections::BTreeMap;

use orpc_runtime::prelude::*;
use serde_json::json;

use super::Expected::{self, Accepted, Refused};
use crate::support::echoes;

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    Asc,
    Desc,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Filter {
    sort: Sort,
    #[schemars(range(min = 1))]
    page: u32,
    #[schemars(length(min = 1))]
    q: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Search {
    f: Option<Filter>,
    #[schemars(length(min = 1))]
    name: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Shape {
    Circle {
        #[schemars(range(min = 1))]
        radius: u32,
        sort: Option<Sort>,
    },
    Square {
        side: u32,
    },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", rename_all = "lowercase")]
pub enum Outer {
    A { inner: Shape },
    B,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c", rename_all = "lowercase")]
pub enum Adjacent {
    N(Filter),
    U,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum External {
    Unit,
    Other,
    New(u8),
    Struct(Filter),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Untagged {
    Number(#[schemars(range(min = 5))] u32),
    Text(#[schemars(length(min = 3))] String),
    Shape {
        #[schemars(range(min = 1))]
        side: u32,
    },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Two {
    A {
        a: u32,
    },
    B {
        #[schemars(length(min = 2))]
        b: String,
    },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum Tree {
    Left { child: Option<Box<Tree>>, n: u8 },
    Right { child: Option<Box<Tree>>, n: u8 },
}

/// serde tries both variants, and with each of them all children.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Alike {
    A { child: Option<Box<Alike>>, a: u8 },
    B { child: Option<Box<Alike>>, b: u8 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Pattern {
    #[schemars(pattern("^(?=a)(a+)+$(?<!b)"))]
    text: String,
}

echoes! {
    alike: Alike;
    pattern: Pattern;
    search: Search;
    shape: Shape;
    shapes: Vec<Shape>;
    map: BTreeMap<String, Option<Shape>>;
    outer: Outer;
    adjacent: Adjacent;
    external: External;
    untagged: Untagged;
    two: Two;
    tree: Tree;
}

const CASES: &[(&str, &str, Expected)] = &[
    (
        "search",
        r#"{"f":{"sort":"no","page":0,"q":""},"name":""}"#,
        Refused(&[r#"["f","sort"]"#, r#"["f","page"]"#, r#"["f","q"]"#, r#"["name"]"#]),
    ),
    ("search", r#"{"f":5,"name":"a"}"#, Refused(&[r#"["f"]"#])),
    ("search", r#"{"f":{"page":1},"name":"a"}"#, Refused(&[r#"["f","sort"]"#])),
    ("search", r#"{"f":null,"name":"a"}"#, Accepted(r#"{"f":null,"name":"a"}"#)),
    ("shape", r#"{"kind":"oval"}"#, Refused(&[r#"["kind"]"#])),
    ("shape", "{}", Refused(&[r#"["kind"]"#])),
    ("shape", "5", Refused(&["[]"])),
    ("shape", "null", Refused(&["[]"])),
    ("shape", r#"{"kind":1}"#, Refused(&[r#"["kind"]"#])),
    ("shape", r#"{"kind":"circle","radius":"x"}"#, Refused(&[r#"["radius"]"#])),
    (
        "shape",
        r#"{"kind":"circle","radius":0,"sort":"no"}"#,
        Refused(&[r#"["radius"]"#, r#"["sort"]"#]),
    ),
    ("shape", r#"{"kind":"circle"}"#, Refused(&[r#"["radius"]"#])),
    (
        "shapes",
        r#"[{"kind":"circle","radius":0},{"kind":"oval"},{"kind":"square","side":"x"},7]"#,
        Refused(&[r#"[0,"radius"]"#, r#"[1,"kind"]"#, r#"[2,"side"]"#, "[3]"]),
    ),
    (
        "map",
        r#"{"a":{"kind":"circle","radius":0},"b":{"kind":"oval"},"c":null}"#,
        Refused(&[r#"["a","radius"]"#, r#"["b","kind"]"#]),
    ),
    (
        "outer",
        r#"{"t":"a","inner":{"kind":"circle","radius":"x"}}"#,
        Refused(&[r#"["inner","radius"]"#]),
    ),
    ("outer", r#"{"t":"a","inner":{"kind":"oval"}}"#, Refused(&[r#"["inner","kind"]"#])),
    ("adjacent", r#"{"t":"n","c":{"sort":"no","page":1}}"#, Refused(&[r#"["c","sort"]"#])),
    ("adjacent", r#"{"t":"x"}"#, Refused(&[r#"["t"]"#])),
    ("adjacent", r#"{"t":"n"}"#, Refused(&[r#"["c"]"#])),
    // Zod's union reports `[]` for all; here the one member identifies the variant.
    ("external", r#""No""#, Refused(&["[]"])),
    ("external", r#"{"New":"x"}"#, Refused(&[r#"["New"]"#])),
    ("external", r#"{"Struct":{"sort":"no","page":1}}"#, Refused(&[r#"["Struct","sort"]"#])),
    ("external", r#"{"Nope":1}"#, Refused(&["[]"])),
    ("external", "5", Refused(&["[]"])),
    ("untagged", "3", Refused(&["[]"])),
    ("untagged", r#""a""#, Refused(&["[]"])),
    ("untagged", r#"{"side":0}"#, Refused(&[r#"["side"]"#])),
    ("untagged", "true", Refused(&["[]"])),
    ("two", r#"{"a":"x"}"#, Refused(&["[]"])),
    ("two", r#"{"b":"x"}"#, Refused(&[r#"["b"]"#])),
    ("two", r#"{"b":1}"#, Refused(&["[]"])),
    ("two", "{}", Refused(&["[]"])),
];

#[tokio::test]
async fn issues_in_unions_have_the_paths_that_zod_gives() {
    super::check(echoes::router(), CASES).await;
}

#[tokio::test]
async fn the_options_of_a_tag_are_listed() {
    let service = Rpc::new(echoes::router::<()>()).http(());
    for (name, input, message) in [
        ("shape", r#"{"kind":"oval"}"#, r#"Invalid input: expected one of "circle", "square""#),
        ("shape", "{}", r#"Invalid input: expected one of "circle", "square""#),
        ("shape", "5", "Invalid input: expected object, received number"),
        ("external", r#""No""#, r#"Invalid input: expected one of "Unit", "Other""#),
        ("external", r#"{"Nope":1}"#, r#"Invalid input: expected one member of "New", "Struct""#),
        ("external", "5", "Invalid input: expected string or object, received number"),
        (
            "search",
            r#"{"f":{"sort":"no","page":1},"name":"a"}"#,
            r#"Invalid input: expected one of "asc", "desc""#,
        ),
    ] {
        let request = super::post(&format!("/{name}"), format!("{{\"json\":{input}}}"));
        let answer = super::send(service.clone(), request).await;
        assert_eq!(answer.json()["data"]["issues"][0]["message"], message, "{name} {input}");
    }
}

/// A walk of every branch at every level would take practically forever.
#[tokio::test]
async fn deeply_nested_unions_are_walked_once() {
    let service = Rpc::new(echoes::router::<()>()).http(());
    let mut tree = json!({ "kind": "Left", "n": "no" });
    let mut path = vec![json!("n")];
    for level in 0..50 {
        let kind = if level % 2 == 0 { "Right" } else { "Left" };
        tree = json!({ "kind": kind, "n": 1, "child": tree });
        path.insert(0, json!("child"));
    }
    let request = super::post("/tree", json!({ "json": tree }).to_string());
    let answer = super::send(service.clone(), request).await;
    assert_eq!(answer.json()["data"]["issues"][0]["path"], json!(path));
}

/// A valid value for which serde would try every variant at every level, 2^60 times.
#[tokio::test]
async fn values_of_recursive_untagged_enums_are_read_in_a_bounded_number_of_steps() {
    let service = Rpc::new(echoes::router::<()>()).http(());
    for (depth, is_accepted) in [(8, true), (60, false)] {
        let mut value = json!({ "b": 1, "child": null });
        for _ in 0..depth {
            value = json!({ "child": value, "b": 1 });
        }
        let body = json!({ "json": value }).to_string();
        let answer =
            crate::support::send(service.clone(), crate::support::post("/alike", body)).await;
        if is_accepted {
            assert_eq!(answer.json(), value);
        } else {
            let message = "Invalid input: nested too deeply for an untagged enum";
            assert_eq!(answer.status, 400);
            assert_eq!(
                answer.json()["data"]["issues"],
                json!([{ "message": message, "path": [] }])
            );
        }
    }
}

/// A pattern with 2^60 ways to match stops early, and the text is refused.
#[tokio::test]
async fn patterns_with_look_around_match_within_a_bound() {
    let service = Rpc::new(echoes::router::<()>()).http(());
    for (text, status) in
        [("aaa".to_owned(), 200), ("b".to_owned(), 400), ("a".repeat(60) + "c", 400)]
    {
        let body = json!({ "json": { "text": text } }).to_string();
        let answer =
            crate::support::send(service.clone(), crate::support::post("/pattern", body)).await;
        assert_eq!(answer.status, status, "{text}: {}", answer.body);
    }
}
