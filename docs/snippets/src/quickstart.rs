//! A router with one procedure of each kind, served over HTTP and WebSocket.

// #region server
use orpc_runtime::prelude::*;

pub struct App {
    greeting: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct Greet {
    #[schemars(length(min = 1, max = 100))]
    name: String,
}

#[router(context = App)]
pub mod api {
    use super::*;

    /// Greets somebody.
    #[procedure]
    pub async fn greet(app: &App, input: Greet) -> String {
        format!("{}, {}!", app.greeting, input.name)
    }

    /// Counts down, one event at a time.
    #[procedure]
    pub fn countdown(from: u32) -> impl Stream<Item = u32> {
        orpc_runtime::futures::stream::iter((0..from).rev())
    }
}

#[tokio::main]
pub async fn main() -> std::io::Result<()> {
    let rpc = Rpc::new(api::router());
    let context = std::sync::Arc::new(App { greeting: "Hello".into() });
    let app = axum::Router::new()
        .nest_service("/rpc", rpc.http(context.clone()))
        .route_service("/ws", rpc.websocket(context));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    orpc_runtime::serve(listener, app).await
}
// #endregion server

// #region client
#[test]
fn the_client_matches_the_router() {
    let client = orpc_runtime::typescript::client(&api::router());
    client.check("web/client.ts");
}
// #endregion client

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn greets_and_counts() {
        let rpc = Rpc::new(api::router());
        let service = || rpc.http(App { greeting: "Hello".into() });
        let (status, body) = crate::post(service(), "/greet", r#"{"json":{"name":"Ada"}}"#).await;
        assert_eq!((status, &body["json"]), (200, &"Hello, Ada!".into()));
        let (status, body) = crate::post(service(), "/greet", r#"{"json":{"name":""}}"#).await;
        assert_eq!((status, &body["json"]["code"]), (400, &"BAD_REQUEST".into()));
        let numbers: Vec<u32> = api::countdown(3).collect().await;
        assert_eq!(numbers, [2, 1, 0]);
    }
}
