//! Methods that run a procedure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use serde_json::{Value, json};

use crate::support::{Answer, send};

#[derive(Default, Clone)]
pub struct Ran(Arc<AtomicUsize>);

#[router(context = Ran)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn act(ran: &Ran, call: &Call) -> Result<&'static str, Error> {
        ran.0.fetch_add(1, Ordering::SeqCst);
        call.response().insert_header("set-cookie", "seen=1")?;
        Ok("done")
    }

    #[procedure(method = GET)]
    pub async fn double(ran: &Ran, call: &Call, input: u32) -> Result<u32, Error> {
        ran.0.fetch_add(1, Ordering::SeqCst);
        call.response().insert_header("x-doubled", "yes")?;
        Ok(2 * input)
    }

    #[procedure]
    pub fn events(ran: &Ran) -> impl Stream<Item = u8> {
        ran.0.fetch_add(1, Ordering::SeqCst);
        futures::stream::iter([1])
    }

    #[procedure(method = GET)]
    pub fn ticks(ran: &Ran) -> impl Stream<Item = u8> {
        let ran = ran.clone();
        futures::stream::iter([1]).inspect(move |_| _ = ran.0.fetch_add(1, Ordering::SeqCst))
    }
}

const CALLS: &str = "POST, PUT, PATCH, DELETE, OPTIONS";
const GETS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

fn service(ran: &Ran) -> HttpService<Ran> {
    Rpc::new(api::router()).http(ran.clone())
}

async fn ask(service: HttpService<Ran>, method: &str, path: &str, body: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = Request::builder().method(method).uri(path);
    if path.contains("__batch__") {
        request = request.header("x-orpc-batch", "buffered");
    }
    send(service, request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap()).await
}

/// Returns the number of procedures or events since the last time.
fn ran(counter: &Ran) -> usize {
    counter.0.swap(0, Ordering::SeqCst)
}

#[tokio::test]
async fn safe_methods_run_only_procedures_that_allow_get() {
    let counter = Ran::default();
    for path in ["/act", "/events"] {
        for method in ["GET", "HEAD", "TRACE", "CONNECT", "QUERY", "get"] {
            let answer = ask(service(&counter), method, path, "").await;
            assert_eq!((answer.status, ran(&counter)), (405, 0), "{method} {path}");
            assert_eq!(answer.headers["allow"], CALLS, "{method} {path}");
            assert!(!answer.headers.contains_key("set-cookie"), "{method} {path}");
            if method != "HEAD" {
                let expected = r#"{"json":{"defined":false,"code":"METHOD_NOT_SUPPORTED","status":405,"message":"Method Not Supported"}}"#;
                assert_eq!(answer.body, expected, "{method} {path}");
            }
        }
    }
    for method in ["TRACE", "CONNECT", "QUERY"] {
        let answer = ask(service(&counter), method, "/double", "").await;
        assert_eq!((answer.status, ran(&counter)), (405, 0), "{method}");
        assert_eq!(answer.headers["allow"], GETS, "{method}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let counter = Ran::default();
    for path in ["/double?data=%7B%22json%22%3A21%7D", "/double?data=%7B", "/double", "/act"] {
        let get = ask(service(&counter), "GET", path, "").await;
        let get_ran = ran(&counter);
        let head = ask(service(&counter), "HEAD", path, "").await;
        assert_eq!((head.status, ran(&counter)), (get.status, get_ran), "{path}");
        let mut expected = get.headers.clone();
        expected.insert("content-length", get.body.len().into());
        assert_eq!(head.headers, expected, "{path}");
        assert_eq!(head.body, "", "{path}");
    }
    // A stream is not begun.
    let get = ask(service(&counter), "GET", "/ticks", "").await;
    assert_eq!((get.status, ran(&counter)), (200, 1));
    let head = ask(service(&counter), "HEAD", "/ticks", "").await;
    assert_eq!((head.status, head.body.as_str(), head.headers), (200, "", get.headers));
    let unmatched = ask(service(&counter), "HEAD", "/nope", "").await;
    assert_eq!((unmatched.status, unmatched.body.as_str()), (404, ""));
}

#[tokio::test]
async fn options_runs_nothing_and_lists_the_allowed_methods() {
    let counter = Ran::default();
    let cases = [("/act", CALLS), ("/events", CALLS), ("/double", GETS), ("/ticks", GETS)];
    for (path, allowed) in cases {
        let answer = ask(service(&counter), "OPTIONS", path, "{}").await;
        assert_eq!((answer.status, answer.body.as_str(), ran(&counter)), (204, "", 0), "{path}");
        assert_eq!(answer.headers["allow"], allowed, "{path}");
    }
    let loose = ask(service(&counter).strict_get(false), "OPTIONS", "/act", "{}").await;
    assert_eq!(loose.headers["allow"], GETS);
    let batch = r#"[{"url":"http://h/act","body":{}}]"#;
    let answer = ask(service(&counter), "OPTIONS", "/__batch__", batch).await;
    assert_eq!((answer.status, answer.body.as_str(), ran(&counter)), (204, "", 0));
    assert_eq!(answer.headers["allow"], GETS);
}

#[tokio::test]
async fn the_answer_405_of_a_procedure_tells_what_is_allowed() {
    #[router]
    pub mod api {
        use super::*;

        #[procedure]
        pub async fn refuses() -> Result<(), Error> {
            Err(Error::new(Code::MethodNotSupported))
        }
    }

    let service = Rpc::new(api::router()).http(());
    let answer = send(service, crate::support::post("/refuses", "{}")).await;
    assert_eq!((answer.status, &answer.headers["allow"]), (405, &CALLS.parse().unwrap()));
}

/// The responses of a batch, in order.
fn in_order(answer: &Answer) -> Vec<Value> {
    let mut answers: Vec<Value> = serde_json::from_str(&answer.body).unwrap();
    answers.sort_by_key(|answer| answer["index"].as_u64());
    answers
}

#[tokio::test]
async fn the_method_of_a_batch_bounds_those_of_its_calls() {
    let counter = Ran::default();
    let item = |method: Option<&str>, path: &str| {
        let mut item = json!({ "url": format!("http://h/{path}"), "body": {} });
        if let Some(method) = method {
            item["method"] = method.into();
        }
        item
    };
    let inside = [None, Some("POST"), Some("PUT"), Some("DELETE"), Some("GET"), Some("HEAD")];
    let items: Vec<_> = inside.map(|method| item(method, "act")).into();
    let query =
        form_urlencoded::byte_serialize(json!(items).to_string().as_bytes()).collect::<String>();
    for method in ["GET", "HEAD"] {
        let path = format!("/act/__batch__?batch={query}");
        let answer = ask(service(&counter), method, &path, "").await;
        assert_eq!((answer.status, ran(&counter)), (207, 0), "{method}");
        if method == "HEAD" {
            assert_eq!(answer.body, "");
            continue;
        }
        for answer in in_order(&answer) {
            assert_eq!(
                (&answer["status"], &answer["headers"]["allow"]),
                (&json!(405), &json!(CALLS))
            );
        }
    }
    // In a POST each call has its own method.
    let inside = ["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"];
    let items: Vec<_> = inside.iter().map(|method| item(Some(method), "act")).collect();
    let answer = ask(service(&counter), "POST", "/__batch__", &json!(items).to_string()).await;
    for (answer, method) in in_order(&answer).iter().zip(inside) {
        assert_eq!(answer["status"], 405, "{method}: {answer}");
        assert_eq!(answer.get("body").is_none(), method == "HEAD", "{answer}");
    }
    assert_eq!(ran(&counter), 0);
    let items = json!([
        item(Some("POST"), "act"),
        item(Some("GET"), "double?data=%7B%22json%22%3A21%7D"),
        item(Some("HEAD"), "double?data=%7B%22json%22%3A21%7D"),
    ]);
    let answers = in_order(&ask(service(&counter), "POST", "/__batch__", &items.to_string()).await);
    assert_eq!(answers[0]["body"], json!({ "json": "done" }));
    assert_eq!(answers[1]["body"], json!({ "json": 42 }));
    let head = json!({ "index": 2, "status": 200, "headers": { "x-doubled": "yes" } });
    assert_eq!(answers[2], head);
    assert_eq!(ran(&counter), 3);
    let answer = ask(service(&counter), "TRACE", "/__batch__", "").await;
    assert_eq!((answer.status, &answer.headers["allow"]), (405, &GETS.parse().unwrap()));
}
