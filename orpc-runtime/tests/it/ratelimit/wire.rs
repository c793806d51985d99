//! Headers and errors as those of the official server.

use std::time::{Duration, SystemTime};

use http::Request;
use http_body_util::Full;
use orpc_runtime::prelude::*;
use orpc_runtime::ratelimit::{RateLimitError, RateLimiter};
use orpc_runtime::{Event, PeerAddr};
use serde_json::{Value, json};

use super::quota;
use crate::support::websocket::{self, Raw, TEXT};
use crate::support::{Answer, post, send};

#[derive(Clone)]
pub struct App {
    one: RateLimiter,
    two: RateLimiter,
    declared: RateLimiter,
    stream: RateLimiter,
    five: RateLimiter,
    nine: RateLimiter,
}

impl App {
    fn new() -> Self {
        let of = |limit| quota(limit, Duration::from_secs(60)).key(|_| "key".into()).memory();
        Self { one: of(1), two: of(2), declared: of(1), stream: of(1), five: of(5), nine: of(9) }
    }
}

#[middleware]
async fn one(app: &App, call: &Call) -> Result<(), Error> {
    Ok(app.one.check(call).await?)
}

#[middleware]
async fn two(app: &App, call: &Call) -> Result<(), Error> {
    Ok(app.two.check(call).await?)
}

#[middleware]
async fn declared_limit(app: &App, call: &Call) -> Result<(), RateLimitError> {
    app.declared.check(call).await
}

#[middleware]
async fn stream_limit(app: &App, call: &Call) -> Result<(), Error> {
    Ok(app.stream.check(call).await?)
}

#[middleware]
async fn five(app: &App, call: &Call) -> Result<(), Error> {
    Ok(app.five.check(call).await?)
}

#[middleware]
async fn nine(app: &App, call: &Call) -> Result<(), Error> {
    Ok(app.nine.check(call).await?)
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure(name = "one", with = one)]
    pub async fn one_call() -> &'static str {
        "ok"
    }

    #[procedure(name = "two", with = two)]
    pub async fn two_calls() -> &'static str {
        "ok"
    }

    #[procedure(with = declared_limit)]
    pub async fn declared() -> &'static str {
        "ok"
    }

    #[procedure(with = stream_limit)]
    pub async fn stream() -> impl Stream<Item = Event<u32>> {
        futures::stream::iter([Event::new(1)])
    }

    #[procedure(with = [five, five])]
    pub async fn twice() -> &'static str {
        "ok"
    }

    #[procedure(with = nine)]
    pub async fn broken() -> Result<(), Error> {
        Err(Error::internal("of the test"))
    }
}

const VECTORS: &str = include_str!("../../vectors/ratelimit.json");

/// Time that stands for all times in the vectors.
const TIME: &str = "1700000000000";

fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

/// Replaces the times of `reset`, which must be within the 60 s of a limit.
fn without_times(mut text: String) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    for prefix in ["\"reset\":", "\"ratelimit-reset\":\"", "ratelimit-reset: "] {
        let mut from = 0;
        while let Some(found) = text[from..].find(prefix) {
            let begin = from + found + prefix.len();
            let digits = text[begin..].bytes().take_while(u8::is_ascii_digit).count();
            let reset: u128 = text[begin..begin + digits].parse().unwrap();
            assert!((now..=now + 60_001).contains(&reset), "{reset} beside {now}: {text}");
            text.replace_range(begin..begin + digits, TIME);
            from = begin;
        }
    }
    text
}

/// The headers of limits.
fn limits(answer: &Answer) -> Vec<String> {
    let names = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"];
    let value =
        |name: &&str| Some(format!("{name}: {}", answer.headers.get(*name)?.to_str().unwrap()));
    names.iter().filter_map(value).map(without_times).collect()
}

fn expected_limits(vector: &Value) -> Vec<String> {
    let names = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"];
    let headers = &vector["headers"];
    names
        .iter()
        .filter_map(|name| Some(format!("{name}: {}", headers.get(name)?.as_str().unwrap())))
        .collect()
}

#[tokio::test]
async fn answers_over_http_are_those_of_the_official_server() {
    let service = Rpc::new(api::router()).http(App::new());
    let vectors = vectors();
    let mut count = 0;
    for vector in vectors["http"].as_array().unwrap() {
        let procedure = vector["procedure"].as_str().unwrap();
        let answer = send(service.clone(), post(&format!("/{procedure}"), "{}")).await;
        assert_eq!(u64::from(answer.status), vector["status"], "{procedure}: {answer:?}");
        assert_eq!(limits(&answer), expected_limits(vector), "{procedure}");
        assert_eq!(without_times(answer.body), vector["body"].as_str().unwrap(), "{procedure}");
        count += 1;
    }
    assert_eq!(count, 10);
    let calls: Vec<_> = vectors["batch"]["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| json!({ "url": format!("http://test/{}", call.as_str().unwrap()), "body": {} }))
        .collect();
    let request = Request::post("/__batch__")
        .header("content-type", "application/json")
        .header("x-orpc-batch", "buffered")
        .body(Full::<bytes::Bytes>::from(json!(calls).to_string()))
        .unwrap();
    let answer = send(service, request).await;
    assert_eq!(answer.status, 207);
    assert_eq!(without_times(answer.body), vectors["batch"]["body"].as_str().unwrap());
}

#[tokio::test]
async fn messages_are_those_of_the_official_server() {
    let service = Rpc::new(api::router()).websocket(App::new());
    let mut client = Raw::open(websocket::channel(&service, 1 << 16), "/").await;
    let vectors = vectors();
    let mut count = 0;
    for vector in vectors["peer"].as_array().unwrap() {
        client.send(TEXT, vector["request"].as_str().unwrap().as_bytes()).await;
        for response in vector["responses"].as_array().unwrap() {
            let text = client.message().await.text().to_owned();
            count += 1;
            assert_eq!(without_times(text), response.as_str().unwrap());
        }
    }
    assert_eq!(count, 10);
}

#[derive(Clone)]
pub struct ByKey {
    limiter: RateLimiter,
}

#[middleware]
async fn by_key(app: &ByKey, call: &Call) -> Result<(), Error> {
    Ok(app.limiter.check(call).await?)
}

#[router(context = ByKey, with = by_key)]
pub mod keyed {
    use super::*;

    #[procedure]
    pub async fn ping() {}

    /// Calls another procedure of the process, which is a call of its own.
    #[procedure]
    pub async fn count(app: &ByKey, call: &Call) -> Result<u32, Error> {
        app.limiter.check_key(call, "another").await?;
        app.limiter.check_key(call, "another").await?;
        Ok(app.limiter.take("another").await?.remaining())
    }
}

fn from(address: &str) -> Request<Full<bytes::Bytes>> {
    let mut request = post("/ping", "{}");
    request.extensions_mut().insert(PeerAddr(address.parse().unwrap()));
    request
}

#[tokio::test]
async fn a_client_is_an_address_or_the_first_half_of_one() {
    let app = ByKey { limiter: quota(1, Duration::from_secs(3600)).memory() };
    let service = Rpc::new(keyed::router()).http(app);
    for (address, status) in [
        ("192.0.2.1:80", 200),
        ("192.0.2.1:81", 429),
        ("192.0.2.2:80", 200),
        ("[::ffff:192.0.2.2]:80", 429),
        ("[2001:db8::1]:80", 200),
        ("[2001:db8::ffff:1]:80", 429),
        ("[2001:db8:0:1::1]:80", 200),
    ] {
        assert_eq!(send(service.clone(), from(address)).await.status, status, "{address}");
    }
    // Those without an address are one.
    assert_eq!(send(service.clone(), post("/ping", "{}")).await.status, 200);
    assert_eq!(send(service, post("/ping", "{}")).await.status, 429);
}

#[tokio::test]
async fn a_call_counts_once_for_each_limiter_and_key() {
    let app = ByKey { limiter: quota(10, Duration::from_secs(3600)).memory() };
    let service = Rpc::new(keyed::router()).http(app);
    let answer = send(service.clone(), post("/count", "{}")).await;
    // Once by `check_key`, once by `take`.
    assert_eq!(answer.json(), 8);
    assert_eq!(answer.headers["ratelimit-remaining"], "9");
    assert_eq!(send(service, post("/count", "{}")).await.json(), 6);
}

#[tokio::test]
async fn a_key_that_is_too_long_is_refused() {
    let key = |call: &Call| call.header("x-user").unwrap_or_default().into_owned();
    let app = ByKey { limiter: quota(10, Duration::from_secs(60)).key(key).memory() };
    let service = Rpc::new(keyed::router()).http(app);
    for (length, status) in [(512, 200), (513, 400)] {
        let mut request = post("/ping", "{}");
        request.headers_mut().insert("x-user", "x".repeat(length).parse().unwrap());
        let answer = send(service.clone(), request).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}
