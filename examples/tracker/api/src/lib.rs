//! The procedures of the issue tracker. Both the server and the build script that writes the types of the
//! page use this crate.

pub mod access;
pub mod account;
mod app;
pub mod attachments;
pub mod board;
pub mod comments;
pub mod issues;
mod page;
mod password;
pub mod people;
mod session;

pub use app::{App, OpenError};
use orpc_runtime::Router;

/// Returns the router of the tracker.
pub fn router() -> Router<App> {
    Router::new()
        .nest("account", account::api::router())
        .nest("attachments", attachments::api::router())
        .nest("board", board::api::router())
        .nest("comments", comments::api::router())
        .nest("issues", issues::api::router())
        .nest("people", people::api::router())
}
