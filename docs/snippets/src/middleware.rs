//! Contexts by type and by call, middlewares and hooks.

// #region authenticate
use orpc_runtime::prelude::*;

pub struct App;

pub struct User {
    name: String,
}

#[middleware]
async fn authenticate(_app: &App, call: &Call) -> Result<User, Error> {
    let name = call.bearer_token().ok_or(Code::Unauthorized)?;
    Ok(User { name: name.to_owned() })
}

#[router(context = App, with = authenticate)]
pub mod account {
    use super::*;

    #[procedure]
    pub async fn who_am_i(user: &User) -> String {
        user.name.clone()
    }
}
// #endregion authenticate

// #region around
use std::time::{Duration, Instant};

/// Ends calls and streams that take too long.
#[middleware]
async fn deadline(next: Next) -> Result<Completed, Error> {
    match tokio::time::timeout(Duration::from_secs(30), next.run()).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(Code::Timeout)),
    }
}

/// Lends a value to the procedures behind it, and acts after them.
#[middleware]
async fn timed(call: &Call, next: Next<Instant>) -> Result<Completed, Error> {
    let started = Instant::now();
    let result = next.with(started).await;
    println!("{} took {:?}", call.path(), started.elapsed());
    result
}

#[router(with = [deadline, timed])]
pub mod reports {
    use super::*;

    #[procedure]
    pub async fn age(started: &Instant) -> bool {
        started.elapsed() < Duration::from_secs(30)
    }
}
// #endregion around

// #region meta
pub struct Session {
    is_admin: bool,
}

/// Reads the metadata of the procedure.
#[middleware]
async fn authorize(session: &Session, call: &Call) -> Result<(), Error> {
    let needs_admin = call.definition().meta_value("admin").is_some();
    if needs_admin && !session.is_admin { Err(Code::Forbidden.into()) } else { Ok(()) }
}

#[router(context = Session, with = authorize)]
pub mod admin {
    use super::*;

    #[procedure(meta(admin = true))]
    pub async fn shut_down() -> &'static str {
        "done"
    }
}
// #endregion meta

// #region per_call
/// Makes the context of each call, or refuses it.
async fn session(call: &Call) -> Result<Session, Error> {
    match call.bearer_token() {
        Some(token) => Ok(Session { is_admin: token == "root" }),
        None => Err(Error::new(Code::Unauthorized)),
    }
}

pub fn service() -> orpc_runtime::http::HttpService<Session> {
    Rpc::new(admin::router()).http(session)
}
// #endregion per_call

// #region hooks
use orpc_runtime::{CallEnd, Hooks};

pub struct Log;

impl<C> Hooks<C> for Log {
    fn on_finish(&self, _: &C, call: &Call, end: CallEnd<'_>, elapsed: Duration) {
        println!("{} {end} after {elapsed:?}", call.path());
    }
}

pub fn logged_router() -> Router<App> {
    account::router().hooks(Log)
}
// #endregion hooks

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_without_a_token_is_refused() {
        crate::check_client(&account::router(), "middleware");
        let rpc = Rpc::new(logged_router());
        let (status, body) = crate::post(rpc.http(App), "/whoAmI", "{}").await;
        assert_eq!((status, &body["json"]["code"]), (401, &"UNAUTHORIZED".into()));
        assert_eq!(crate::post(service(), "/shutDown", "{}").await.0, 401);
        assert!(reports::router::<()>().call::<reports::age>((), ()).await.unwrap());
        let router = admin::router();
        let refused = router.call::<admin::shut_down>(Session { is_admin: false }, ()).await;
        assert!(format!("{refused:?}").contains("FORBIDDEN"));
    }
}
