//! Requests that pages of other origins send.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderName, Method, Request};
use http_body_util::Full;
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;

use crate::support::{Answer, send};

/// Counts calls that ran, and contexts created for calls.
#[derive(Default, Clone)]
pub struct Ran(Arc<AtomicUsize>);

impl Ran {
    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

#[router(context = Ran)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn act(ran: &Ran) -> &'static str {
        ran.add();
        "done"
    }

    #[procedure(method = GET)]
    pub async fn read(ran: &Ran) -> &'static str {
        ran.add();
        "done"
    }

    #[procedure]
    pub fn events(ran: &Ran) -> impl Stream<Item = u8> {
        ran.add();
        futures::stream::iter([1])
    }
}

fn service(ran: &Ran) -> HttpService<Ran> {
    let ran = ran.clone();
    Rpc::new(api::router()).http(move |_: &Call| {
        let ran = ran.clone();
        async move {
            ran.add();
            Ok::<_, Error>(ran)
        }
    })
}

fn request(method: &Method, path: &str, headers: &[(&'static str, &str)]) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path).header("host", "api.test");
    for (name, value) in headers {
        request = request.header(HeaderName::from_static(name), *value);
    }
    let body = if path.contains("__batch__") {
        r#"[{"url":"http://api.test/act","body":{}}]"#
    } else if *method == Method::GET || *method == Method::HEAD {
        ""
    } else {
        "{}"
    };
    request.body(Full::from(body)).unwrap()
}

/// Headers of a page of another host than `api.test`.
const FOREIGN: [&[(&str, &str)]; 8] = [
    &[("origin", "https://evil.test")],
    &[("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")],
    &[("origin", "null")],
    &[("origin", "null"), ("sec-fetch-site", "cross-site")],
    &[("origin", "http://api.test:8080")],
    &[("origin", "http://www.api.test"), ("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
    &[("sec-fetch-site", "same-site")],
];

/// Requests that a page can send without a preflight, and others.
const REQUESTS: [(Method, &str, Option<&str>); 13] = [
    (Method::POST, "/act", None),
    (Method::POST, "/act", Some("text/plain")),
    (Method::POST, "/act", Some("application/x-www-form-urlencoded")),
    (Method::POST, "/act", Some("multipart/form-data; boundary=B")),
    (Method::POST, "/act", Some("application/json")),
    (Method::POST, "/events", None),
    (Method::PUT, "/act", None),
    (Method::DELETE, "/act", None),
    (Method::GET, "/read", None),
    (Method::HEAD, "/read", None),
    (Method::GET, "/read?data=%7B%7D", None),
    (Method::POST, "/act/__batch__", Some("application/json")),
    (
        Method::GET,
        "/read/__batch__?batch=%5B%7B%22url%22%3A%22http%3A%2F%2Fapi.test%2Fread%22%7D%5D",
        None,
    ),
];

/// Sends one of [`REQUESTS`] with more headers.
async fn ask(
    service: HttpService<Ran>,
    (method, path, content_type): &(Method, &str, Option<&str>),
    more: &[(&'static str, &str)],
) -> Answer {
    let mut headers = more.to_vec();
    headers.extend(content_type.map(|content_type| ("content-type", content_type)));
    if path.contains("__batch__") {
        headers.push(("x-orpc-batch", "buffered"));
    }
    send(service, request(method, path, &headers)).await
}

#[tokio::test]
async fn a_page_of_another_origin_runs_nothing() {
    let ran = Ran::default();
    for case in &REQUESTS {
        for headers in FOREIGN {
            let answer = ask(service(&ran), case, headers).await;
            let text = format!("{case:?} {headers:?}");
            assert_eq!((answer.status, ran.take()), (403, 0), "{text}: {}", answer.body);
            if case.0 == Method::HEAD {
                assert_eq!(answer.body, "", "{text}");
                continue;
            }
            // The members that the official client reads, and no others.
            let expected = r#"{"json":{"defined":false,"code":"FORBIDDEN","status":403,"message":"Cross-site requests are refused unless the server allows the page's origin"}}"#;
            assert_eq!(answer.body, expected, "{text}");
            assert_eq!(answer.headers["content-type"], "application/json", "{text}");
        }
    }
}

#[tokio::test]
async fn programs_own_pages_and_listed_pages_are_allowed() {
    let ran = Ran::default();
    let passing: [&[(&str, &str)]; 9] = [
        &[],
        &[("origin", "https://api.test")],
        &[("origin", "https://api.test"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        // The server of the page is behind a proxy that changes the Host.
        &[("origin", "https://public.test"), ("sec-fetch-site", "same-origin")],
        &[("origin", "https://app.test")],
        &[("origin", "https://app.test"), ("sec-fetch-site", "cross-site")],
        &[("origin", "https://two.test"), ("sec-fetch-site", "same-site")],
    ];
    for case in &REQUESTS {
        if case.2.is_some_and(|content_type| content_type.starts_with("multipart")) {
            continue;
        }
        for headers in passing {
            let listed = service(&ran).allow_origin("https://app.test");
            let answer = ask(listed.allow_origin("https://two.test"), case, headers).await;
            let text = format!("{case:?} {headers:?}");
            assert!(matches!(answer.status, 200 | 207), "{text}: {}", answer.body);
            assert_eq!(ran.take(), 2, "{text}: the context is made and the procedure runs");
        }
        for headers in FOREIGN {
            let answer = ask(service(&ran).allow_any_origin(), case, headers).await;
            assert!(matches!(answer.status, 200 | 207), "{headers:?}: {}", answer.body);
            ran.take();
        }
    }
}

#[tokio::test]
async fn a_link_on_another_page_runs_only_procedures_that_allow_get() {
    let ran = Ran::default();
    let navigation = |site, dest| {
        [("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", dest)]
    };
    for site in ["cross-site", "same-site", "none"] {
        let headers = navigation(site, "document");
        let get = request(&Method::GET, "/read", &headers);
        assert_eq!((send(service(&ran), get).await.status, ran.take()), (200, 2), "{site}");
    }
    let cases = [
        // A form sent by POST is a navigation as well.
        (Method::POST, "/act", "document"),
        (Method::POST, "/read", "document"),
        (Method::GET, "/act", "document"),
        (Method::GET, "/read", "iframe"),
        (Method::GET, "/read", "object"),
        (Method::GET, "/read", "empty"),
    ];
    for (method, path, dest) in cases {
        for service in [service(&ran), service(&ran).strict_get(false)] {
            let request = request(&method, path, &navigation("cross-site", dest));
            let answer = send(service, request).await;
            assert_eq!((answer.status, ran.take()), (403, 0), "{method} {path} {dest}");
        }
    }
    let batch = "/read/__batch__?batch=%5B%7B%22url%22%3A%22http%3A%2F%2Fapi.test%2Fread%22%7D%5D";
    let mut headers = navigation("cross-site", "document").to_vec();
    headers.push(("x-orpc-batch", "buffered"));
    let answer = send(service(&ran), request(&Method::GET, batch, &headers)).await;
    assert_eq!((answer.status, ran.take()), (403, 0));
}

#[tokio::test]
async fn an_http_2_request_is_of_the_host_of_its_authority() {
    let ran = Ran::default();
    let send_from = async |origin: &str| {
        let request = Request::post("https://api.test/act").header("origin", origin);
        send(service(&ran), request.body(Full::<Bytes>::default()).unwrap()).await.status
    };
    assert_eq!(send_from("https://api.test").await, 200);
    assert_eq!(send_from("https://evil.test").await, 403);
}
