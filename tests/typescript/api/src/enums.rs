//! Enums in each representation of serde, with each form of variant.

use std::collections::BTreeMap;

use orpc_runtime::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Point {
    x: i32,
    y: i32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Units {
    One,
    Two,
    Three,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum OnlyOne {
    Only,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum External {
    Unit,
    Newtype(u8),
    Tuple(u8, String),
    Struct { a: u8, b: Option<bool> },
    EmptyTuple(),
    EmptyStruct {},
    Nested(Point),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum ExternalStrict {
    Unit,
    Struct { a: u8 },
    Nested(Point),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum Internal {
    Unit,
    Newtype(Point),
    Struct { a: u8, b: Option<bool> },
    EmptyStruct {},
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum InternalStrict {
    Unit,
    FirstStruct { a: u8 },
    SecondStruct { b: String },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum InternalOfMap {
    Counts(BTreeMap<String, u8>),
    Point(Point),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outer")]
pub enum InternalOfInternal {
    Inner(Internal),
    Strict(InternalStrict),
    None,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub enum Adjacent {
    Unit,
    Newtype(u8),
    Tuple(u8, String),
    Struct { a: u8, b: Option<bool> },
    Nested(Point),
    Maybe(Option<u8>),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c", deny_unknown_fields)]
pub enum AdjacentStrict {
    Unit,
    Struct { a: u8 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Untagged {
    Unit,
    Newtype(u8),
    Tuple(u8, String),
    Struct { a: u8, b: Option<bool> },
    Text(String),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum UntaggedStructs {
    Named { name: String },
    Numbered { number: u8 },
    Point(Point),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum PartlyUntagged {
    Tagged {
        a: u8,
    },
    Unit,
    #[serde(untagged)]
    Number(u32),
    #[serde(untagged)]
    Other {
        text: String,
    },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "kebab-case")]
pub enum Renamed {
    FirstVariant,
    SecondVariant {
        some_field: u8,
        other_field: bool,
    },
    #[serde(rename = "3rd")]
    Third {
        #[serde(rename = "own name")]
        named: u8,
    },
    #[serde(rename_all = "PascalCase")]
    Fourth {
        some_field: u8,
    },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Event {
    UserJoined { user_name: String, joined_at: u32 },
    UserLeft { user_name: String },
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Aliased {
    #[serde(alias = "Uno", alias = "Un")]
    One,
    Two {
        #[serde(alias = "value")]
        number: u8,
    },
}

/// An enum whose input has fewer variants than its output, and more.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum Skipping {
    Both {
        a: u8,
    },
    #[serde(skip_deserializing)]
    OnlyOut {
        b: u8,
    },
    #[serde(skip_serializing)]
    OnlyIn {
        c: u8,
    },
    #[serde(skip)]
    Never,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum WithDefaults {
    First {
        #[serde(default)]
        a: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        b: Option<u8>,
    },
    Second {
        #[serde(default = "seven")]
        c: u8,
    },
}

fn seven() -> u8 {
    7
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
pub enum Renaming {
    #[serde(rename(serialize = "out", deserialize = "in"))]
    Directed(u8),
    Same,
}

torture! {
    units: Units = [Units::One, Units::Two, Units::Three];
    only_one: OnlyOne = [OnlyOne::Only];
    external: External = [
        External::Unit,
        External::Newtype(1),
        External::Tuple(2, "two".to_owned()),
        External::Struct { a: 3, b: None },
        External::Struct { a: 3, b: Some(true) },
        External::EmptyTuple(),
        External::EmptyStruct {},
        External::Nested(Point { x: 1, y: -1 }),
    ];
    external_strict: ExternalStrict = [
        ExternalStrict::Unit,
        ExternalStrict::Struct { a: 1 },
        ExternalStrict::Nested(Point { x: 1, y: -1 }),
    ];
    internal: Internal = [
        Internal::Unit,
        Internal::Newtype(Point { x: 1, y: -1 }),
        Internal::Struct { a: 3, b: None },
        Internal::Struct { a: 3, b: Some(false) },
        Internal::EmptyStruct {},
    ];
    internal_strict: InternalStrict = [
        InternalStrict::Unit,
        InternalStrict::FirstStruct { a: 1 },
        InternalStrict::SecondStruct { b: String::new() },
    ];
    internal_of_map: InternalOfMap = [
        InternalOfMap::Counts(BTreeMap::new()),
        InternalOfMap::Counts(BTreeMap::from([("a".to_owned(), 1)])),
        InternalOfMap::Point(Point { x: 0, y: 0 }),
    ];
    internal_of_internal: InternalOfInternal = [
        InternalOfInternal::Inner(Internal::Unit),
        InternalOfInternal::Inner(Internal::Newtype(Point { x: 1, y: 2 })),
        InternalOfInternal::Strict(InternalStrict::Unit),
        InternalOfInternal::Strict(InternalStrict::FirstStruct { a: 1 }),
        InternalOfInternal::None,
    ];
    adjacent: Adjacent = [
        Adjacent::Unit,
        Adjacent::Newtype(1),
        Adjacent::Tuple(2, "two".to_owned()),
        Adjacent::Struct { a: 3, b: None },
        Adjacent::Nested(Point { x: 1, y: -1 }),
        Adjacent::Maybe(None),
        Adjacent::Maybe(Some(1)),
    ];
    adjacent_strict: AdjacentStrict = [AdjacentStrict::Unit, AdjacentStrict::Struct { a: 1 }];
    untagged: Untagged = [
        Untagged::Unit,
        Untagged::Newtype(1),
        Untagged::Tuple(2, "two".to_owned()),
        Untagged::Struct { a: 3, b: None },
        Untagged::Text("text".to_owned()),
    ];
    untagged_structs: UntaggedStructs = [
        UntaggedStructs::Named { name: "n".to_owned() },
        UntaggedStructs::Numbered { number: 1 },
        UntaggedStructs::Point(Point { x: 1, y: 1 }),
    ];
    partly_untagged: PartlyUntagged = [
        PartlyUntagged::Tagged { a: 1 },
        PartlyUntagged::Unit,
        PartlyUntagged::Number(1),
        PartlyUntagged::Other { text: "text".to_owned() },
    ];
    renamed: Renamed = [
        Renamed::FirstVariant,
        Renamed::SecondVariant { some_field: 1, other_field: true },
        Renamed::Third { named: 1 },
        Renamed::Fourth { some_field: 1 },
    ];
    event: Event = [
        Event::UserJoined { user_name: "a".to_owned(), joined_at: 1 },
        Event::UserLeft { user_name: "a".to_owned() },
    ];
    aliased: Aliased = [Aliased::One, Aliased::Two { number: 2 }];
    skipping: Skipping = [Skipping::Both { a: 1 }, Skipping::OnlyOut { b: 2 }];
    with_defaults: WithDefaults = [
        WithDefaults::First { a: 1, b: None },
        WithDefaults::First { a: 1, b: Some(2) },
        WithDefaults::Second { c: 3 },
    ];
    renaming: Renaming = [Renaming::Directed(1), Renaming::Same];
    list_of_enums: Vec<External> = [vec![], vec![External::Unit, External::Newtype(1)]];
    optional_enum: Option<Internal> = [None, Some(Internal::Unit)];
}
