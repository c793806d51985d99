//! Values that JSON lacks: as inputs, as outputs, in every shape of serde, and from
//! hostile clients.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt as _;
use orpc_runtime::Value as Any;
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{
    AnyDate, BigInt, Custom, CustomType, Date, Float, Map, Number, RegExp, Set, Undefined, Url,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{self, echoes, hostile, post, send};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Raw {
    big: BigInt,
    #[schemars(with = "Value")]
    text: Box<serde_json::value::RawValue>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct All {
    big: BigInt,
    when: Date,
    url: Url,
    pattern: RegExp,
    set: Set<String>,
    map: Map<String, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<Date>,
    list: Vec<Date>,
    nan: Float,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Ranges {
    #[schemars(range(min = 1, max = 100))]
    big: BigInt,
    #[schemars(extend("formatMinimum" = "2020-01-01", "formatExclusiveMaximum" = "2030-01-01"))]
    when: Date,
    #[schemars(length(min = 1, max = 2))]
    set: Set<u8>,
    #[schemars(length(max = 1))]
    map: Map<u8, BigInt>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Period {
    #[schemars(extend("formatExclusiveMinimum" = "2020-01-01"))]
    start: Date,
    #[schemars(extend("formatMaximum" = "2030-01-01"))]
    end: Date,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Distinct {
    #[schemars(extend("uniqueItems" = true))]
    dates: Vec<Date>,
}

/// Has the members of its way and no others.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct Journey {
    start: Date,
    #[serde(flatten)]
    way: Way,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum Way {
    Rail { line: String },
    Road { lanes: u8 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Tagged {
    At { when: Date, id: u64 },
    Many { set: Set<BigInt>, any: Any },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Untagged {
    Text(String),
    Date(Date),
    Big(u64),
    Url(Url),
    Map(Map<BigInt, Date>),
    Point(Custom<Point>),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Inner {
    at: Option<Date>,
    n: i64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Flattened {
    id: u64,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Any>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum External {
    Date(Date),
    Pair(u64, BigInt),
    Named { set: Set<u64>, n: u32 },
    Unit,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
pub enum Adjacent {
    Date(AnyDate),
    Big(u64),
}

/// Integers of all sizes, some of which are numbers in JavaScript.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Integers {
    small: u32,
    big: u64,
    negative: i64,
    size: usize,
    number: Number<u64>,
    #[serde(with = "orpc_runtime::value::number")]
    #[schemars(with = "Number<i64>")]
    with: i64,
    plain: Value,
    list: Vec<u64>,
    table: BTreeMap<String, u64>,
    pair: (u64, usize),
    maybe: Option<u64>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Collections {
    #[serde(with = "orpc_runtime::value::set")]
    #[schemars(with = "Set<String>")]
    set: BTreeSet<String>,
    #[serde(with = "orpc_runtime::value::map")]
    #[schemars(with = "Map<u64, bool>")]
    map: BTreeMap<u64, bool>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    x: f64,
    y: f64,
}

impl CustomType for Point {
    const CODE: u32 = 21;
    type Form = (f64, f64);

    fn to_form(&self) -> (f64, f64) {
        (self.x, self.y)
    }

    fn from_form((x, y): (f64, f64)) -> Result<Self, String> {
        if x < 0.0 { Err("left of the page".to_owned()) } else { Ok(Self { x, y }) }
    }
}

/// A user-defined type whose form is a special value and contains others.
#[derive(Debug, Clone, PartialEq)]
pub struct Span(Set<Date>);

impl CustomType for Span {
    const CODE: u32 = 99_999;
    type Form = Set<Date>;

    fn to_form(&self) -> Set<Date> {
        self.0.clone()
    }

    fn from_form(form: Set<Date>) -> Result<Self, String> {
        Ok(Self(form))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct WithDefault {
    #[serde(default)]
    n: u8,
    #[serde(default)]
    gone: Undefined,
}

echoes! {
    any: Any;
    all: All;
    ranges: Ranges;
    period: Period;
    distinct: Distinct;
    journey: Journey;
    tagged: Tagged;
    untagged: Untagged;
    flattened: Flattened;
    external: External;
    adjacent: Adjacent;
    integers: Integers;
    collections: Collections;
    big: BigInt;
    date: Date;
    maybe_date: Option<AnyDate>;
    maybe_set: Option<Set<u8>>;
    undefined: Undefined;
    uint64: u64;
    int64: i64;
    uint128: u128;
    float: f64;
    text: String;
    list: Vec<u8>;
    options: Vec<Option<u8>>;
    object: BTreeMap<String, u8>;
    object_of_lists: BTreeMap<String, Vec<u8>>;
    plain: bool;
    json: Value;
    json_list: Vec<Value>;
    set_of_maps: Set<Map<Date, Set<BigInt>>>;
    point: Custom<Point>;
    points: Vec<Custom<Point>>;
    raw: Raw;
    span: Custom<Span>;
    with_default: WithDefault;
    dates_by_name: BTreeMap<String, Date>;
}

fn service() -> HttpService<()> {
    static SERVICE: std::sync::LazyLock<HttpService<()>> =
        std::sync::LazyLock::new(|| Rpc::new(echoes::router::<()>()).http(()).body_limit(16 << 20));
    SERVICE.clone()
}

/// Sends an envelope; returns the status and the body.
async fn call(name: &str, envelope: &str) -> (u16, String) {
    let mut words = name.split('_');
    let mut path = format!("/{}", words.next().unwrap());
    for word in words {
        path.push_str(&word[..1].to_uppercase());
        path.push_str(&word[1..]);
    }
    let answer = send(service(), post(&path, envelope.to_owned())).await;
    (answer.status, answer.body)
}

/// Asserts that the procedure returns its input, byte for byte.
async fn assert_echo(name: &str, envelope: &str) {
    assert_eq!(call(name, envelope).await, (200, envelope.to_owned()), "{name}");
}

async fn assert_answer(name: &str, envelope: &str, answer: &str) {
    assert_eq!(call(name, envelope).await, (200, answer.to_owned()), "{name} {envelope}");
}

/// The procedure refuses an input, with these issues.
async fn assert_issues(name: &str, envelope: &str, expected: &[(&str, Value)]) {
    let (status, body) = call(name, envelope).await;
    assert_eq!(status, 400, "{name} {envelope}: {body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    let expected: Vec<_> = expected
        .iter()
        .map(|(message, path)| json!({ "message": message, "path": path }))
        .collect();
    assert_eq!(body["json"]["data"]["issues"], json!(expected), "{name} {envelope}");
}

const MALFORMED: &str = "Malformed request. Ensure the request body is properly formatted and the 'Content-Type' header is set correctly.";

async fn assert_malformed(name: &str, envelope: &str) {
    let (status, body) = call(name, envelope).await;
    let shown: String = envelope.chars().take(200).collect();
    assert!(status == 400 && body.contains(MALFORMED), "{name} {shown}: {status} {body}");
}

#[tokio::test]
async fn every_kind_survives_every_shape_of_serde() {
    let all = r#"{"json":{"big":"123456789012345678901234567890","when":"2024-01-02T03:04:05.678Z","url":"http://x/","pattern":"/a\\/b/gi","set":["a","b"],"map":[["k",1.5]],"list":["1970-01-01T00:00:00.000Z"],"nan":null},"meta":[[0,"big"],[1,"when"],[4,"url"],[5,"pattern"],[6,"set"],[7,"map"],[1,"list",0],[2,"nan"]]}"#;
    let echoes = [
        ("all", all),
        ("any", all),
        (
            "tagged",
            r#"{"json":{"kind":"at","when":"1970-01-01T00:00:00.000Z","id":"18446744073709551615"},"meta":[[1,"when"],[0,"id"]]}"#,
        ),
        (
            "tagged",
            r#"{"json":{"kind":"many","set":["1","-2"],"any":[["x"],null,"1970-01-01T00:00:00.000Z","7",null]},"meta":[[0,"set",0],[0,"set",1],[6,"set"],[6,"any",0],[1,"any",2],[0,"any",3],[2,"any",4]]}"#,
        ),
        ("untagged", r#"{"json":"1970-01-01T00:00:00.000Z","meta":[[1]]}"#),
        ("untagged", r#"{"json":"1970-01-01T00:00:00.000Z"}"#),
        ("untagged", r#"{"json":"9007199254740993","meta":[[0]]}"#),
        ("untagged", r#"{"json":"http://x/","meta":[[4]]}"#),
        ("untagged", r#"{"json":[["1","1970-01-01T00:00:00.000Z"]],"meta":[[0,0,0],[1,0,1],[7]]}"#),
        ("untagged", r#"{"json":[1,2],"meta":[[21]]}"#),
        (
            "flattened",
            r#"{"json":{"id":"1","at":"1970-01-01T00:00:00.000Z","n":"-9223372036854775808","big":"3","set":[["x"]],"url":"http://x/"},"meta":[[0,"id"],[1,"at"],[0,"n"],[0,"big"],[6,"set",0],[4,"url"]]}"#,
        ),
        ("flattened", r#"{"json":{"id":"1","at":null,"n":"2","x":1.5},"meta":[[0,"id"],[0,"n"]]}"#),
        ("external", r#"{"json":{"Date":"1970-01-01T00:00:00.000Z"},"meta":[[1,"Date"]]}"#),
        ("external", r#"{"json":{"Pair":["1","2"]},"meta":[[0,"Pair",0],[0,"Pair",1]]}"#),
        (
            "external",
            r#"{"json":{"Named":{"set":["1"],"n":2}},"meta":[[0,"Named","set",0],[6,"Named","set"]]}"#,
        ),
        ("external", r#"{"json":"Unit"}"#),
        ("adjacent", r#"{"json":{"t":"Date","c":null},"meta":[[1,"c"]]}"#),
        ("adjacent", r#"{"json":{"t":"Big","c":"5"},"meta":[[0,"c"]]}"#),
        (
            "collections",
            r#"{"json":{"set":["a","b"],"map":[["1",true]]},"meta":[[6,"set"],[0,"map",0,0],[7,"map"]]}"#,
        ),
        (
            "set_of_maps",
            r#"{"json":[[["1970-01-01T00:00:00.000Z",["1","2"]]]],"meta":[[1,0,0,0],[0,0,0,1,0],[0,0,0,1,1],[6,0,0,1],[7,0],[6]]}"#,
        ),
        ("maybe_date", r#"{"json":null}"#),
        ("maybe_date", r#"{"json":null,"meta":[[1]]}"#),
        ("maybe_date", r#"{"json":"-271821-04-20T00:00:00.000Z","meta":[[1]]}"#),
        ("maybe_set", r#"{"json":null}"#),
        ("maybe_set", r#"{"json":[1],"meta":[[6]]}"#),
        ("undefined", "{}"),
        ("any", "{}"),
        ("any", r#"{"json":[null,null,null],"meta":[[3,0],[2,1]]}"#),
        ("point", r#"{"json":[1,2],"meta":[[21]]}"#),
        ("points", r#"{"json":[[1,2],[3,4.5]],"meta":[[21,0],[21,1]]}"#),
        ("span", r#"{"json":["1970-01-01T00:00:00.000Z"],"meta":[[1,0],[6],[99999]]}"#),
        (
            "dates_by_name",
            r#"{"json":{"\"ü":"1970-01-01T00:00:00.000Z","a.b":"1970-01-01T00:00:00.000Z"},"meta":[[1,"\"ü"],[1,"a.b"]]}"#,
        ),
    ];
    for (name, envelope) in echoes {
        assert_echo(name, envelope).await;
    }
}

#[tokio::test]
async fn raw_json_survives_beside_special_values() {
    let text = r#"{"a":[1,2.5,"x\n",null,true],"b":{}}"#;
    assert_echo("raw", &format!(r#"{{"json":{{"big":"5","text":{text}}},"meta":[[0,"big"]]}}"#))
        .await;
}

#[tokio::test]
async fn integers_are_bigints_unless_they_say_number() {
    let input = r#"{"json":{"small":1,"big":"18446744073709551615","negative":-5,"size":2,"number":3,"with":-4,"plain":{"n":9007199254740993},"list":[1,"2"],"table":{"a":1},"pair":["1",2],"maybe":null},"meta":[[0,"big"],[0,"list",1],[0,"pair",0]]}"#;
    let output = r#"{"json":{"small":1,"big":"18446744073709551615","negative":"-5","size":2,"number":3,"with":-4,"plain":{"n":9007199254740992},"list":["1","2"],"table":{"a":"1"},"pair":["1",2],"maybe":null},"meta":[[0,"big"],[0,"negative"],[0,"list",0],[0,"list",1],[0,"table","a"],[0,"pair",0]]}"#;
    assert_answer("integers", input, output).await;
    for (name, json, answer) in [
        ("uint64", "9007199254740991", "9007199254740991"),
        ("uint64", "1.0", "1"),
        ("int64", "-0.0", "0"),
        ("int64", "-9007199254740991", "-9007199254740991"),
        ("uint128", "5", "5"),
    ] {
        let answer = format!(r#"{{"json":"{answer}","meta":[[0]]}}"#);
        assert_answer(name, &format!("{{\"json\":{json}}}"), &answer).await;
    }
    for (name, digits) in [
        ("uint64", "18446744073709551615"),
        ("int64", "-9223372036854775808"),
        ("int64", "9223372036854775807"),
        ("uint128", "340282366920938463463374607431768211455"),
    ] {
        assert_echo(name, &format!(r#"{{"json":"{digits}","meta":[[0]]}}"#)).await;
    }
    for (name, digits) in [
        ("uint64", "18446744073709551616"),
        ("uint64", "-1"),
        ("int64", "9223372036854775808"),
        ("int64", "-9223372036854775809"),
        ("uint128", "340282366920938463463374607431768211456"),
        ("uint128", "-1"),
        ("list", "1"),
        ("float", "1"),
    ] {
        let (status, body) = call(name, &format!(r#"{{"json":"{digits}","meta":[[0]]}}"#)).await;
        assert!(status == 400 && body.contains("issues"), "{name} {digits}: {status} {body}");
    }
}

#[tokio::test]
async fn a_value_of_another_kind_is_an_issue_at_its_place() {
    let wrong = |expected: &str, received: &str| {
        format!("Invalid input: expected {expected}, received {received}")
    };
    let date = r#"{"json":"1970-01-01T00:00:00.000Z","meta":[[1]]}"#;
    for (name, envelope, expected, received) in [
        ("date", r#"{"json":"1970-01-01T00:00:00.000Z"}"#, "Date", "string"),
        ("date", r#"{"json":0}"#, "Date", "number"),
        ("date", r#"{"json":null}"#, "Date", "null"),
        ("date", "{}", "Date", "undefined"),
        ("date", r#"{"json":"1","meta":[[0]]}"#, "Date", "bigint"),
        ("text", date, "string", "Date"),
        ("list", date, "array", "Date"),
        ("object", date, "object", "Date"),
        ("float", date, "number", "Date"),
        ("list", r#"{"json":[1],"meta":[[6]]}"#, "array", "Set"),
        ("object", r#"{"json":[],"meta":[[7]]}"#, "object", "Map"),
        ("float", r#"{"json":null,"meta":[[2]]}"#, "number", "NaN"),
        ("big", r#"{"json":1}"#, "bigint", "number"),
        ("big", r#"{"json":"1"}"#, "bigint", "string"),
        ("undefined", r#"{"json":null}"#, "undefined", "null"),
        ("point", r#"{"json":[1,2]}"#, "a user-defined type", "array"),
        ("json", date, "a JSON value", "Date"),
        ("maybe_set", r#"{"json":[1]}"#, "Set", "array"),
    ] {
        assert_issues(name, envelope, &[(&wrong(expected, received), json!([]))]).await;
    }
    assert_issues(
        "all",
        r#"{"json":{"big":1,"when":"x","url":"http://x/","pattern":null,"set":["a",1],"map":[["k","v"]],"list":["2024-01-01T00:00:00.000Z",3],"nan":1},"meta":[[6,"set"],[7,"map"],[1,"list",0],[4,"url"]]}"#,
        &[
            (&wrong("bigint", "number"), json!(["big"])),
            (&wrong("Date", "string"), json!(["when"])),
            (&wrong("RegExp", "null"), json!(["pattern"])),
            (&wrong("string", "number"), json!(["set", 1])),
            (&wrong("number", "string"), json!(["map", 0, 1])),
            (&wrong("Date", "number"), json!(["list", 1])),
        ],
    )
    .await;
    assert_issues(
        "json_list",
        r#"{"json":[1,[],"http://x/"],"meta":[[6,1]]}"#,
        &[(&wrong("a JSON value", "Set"), json!([1]))],
    )
    .await;
    assert_issues(
        "point",
        r#"{"json":[-1,2],"meta":[[21]]}"#,
        &[("Invalid input: left of the page", json!([]))],
    )
    .await;
}

#[tokio::test]
async fn ranges_and_lengths_apply_to_every_kind() {
    let valid = r#"{"json":{"big":"100","when":"2029-12-31T23:59:59.999Z","set":[1,2],"map":[[1,"2"]]},"meta":[[0,"big"],[1,"when"],[6,"set"],[0,"map",0,1],[7,"map"]]}"#;
    assert_echo("ranges", valid).await;
    assert_issues(
        "ranges",
        r#"{"json":{"big":"101","when":"2030-01-01T00:00:00.000Z","set":[1,2,3],"map":[[1,"2"],[2,"3"]]},"meta":[[0,"big"],[1,"when"],[6,"set"],[0,"map",0,1],[0,"map",1,1],[7,"map"]]}"#,
        &[
            ("Too big: expected a number <= 100", json!(["big"])),
            ("Too big: expected a Date < 2030-01-01T00:00:00.000Z", json!(["when"])),
            ("Too big: expected at most 2 items", json!(["set"])),
            ("Too big: expected at most 1 item", json!(["map"])),
        ],
    )
    .await;
    // Duplicates do not count.
    assert_issues(
        "ranges",
        r#"{"json":{"big":"0","when":null,"set":[],"map":[]},"meta":[[0,"big"],[1,"when"],[6,"set"],[7,"map"]]}"#,
        &[
            ("Too small: expected a number >= 1", json!(["big"])),
            ("Invalid input: expected Date, received Invalid Date", json!(["when"])),
            ("Too small: expected at least 1 item", json!(["set"])),
        ],
    )
    .await;
    let repeated = valid.replace("[1,2]", "[1,1,2,2,1]");
    assert_answer("ranges", &repeated, valid).await;
}

#[tokio::test]
async fn an_exclusive_bound_of_a_date_refuses_the_bound_itself() {
    let period = |start: &str, end: &str| {
        let json = json!({ "json": { "start": start, "end": end } });
        let text = json.to_string();
        format!(r#"{},"meta":[[1,"start"],[1,"end"]]}}"#, text.strip_suffix('}').unwrap())
    };
    let (first, last) = ("2020-01-01T00:00:00.001Z", "2030-01-01T00:00:00.000Z");
    let small = "Too small: expected a Date > 2020-01-01T00:00:00.000Z";
    let big = "Too big: expected a Date <= 2030-01-01T00:00:00.000Z";
    assert_echo("period", &period(first, last)).await;
    assert_echo("period", &period("2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00.000Z")).await;
    for start in ["2020-01-01T00:00:00.000Z", "2019-12-31T23:59:59.999Z"] {
        assert_issues("period", &period(start, last), &[(small, json!(["start"]))]).await;
    }
    for end in ["2030-01-01T00:00:00.001Z", "2031-01-01T00:00:00.000Z"] {
        assert_issues("period", &period(first, end), &[(big, json!(["end"]))]).await;
    }
}

#[tokio::test]
async fn dates_of_a_list_can_be_distinct() {
    let list = |first: &str, second: &str| {
        format!(
            r#"{{"json":{{"dates":["{first}","{second}"]}},"meta":[[1,"dates",0],[1,"dates",1]]}}"#
        )
    };
    let (first, second) = ("2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00.001Z");
    assert_echo("distinct", &list(first, second)).await;
    let (status, body) = call("distinct", &list(first, first)).await;
    assert!(status == 400 && body.contains(r#""path":["dates"]"#), "{status} {body}");
}

#[tokio::test]
async fn members_of_no_part_of_a_closed_object_are_refused() {
    let journey = |way: &str| {
        format!(r#"{{"json":{{"start":"2020-01-01T00:00:00.000Z",{way}}},"meta":[[1,"start"]]}}"#)
    };
    assert_echo("journey", &journey(r#""by":"rail","line":"S1""#)).await;
    assert_echo("journey", &journey(r#""by":"road","lanes":2"#)).await;
    for (way, unknown) in [
        (r#""by":"rail","line":"S1","lanes":2"#, "lanes"),
        (r#""by":"road","lanes":2,"price":1"#, "price"),
    ] {
        let message = format!("Unrecognized members: {unknown}");
        assert_issues("journey", &journey(way), &[(&message, json!([]))]).await;
    }
}

#[tokio::test]
async fn undefined_is_none_for_an_option_and_a_missing_member_in_an_object() {
    assert_answer("options", r#"{"json":[null,1],"meta":[[3,0]]}"#, r#"{"json":[null,1]}"#).await;
    assert_answer("with_default", r#"{"json":{"n":null},"meta":[[3,"n"]]}"#, r#"{"json":{"n":0}}"#)
        .await;
    assert_answer("any", r#"{"json":{"n":null,"m":1},"meta":[[3,"n"]]}"#, r#"{"json":{"m":1}}"#)
        .await;
    assert_answer("json_list", r#"{"json":[null],"meta":[[3,0]]}"#, r#"{"json":[null]}"#).await;
}

#[tokio::test]
async fn equal_members_collapse_as_in_javascript() {
    for (sent, kept) in [
        ("[0,-0.0,0.0]", "[0]"),
        ("[\"1\",1,true,null]", "[\"1\",1,true,null]"),
        ("[[],[],{},{}]", "[[],[],{},{}]"),
        ("[\"b\",\"a\",\"b\"]", "[\"b\",\"a\"]"),
    ] {
        let envelope = |json: &str| format!("{{\"json\":{json},\"meta\":[[6]]}}");
        assert_answer("any", &envelope(sent), &envelope(kept)).await;
    }
    assert_answer(
        "any",
        r#"{"json":["1","1",null,null,null,null,"1970-01-01T00:00:00.000Z","1970-01-01T00:00:00.000Z"],"meta":[[0,0],[0,1],[2,2],[2,3],[3,4],[3,5],[1,6],[1,7],[6]]}"#,
        r#"{"json":["1",null,null,"1970-01-01T00:00:00.000Z","1970-01-01T00:00:00.000Z"],"meta":[[0,0],[2,1],[3,2],[1,3],[1,4],[6]]}"#,
    )
    .await;
    assert_answer(
        "any",
        r#"{"json":[[1,"a"],[2,"b"],[1.0,"c"],[1,"d"],[]],"meta":[[7]]}"#,
        r#"{"json":[[1,"d"],[2,"b"],[null,null]],"meta":[[3,2,0],[3,2,1],[7]]}"#,
    )
    .await;
}

#[tokio::test]
async fn a_date_that_only_javascript_parses_is_an_issue() {
    for text in ["2024-01-01T00:00", "1/2/2024", "Jan 5, 2024", "2024-13-01", "12"] {
        assert_issues(
            "any",
            &format!(r#"{{"json":{{"a":["{text}"]}},"meta":[[1,"a",0]]}}"#),
            &[("Invalid date: expected ISO 8601 form with a time zone", json!(["a", 0]))],
        )
        .await;
    }
}

#[tokio::test]
async fn unknown_codes_are_ignored() {
    assert_answer("any", r#"{"json":[1],"meta":[[21],[999,0],[8,0]]}"#, r#"{"json":[1]}"#).await;
    // The responses of the official server.
    let ignored = [
        r#"[[99,"nowhere"]]"#,
        r#"[[999,1]]"#,
        r#"[[99,0,0,0]]"#,
        r#"[[8]]"#,
        r#"[[4294967296,"a","b"]]"#,
        r#"[[9007199254740993,"x"]]"#,
        r#"[[99,-1,"__proto__"],[21,"x"]]"#,
        r#"[[99,{"a":1},null,1.5,[]]]"#,
    ];
    for meta in ignored {
        let body = format!(r#"{{"json":["1"],"meta":{meta}}}"#);
        assert_answer("any", &body, r#"{"json":["1"]}"#).await;
        assert_answer("any", &format!(r#"{{"meta":{meta}}}"#), "{}").await;
        let before = meta.strip_suffix(']').unwrap();
        for known in ["[0,0]", "[0.0,0]", "[0,0e0]", "[-0,\"0\"]"] {
            let body = format!(r#"{{"json":["1"],"meta":{before},{known}]}}"#);
            assert_answer("any", &body, r#"{"json":["1"],"meta":[[0,0]]}"#).await;
        }
    }
    for meta in ["[null]", "{}", "5", "[[0,null]]", "[[0,1]]", "[[0,0,0]]", "[[1,1.5]]"] {
        assert_malformed("any", &format!(r#"{{"json":["1"],"meta":{meta}}}"#)).await;
    }
}

mod errors {
    use super::*;

    #[derive(Serialize, JsonSchema)]
    pub struct Quota {
        used: u64,
        limit: usize,
        until: Date,
    }

    #[derive(RpcError)]
    pub enum Full {
        #[rpc_error(status = 507)]
        QuotaExceeded(Quota),
        #[rpc_error(transparent)]
        Other(Error),
    }

    fn quota() -> Quota {
        Quota { used: u64::MAX, limit: 7, until: Date::from_millis(0) }
    }

    #[router]
    pub mod procedures {
        use super::*;

        #[procedure]
        pub async fn declared() -> Result<(), Full> {
            Err(Full::QuotaExceeded(quota()))
        }

        #[procedure]
        pub async fn by_code() -> Result<(), Full> {
            let error = Error::custom("QUOTA_EXCEEDED").with_status(507);
            Err(Full::Other(error.with_data(&quota())))
        }

        #[procedure]
        pub async fn undeclared() -> Result<(), Error> {
            Err(Error::new(Code::Conflict).with_data(&quota()))
        }

        #[procedure]
        pub fn stream() -> impl Stream<Item = Result<u64, Full>> {
            futures::stream::iter([Ok(1), Err(Full::QuotaExceeded(quota()))])
        }
    }
}

#[tokio::test]
async fn the_data_of_an_error_are_of_every_kind() {
    let service = Rpc::new(errors::procedures::router::<()>()).http(());
    let call = async |path: &str| send(service.clone(), post(path, "{}")).await.body;
    let declared = r#"{"json":{"defined":true,"code":"QUOTA_EXCEEDED","status":507,"message":"QUOTA_EXCEEDED","data":{"used":"18446744073709551615","limit":7,"until":"1970-01-01T00:00:00.000Z"}},"meta":[[0,"data","used"],[1,"data","until"]]}"#;
    assert_eq!(call("/declared").await, declared);
    assert_eq!(call("/byCode").await, declared);
    // Nothing declares the integer a bigint.
    assert_eq!(
        call("/undeclared").await,
        r#"{"json":{"defined":false,"code":"CONFLICT","status":409,"message":"Conflict","data":{"used":18446744073709551615,"limit":7,"until":"1970-01-01T00:00:00.000Z"}},"meta":[[1,"data","until"]]}"#
    );
    assert_eq!(
        call("/stream").await,
        format!(
            ": \n\nevent: message\ndata: {{\"json\":\"1\",\"meta\":[[0]]}}\n\nevent: error\ndata: {declared}\n\n"
        )
    );
}

#[test]
fn special_values_are_plain_with_other_formats() {
    let point = Custom(Point { x: 1.0, y: 2.0 });
    let plain = json!([
        BigInt::from(5),
        Date::from_millis(0),
        Date::INVALID,
        "http://x".parse::<Url>().unwrap(),
        RegExp::new("a", "g").unwrap(),
        Set::from(vec![1]),
        Map::from(vec![(1, "a")]),
        Undefined,
        Number(7_u64),
        Any::from(vec![1.5.into(), Any::Null]),
        point,
    ]);
    let text = r#"["5","1970-01-01T00:00:00.000Z",null,"http://x/","/a/g",[1],[[1,"a"]],null,7,[1.5,null],[1.0,2.0]]"#;
    assert_eq!(plain.to_string(), text);
    type Parts = (
        (BigInt, Date, Date, Url, RegExp, Set<u8>, Map<u8, String>),
        (Undefined, Number<u64>, Any, Custom<Point>),
    );
    let (first, last) = plain.as_array().unwrap().split_at(7);
    let (special, others): Parts = serde_json::from_value(json!([first, last])).unwrap();
    assert_eq!(special.0, BigInt::from(5));
    assert_eq!((special.1, special.2), (Date::from_millis(0), Date::INVALID));
    assert_eq!((special.5, Vec::from(special.6)), (Set::from(vec![1]), vec![(1, "a".to_owned())]));
    assert_eq!((others.1.0, others.3), (7, point));
}

#[test]
fn bigints_are_ordered_as_numbers() {
    let sorted: Vec<BigInt> =
        ["-100", "-20", "-3", "0", "7", "10", "100"].map(|text| text.parse().unwrap()).into();
    assert!(sorted.is_sorted());
    for text in ["", "-", "+1", "01", "-01", "1.0", "0x1", " 1", "１"] {
        assert!(text.parse::<BigInt>().is_err(), "{text}");
    }
    assert_eq!("-0".parse(), Ok(BigInt::from(0)));
    assert_eq!(i128::try_from(BigInt::from(i128::MIN)), Ok(i128::MIN));
}

/// Hostile `meta` for a type of every kind.
#[tokio::test]
async fn hostile_meta_is_refused() {
    for (what, envelope) in hostile::malformed() {
        for name in ["any", "points", "all", "plain"] {
            let (status, body) = call(name, &envelope).await;
            let shown: String = body.chars().take(300).collect();
            assert_eq!(status, 400, "{what} to {name}: {shown}");
            assert!(name != "any" || body.contains(MALFORMED), "{what} to {name}: {shown}");
            assert!(body.len() < 200_000, "{what} to {name}: an answer of {} bytes", body.len());
        }
        assert_echo("any", r#"{"json":["1"],"meta":[[0,0]]}"#).await;
    }
}

/// Large values are accepted, or refused for their type, with a response that is not
/// larger.
#[tokio::test]
async fn large_values_get_a_bounded_response() {
    for (what, envelope) in hostile::laborious() {
        for name in ["any", "points", "all", "object_of_lists"] {
            let (status, body) = call(name, &envelope).await;
            assert!([200, 400].contains(&status), "{what} to {name}: {status}");
            assert!(body.len() <= 2 << 20, "{what} to {name}: an answer of {} bytes", body.len());
        }
        assert_echo("any", r#"{"json":["1"],"meta":[[0,0]]}"#).await;
    }
}

#[tokio::test]
async fn the_list_of_issues_is_bounded() {
    let count = async |name: &str, envelope: String| {
        let (status, body) = call(name, &envelope).await;
        assert_eq!(status, 400);
        let body: Value = serde_json::from_str(&body).unwrap();
        let issues = body["json"]["data"]["issues"].as_array().unwrap().clone();
        (issues.len(), issues.last().unwrap()["message"].as_str().unwrap().to_owned())
    };
    let dates = |count: usize| {
        let meta: Vec<_> = (0..count).map(|at| format!("[1,{at}]")).collect();
        format!("{{\"json\":[{}],\"meta\":[{}]}}", vec!["\"1x\""; count].join(","), meta.join(","))
    };
    let (issues, last) = count("any", dates(1000)).await;
    assert_eq!((issues, last.contains("Invalid date")), (1000, true));
    let (issues, last) = count("any", dates(1001)).await;
    assert_eq!((issues, last.as_str()), (1001, "More than 1000 issues, the rest is left out"));

    // Each issue names its place and so repeats the key.
    let below = |length: usize, mistakes: usize, meta: &str| {
        let mistakes = vec!["-1"; mistakes].join(",");
        format!("{{\"json\":{{\"{}\":[{mistakes}]}}{meta}}}", "k".repeat(length))
    };
    for meta in ["", ",\"meta\":[[99]]"] {
        assert_eq!(count("object_of_lists", below(1000, 500, meta)).await.0, 500);
        let (issues, last) = count("object_of_lists", below(100_000, 500, meta)).await;
        assert_eq!((issues, last.as_str()), (11, "More than 10 issues, the rest is left out"));
        // A single issue of any length is reported.
        let (issues, last) = count("object_of_lists", below(2 << 20, 9, meta)).await;
        assert_eq!((issues, last.as_str()), (2, "More than 1 issues, the rest is left out"));
        let (issues, last) = count("object_of_lists", below(500_000, 5000, meta)).await;
        assert_eq!((issues, last.as_str()), (1, "Invalid input: too large to say what is wrong"));
    }
    let mistakes = vec!["-1"; 300_000].join(",");
    let (issues, last) = count("list", format!("{{\"json\":[{mistakes}]}}")).await;
    assert_eq!((issues, last.as_str()), (1, "Invalid input: too large to say what is wrong"));
}

/// As many values as a body of 1 MiB holds are accepted, in linear time.
#[tokio::test]
async fn many_values_pass() {
    let numbers: Vec<_> = (0..50_000).map(|number| format!("\"{number}\"")).collect();
    let meta: Vec<_> = (0..49_999).map(|at| format!("[0,{at}]")).collect();
    let json = numbers[..49_999].join(",");
    let envelope = format!("{{\"json\":[{json}],\"meta\":[{},[6]]}}", meta.join(","));
    let start = std::time::Instant::now();
    assert_echo("any", &envelope).await;
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    let depth = 100;
    let (open, close) = ("[".repeat(depth), "]".repeat(depth));
    let sets: Vec<_> = (0..depth).rev().map(|level| format!("[6{}]", ",0".repeat(level))).collect();
    assert_echo("any", &format!("{{\"json\":{open}{close},\"meta\":[{}]}}", sets.join(","))).await;
}

/// Strategy of values that a client may send.
fn value() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        Just(Any::Undefined),
        Just(Any::Null),
        any::<bool>().prop_map(Any::from),
        prop_oneof![any::<f64>(), (-9..9).prop_map(f64::from)].prop_map(Any::from),
        "\\PC{0,5}".prop_map(Any::from),
        any::<i128>().prop_map(Any::from),
        (-8_640_000_000_000_000..=8_640_000_000_000_000_i64)
            .prop_map(|millis| Any::from(Date::from_millis(millis))),
        Just(Any::from(Date::INVALID)),
        "[a-z]{1,4}"
            .prop_map(|host| format!("https://{host}/?q={host}").parse::<Url>().unwrap().into()),
        ("\\PC{0,5}", "g?i?y?")
            .prop_map(|(source, flags)| RegExp::new(&source, &flags).unwrap().into()),
    ];
    leaf.prop_recursive(5, 40, 6, |value| {
        let values = || proptest::collection::vec(value.clone(), 0..6);
        let key = prop_oneof!["\\PC{0,4}", Just("0".to_owned()), Just("__proto__".to_owned())];
        prop_oneof![
            values().prop_map(Any::from),
            values().prop_map(|members| Any::from(Set::from(members))),
            proptest::collection::vec((value.clone(), value.clone()), 0..4)
                .prop_map(|entries| Any::from(Map::from(entries))),
            proptest::collection::vec((key, value.clone()), 0..6)
                .prop_map(|members| Any::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(support::cases(2_000))]

    /// A serialised value is read and serialised to the same bytes.
    #[test]
    fn a_value_is_written_as_it_was_read(value in value()) {
        #[router(context = Any)]
        mod source {
            use super::*;

            #[procedure]
            pub async fn value(value: &Any) -> Any {
                value.clone()
            }
        }

        let first = send(Rpc::new(source::router()).http(value), post("/value", "{}"));
        let first = first.now_or_never().unwrap();
        prop_assert_eq!(first.status, 200);
        let second = send(service(), post("/any", first.body.clone())).now_or_never().unwrap();
        // Of equal members one is left.
        let third = send(service(), post("/any", second.body.clone())).now_or_never().unwrap();
        prop_assert_eq!(second.status, 200, "{}", first.body);
        prop_assert_eq!(&second.body, &third.body);
        if !first.body.contains("[6") && !first.body.contains("[7") {
            prop_assert_eq!(first.body, second.body);
        }
    }
}

proptest! {
    #![proptest_config(support::cases(40_000))]

    /// Any `meta` with any JSON gets a response, never a panic.
    #[test]
    fn no_meta_panics(
        (name, json, meta) in (
            proptest::sample::select(vec!["any", "all", "ranges", "tagged", "untagged", "flattened", "external", "integers", "collections", "setOfMaps", "points", "span", "json"]),
            proptest::sample::select(vec![
                "null", "1", "\"1\"", "[]", "[[]]", "{}", "[null,\"1\"]", "[[\"1\",\"http://x/\"],[\"/a/\"]]",
                r#"{"big":"1","when":"2024-01-01T00:00:00Z","url":"http://x/","pattern":"/a/","set":["a","a"],"map":[["k",1],["k"]],"list":[null],"nan":null}"#,
                r#"{"kind":"at","when":null,"id":"1"}"#, r#"{"kind":"many","set":["1"],"any":[[[]]]}"#,
                r#"{"id":"1","at":null,"n":"2","x":[["y",{}]]}"#, r#"{"Named":{"set":["1"],"n":1}}"#,
                r#"[[["2024-01-01T00:00:00Z",["1"]]]]"#, "[[1,2],[3,4]]",
            ]),
            proptest::collection::vec(
                (
                    prop_oneof![8 => 0..8_u32, 1 => Just(21), 1 => Just(99_999), 1 => Just(99)],
                    proptest::collection::vec(
                        proptest::sample::select(vec![
                            "0", "1", "2", "\"0\"", "\"big\"", "\"when\"", "\"url\"", "\"pattern\"",
                            "\"set\"", "\"map\"", "\"list\"", "\"nan\"", "\"any\"", "\"id\"", "\"at\"",
                            "\"n\"", "\"x\"", "\"Named\"", "\"length\"", "\"__proto__\"",
                        ]),
                        0..4,
                    ),
                ),
                0..6,
            ),
        )
    ) {
        let meta: Vec<_> = meta
            .into_iter()
            .map(|(code, path)| {
                let path: String = path.iter().map(|segment| format!(",{segment}")).collect();
                format!("[{code}{path}]")
            })
            .collect();
        let envelope = format!("{{\"json\":{json},\"meta\":[{}]}}", meta.join(","));
        let answer = send(service(), post(&format!("/{name}"), envelope)).now_or_never().unwrap();
        // A 500 would mean a panic: no procedure fails by itself.
        prop_assert!([200, 400].contains(&answer.status), "{answer:?}");
    }
}

mod exact {
    use super::*;

    #[derive(Serialize, JsonSchema)]
    pub struct Described {
        #[schemars(with = "Number<i64>")]
        count: i64,
    }

    #[derive(Serialize, JsonSchema)]
    pub struct BesideADate {
        at: Date,
        #[serde(with = "orpc_runtime::value::number::<i64>")]
        count: i64,
    }

    #[derive(Serialize, JsonSchema)]
    pub struct BesideABigint {
        id: u64,
        count: Number<i64>,
    }

    #[derive(Debug, RpcError)]
    pub enum Failed {
        #[rpc_error(code = "FAILED", status = 400)]
        At(Number<i64>),
    }

    #[router]
    pub mod api {
        use super::*;

        #[procedure]
        pub async fn size(count: i64) -> isize {
            isize::try_from(count).expect("64 bits")
        }

        #[procedure]
        pub async fn number(count: i64) -> Number<i128> {
            Number(count.into())
        }

        #[procedure]
        pub async fn described(count: i64) -> Vec<Described> {
            vec![Described { count }]
        }

        #[procedure]
        pub async fn beside_a_date(count: i64) -> BesideADate {
            BesideADate { at: Date::from_millis(0), count }
        }

        #[procedure]
        pub async fn beside_a_bigint(count: i64) -> BesideABigint {
            BesideABigint { id: u64::MAX, count: Number(count) }
        }

        #[procedure]
        pub fn events(count: i64) -> impl Stream<Item = Number<i64>> {
            futures::stream::iter([Number(count)])
        }

        #[procedure]
        pub async fn failed(count: i64) -> Result<(), Failed> {
            Err(Failed::At(Number(count)))
        }

        /// Plain JSON is passed on as it is.
        #[procedure]
        pub async fn json(count: i64) -> serde_json::Value {
            count.into()
        }
    }
}

#[tokio::test]
async fn an_integer_that_javascript_would_round_is_an_error() {
    let service = Rpc::new(exact::api::router()).http(());
    let exact = 9_007_199_254_740_991_i64;
    let ask = async |name: &str, count: i64| {
        let input = format!(r#"{{"json":"{count}","meta":[[0]]}}"#);
        crate::support::send(service.clone(), crate::support::post(&format!("/{name}"), input))
            .await
    };
    for name in ["size", "number", "described", "besideADate", "besideABigint", "events", "failed"]
    {
        for count in [exact, -exact, 0] {
            let answer = ask(name, count).await;
            let text = format!("{count}");
            assert!(answer.body.contains(&text), "{name}: {}", answer.body);
            assert!(!answer.body.contains("INTERNAL_SERVER_ERROR"), "{name}: {}", answer.body);
        }
        for count in [exact + 1, -exact - 1, i64::MAX, i64::MIN] {
            let answer = ask(name, count).await;
            assert!(answer.body.contains("INTERNAL_SERVER_ERROR"), "{name}: {}", answer.body);
            assert!(!answer.body.contains(&count.to_string()), "{name}: {}", answer.body);
        }
    }
    assert_eq!(ask("json", i64::MAX).await.body, r#"{"json":9223372036854775807}"#);
}
