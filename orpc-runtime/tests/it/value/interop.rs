//! Fields of other types that are a `Date`, `URL` and so on in JavaScript, each by one
//! attribute.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::SystemTime;

use orpc_runtime::prelude::*;
use orpc_runtime::value::{AnyDate, BigInt, Date, Url};
use serde_json::{Value, json};

use crate::support::{post, send};

/// Each form of a field, for one type of times.
macro_rules! times {
    ($($name:ident: $ty:ty;)*) => {
        $(
            pub mod $name {
                use super::*;

                #[derive(Serialize, Deserialize, JsonSchema)]
                pub struct Times {
                    #[serde(with = "orpc_runtime::value::date")]
                    at: $ty,
                    #[serde(with = "orpc_runtime::value::As::<Option<Date>>")]
                    left: Option<$ty>,
                    #[serde(default, with = "orpc_runtime::value::As::<Option<Date>>")]
                    gone: Option<$ty>,
                    #[serde(with = "orpc_runtime::value::As::<Vec<Date>>")]
                    list: Vec<$ty>,
                    #[serde(with = "orpc_runtime::value::As::<HashMap<String, Vec<Option<Date>>>>")]
                    table: HashMap<String, Vec<Option<$ty>>>,
                    #[serde(with = "orpc_runtime::value::As::<BTreeMap<String, Date>>")]
                    sorted: BTreeMap<String, $ty>,
                }
            }
        )*

        #[router]
        pub mod times {
            use super::*;

            $(
                #[procedure]
                pub async fn $name(input: super::$name::Times) -> super::$name::Times {
                    input
                }
            )*
        }

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

times! {
    system: SystemTime;
    chrono: ::chrono::DateTime<::chrono::Utc>;
    jiff: ::jiff::Timestamp;
    time: ::time::OffsetDateTime;
}

/// The other types, each by one attribute.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Others {
    #[serde(with = "orpc_runtime::value::url")]
    link: ::url::Url,
    #[serde(with = "orpc_runtime::value::As::<Vec<Url>>")]
    links: Vec<::url::Url>,
    #[serde(with = "orpc_runtime::value::bigint")]
    big: num_bigint::BigInt,
    #[serde(default, with = "orpc_runtime::value::As::<Option<BigInt>>")]
    maybe: Option<num_bigint::BigInt>,
    #[serde(with = "orpc_runtime::value::set::<String>")]
    set: BTreeSet<String>,
    #[serde(with = "orpc_runtime::value::map::<u8, bool>")]
    map: BTreeMap<u8, bool>,
    #[serde(with = "orpc_runtime::value::number::<u64>")]
    number: u64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Dates {
    date: Date,
    maybe: Option<Date>,
    list: Vec<Date>,
    any: AnyDate,
}

#[router]
pub mod fields {
    use super::*;

    #[procedure]
    pub async fn others(input: Others) -> Others {
        input
    }

    #[procedure]
    pub async fn dates(input: Dates) -> Dates {
        input
    }

    #[procedure]
    pub async fn any(input: orpc_runtime::Value) -> orpc_runtime::Value {
        input
    }
}

async fn call(router: Router<()>, path: &str, envelope: &str) -> (u16, Value) {
    let service = Rpc::new(router.check_outputs()).http(());
    let answer = send(service, post(&format!("/{path}"), envelope.to_owned())).await;
    (answer.status, serde_json::from_str(&answer.body).expect("JSON"))
}

#[tokio::test]
async fn times_of_every_crate_are_dates_in_every_form() {
    let full = json!({
        "json": {
            "at": "2024-01-02T03:04:05.678Z",
            "left": "1969-12-31T23:59:59.999Z",
            "gone": null,
            "list": ["1970-01-01T00:00:00.000Z"],
            "table": {"a": [null, "1970-01-01T00:00:00.000Z"]},
            "sorted": {"b": "1970-01-01T00:00:00.000Z"},
        },
        "meta": [[1, "at"], [1, "left"], [1, "list", 0], [1, "table", "a", 1], [1, "sorted", "b"]],
    });
    let mut without = full.clone();
    without["json"].as_object_mut().unwrap().remove("gone");
    for name in NAMES {
        for input in [&full, &without] {
            let (status, answer) = call(times::router(), name, &input.to_string()).await;
            assert_eq!((status, &answer), (200, &full), "{name}");
        }
        let mut required = full.clone();
        required["json"].as_object_mut().unwrap().remove("left");
        let (status, _) = call(times::router(), name, &required.to_string()).await;
        assert_eq!(status, 400, "{name}");
    }
}

#[tokio::test]
async fn other_types_need_one_attribute_as_well() {
    let full = json!({
        "json": {
            "link": "http://x/",
            "links": ["http://y/"],
            "big": "123456789012345678901234567890",
            "maybe": "1",
            "set": ["a"],
            "map": [[1, true]],
            "number": 5,
        },
        "meta": [[4, "link"], [4, "links", 0], [0, "big"], [0, "maybe"], [6, "set"], [7, "map"]],
    });
    assert_eq!(call(fields::router(), "others", &full.to_string()).await, (200, full));
}

#[tokio::test]
async fn an_invalid_date_is_an_issue_unless_its_type_says_otherwise() {
    let input = |invalid: &str| {
        let mut json = json!({
            "date": "1970-01-01T00:00:00.000Z",
            "maybe": "1970-01-01T00:00:00.000Z",
            "list": ["1970-01-01T00:00:00.000Z"],
            "any": "1970-01-01T00:00:00.000Z",
        });
        match invalid {
            "list" => json["list"][0] = Value::Null,
            name => json[name] = Value::Null,
        }
        json!({ "json": json, "meta": [[1, "date"], [1, "maybe"], [1, "list", 0], [1, "any"]] })
    };
    for (name, path) in
        [("date", json!(["date"])), ("maybe", json!(["maybe"])), ("list", json!(["list", 0]))]
    {
        let (status, answer) = call(fields::router(), "dates", &input(name).to_string()).await;
        let issues = json!([{
            "message": "Invalid input: expected Date, received Invalid Date",
            "path": path,
        }]);
        assert_eq!((status, &answer["json"]["data"]["issues"]), (400, &issues), "{name}: {answer}");
    }
    let any = input("any");
    assert_eq!(call(fields::router(), "dates", &any.to_string()).await, (200, any));
    let dynamic = json!({ "json": [null], "meta": [[1, 0]] });
    assert_eq!(call(fields::router(), "any", &dynamic.to_string()).await, (200, dynamic));
    for name in NAMES {
        let input = json!({
            "json": {"at": null, "left": null, "list": [], "table": {}, "sorted": {}},
            "meta": [[1, "at"]],
        });
        let (status, answer) = call(times::router(), name, &input.to_string()).await;
        assert_eq!(status, 400, "{name}");
        assert_eq!(answer["json"]["data"]["issues"][0]["path"], json!(["at"]), "{name}");
    }
}
