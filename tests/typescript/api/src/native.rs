//! JavaScript types that JSON lacks.

use std::time::{Duration, SystemTime};

use orpc_runtime::Value;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{BigInt, Date, File, Float, Map, Number, RegExp, Set, Undefined, Url};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Natives {
    big: BigInt,
    when: Date,
    url: Url,
    pattern: RegExp,
    set: Set<String>,
    map: Map<String, f64>,
    maybe: Option<Date>,
    #[serde(default)]
    none: Undefined,
    float: Float,
    any: Value,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Attached {
    title: String,
    file: File,
    more: Vec<File>,
    maybe: Option<File>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Fields {
    #[serde(with = "orpc_runtime::value::date")]
    #[schemars(with = "Date")]
    at: SystemTime,
    #[serde(with = "orpc_runtime::value::number")]
    #[schemars(with = "Number<u64>")]
    size: u64,
    #[serde(with = "orpc_runtime::value::set")]
    #[schemars(with = "Set<u8>")]
    set: Vec<u8>,
    #[serde(with = "orpc_runtime::value::map")]
    #[schemars(with = "Map<u8, bool>")]
    map: std::collections::BTreeMap<u8, bool>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Ranges {
    #[schemars(extend("formatMinimum" = "2024-01-01T00:00:00Z", "formatMaximum" = "2025-01-01T00:00:00Z"))]
    from: Date,
    #[schemars(length(min = 1, max = 3))]
    seats: Set<u8>,
    #[schemars(range(min = 1, max = 1000))]
    price: BigInt,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum Tagged {
    Date { date: Date },
    Big { big: u64 },
    Set { set: Set<u8> },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Either {
    Text(String),
    Number(f64),
    Date(Date),
    Set(Set<u8>),
}

torture! {
    natives: Natives = [Natives {
        big: BigInt::from(1_u8),
        when: Date::from_millis(0),
        url: "https://example.com/".parse().expect("a URL"),
        pattern: RegExp::new("a", "i").expect("a pattern"),
        set: Set::from(vec!["a".to_owned()]),
        map: Map::from(vec![("a".to_owned(), 0.5)]),
        maybe: None,
        none: Undefined,
        float: Float(f64::NAN),
        any: Value::Undefined,
    }];
    big: BigInt = [BigInt::from(u128::MAX)];
    date: Date = [Date::from_millis(1), Date::INVALID];
    pattern: RegExp = [RegExp::new("a", "g").expect("a pattern")];
    url: Url = ["https://a.test/?b#c".parse().expect("a URL")];
    set: Set<u8> = [Set::from(vec![]), Set::from(vec![1, 2])];
    map: Map<String, Date> = [Map::from(vec![("a".to_owned(), Date::from_millis(0))])];
    map_of_dates: Map<Date, Map<u64, Option<u8>>> = [
        Map::from(vec![(Date::from_millis(0), Map::from(vec![(1, None)]))]),
    ];
    undefined: Undefined = [Undefined];
    float: Float = [Float(0.5), Float(f64::NAN)];
    number: Number<u64> = [Number(9_007_199_254_740_991)];
    signed_number: Number<i128> = [Number(-9_007_199_254_740_991)];
    any: Value = [Value::Null, Value::Undefined, Value::Date(Date::from_millis(0))];
    dates: Vec<Date> = [vec![], vec![Date::from_millis(0)]];
    file: File = [File::new("a.txt", "text/plain", "text")];
    attached: Attached = [Attached {
        title: "t".to_owned(),
        file: File::new("a.txt", "text/plain", "text"),
        more: vec![File::new("b", "", "")],
        maybe: None,
    }];
    fields: Fields = [Fields {
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(1),
        size: 1,
        set: vec![1],
        map: [(1, true)].into(),
    }];
    ranges: Ranges = [Ranges {
        from: Date::from_millis(1_704_067_200_000),
        seats: Set::from(vec![1]),
        price: BigInt::from(1_u8),
    }];
    tagged: Tagged = [
        Tagged::Date { date: Date::from_millis(0) },
        Tagged::Big { big: 1 },
        Tagged::Set { set: Set::from(vec![1]) },
    ];
    either: Either = [
        Either::Text("a".to_owned()),
        Either::Number(1.5),
        Either::Date(Date::from_millis(0)),
        Either::Set(Set::from(vec![1])),
    ];
}
