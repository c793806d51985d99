//! Tests of procedures without a server and with one.

// #region tests
use orpc_runtime::prelude::*;

pub struct App {
    greeting: String,
}

#[router(context = App)]
pub mod api {
    use super::*;

    /// Greets somebody.
    #[procedure]
    pub async fn greet(app: &App, name: String) -> String {
        format!("{}, {name}!", app.greeting)
    }
}

#[cfg(test)]
mod tests {
    use orpc_runtime::CallError;
    use tower::ServiceExt as _;

    use super::*;

    fn app() -> App {
        App { greeting: "Hello".into() }
    }

    /// The function itself.
    #[tokio::test]
    async fn greets() {
        assert_eq!(api::greet(&app(), "Ada".into()).await, "Hello, Ada!");
    }

    /// By a client in the same process: context, headers, cookies, validation, middlewares.
    #[tokio::test]
    async fn greets_a_client() {
        let ada = Rpc::new(api::router()).test(app()).bearer("ada");
        assert_eq!(ada.call::<api::greet>("Ada").await.unwrap(), "Hello, Ada!");
        let refused = ada.call::<api::greet>(1).await;
        assert!(matches!(refused, Err(CallError::Refused(error)) if error.code() == "BAD_REQUEST"));
    }

    /// Through the router, with its middlewares and hooks, without a wire.
    #[tokio::test]
    async fn greets_through_the_router() {
        let greeting = api::router().call::<api::greet>(app(), "Ada".into()).await;
        assert_eq!(greeting.unwrap(), "Hello, Ada!");
    }

    /// Over HTTP, without a socket: decoding, validation, headers and status.
    #[tokio::test]
    async fn refuses_a_number() {
        let request = http::Request::post("/greet")
            .header("content-type", "application/json")
            .body(r#"{"json":1}"#.to_owned())
            .unwrap();
        let response = Rpc::new(api::router()).http(app()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 400);
    }

    /// Every procedure has a doc comment.
    #[test]
    fn every_procedure_is_documented() {
        for procedure in api::router().describe().procedures {
            assert!(procedure.title.is_some(), "document `{}`", procedure.url_path);
        }
    }

    /// The committed client is the generated one; `ORPC_TS=write` writes it.
    #[test]
    fn the_client_matches_the_router() {
        orpc_runtime::typescript::client(&api::router()).check("ts/testing/client.ts");
    }
}
// #endregion tests

#[cfg(test)]
mod contract {
    #[test]
    fn the_contract_matches_the_router() {
        orpc_runtime::typescript::contract(&super::api::router()).check("ts/testing/contract.ts");
    }
}
