//! Maps and their keys.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use orpc_runtime::prelude::*;
use serde_json::{Value, json};

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    DarkRed,
    Blue,
    #[serde(rename = "x-green")]
    Green,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Documented {
    /// The first.
    First,
    /// The second.
    Second,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Name(String);

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Sku(#[schemars(regex(pattern = "^[A-Z]{2}-[0-9]{3}$"))] String);

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Id(u32);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Point {
    x: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Members {
    by_name: BTreeMap<String, Point>,
    by_id: BTreeMap<u16, Option<Point>>,
    by_colour: Option<BTreeMap<Colour, u8>>,
}

torture! {
    text: BTreeMap<String, u8> = [BTreeMap::new(), BTreeMap::from([("a".to_owned(), 1)])];
    hashed: HashMap<String, Vec<bool>> = [HashMap::from([("a".to_owned(), vec![true])])];
    indexed: IndexMap<String, Option<u8>> = [IndexMap::from([("b".to_owned(), None)])];
    unsigned: BTreeMap<u8, bool> = [BTreeMap::new(), BTreeMap::from([(0, true), (255, false)])];
    signed: BTreeMap<i32, bool> = [BTreeMap::from([(i32::MIN, true), (1, false)])];
    wide: BTreeMap<u64, u64> = [BTreeMap::from([(u64::MAX, u64::MAX)])];
    letters: BTreeMap<char, u8> = [BTreeMap::from([('a', 1), ('é', 2)])];
    flags: BTreeMap<bool, u8> = [BTreeMap::from([(true, 1), (false, 2)])];
    colours: BTreeMap<Colour, u8> = [
        BTreeMap::new(),
        BTreeMap::from([(Colour::DarkRed, 1), (Colour::Blue, 2), (Colour::Green, 3)]),
    ];
    documented: BTreeMap<Documented, u8> = [BTreeMap::from([(Documented::First, 1)])];
    names: BTreeMap<Name, u8> = [BTreeMap::from([(Name("n".to_owned()), 1)])];
    skus: BTreeMap<Sku, u8> = [BTreeMap::from([(Sku("AB-123".to_owned()), 1)])];
    ids: BTreeMap<Id, Point> = [BTreeMap::from([(Id(7), Point { x: 1 })])];
    nested: BTreeMap<String, BTreeMap<u8, Vec<Point>>> = [
        BTreeMap::from([("a".to_owned(), BTreeMap::from([(1, vec![Point { x: 1 }])]))]),
    ];
    members: Members = [Members {
        by_name: BTreeMap::from([("a".to_owned(), Point { x: 1 })]),
        by_id: BTreeMap::from([(1, None), (2, Some(Point { x: 1 }))]),
        by_colour: Some(BTreeMap::from([(Colour::Blue, 1)])),
    }];
    anything: Value = [
        Value::Null,
        json!({ "a": [1, "two", null, { "b": true }] }),
        json!(1.5),
    ];
    object: serde_json::Map<String, Value> = [serde_json::Map::from_iter([("a".to_owned(), json!([]))])];
}
