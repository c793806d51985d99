//! Middlewares that admit signed-in people, or admins.

use orpc_runtime::prelude::*;

use crate::app::App;
use crate::people::{Person, Role};
use crate::session;

/// Error of a caller without a session.
#[derive(Debug, RpcError)]
pub enum SessionRequired {
    /// Nobody is signed in.
    #[rpc_error(message = "Sign in first")]
    Unauthorized,
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
}

/// Error of a caller with the wrong role.
#[derive(Debug, RpcError)]
pub enum AdminRequired {
    /// The caller is a member.
    #[rpc_error(message = "Only an admin may do this")]
    Forbidden,
}

/// Lends the person who calls, by the session that the cookie names.
#[middleware]
pub async fn signed_in(app: &App, call: &Call) -> Result<Person, SessionRequired> {
    session::person(app, call).await?.ok_or(SessionRequired::Unauthorized)
}

/// Refuses everybody but admins.
#[middleware]
pub async fn admin(person: &Person) -> Result<(), AdminRequired> {
    if person.role == Role::Admin { Ok(()) } else { Err(AdminRequired::Forbidden) }
}

// #region while_signed_in
/// Ends a stream when the session ends by which it was opened.
#[middleware]
pub async fn while_signed_in(app: &App, call: &Call, next: Next) -> Result<Completed, Error> {
    tokio::select! {
        completed = next.run() => completed,
        ended = session::ended(app, call) => {
            ended?;
            Err(SessionRequired::Unauthorized.into())
        }
    }
}
// #endregion while_signed_in
