//! Types with the derive of schemars itself, which reads fewer attributes of serde.

use std::collections::BTreeMap;

use orpc_runtime::prelude::{Deserialize, Router, Serialize, procedure};
use orpc_runtime::value::{Date, Set};
use schemars::JsonSchema;

use super::assert_refused;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Alias {
    #[serde(alias = "b", alias = "c")]
    a: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Outer {
    first: Date,
    id: std::num::NonZeroU8,
    list: Vec<Option<Alias>>,
    map: BTreeMap<String, (u8, Alias)>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Variants {
    #[serde(alias = "First")]
    One,
    Two {
        #[serde(alias = "x")]
        value: u8,
    },
    Three(Box<Alias>),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum Tagged {
    #[serde(alias = "First")]
    One {
        a: u8,
    },
    Two,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "data")]
pub enum Adjacent {
    #[serde(alias = "First")]
    One(u8),
    Two,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Other {
    One,
    #[serde(other)]
    Unknown,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Skipped {
    One(#[serde(skip)] u8),
    Two,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TransparentTree(Vec<TransparentTree>);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TransparentList(Option<Box<TransparentList>>);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct HoldsATree {
    id: u8,
    tree: TransparentTree,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    children: Vec<Tree>,
    by_name: BTreeMap<String, Tree>,
    next: Option<Box<Tree>>,
}

/// Names that only the schema has, names in both, and types with forms of their own.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fine {
    some_name: u8,
    #[serde(rename = "other", default)]
    renamed: Option<String>,
    #[serde(skip)]
    #[allow(dead_code)]
    skipped: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
    set: Set<u8>,
    at: std::time::Duration,
    result: Result<u8, String>,
    unit: (),
    tuple: (u8, Fieldless),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Fieldless {
    A,
    B,
}

/// The derive of this crate reads `alias`, and obeys `skip` of schemars.
#[derive(Serialize, Deserialize, orpc_runtime::prelude::JsonSchema)]
pub struct Own {
    #[serde(alias = "b")]
    a: u8,
    #[schemars(skip)]
    #[serde(default)]
    hidden: u8,
    inner: Vec<Fieldless>,
}

/// A schema by hand that says nothing of names.
#[derive(Serialize, Deserialize)]
pub struct ByHand {
    a: u8,
}

impl JsonSchema for ByHand {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ByHand".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

inputs! {
    alias: Alias => ["`Alias`: serde reads the field `b`", "the field `c`"];
    nested: Outer => ["`Outer.list[0]`: serde reads the field `b`", "`Outer.map{}[1]`"];
    variants: Variants => [
        "`Variants`: serde reads the variant `First`",
        "`Variants.Two`: serde reads the field `x`",
        "`Variants.Three`: serde reads the field `b`",
    ];
    tagged: Tagged => ["`Tagged`: serde reads the variant `First`"];
    adjacent: Adjacent => ["serde reads the variant `First`"];
    other: Other => ["`Other`: serde reads every name as its variant `other`"];
    skipped: Skipped => ["`Skipped.One`: serde skips the payload"];
    in_a_list: Vec<Alias> => ["serde reads the field `b`"];
    transparent_tree: TransparentTree => ["recurses without a struct or enum in between"];
    transparent_list: TransparentList => ["recurses without a struct or enum in between"];
    holds_a_tree: HoldsATree => ["the type `HoldsATree.tree` recurses"];
    tree: Tree => [];
    fine: Fine => [];
    own: Own => [];
    by_hand: ByHand => [];
}

#[test]
fn names_that_only_serde_reads_are_refused_when_a_router_is_built() {
    assert_refused(cases());
}
