//! Attributes that the derive of schemars ignores.

use std::collections::{BTreeMap, HashMap};

use orpc_runtime::prelude::*;
use orpc_runtime::value::{Map, Set};

use super::Expected::{self, Accepted, Refused};
use crate::support::echoes;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Name(String);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Count(u32);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Names(Vec<Name>);

/// Constraints of fields whose schemas are references, maps or options of these.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Checked {
    #[schemars(length(min = 1, max = 3))]
    name: Name,
    #[schemars(length(min = 1), pattern("^a"))]
    maybe: Option<Box<Name>>,
    #[schemars(range(min = 2, max = 4))]
    count: Option<Count>,
    #[schemars(length(max = 1), inner(length(min = 1)))]
    names: Option<Names>,
    #[schemars(length(max = 1), inner(range(max = 9)))]
    map: Option<BTreeMap<String, Count>>,
    #[schemars(email)]
    email: Option<Name>,
    #[schemars(contains("x-"))]
    contains: Option<Name>,
    #[schemars(extend("maxLength" = 2))]
    extended: Option<Name>,
    #[validate(length(equal = 2))]
    validated: Option<Name>,
    #[garde(range(min = 1))]
    garded: Option<Count>,
    #[schemars(length(min = 1), inner(length(min = 1)))]
    set: Option<Set<Name>>,
    #[schemars(inner(range(max = 9)))]
    native: Option<Map<String, Count>>,
    #[schemars(inner(inner(length(max = 1))))]
    nested: Option<Vec<Names>>,
    #[schemars(range(min = -5, max = 300))]
    wide: Option<u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum CheckedVariants {
    A(#[schemars(length(min = 1))] Name),
    B {
        #[schemars(range(min = 1))]
        n: Count,
    },
    C(u8, #[schemars(length(min = 1))] Name),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CheckedNewtype(#[schemars(length(min = 1))] Name);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aliases {
    #[serde(alias = "b", alias = "c")]
    #[schemars(range(min = 1))]
    a: Count,
    #[serde(default, alias = "maybe")]
    perhaps: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct FlattenedAliases {
    id: u8,
    #[serde(flatten)]
    inner: InnerAliases,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct InnerAliases {
    #[serde(alias = "old")]
    new: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum ExternalAliases {
    #[serde(alias = "unit")]
    Unit,
    #[serde(alias = "new", alias = "newer")]
    New(u8),
    Plain,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t")]
pub enum InternalAliases {
    #[serde(alias = "a", alias = "aa")]
    A { n: u8 },
    #[serde(other)]
    Rest,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c", deny_unknown_fields)]
pub enum AdjacentAliases {
    #[serde(alias = "o")]
    O(Option<u8>),
    Unit,
    #[serde(other)]
    Rest,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum ExternalOther {
    Known,
    New(u8),
    #[serde(other)]
    Rest,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename = "tagged")]
pub struct TaggedStruct {
    n: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct FlattenedTag {
    #[serde(flatten)]
    inner: TaggedStruct,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum SkippedPayload {
    A(#[serde(skip)] u8),
    B(#[serde(skip)] u8, u8),
    C(u8),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub enum AdjacentSkipped {
    A(#[serde(skip)] u8),
    R(#[serde(skip_deserializing)] u8),
    C(u8),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t")]
pub enum InternalSkipped {
    A(#[serde(skip)] u8),
    C { n: u8 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t")]
pub enum InternalOfUnits {
    In(Units),
    Mixed(Mixed),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Units {
    X,
    Y,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Mixed {
    U,
    N(u8),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct DefaultPair(u8, #[serde(default)] u8, #[serde(default)] u8);

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum DefaultTuples {
    P(u8, #[serde(default)] u8),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ContainerDefault {
    a: u8,
    #[serde(skip_serializing_if = "Self::is_seven")]
    b: u8,
}

impl ContainerDefault {
    fn is_seven(b: &u8) -> bool {
        *b == 7
    }
}

impl Default for ContainerDefault {
    fn default() -> Self {
        Self { a: 1, b: 7 }
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Node<T> {
    #[schemars(length(min = 1))]
    name: Name,
    value: T,
    next: Option<Box<Self>>,
    others: HashMap<String, Box<Node<T>>>,
}

echoes! {
    checked: Checked;
    checked_variants: CheckedVariants;
    checked_newtype: CheckedNewtype;
    aliases: Aliases;
    flattened_aliases: FlattenedAliases;
    external_aliases: ExternalAliases;
    internal_aliases: InternalAliases;
    adjacent_aliases: AdjacentAliases;
    external_other: ExternalOther;
    tagged_struct: TaggedStruct;
    flattened_tag: FlattenedTag;
    skipped_payload: SkippedPayload;
    adjacent_skipped: AdjacentSkipped;
    internal_skipped: InternalSkipped;
    internal_of_units: InternalOfUnits;
    default_pair: DefaultPair;
    default_tuples: DefaultTuples;
    container_default: ContainerDefault;
    node: Node<u8>;
}

pub const CASES: &[(&str, &str, Expected)] = &[
    // Constraints beside references, on maps and options of them.
    ("checked", r#"{"name":""}"#, Refused(&[r#"["name"]"#])),
    ("checked", r#"{"name":"abcd"}"#, Refused(&[r#"["name"]"#])),
    ("checked", r#"{"name":"a","maybe":""}"#, Refused(&[r#"["maybe"]"#, r#"["maybe"]"#])),
    ("checked", r#"{"name":"a","maybe":"b"}"#, Refused(&[r#"["maybe"]"#])),
    ("checked", r#"{"name":"a","count":1}"#, Refused(&[r#"["count"]"#])),
    ("checked", r#"{"name":"a","count":5}"#, Refused(&[r#"["count"]"#])),
    ("checked", r#"{"name":"a","names":["a","b"]}"#, Refused(&[r#"["names"]"#])),
    ("checked", r#"{"name":"a","names":[""]}"#, Refused(&[r#"["names",0]"#])),
    ("checked", r#"{"name":"a","map":{"a":1,"b":2}}"#, Refused(&[r#"["map"]"#])),
    ("checked", r#"{"name":"a","map":{"a":10}}"#, Refused(&[r#"["map","a"]"#])),
    ("checked", r#"{"name":"a","email":"b"}"#, Refused(&[r#"["email"]"#])),
    ("checked", r#"{"name":"a","contains":"b"}"#, Refused(&[r#"["contains"]"#])),
    ("checked", r#"{"name":"a","extended":"abc"}"#, Refused(&[r#"["extended"]"#])),
    ("checked", r#"{"name":"a","validated":"abc"}"#, Refused(&[r#"["validated"]"#])),
    ("checked", r#"{"name":"a","garded":0}"#, Refused(&[r#"["garded"]"#])),
    ("checked", r#"{"name":"a","nested":[["ab"]]}"#, Refused(&[r#"["nested",0,0]"#])),
    ("checked", r#"{"name":"a","wide":256}"#, Refused(&[r#"["wide"]"#])),
    ("checked", r#"{"name":"a","wide":-1}"#, Refused(&[r#"["wide"]"#])),
    (
        "checked",
        r#"{"name":"abc","maybe":"a","count":4,"names":["a"],"map":{"a":9},"email":"a@b.test","contains":"ax-b","extended":"ab","validated":"ab","garded":1,"nested":[["a"]],"wide":255}"#,
        Accepted(
            r#"{"name":"abc","maybe":"a","count":4,"names":["a"],"map":{"a":9},"email":"a@b.test","contains":"ax-b","extended":"ab","validated":"ab","garded":1,"set":null,"native":null,"nested":[["a"]],"wide":255}"#,
        ),
    ),
    ("checked_variants", r#"{"A":""}"#, Refused(&[r#"["A"]"#])),
    ("checked_variants", r#"{"B":{"n":0}}"#, Refused(&[r#"["B","n"]"#])),
    ("checked_variants", r#"{"C":[1,""]}"#, Refused(&[r#"["C",1]"#])),
    ("checked_variants", r#"{"A":"a"}"#, Accepted(r#"{"A":"a"}"#)),
    ("checked_newtype", r#""""#, Refused(&["[]"])),
    ("checked_newtype", r#""a""#, Accepted(r#""a""#)),
    // Names that serde accepts beside the own name of the type.
    ("aliases", r#"{"a":1}"#, Accepted(r#"{"a":1,"perhaps":0}"#)),
    ("aliases", r#"{"b":1,"maybe":2}"#, Accepted(r#"{"a":1,"perhaps":2}"#)),
    ("aliases", r#"{"c":1}"#, Accepted(r#"{"a":1,"perhaps":0}"#)),
    ("aliases", r#"{"c":0}"#, Refused(&[r#"["c"]"#])),
    ("aliases", r#"{}"#, Refused(&[r#"["a"]"#])),
    ("aliases", r#"{"a":1,"b":1}"#, Refused(&[r#"["a"]"#])),
    ("aliases", r#"{"a":1,"d":1}"#, Refused(&["[]"])),
    ("flattened_aliases", r#"{"id":1,"old":2}"#, Accepted(r#"{"id":1,"new":2}"#)),
    ("flattened_aliases", r#"{"id":1}"#, Refused(&[r#"["new"]"#])),
    ("external_aliases", r#""unit""#, Accepted(r#""Unit""#)),
    ("external_aliases", r#""Plain""#, Accepted(r#""Plain""#)),
    ("external_aliases", r#"{"newer":1}"#, Accepted(r#"{"New":1}"#)),
    ("external_aliases", r#"{"new":"a"}"#, Refused(&[r#"["new"]"#])),
    ("internal_aliases", r#"{"t":"aa","n":1}"#, Accepted(r#"{"t":"A","n":1}"#)),
    ("internal_aliases", r#"{"t":"zzz"}"#, Accepted(r#"{"t":"Rest"}"#)),
    ("internal_aliases", r#"{"t":"a"}"#, Refused(&[r#"["n"]"#])),
    ("internal_aliases", r#"{"t":1}"#, Refused(&[r#"["t"]"#])),
    ("adjacent_aliases", r#"{"t":"O"}"#, Accepted(r#"{"t":"O","c":null}"#)),
    ("adjacent_aliases", r#"{"t":"o","c":1}"#, Accepted(r#"{"t":"O","c":1}"#)),
    ("adjacent_aliases", r#"{"t":"Unit"}"#, Accepted(r#"{"t":"Unit"}"#)),
    ("adjacent_aliases", r#"{"t":"what"}"#, Accepted(r#"{"t":"Rest"}"#)),
    ("external_other", r#""Known""#, Accepted(r#""Known""#)),
    ("external_other", r#""what""#, Accepted(r#""Rest""#)),
    ("external_other", r#"{"New":1}"#, Accepted(r#"{"New":1}"#)),
    // A struct that is written with a tag.
    ("tagged_struct", r#"{"n":1}"#, Accepted(r#"{"type":"tagged","n":1}"#)),
    ("tagged_struct", r#"{"type":"tagged","n":1}"#, Accepted(r#"{"type":"tagged","n":1}"#)),
    ("flattened_tag", r#"{"n":1}"#, Accepted(r#"{"type":"tagged","n":1}"#)),
    // Payloads that are skipped.
    ("skipped_payload", r#""A""#, Accepted(r#""A""#)),
    ("skipped_payload", r#"{"A":1}"#, Refused(&["[]"])),
    ("skipped_payload", r#"{"B":[1]}"#, Accepted(r#"{"B":[1]}"#)),
    ("adjacent_skipped", r#"{"t":"A","c":null}"#, Accepted(r#"{"t":"A"}"#)),
    ("adjacent_skipped", r#"{"t":"R","c":null}"#, Accepted(r#"{"t":"R","c":0}"#)),
    ("internal_skipped", r#"{"t":"A"}"#, Accepted(r#"{"t":"A"}"#)),
    // Enums below the tag of another.
    ("internal_of_units", r#"{"t":"In","X":null}"#, Accepted(r#"{"t":"In","X":null}"#)),
    ("internal_of_units", r#"{"t":"Mixed","U":null}"#, Accepted(r#"{"t":"Mixed","U":null}"#)),
    ("internal_of_units", r#"{"t":"Mixed","N":1}"#, Accepted(r#"{"t":"Mixed","N":1}"#)),
    // Tuples with defaults.
    ("default_pair", "[1]", Accepted("[1,0,0]")),
    ("default_pair", "[1,2]", Accepted("[1,2,0]")),
    ("default_pair", "[]", Refused(&["[]"])),
    ("default_pair", "[1,2,3,4]", Refused(&["[]"])),
    ("default_tuples", r#"{"P":[1]}"#, Accepted(r#"{"P":[1,0]}"#)),
    // Paths that begin with `Self`.
    ("container_default", "{}", Accepted(r#"{"a":1}"#)),
    (
        "node",
        r#"{"name":"a","value":1,"next":{"name":"","value":1,"others":{}},"others":{"b":{"name":"","value":1,"others":{}}}}"#,
        Refused(&[r#"["next","name"]"#, r#"["others","b","name"]"#]),
    ),
];

#[tokio::test]
async fn inputs_must_satisfy_serde_and_the_constraints() {
    super::check(echoes::router(), CASES).await;
}

/// Sets and maps of JavaScript travel with `meta`.
#[tokio::test]
async fn constraints_apply_in_sets_and_maps() {
    let service = Rpc::new(echoes::router::<()>()).http(());
    for (input, places) in [
        (r#"{"json":{"name":"a","set":[]},"meta":[[6,"set"]]}"#, r#"["set"]"#),
        (r#"{"json":{"name":"a","set":[""]},"meta":[[6,"set"]]}"#, r#"["set",0]"#),
        (r#"{"json":{"name":"a","native":[["a",10]]},"meta":[[7,"native"]]}"#, r#"["native",0,1]"#),
    ] {
        let answer = super::send(service.clone(), super::post("/checked", input.to_owned())).await;
        assert_eq!(super::places(&answer.json()), [places], "{input}: {}", answer.body);
    }
}

/// Values of types whose schema matches what serde writes.
#[tokio::test]
async fn outputs_of_serde_match_the_schema() {
    let service = Rpc::new(echoes::router::<()>().check_outputs()).http(());
    let mut failures = Vec::new();
    for (name, input, expected) in CASES {
        let Accepted(_) = expected else { continue };
        let request =
            super::post(&format!("/{}", super::camel_case(name)), format!("{{\"json\":{input}}}"));
        let answer = super::send(service.clone(), request).await;
        if answer.status != 200 {
            failures.push(format!("{name} {input}: {} {}", answer.status, answer.body));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
