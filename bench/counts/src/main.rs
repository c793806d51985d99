//! Cost of calls with plain JSON in process, without a socket, beside that of serde alone.
//!
//! `cargo run --release --package bench-counts` tells the time of each. `node bench/counts.mjs`
//! counts the instructions and allocations: it runs `bench-counts http echo 600` and the like under
//! callgrind.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http_body_util::{BodyExt as _, Full};
use orpc_runtime::prelude::*;
use serde_json::{Value, json};
use tower_service::Service as _;

use self::schemas::{Message, Order, Receipt};

/// A part of this crate: without optimisation over crates, functions of another one are called instead of inlined.
#[path = "../../servers/schemas/src/lib.rs"]
mod schemas;

#[derive(Serialize, JsonSchema)]
pub struct Profile {
    id: String,
    name: String,
    email: String,
    city: String,
    country: String,
    language: String,
    theme: &'static str,
    role: &'static str,
    bio: Option<String>,
    avatar: Option<String>,
    is_admin: bool,
    is_verified: bool,
    has_mail: bool,
    has_newsletter: bool,
    is_online: bool,
    age: i32,
    posts: i32,
    followers: i32,
    following: i32,
    score: i32,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn echo(input: Message) -> Message {
        input
    }

    #[procedure]
    pub async fn order(input: Order) -> Receipt {
        input.receipt()
    }

    #[procedure]
    pub async fn read_echo(_input: Message) {}

    #[procedure]
    pub async fn read_order(_input: Order) {}

    #[procedure]
    pub async fn nothing() {}

    #[procedure]
    pub async fn any(input: Value) -> Value {
        input
    }

    #[procedure]
    pub async fn profile() -> Profile {
        ada()
    }

    pub fn ada() -> Profile {
        Profile {
            id: "5f0c6a1e-8d3b-4b52-9a57-1f2d3c4b5a69".to_owned(),
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.org".to_owned(),
            city: "London".to_owned(),
            country: "GB".to_owned(),
            language: "en".to_owned(),
            theme: "dark",
            role: "editor",
            bio: Some("Wrote the first \"program\", a hundred years early.".to_owned()),
            avatar: None,
            is_admin: false,
            is_verified: true,
            has_mail: true,
            has_newsletter: false,
            is_online: true,
            age: 36,
            posts: 1_843,
            followers: 123_456,
            following: 7,
            score: -12,
        }
    }

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

/// A procedure and its input.
struct Case {
    name: &'static str,
    input: Option<Value>,
}

fn cases() -> [Case; 8] {
    let items: Vec<_> = (0..10)
        .map(|n| {
            let mut item = json!({
                "sku": format!("ABC-{:04}", n * 37),
                "qty": n * 11 + 1,
                "price": f64::from(n) * 3.25 + 0.99,
            });
            if n % 3 == 0 {
                item["note"] = "as a gift, please".into();
            }
            item
        })
        .collect();
    let records: Vec<_> = (0..8)
        .map(|n| {
            json!({
                "id": n,
                "name": format!("record {n}"),
                "ratio": f64::from(n) * 0.37,
                "flags": [true, false, null],
                "place": { "row": n * 3, "column": "B", "label": "somewhere \"else\"" },
            })
        })
        .collect();
    let echo = json!({
        "room": "general",
        "text": "Good morning, everyone! The build is green again.",
        "tags": ["build", "status", "morning"],
    });
    let order = json!({
        "customer": {
            "name": "Ada Lovelace",
            "address": { "street": "12 St James's Square", "country": "GB" },
        },
        "items": items,
    });
    let case = |name, input| Case { name, input };
    [
        case("readEcho", Some(echo.clone())),
        case("readOrder", Some(order.clone())),
        case("nothing", None),
        case("echo", Some(echo)),
        case("order", Some(order)),
        case("any", Some(json!({ "records": records, "total": 8 }))),
        case("profile", None),
        case("ping", None),
    ]
}

async fn over_http(rpc: &Rpc<()>, case: &Case, calls: usize) {
    let mut service = rpc.http(());
    let body = case.input.as_ref().map_or_else(|| json!({}), |input| json!({ "json": input }));
    let body = Bytes::from(body.to_string());
    let path = format!("/{}", case.name);
    for _ in 0..calls {
        let request = http::Request::post(&path)
            .header(HOST, "localhost:3000")
            .header(USER_AGENT, "bench")
            .header(ACCEPT, "*/*")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body.clone()))
            .expect("a request");
        let response =
            service.call(request).await.unwrap_or_else(|never: Infallible| match never {});
        assert!(response.status().is_success(), "{}", case.name);
        let body = response.into_body().collect().await.map(|body| body.to_bytes());
        std::hint::black_box(body.ok());
    }
}

async fn over_a_peer(rpc: &Rpc<()>, case: &Case, calls: usize) {
    let mut peer = rpc.peer(());
    let mut payload = json!({ "u": format!("/{}", case.name) });
    if let Some(input) = &case.input {
        payload["b"] = json!({ "json": input });
    }
    let message = Bytes::from(json!({ "i": "1", "p": payload }).to_string());
    for _ in 0..calls {
        peer.receive(message.clone());
        let frame = peer.next().await;
        std::hint::black_box(frame.expect("an answer"));
    }
}

/// An envelope of plain JSON.
#[derive(Serialize, Deserialize)]
struct Json<T> {
    json: T,
}

/// Reads an input as serde alone does. `counts.mjs` finds the function by its name.
#[inline(never)]
fn read_by_serde<I: serde::de::DeserializeOwned>(body: &str) -> I {
    let Json { json } = serde_json::from_str(body).expect("an input");
    json
}

/// The least that any server does: serde reads the input and writes the output, unchecked.
fn by_serde_alone(case: &Case, calls: usize) {
    fn each<I, O>(case: &Case, calls: usize, run: impl Fn(I) -> O)
    where
        I: serde::de::DeserializeOwned,
        O: Serialize,
    {
        let body = json!({ "json": case.input }).to_string();
        for _ in 0..calls {
            let input = read_by_serde(&body);
            let output = serde_json::to_vec(&Json { json: run(input) }).expect("an output");
            std::hint::black_box(output);
        }
    }
    match case.name {
        "readEcho" => each(case, calls, |_: Message| ()),
        "readOrder" => each(case, calls, |_: Order| ()),
        "nothing" => each(case, calls, |(): ()| ()),
        "echo" => each(case, calls, |input: Message| input),
        "order" => each(case, calls, Order::receipt),
        "any" => each(case, calls, |input: Value| input),
        "profile" => each(case, calls, |(): ()| api::ada()),
        _ => each(case, calls, |(): ()| "pong"),
    }
}

async fn run(rpc: &Rpc<()>, link: &str, case: &Case, calls: usize) -> Duration {
    let start = Instant::now();
    match link {
        "http" => over_http(rpc, case, calls).await,
        "peer" => over_a_peer(rpc, case, calls).await,
        _ => by_serde_alone(case, calls),
    }
    start.elapsed()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rpc = Rpc::new(api::router());
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [link, name, calls] = arguments.as_slice() {
        let calls = calls.parse().expect("how many calls");
        for case in cases().iter().filter(|case| case.name == name) {
            run(&rpc, link, case, calls).await;
        }
        return;
    }
    for link in ["http", "peer", "serde"] {
        for case in &cases() {
            run(&rpc, link, case, 1_000).await;
            let calls = 20_000;
            let time = run(&rpc, link, case, calls).await;
            println!("{link:<5} {:<8} {:>8} ns", case.name, time.as_nanos() / calls as u128);
        }
    }
}
