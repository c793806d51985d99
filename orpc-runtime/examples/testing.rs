//! Tests of procedures in the process: the function, the router, and the HTTP service without a socket.
//!
//! ```text
//! cargo test -p orpc-runtime --example testing
//! ```

use orpc_runtime::prelude::*;

/// The context of all calls.
pub struct App {
    greeting: String,
}

/// The procedures under test.
#[router(context = App)]
pub mod api {
    use super::*;

    /// Greets somebody.
    #[procedure]
    pub async fn greet(app: &App, name: String) -> String {
        format!("{}, {name}!", app.greeting)
    }
}

fn app() -> App {
    App { greeting: "Hello".into() }
}

#[tokio::main]
async fn main() {
    // As a client would call it, in the same process.
    let greeting = Rpc::new(api::router()).test(app()).call::<api::greet>("Ada").await;
    println!("{greeting:?}");
}

#[cfg(test)]
mod tests {
    use orpc_runtime::CallError;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn the_function_greets() {
        assert_eq!(api::greet(&app(), "Ada".into()).await, "Hello, Ada!");
    }

    #[tokio::test]
    async fn a_client_is_greeted() {
        let ada = Rpc::new(api::router()).test(app()).bearer("ada");
        assert_eq!(ada.call::<api::greet>("Ada").await.unwrap(), "Hello, Ada!");
        let refused = ada.call::<api::greet>(1).await;
        assert!(matches!(refused, Err(CallError::Refused(error)) if error.code() == "BAD_REQUEST"));
    }

    #[tokio::test]
    async fn the_router_greets() {
        let greeting = api::router().call::<api::greet>(app(), "Ada".into()).await;
        assert_eq!(greeting.unwrap(), "Hello, Ada!");
    }

    #[tokio::test]
    async fn the_service_refuses_a_number() {
        let request = http::Request::post("/greet")
            .header("content-type", "application/json")
            .body(r#"{"json":1}"#.to_owned())
            .unwrap();
        let response = Rpc::new(api::router()).http(app()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 400);
    }
}
