//! The procedures. They are a package of their own, so that the build script of the server can read their types.

use std::time::Duration;

use orpc_runtime::prelude::*;

/// The context, which procedures borrow: connections to databases, settings.
pub struct App {
    pub greeting: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct Greet {
    #[schemars(length(min = 1, max = 40))]
    name: String,
}

#[derive(Debug, PartialEq, RpcError)]
pub enum CountdownError {
    /// The countdown would take too long.
    #[rpc_error(code = "TOO_LONG", status = 400, message = "Begin at 10 or below")]
    TooLong,
}

#[router(context = App)]
pub mod api {
    use super::*;

    /// Greets somebody.
    #[procedure]
    pub async fn greet(app: &App, input: Greet) -> String {
        format!("{}, {}!", app.greeting, input.name)
    }

    /// Counts down, once a second.
    #[procedure]
    pub async fn countdown(from: u32) -> Result<impl Stream<Item = u32>, CountdownError> {
        if from > 10 {
            return Err(CountdownError::TooLong);
        }
        let numbers = futures::stream::iter((0..=from).rev()).enumerate();
        Ok(numbers.then(|(n, number)| async move {
            let pause = Duration::from_secs(if n == 0 { 0 } else { 1 });
            tokio::time::sleep(pause).await;
            number
        }))
    }
}

#[cfg(test)]
mod tests {
    use orpc_runtime::{CallError, TestClient};
    use serde_json::json;

    use super::*;

    fn client() -> TestClient<App> {
        Rpc::new(api::router()).test(App { greeting: "Hello".into() })
    }

    #[tokio::test]
    async fn somebody_is_greeted() {
        let greeting = client().call::<api::greet>(json!({ "name": "Ada" })).await;
        assert_eq!(greeting.unwrap(), "Hello, Ada!");
    }

    #[tokio::test]
    async fn an_empty_name_is_refused() {
        let refused = client().call::<api::greet>(json!({ "name": "" })).await;
        assert!(matches!(refused, Err(CallError::Refused(error)) if error.code() == "BAD_REQUEST"));
    }

    // The clock goes on as soon as everything waits for it.
    #[tokio::test(start_paused = true)]
    async fn a_countdown_ends_at_zero() {
        let numbers = client().call::<api::countdown>(3).await.unwrap();
        assert_eq!(numbers.collect::<Vec<_>>().await, [3, 2, 1, 0]);
        let refused = client().call::<api::countdown>(11).await.map(drop);
        assert_eq!(refused, Err(CallError::Procedure(CountdownError::TooLong)));
    }
}
