//! Every attribute of serde with every other one and every payload: serde, the validators of
//! inputs and outputs and the TypeScript type agree on each value.

mod hold;
#[cfg(feature = "typescript")]
mod types;

use std::collections::BTreeMap;

use orpc_runtime::prelude::*;
use serde_json::{Value, json};

use hold::Subject;

/// Minimum number of types that are compared with serde.
const FEWEST: usize = 500;

#[derive(Serialize, Deserialize, JsonSchema, Default)]
pub struct Byte(u8);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Word(String);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Fields {
    #[serde(alias = "b")]
    a: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Units {
    X,
    Y,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Mixed {
    X,
    N(u8),
}

/// Enums of one payload each, all with the same attributes.
macro_rules! enums {
    ($list:ident, $container:tt, $last:tt, { $($name:ident $payload:tt)* }) => {
        #[allow(dead_code, reason = "variants that are skipped are made by nobody")]
        mod $list {
            #[allow(unused_imports, reason = "not every payload names one")]
            use super::*;

            $(enums!(@one $name, $container, $last, $payload);)*

            pub(super) fn add(subjects: &mut Vec<Subject>) {
                $(subjects.push(Subject::of::<$name>(concat!(stringify!($list), "::", stringify!($name))));)*
            }
        }
    };
    (@one $name:ident, { $(#[$container:meta])* }, { $(#[$last:meta])* }, [$(#[$variant:meta])* $({ $($named:tt)* })? $(( $($unnamed:tt)* ))?]) => {
        #[derive(Serialize, Deserialize, JsonSchema)]
        $(#[$container])*
        pub enum $name {
            $(#[$variant])*
            V $({ $($named)* })? $(( $($unnamed)* ))?,
            $(#[$last])*
            Last,
        }
    };
}

/// The payloads that a variant of any enum may have.
macro_rules! payloads {
    ($list:ident, $container:tt, $last:tt) => {
        enums!($list, $container, $last, {
            Unit []
            UnitAlias [#[serde(alias = "v", alias = "w")]]
            UnitRenamed [#[serde(rename = "renamed", alias = "w")]]
            Struct [{ a: u8 }]
            StructAlias [#[serde(alias = "v")] { #[serde(alias = "b")] a: u8 }]
            StructDefault [{ #[serde(default, alias = "b")] a: u8 }]
            StructOption [{ a: Option<u8> }]
            StructSkip [{ #[serde(skip)] a: u8 }]
            StructSkipRead [{ #[serde(skip_deserializing)] a: u8 }]
            StructSkipWrite [{ #[serde(skip_serializing)] a: u8 }]
            StructSkipIf [{ #[serde(default, skip_serializing_if = "Option::is_none")] a: Option<u8> }]
            StructFlatten [{ #[serde(flatten)] inner: Fields }]
            StructFlattenMap [{ a: u8, #[serde(flatten)] inner: BTreeMap<String, u8> }]
            StructRename [#[serde(rename_all = "UPPERCASE")] { a: u8 }]
            NewtypeStruct [(Fields)]
            NewtypeStructAlias [#[serde(alias = "v")] (Fields)]
            NewtypeMap [(BTreeMap<String, u8>)]
            NewtypeSkip [(#[serde(skip)] u8)]
            NewtypeSkipRead [(#[serde(skip_deserializing)] u8)]
            NewtypeSkipWrite [(#[serde(skip_serializing)] u8)]
            EmptyStruct [{}]
            Skip [#[serde(skip)] (Fields)]
            SkipRead [#[serde(skip_deserializing)] (Fields)]
            SkipWrite [#[serde(skip_serializing)] (Fields)]
        });
    };
}

/// Payloads of enums without a tag among their members.
macro_rules! untagged_payloads {
    ($list:ident, $container:tt, $last:tt) => {
        enums!($list, $container, $last, {
            Newtype [(u8)]
            NewtypeAlias [#[serde(alias = "v")] (u8)]
            NewtypeNewtype [(Byte)]
            NewtypeOption [(Option<u8>)]
            NewtypeOptionAlias [#[serde(alias = "v")] (Option<Byte>)]
            NewtypeList [(Vec<u8>)]
            NewtypeUnits [(Units)]
            NewtypeMixed [(Mixed)]
            NewtypeUnit [(())]
            Tuple [(u8, u8)]
            TupleOption [(u8, Option<u8>)]
            TupleDefault [(u8, #[serde(default)] u8)]
            TupleDefaults [#[serde(alias = "v")] (#[serde(default)] u8, #[serde(default)] u8)]
            TupleSkip [(#[serde(skip)] u8, u8)]
            TupleSkipRead [(u8, #[serde(skip_deserializing)] u8)]
            TupleSkipWrite [(u8, #[serde(skip_serializing)] u8)]
            TupleEmpty [()]
        });
    };
}

/// Payloads beside a tag.
macro_rules! tagged_payloads {
    ($list:ident, $container:tt, $last:tt) => {
        enums!($list, $container, $last, {
            InnerUnits [(Units)]
            InnerMixed [(Mixed)]
            InnerUnit [(())]
            InnerOption [(Option<Fields>)]
        });
    };
}

/// Structs of one field each, all with the same attributes.
macro_rules! structs {
    ($list:ident, $container:tt, {}) => {
        structs!(@all $list, $container, {
            Plain { a: u8 }
            Alias { #[serde(alias = "b", alias = "v")] a: u8 }
            AliasDefault { #[serde(default, alias = "b")] a: u8 }
            Default { #[serde(default)] a: u8 }
            Option { a: ::std::option::Option<u8> }
            OptionAlias { #[serde(alias = "b")] a: ::std::option::Option<u8> }
            OptionSkip { #[serde(skip_serializing_if = "::std::option::Option::is_none")] a: ::std::option::Option<u8> }
            Skip { #[serde(skip)] a: u8 }
            SkipRead { #[serde(skip_deserializing)] a: u8 }
            SkipWrite { #[serde(skip_serializing)] a: u8 }
            Rename { #[serde(rename = "V", alias = "v")] a: u8 }
            RenameApart { #[serde(rename(serialize = "V", deserialize = "v"))] a: u8 }
            Reference { #[serde(alias = "b")] a: Byte }
            Empty {}
        });
    };
    (@all $list:ident, $container:tt, { $($name:ident $fields:tt)* }) => {
        mod $list {
            #[allow(unused_imports, reason = "not every field names one")]
            use super::*;

            $(structs!(@one $name, $container, $fields);)*

            pub(super) fn add(subjects: &mut Vec<Subject>) {
                $(subjects.push(Subject::of::<$name>(concat!(stringify!($list), "::", stringify!($name))));)*
            }
        }
    };
    (@one $name:ident, { $(#[$container:meta])* }, { $($fields:tt)* }) => {
        #[derive(Serialize, Deserialize, JsonSchema, ::std::default::Default)]
        $(#[$container])*
        #[allow(dead_code, reason = "a field that is skipped is read by nobody")]
        pub struct $name { $($fields)* }
    };
}

/// Structs whose form does not depend on attributes of a container.
macro_rules! others {
    ($list:ident { $($(#[$container:meta])* $name:ident $({ $($named:tt)* })? $(( $($unnamed:tt)* ))?;)* }) => {
        mod $list {
            use super::*;

            $(others!(@one $name, { $(#[$container])* }, $({ $($named)* })? $(( $($unnamed)* ))?);)*

            pub(super) fn add(subjects: &mut Vec<Subject>) {
                $(subjects.push(Subject::of::<$name>(concat!(stringify!($list), "::", stringify!($name))));)*
            }
        }
    };
    (@one $name:ident, { $(#[$container:meta])* }, { $($named:tt)* }) => {
        #[derive(Serialize, Deserialize, JsonSchema)]
        $(#[$container])*
        #[allow(dead_code, reason = "a field that is skipped is read by nobody")]
        pub struct $name { $($named)* }
    };
    (@one $name:ident, { $(#[$container:meta])* }, $($unnamed:tt)?) => {
        #[derive(Serialize, Deserialize, JsonSchema)]
        $(#[$container])*
        #[allow(dead_code, reason = "a field that is skipped is read by nobody")]
        pub struct $name $($unnamed)?;
    };
}

others! { tuples {
    Newtype(u8);
    NewtypeOption(Option<u8>);
    NewtypeFields(Fields);
    NewtypeMixed(Mixed);
    #[serde(transparent)]
    Transparent(Fields);
    #[serde(transparent)]
    TransparentNamed { #[serde(alias = "b")] a: u8 };
    Pair(u8, u8);
    PairDefault(u8, #[serde(default)] u8);
    PairOption(u8, Option<u8>);
    PairSkip(#[serde(skip)] u8, u8);
    PairSkipRead(u8, #[serde(skip_deserializing)] u8);
    PairSkipWrite(u8, #[serde(skip_serializing)] u8);
    NewtypeSkip(#[serde(skip)] u8);
    UnitStruct;
    EmptyTuple();
    #[serde(deny_unknown_fields)]
    EmptyStrict {};
    FlattenFields { #[serde(flatten)] inner: Fields };
    FlattenOption { #[serde(flatten)] inner: Option<Fields> };
    FlattenMap { a: u8, #[serde(flatten)] inner: BTreeMap<String, u8> };
    FlattenMixed { #[serde(flatten)] inner: Mixed };
    FlattenTagged { #[serde(flatten)] inner: internal_plain::StructAlias };
    FlattenAdjacent { #[serde(flatten)] inner: adjacent_plain::StructAlias };
    FlattenUntagged { #[serde(flatten)] inner: untagged_plain::StructAlias };
    FlattenTwo { #[serde(flatten)] one: Fields, #[serde(flatten)] two: internal_plain::Unit };
}}

others! { checks {
    LengthOfText { #[schemars(length(min = 1, max = 3))] a: String };
    LengthOfNewtype { #[schemars(length(min = 1, max = 3))] a: Word };
    LengthOfOption { #[schemars(length(min = 1, max = 3))] a: Option<Word> };
    LengthOfBox { #[schemars(length(min = 1, max = 3))] a: Box<Word> };
    LengthOfAlias { #[serde(alias = "b")] #[schemars(length(min = 1, max = 3))] a: Word };
    LengthOfRenamed { #[serde(rename = "b")] #[schemars(length(min = 1, max = 3))] a: Word };
    LengthOfList { #[schemars(length(min = 1, max = 3))] a: Vec<u8> };
    LengthOfMap { #[schemars(length(min = 1, max = 1))] a: BTreeMap<String, u8> };
    RangeOfNumber { #[schemars(range(min = 2, max = 4))] a: u8 };
    RangeOfNewtype { #[schemars(range(min = 2, max = 4))] a: Byte };
    RangeOfOption { #[schemars(range(min = 2, max = 4))] a: Option<Byte> };
    RangeOfDefault { #[serde(default)] #[schemars(range(min = 2, max = 4))] a: Byte };
    RangeOfAlias { #[serde(default, alias = "b")] #[schemars(range(min = 2, max = 4))] a: Byte };
    PatternOfText { #[schemars(pattern("^a"))] a: String };
    PatternOfNewtype { #[schemars(pattern("^a"))] a: Word };
    RegexOfNewtype { #[schemars(regex(pattern = "^a"))] a: Word };
    EmailOfNewtype { #[schemars(email)] a: Word };
    UrlOfNewtype { #[schemars(url)] a: Word };
    ContainsOfNewtype { #[schemars(contains("b"))] a: Word };
    InnerOfList { #[schemars(inner(range(min = 2)))] a: Vec<u8> };
    InnerOfNewtypes { #[schemars(inner(range(min = 2)))] a: Vec<Byte> };
    InnerOfMap { #[schemars(inner(range(min = 2)))] a: BTreeMap<String, Byte> };
    InnerOfOption { #[schemars(inner(range(min = 2)))] a: Option<Vec<Byte>> };
    ValidateLength { #[validate(length(equal = 2))] a: Word };
    GardeRange { #[garde(range(min = 2))] a: Byte };
    OfTuple(u8, #[schemars(length(min = 1, max = 3))] Word);
    OfNewtype(#[schemars(length(min = 1, max = 3))] Word);
    #[serde(transparent)]
    OfTransparent(#[schemars(range(min = 2))] Byte);
}}

/// Modules of types, and a function that lists all.
macro_rules! all {
    ($($kind:ident $list:ident $container:tt $last:tt;)*) => {
        $($kind!($list, $container, $last);)*

        fn subjects() -> Vec<Subject> {
            let mut subjects = Vec::new();
            $($list::add(&mut subjects);)*
            tuples::add(&mut subjects);
            subjects
        }
    };
}

all! {
    payloads external_plain {} {};
    untagged_payloads external_others {} {};
    payloads internal_plain { #[serde(tag = "t")] } {};
    tagged_payloads internal_tagged { #[serde(tag = "t")] } {};
    payloads adjacent_plain { #[serde(tag = "t", content = "c")] } {};
    untagged_payloads adjacent_others { #[serde(tag = "t", content = "c")] } {};
    payloads untagged_plain { #[serde(untagged)] } {};
    untagged_payloads untagged_others { #[serde(untagged)] } {};
    payloads internal_strict { #[serde(tag = "t", deny_unknown_fields)] } {};
    tagged_payloads internal_strict_tagged { #[serde(tag = "t", deny_unknown_fields)] } {};
    payloads adjacent_strict { #[serde(tag = "t", content = "c", deny_unknown_fields)] } {};
    payloads external_other {} { #[serde(other)] };
    payloads internal_other { #[serde(tag = "t")] } { #[serde(other)] };
    tagged_payloads internal_other_tagged { #[serde(tag = "t")] } { #[serde(other)] };
    payloads adjacent_other { #[serde(tag = "t", content = "c")] } { #[serde(other)] };
    untagged_payloads adjacent_other_others { #[serde(tag = "t", content = "c")] } { #[serde(other)] };
    payloads external_last_untagged {} { #[serde(untagged)] };
    payloads internal_last_untagged { #[serde(tag = "t")] } { #[serde(untagged)] };
    payloads adjacent_last_untagged { #[serde(tag = "t", content = "c")] } { #[serde(untagged)] };
    payloads internal_fields { #[serde(tag = "t", rename_all = "lowercase", rename_all_fields = "UPPERCASE")] } {};
    payloads external_apart { #[serde(rename_all(serialize = "UPPERCASE", deserialize = "lowercase"))] } {};
    structs plain {} {};
    structs tagged { #[serde(tag = "t")] } {};
    structs strict { #[serde(deny_unknown_fields)] } {};
    structs defaults { #[serde(default)] } {};
    structs strict_defaults { #[serde(default, deny_unknown_fields)] } {};
    structs tagged_renamed { #[serde(tag = "t", rename = "renamed")] } {};
    structs tagged_strict { #[serde(tag = "t", deny_unknown_fields)] } {};
    structs tagged_defaults { #[serde(tag = "t", default)] } {};
}

/// The values that are tried on every type.
fn values() -> Vec<Value> {
    let payloads = [
        json!(null),
        json!(1),
        json!("V"),
        json!("X"),
        json!([1]),
        json!([1, 2]),
        json!([1, 2, 3]),
        json!([1, null]),
        json!({}),
        json!({ "a": 1 }),
        json!({ "b": 1 }),
        json!({ "A": 1 }),
        json!({ "a": null }),
        json!({ "a": 1, "b": 1 }),
        json!({ "a": 1, "more": 1 }),
        json!({ "X": null }),
        json!({ "N": 1 }),
    ];
    let tags = ["V", "v", "w", "renamed", "Last", "last", "what"];
    let mut values =
        vec![json!(300), json!([]), json!(["V"]), json!({ "t": 1 }), json!({ "c": 1 })];
    for (index, payload) in payloads.iter().enumerate() {
        values.push(payload.clone());
        // Most types treat these names alike, so few payloads are tried.
        let tags = tags.iter().take(if index % 4 == 0 { tags.len() } else { 2 });
        for tag in tags {
            values.push(json!({ *tag: payload }));
            values.push(json!({ "t": tag, "c": payload }));
            if let Value::Object(members) = payload {
                let mut members = members.clone();
                members.insert("t".to_owned(), Value::from(*tag));
                values.push(Value::Object(members));
            }
        }
    }
    for tag in tags {
        values.push(json!(tag));
        values.push(json!({ "t": tag }));
        values.push(json!({ "t": tag, "c": 1, "more": 1 }));
    }
    values.push(json!({ "a": 1, "V": 1 }));
    values.push(json!({ "V": 1, "more": 1 }));
    values
}

/// The number of parts of the values, of which each type is given one. All values are tried
/// on types with the same attributes, whose parts differ.
fn parts() -> usize {
    let parts = std::env::var("COMBINATION_PARTS").ok();
    parts.map_or(4, |parts| parts.parse().expect("COMBINATION_PARTS is a number"))
}

/// Returns the values that are tried on one type.
fn values_of(values: &[Value], index: usize, parts: usize) -> Vec<Value> {
    let is_chosen = |at: usize| at % parts == index % parts;
    let chosen = values.iter().enumerate().filter(|(at, _)| is_chosen(*at));
    chosen.map(|(_, value)| value.clone()).collect()
}

/// The values that are tried only on types with constraints.
fn values_to_check() -> Vec<Value> {
    let texts = ["", "a", "b", "ab", "abc", "abcd", "a@b.test", "https://a.test/"];
    let lists = [json!([]), json!([1]), json!([2]), json!([2, 3]), json!([2, 3, 4, 5])];
    let maps = [json!({}), json!({ "x": 1 }), json!({ "x": 2 }), json!({ "x": 2, "y": 3 })];
    let numbers = [1, 2, 3, 4, 5].map(|number| json!(number));
    let all: Vec<_> = texts
        .map(Value::from)
        .into_iter()
        .chain(lists)
        .chain(maps)
        .chain(numbers)
        .chain([json!(null)])
        .collect();
    let members = all.iter().flat_map(|value| {
        [json!({ "a": value }), json!({ "b": value }), json!([1, value]), value.clone()]
    });
    members.chain([json!({}), json!({ "a": 3, "b": 3 })]).collect()
}

/// The types that routers refuse, by name, each with a part of its error.
const REFUSED: &[(&str, &str)] = &[
    (
        "::NewtypeSkipRead",
        "`NewtypeSkipRead.V` holds a number, which cannot stand beside the enum's `tag`",
    ),
    (
        "::NewtypeSkipWrite",
        "`NewtypeSkipWrite.V` holds a number, which cannot stand beside the enum's `tag`",
    ),
    ("checks::RangeOfDefault", "`RangeOfDefault.a`: write a default that its constraints accept"),
    ("checks::RangeOfAlias", "`RangeOfAlias.a`: write a default that its constraints accept"),
];

#[tokio::test]
async fn serde_the_schemas_and_typescript_agree_on_all_attributes() {
    let mut found = hold::Found::default();
    let subjects = subjects();
    let values = values();
    let parts = parts();
    for (index, subject) in subjects.iter().enumerate() {
        found.hold(*subject, &values_of(&values, index, parts)).await;
    }
    let mut checked = Vec::new();
    checks::add(&mut checked);
    let to_check = values_to_check();
    for subject in &checked {
        found.hold(*subject, &to_check).await;
    }
    let types = subjects.len() + checked.len();
    assert!(types >= FEWEST, "{types} types");
    found.expect(REFUSED);
}
