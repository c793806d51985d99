//! The smallest server.
//!
//! ```text
//! cargo run -p orpc-runtime --example hello
//! curl http://127.0.0.1:3000/rpc/greet -H 'content-type: application/json' -d '{"json":"Ada"}'
//! ```

use orpc_runtime::prelude::*;

/// The procedures of the server.
#[router]
pub mod api {
    /// Greets somebody.
    #[orpc_runtime::procedure]
    pub async fn greet(name: String) -> String {
        format!("Hello, {name}!")
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let rpc = Rpc::new(api::router());
    let app = axum::Router::new().nest_service("/rpc", rpc.http(()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let server = orpc_runtime::serve(listener, app);
    println!("http://{}/rpc", server.local_addr()?);
    server
        .with_graceful_shutdown(async move {
            let _ = tokio::signal::ctrl_c().await;
            rpc.shutdown();
        })
        .await
}
