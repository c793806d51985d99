//! Structs in all their forms, and the attributes of their fields.

use std::borrow::Cow;

use orpc_runtime::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Unit;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Empty {}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EmptyTuple();

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Newtype(u8);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Transparent {
    inner: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct NewtypeOfNewtype(Newtype);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Pair(u8, String);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Triple(u8, Option<String>, Newtype);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Plain {
    flag: bool,
    text: String,
    number: i32,
    nested: Newtype,
    pair: Pair,
    list: Vec<Transparent>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Camel {
    first_field: u8,
    #[serde(rename = "second-field")]
    second: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Strict {
    a: u8,
    b: Option<u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StrictEmpty {}

/// Its members may be left out of what goes in, and come out always.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct FieldDefaults {
    #[serde(default)]
    a: u8,
    #[serde(default = "seven")]
    b: u8,
    #[serde(default)]
    c: Vec<u8>,
    d: u8,
}

fn seven() -> u8 {
    7
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct ContainerDefault {
    some_number: u8,
    some_text: String,
    some_list: Vec<Option<u8>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Skipping {
    both: u8,
    #[serde(skip)]
    #[allow(dead_code, reason = "nobody reads it")]
    never: u8,
    #[serde(skip_serializing)]
    #[allow(dead_code, reason = "nobody reads it")]
    only_in: u8,
    #[serde(skip_deserializing)]
    only_out: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SkippingIf {
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    list: Vec<u8>,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Directed {
    #[serde(rename(serialize = "outName", deserialize = "inName"))]
    name: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Aliased {
    #[serde(alias = "other", alias = "third")]
    name: u8,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(from = "RawCelsius", into = "f64")]
pub struct Celsius(f64);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RawCelsius {
    celsius: f64,
}

impl From<RawCelsius> for Celsius {
    fn from(raw: RawCelsius) -> Self {
        Self(raw.celsius)
    }
}

impl From<Celsius> for f64 {
    fn from(celsius: Celsius) -> Self {
        celsius.0
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8", into = "String")]
pub struct Converted(u8);

impl TryFrom<u8> for Converted {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        Ok(Self(number))
    }
}

impl From<Converted> for String {
    fn from(converted: Converted) -> Self {
        converted.0.to_string()
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct With {
    #[serde(with = "hex")]
    #[schemars(with = "HexText")]
    number: u32,
    #[schemars(with = "Option<String>")]
    text: Option<Cow<'static, str>>,
}

#[derive(JsonSchema)]
#[schemars(inline, extend("pattern" = "^[0-9a-f]{1,8}$"))]
struct HexText(#[allow(dead_code, reason = "only its schema is used")] String);

mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OwnType {
    #[schemars(extend("x-typescript-type" = "\"left\" | \"right\""))]
    side: Side,
    #[schemars(extend("x-typescript-type" = "readonly (1 | 2)[]"))]
    list: Vec<u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Left,
    Right,
}

torture! {
    unit: Unit = [Unit];
    empty: Empty = [Empty {}];
    empty_tuple: EmptyTuple = [EmptyTuple()];
    newtype: Newtype = [Newtype(0), Newtype(255)];
    transparent: Transparent = [Transparent { inner: "in".to_owned() }];
    newtype_of_newtype: NewtypeOfNewtype = [NewtypeOfNewtype(Newtype(1))];
    pair: Pair = [Pair(1, "one".to_owned())];
    triple: Triple = [Triple(1, None, Newtype(1)), Triple(1, Some(String::new()), Newtype(1))];
    plain: Plain = [Plain {
        flag: true,
        text: "text".to_owned(),
        number: i32::MIN,
        nested: Newtype(1),
        pair: Pair(1, String::new()),
        list: vec![Transparent { inner: String::new() }],
    }];
    camel: Camel = [Camel { first_field: 1, second: 2 }];
    strict: Strict = [Strict { a: 1, b: None }, Strict { a: 1, b: Some(1) }];
    strict_empty: StrictEmpty = [StrictEmpty {}];
    field_defaults: FieldDefaults = [
        FieldDefaults { a: 0, b: 0, c: vec![], d: 0 },
        FieldDefaults { a: 1, b: 1, c: vec![1], d: 1 },
    ];
    container_default: ContainerDefault = [
        ContainerDefault::default(),
        ContainerDefault {
            some_number: 1,
            some_text: "text".to_owned(),
            some_list: vec![None, Some(1)],
        },
    ];
    skipping: Skipping = [Skipping { both: 1, never: 2, only_in: 3, only_out: 4 }];
    skipping_if: SkippingIf = [
        SkippingIf { list: vec![], text: String::new(), maybe: None },
        SkippingIf { list: vec![1], text: "text".to_owned(), maybe: Some(1) },
    ];
    directed: Directed = [Directed { name: 1 }];
    aliased: Aliased = [Aliased { name: 1 }];
    celsius: Celsius = [Celsius(-273.15)];
    converted: Converted = [Converted(7)];
    with: With = [With { number: 0xabc, text: None }, With { number: 0, text: Some("a".into()) }];
    own_type: OwnType = [OwnType { side: Side::Left, list: vec![1, 2] }];
    tuple: (u8, bool, Option<String>) = [(1, true, None), (1, false, Some(String::new()))];
    one_tuple: (u8,) = [(1,)];
    nested_tuple: ((u8, u8), [(bool, String); 2]) = [
        ((1, 2), [(true, String::new()), (false, "b".to_owned())]),
    ];
}
