//! Sessions: a random token in a cookie, and its hash in the database.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cookie::{Cookie, SameSite};
use orpc_runtime::Call;
use sha2::{Digest as _, Sha256};
use tokio::sync::broadcast;

use crate::app::{App, now};
use crate::people::Person;

/// The prefix makes browsers refuse the cookie from other hosts and without TLS.
const COOKIE: &str = "__Host-session";

/// Time after which a person signs in again.
const LIFETIME: TimeDelta = TimeDelta::days(30);

/// Pause after which a session is looked up again while it is used: its row may be deleted, or the clock set.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Error of a session that cannot begin or end.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// That of the database.
    #[error("the session cannot be stored")]
    Database(#[from] sqlx::Error),
    /// The system has no random numbers.
    #[error("no token for a session")]
    Token(#[from] getrandom::Error),
    /// The cookie cannot be set.
    #[error("no cookie for a session")]
    Cookie(#[from] http::Error),
}

/// Begins a session with a new token. One that the browser has already ends: whoever knows it, or has
/// planted it, is not signed in by it.
pub(crate) async fn begin(app: &App, call: &Call, person: i64) -> Result<(), SessionError> {
    forget(app, call).await?;
    let now = now();
    sqlx::query("DELETE FROM sessions WHERE expires_at < ?").bind(now).execute(&app.db).await?;

    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    sqlx::query("INSERT INTO sessions (token, person, expires_at) VALUES (?, ?, ?)")
        .bind(hash(&token))
        .bind(person)
        .bind(now + LIFETIME)
        .execute(&app.db)
        .await?;
    let max_age = cookie::time::Duration::seconds(LIFETIME.num_seconds());
    call.response().set_cookie(cookie(token, max_age))?;
    Ok(())
}

/// Ends the session of the caller, if there is one, on the server and in the browser.
pub(crate) async fn end(app: &App, call: &Call) -> Result<(), SessionError> {
    forget(app, call).await?;
    call.response().set_cookie(cookie(String::new(), cookie::time::Duration::ZERO))?;
    Ok(())
}

/// Deletes the session that the cookie of a call names.
async fn forget(app: &App, call: &Call) -> Result<(), sqlx::Error> {
    let Some(token) = call.cookie(COOKIE) else { return Ok(()) };
    let token = hash(&token);
    sqlx::query("DELETE FROM sessions WHERE token = ?").bind(&token).execute(&app.db).await?;
    // An error says that nobody listens.
    _ = app.ended_sessions.send(token);
    Ok(())
}

/// Returns the person whose session the cookie of a call names.
pub(crate) async fn person(app: &App, call: &Call) -> Result<Option<Person>, sqlx::Error> {
    let Some(token) = call.cookie(COOKIE) else { return Ok(None) };
    sqlx::query_as(
        "SELECT people.* FROM sessions JOIN people ON people.id = sessions.person
         WHERE token = ? AND expires_at > ?",
    )
    .bind(hash(&token))
    .bind(now())
    .fetch_optional(&app.db)
    .await
}

// #region ended
/// Returns once the session that the cookie of a call names has ended.
pub(crate) async fn ended(app: &App, call: &Call) -> Result<(), sqlx::Error> {
    let Some(token) = call.cookie(COOKIE) else { return Ok(()) };
    let token = hash(&token);
    // Listens before it looks, so that no end is between them.
    let mut ends = app.ended_sessions.subscribe();
    loop {
        let sql = "SELECT expires_at FROM sessions WHERE token = ? AND expires_at > ?";
        let session = sqlx::query_scalar(sql).bind(&token).bind(now());
        let expires_at: Option<DateTime<Utc>> = session.fetch_optional(&app.db).await?;
        let Some(expires_at) = expires_at else { return Ok(()) };
        let rest = (expires_at - now()).to_std().unwrap_or_default();
        tokio::select! {
            () = has_ended(&mut ends, &token) => {}
            () = tokio::time::sleep(rest.min(LOOK_AGAIN)) => {}
        }
    }
}

/// Waits until a session is among those that have ended, or some of these were missed.
async fn has_ended(ends: &mut broadcast::Receiver<Vec<u8>>, token: &[u8]) {
    while ends.recv().await.is_ok_and(|ended| ended != token) {}
}
// #endregion ended

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// Scripts of the page cannot read the cookie, and other sites cannot send it with a form.
fn cookie(token: String, max_age: cookie::time::Duration) -> Cookie<'static> {
    let cookie = Cookie::build((COOKIE, token)).path("/").http_only(true).secure(true);
    cookie.same_site(SameSite::Lax).max_age(max_age).build()
}
