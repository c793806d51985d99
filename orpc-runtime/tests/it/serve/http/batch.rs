//! Batches below a path that a router in front of the service strips.

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt as _;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping(call: &Call) -> String {
        call.uri().path().to_owned()
    }

    #[router]
    pub mod rpc {
        #[orpc_runtime::procedure]
        pub async fn ping() -> &'static str {
            "inner"
        }
    }
}

fn service() -> HttpService<()> {
    Rpc::new(api::router()).http(())
}

/// The statuses and bodies of a batch sent to `url`, with calls of those paths.
async fn ask(app: Router, url: &str, paths: &[&str]) -> Vec<(u64, Value)> {
    let items: Vec<_> =
        paths.iter().map(|path| json!({ "url": format!("http://h{path}"), "body": {} })).collect();
    let request = Request::post(url).header("x-orpc-batch", "buffered");
    let request = request.body(Body::from(json!(items).to_string())).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 207, "{url}");
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let mut answers: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    answers.sort_by_key(|answer| answer["index"].as_u64());
    let outcome = |answer: Value| {
        let value = answer["body"].get("json").cloned();
        (answer["status"].as_u64().unwrap_or(207), value.unwrap_or_default())
    };
    answers.into_iter().map(outcome).collect()
}

/// Applications with the procedures below that path.
fn apps() -> Vec<(&'static str, Router, &'static str)> {
    let inner = || Router::new().nest_service("/rpc", service());
    vec![
        ("nested", Router::new().nest_service("/rpc", service()), "/rpc"),
        ("nested with a slash", Router::new().nest_service("/rpc/", service()), "/rpc"),
        ("nested twice", Router::new().nest("/api", inner()), "/api/rpc"),
        ("below a parameter", Router::new().nest("/{tenant}", inner()), "/acme/rpc"),
        ("prefix", Router::new().fallback_service(service().prefix("/rpc")), "/rpc"),
        ("segment", Router::new().fallback_service(service().prefix("rpc/")), "/rpc"),
        ("root", Router::new().fallback_service(service()), ""),
    ]
}

#[tokio::test]
async fn a_batch_may_be_sent_to_any_url_below_the_service() {
    for (name, app, base) in apps() {
        let ping = format!("{base}/ping");
        let inner = format!("{base}/rpc/ping");
        for url in ["/ping/__batch__", "/__batch__", "/batch", "/a/b/c", "/", "", "/batch/?x=1"] {
            let url = format!("{base}{url}");
            // axum has no route for the slash alone behind the prefix, nor without it.
            if url.is_empty() || (name == "nested with a slash" && url == "/rpc") {
                continue;
            }
            let answers = ask(app.clone(), &url, &[&ping, &inner, "/elsewhere/ping"]).await;
            assert_eq!((answers[0].0, answers[1].0), (200, 200), "{name} {url}: {answers:?}");
            assert_eq!(answers[1].1, "inner", "{name} {url}");
            assert_eq!(answers[2].0, 404, "{name} {url}: {answers:?}");
        }
    }
}

#[tokio::test]
async fn a_call_of_another_mount_is_not_found() {
    let app = Router::new().nest_service("/public", service()).nest_service("/admin", service());
    let answers = ask(app.clone(), "/public/__batch__", &["/public/ping", "/admin/ping"]).await;
    assert_eq!((answers[0].0, answers[1].0), (200, 404));
    let answers = ask(app, "/public/__batch__", &["/admin/ping", "/public/ping"]).await;
    assert_eq!((answers[0].0, answers[1].0), (404, 200));
}

#[tokio::test]
async fn a_prefix_stripped_by_another_router_can_be_set() {
    use tower::ServiceBuilder;

    let strip = |mut request: Request<Body>| {
        let path = request.uri().path().strip_prefix("/rpc").unwrap().to_owned();
        *request.uri_mut() = path.parse().unwrap_or_default();
        request
    };
    let service = service().stripped_prefix("rpc/");
    let service = ServiceBuilder::new().map_request(strip).service(service);
    for url in ["/rpc/ping/__batch__", "/rpc/__batch__", "/rpc/batch", "/rpc"] {
        let request = Request::post(url).header("x-orpc-batch", "buffered");
        let body = r#"[{"url":"http://h/rpc/ping","body":{}},{"url":"http://h/ping","body":{}}]"#;
        let response = service.clone().oneshot(request.body(Body::from(body)).unwrap()).await;
        let bytes = response.unwrap().into_body().collect().await.unwrap().to_bytes();
        let mut answers: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        answers.sort_by_key(|answer| answer["index"].as_u64());
        assert_eq!(answers[0]["status"], 200, "{url}: {answers:?}");
        assert_eq!(answers[1]["status"], 404, "{url}: {answers:?}");
    }
}
