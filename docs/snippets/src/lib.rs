//! The code of the book. Each module belongs to one chapter, which imports its regions; the tests of
//! a module run what the chapter shows and compare the generated client.
#![allow(missing_docs, reason = "the book explains the items")]

pub mod assistant;
pub mod browser;
pub mod channels;
pub mod channels_process;
pub mod coming_from;
pub mod deployment;
pub mod durable_iterators;
pub mod errors;
pub mod forms;
pub mod middleware;
pub mod migration;
pub mod procedures;
pub mod publisher;
pub mod quickstart;
pub mod rate_limits;
pub mod room_publisher;
pub mod rooms;
pub mod sessions;
pub mod shared_rooms;
pub mod stateful;
pub mod stateful_process;
pub mod streams;
pub mod tanstack;
pub mod testing;
pub mod typescript;
pub mod validation;
pub mod values;
pub mod websocket;

/// Compares the generated client of a chapter; `ORPC_TS=write` writes it.
#[cfg(test)]
fn check_client<C: Send + Sync + 'static>(router: &orpc_runtime::Router<C>, chapter: &str) {
    orpc_runtime::typescript::client(router).check(format!("ts/{chapter}/client.ts"));
}

/// The status and body of a POST to a service.
#[cfg(test)]
async fn post<C: Send + Sync + 'static>(
    service: orpc_runtime::http::HttpService<C>,
    path: &str,
    body: &str,
) -> (u16, serde_json::Value) {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    let request = http::Request::post(path)
        .header("content-type", "application/json")
        .body(body.to_owned())
        .unwrap();
    let response = service.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}
