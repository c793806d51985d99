//! A tracker with a folder of its own, and its users.

use std::path::Path;
use std::sync::Arc;

use orpc_runtime::http::RpcBody;
use orpc_runtime::{CallError, Procedure, Rpc, TestClient};
use serde_json::json;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;
use tower::ServiceExt as _;
use tracker_api::issues::{self, Issue};
use tracker_api::{App, account};

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct World {
    app: Arc<App>,
    data: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        Self { app: App::open(data.path()).await.unwrap(), data }
    }

    /// Ends the server and starts it again, after `meanwhile`.
    pub(crate) async fn restart(self, meanwhile: impl AsyncFnOnce(&SqlitePool)) -> Self {
        self.app.close().await;
        meanwhile(&self.database().await).await;
        Self { app: App::open(self.data.path()).await.unwrap(), data: self.data }
    }

    /// A browser without a session.
    pub(crate) fn browser(&self) -> TestClient<App> {
        Rpc::new(tracker_api::router()).test(Arc::clone(&self.app))
    }

    /// The browser of a new account. The first one is that of the admin.
    pub(crate) async fn person(&self, name: &str) -> TestClient<App> {
        let browser = self.browser();
        let credentials = json!({ "name": name, "password": PASSWORD });
        browser.call::<account::api::sign_up>(credentials).await.unwrap();
        browser
    }

    /// Opens a stream over HTTP with the cookie of a browser, and returns the body of the response.
    pub(crate) async fn open_stream(&self, browser: &TestClient<App>, path: &str) -> RpcBody {
        let session = browser.cookie_value("__Host-session").unwrap();
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .header("cookie", format!("__Host-session={session}"))
            .body(String::from("{}"))
            .unwrap();
        let service = Rpc::new(tracker_api::router()).http(Arc::clone(&self.app));
        service.oneshot(request).await.unwrap().into_body()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.data.path()
    }

    /// The database, beside the server.
    pub(crate) async fn database(&self) -> SqlitePool {
        let options = SqliteConnectOptions::new().filename(self.data.path().join("tracker.sqlite"));
        SqlitePool::connect_with(options).await.unwrap()
    }
}

/// Opens an issue.
pub(crate) async fn issue(browser: &TestClient<App>, title: &str) -> Issue {
    browser.call::<issues::api::create>(json!({ "title": title })).await.unwrap()
}

/// Calls a procedure that a middleware or the schema refuses, and returns the code of the error.
pub(crate) async fn refusal<P: Procedure>(
    browser: &TestClient<App>,
    input: serde_json::Value,
) -> String {
    match browser.call::<P>(input).await {
        Err(CallError::Refused(error)) => error.code().to_owned(),
        Err(CallError::Procedure(_)) => "refused by the procedure".to_owned(),
        Err(error) => error.to_string(),
        Ok(_) => "allowed".to_owned(),
    }
}
