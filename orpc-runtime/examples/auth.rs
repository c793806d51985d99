//! A bearer token that a middleware checks, with an error that clients know by its type.
//!
//! ```text
//! cargo run -p orpc-runtime --example auth
//! curl http://127.0.0.1:3000/rpc/whoAmI -X POST
//! curl http://127.0.0.1:3000/rpc/whoAmI -X POST -H 'authorization: Bearer ada-secret'
//! ```

use std::collections::HashMap;

use orpc_runtime::prelude::*;

/// The users by their tokens.
pub struct App {
    users: HashMap<String, User>,
}

/// A caller that is known.
#[derive(Clone)]
pub struct User {
    name: String,
}

/// The reason why a caller is refused.
#[derive(Debug, thiserror::Error, RpcError)]
pub enum AuthError {
    /// There is no token.
    #[error("Send a bearer token")]
    #[rpc_error(code = "UNAUTHORIZED")]
    TokenMissing,
    /// Nobody has the token.
    #[error("The token belongs to nobody")]
    #[rpc_error(code = "FORBIDDEN")]
    TokenUnknown,
}

/// Gives the user of the token to the procedures behind it.
#[middleware]
async fn authenticate(app: &App, call: &Call) -> Result<User, AuthError> {
    let token = call.bearer_token().ok_or(AuthError::TokenMissing)?;
    app.users.get(token).cloned().ok_or(AuthError::TokenUnknown)
}

/// Procedures for users who are known.
#[router(context = App, with = authenticate)]
pub mod account {
    use super::*;

    /// Returns the name of the caller.
    #[procedure]
    pub async fn who_am_i(user: &User) -> String {
        user.name.clone()
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let ada = User { name: "Ada".into() };
    let app = App { users: HashMap::from([("ada-secret".into(), ada)]) };
    let rpc = Rpc::new(account::router());
    let routes = axum::Router::new().nest_service("/rpc", rpc.http(app));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let server = orpc_runtime::serve(listener, routes);
    println!("http://{}/rpc", server.local_addr()?);
    server.await
}
