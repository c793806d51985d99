//! Accounts: sign-up, sign-in and sign-out.

use orpc_runtime::prelude::*;
use orpc_runtime::ratelimit::RateLimitError;

use crate::app::{App, now};
use crate::password::PasswordError;
use crate::people::Person;
use crate::session::{self, SessionError};

/// A name and a password.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Credentials {
    /// Letters, digits and spaces, with no space at the ends.
    #[schemars(length(max = 40), regex(pattern = r"^[\p{L}\p{N}]+( [\p{L}\p{N}]+)*$"))]
    name: String,
    #[schemars(length(min = 10, max = 200))]
    password: String,
}

/// A person with the hash of the password.
#[derive(sqlx::FromRow)]
struct Account {
    #[sqlx(flatten)]
    person: Person,
    password: String,
}

/// Error of a sign-up.
#[derive(Debug, RpcError)]
pub enum SignUpError {
    /// Somebody else has that name.
    #[rpc_error(status = 409, message = "This name is taken")]
    NameTaken,
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
    /// Not declared.
    #[rpc_error(internal)]
    Password(PasswordError),
    /// Not declared.
    #[rpc_error(internal)]
    Session(SessionError),
}

/// Error of a sign-in.
#[derive(Debug, RpcError)]
pub enum SignInError {
    /// The same for both, so that nobody learns which names exist.
    #[rpc_error(status = 401, message = "Wrong name or password")]
    WrongCredentials,
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
    /// Not declared.
    #[rpc_error(internal)]
    Password(PasswordError),
    /// Not declared.
    #[rpc_error(internal)]
    Session(SessionError),
}

/// Limits attempts, by the address of the client.
#[middleware]
async fn limit_attempts(app: &App, call: &Call) -> Result<(), RateLimitError> {
    app.sign_ins.check(call).await
}

/// `account.*`
#[router(context = App)]
pub mod api {
    use super::*;

    /// Makes an account and signs it in. The first one is that of an admin.
    #[procedure(with = limit_attempts)]
    pub async fn sign_up(
        app: &App,
        call: &Call,
        input: Credentials,
    ) -> Result<Person, SignUpError> {
        let password = app.passwords.hash(input.password).await?;
        // #region taken
        let person: Person = sqlx::query_as(
            "INSERT INTO people (name, password, role, joined_at)
             SELECT ?, ?, iif(EXISTS (SELECT * FROM people), 'member', 'admin'), ? RETURNING *",
        )
        .bind(&input.name)
        .bind(password)
        .bind(now())
        .fetch_one(&app.db)
        .await
        .map_err(|error| match error.as_database_error() {
            Some(database) if database.is_unique_violation() => SignUpError::NameTaken,
            _ => SignUpError::Database(error),
        })?;
        // #endregion taken
        session::begin(app, call, person.id).await?;
        Ok(person)
    }

    /// Begins a session, whose token is in a cookie that scripts cannot read.
    #[procedure(with = limit_attempts)]
    pub async fn sign_in(
        app: &App,
        call: &Call,
        input: Credentials,
    ) -> Result<Person, SignInError> {
        let account: Option<Account> = sqlx::query_as("SELECT * FROM people WHERE name = ?")
            .bind(&input.name)
            .fetch_optional(&app.db)
            .await?;
        let hash = account.as_ref().map(|account| account.password.clone());
        let is_right = app.passwords.verify(input.password, hash).await?;
        let Account { person, .. } =
            account.filter(|_| is_right).ok_or(SignInError::WrongCredentials)?;
        session::begin(app, call, person.id).await?;
        Ok(person)
    }

    /// Ends the session, on the server and in the browser.
    #[procedure]
    pub async fn sign_out(app: &App, call: &Call) -> Result<(), Error> {
        Ok(session::end(app, call).await?)
    }

    /// Returns the person who is signed in, or null.
    #[procedure]
    pub async fn me(app: &App, call: &Call) -> Result<Option<Person>, Error> {
        Ok(session::person(app, call).await?)
    }
}
