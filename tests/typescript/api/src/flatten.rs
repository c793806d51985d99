//! Structs that are part of others.

use std::collections::BTreeMap;

use orpc_runtime::prelude::*;

use crate::enums::{Adjacent, Event, External, Internal, UntaggedStructs};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Inner {
    n: u16,
    maybe: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfStruct {
    id: u8,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfMap {
    id: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, bool>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfAny {
    id: u8,
    text: Option<String>,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfExternal {
    id: u8,
    #[serde(flatten)]
    of: Structs,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Structs {
    First { a: u8 },
    Second(Inner),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfInternal {
    id: u8,
    #[serde(flatten)]
    of: Internal,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfAdjacent {
    id: u8,
    #[serde(flatten)]
    of: Adjacent,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfUntagged {
    id: u8,
    #[serde(flatten)]
    of: UntaggedStructs,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfOption {
    id: u8,
    #[serde(flatten)]
    inner: Option<Inner>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfOptionalEnum {
    id: u8,
    #[serde(flatten)]
    of: Option<Event>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfTwo {
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    event: Event,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfEnumAndMap {
    id: u8,
    #[serde(flatten)]
    event: Event,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfOptionalUntagged {
    id: u8,
    #[serde(flatten)]
    of: Option<UntaggedStructs>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Nested {
    top: bool,
    #[serde(flatten)]
    of: OfStruct,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OnlyFlattened {
    #[serde(flatten)]
    of: OfStruct,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct InList {
    list: Vec<OfStruct>,
    by_name: BTreeMap<String, OfInternal>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Shadowed {
    #[serde(flatten)]
    inner: Inner,
    #[serde(default)]
    extra: Extra,
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
pub enum Extra {
    #[default]
    A,
    B(u8),
}

fn inner() -> Inner {
    Inner { n: 1, maybe: None }
}

torture! {
    of_struct: OfStruct = [OfStruct { id: 1, inner: inner() }];
    of_map: OfMap = [
        OfMap { id: 1, rest: BTreeMap::new() },
        OfMap { id: 1, rest: BTreeMap::from([("a".to_owned(), true)]) },
    ];
    of_any: OfAny = [OfAny { id: 1, text: None, rest: serde_json::Map::new() }];
    of_external: OfExternal = [
        OfExternal { id: 1, of: Structs::First { a: 1 } },
        OfExternal { id: 1, of: Structs::Second(inner()) },
    ];
    of_internal: OfInternal = [
        OfInternal { id: 1, of: Internal::Unit },
        OfInternal { id: 1, of: Internal::Struct { a: 1, b: None } },
    ];
    of_adjacent: OfAdjacent = [
        OfAdjacent { id: 1, of: Adjacent::Unit },
        OfAdjacent { id: 1, of: Adjacent::Tuple(1, "a".to_owned()) },
    ];
    of_untagged: OfUntagged = [
        OfUntagged { id: 1, of: UntaggedStructs::Named { name: "n".to_owned() } },
        OfUntagged { id: 1, of: UntaggedStructs::Numbered { number: 1 } },
    ];
    of_option: OfOption = [
        OfOption { id: 1, inner: None },
        OfOption { id: 1, inner: Some(inner()) },
    ];
    of_optional_enum: OfOptionalEnum = [
        OfOptionalEnum { id: 1, of: None },
        OfOptionalEnum { id: 1, of: Some(Event::UserLeft { user_name: "u".to_owned() }) },
    ];
    of_two: OfTwo = [OfTwo {
        inner: inner(),
        event: Event::UserLeft { user_name: "u".to_owned() },
    }];
    of_enum_and_map: OfEnumAndMap = [OfEnumAndMap {
        id: 1,
        event: Event::UserLeft { user_name: "u".to_owned() },
        rest: BTreeMap::from([("more".to_owned(), true.into())]),
    }];
    of_optional_untagged: OfOptionalUntagged = [
        OfOptionalUntagged { id: 1, of: None },
        OfOptionalUntagged { id: 1, of: Some(UntaggedStructs::Numbered { number: 1 }) },
    ];
    nested: Nested = [Nested { top: true, of: OfStruct { id: 1, inner: inner() } }];
    only_flattened: OnlyFlattened = [OnlyFlattened { of: OfStruct { id: 1, inner: inner() } }];
    in_list: InList = [
        InList { list: vec![], by_name: BTreeMap::new() },
        InList {
            list: vec![OfStruct { id: 1, inner: inner() }],
            by_name: BTreeMap::from([("a".to_owned(), OfInternal { id: 1, of: Internal::Unit })]),
        },
    ];
    shadowed: Shadowed = [Shadowed { inner: inner(), extra: Extra::B(1) }];
    external: External = [External::Unit];
}
