//! People and their roles.

use chrono::{DateTime, Utc};
use orpc_runtime::prelude::*;

use crate::access::{admin, signed_in};
use crate::app::App;

/// The role of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(rename_all = "lowercase")]
pub enum Role {
    /// May remove issues and change roles.
    Admin,
    /// May do everything else.
    Member,
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// A `bigint` in TypeScript.
    pub id: i64,
    /// The name, which is unique.
    pub name: String,
    /// The role.
    pub role: Role,
    /// A `Date` in TypeScript.
    #[serde(with = "orpc_runtime::value::date")]
    pub joined_at: DateTime<Utc>,
}

/// A new role for somebody.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SetRole {
    id: i64,
    role: Role,
}

/// Error of a change of a role.
#[derive(Debug, RpcError)]
pub enum RoleError {
    /// There is no such person.
    #[rpc_error(status = 404, message = "This person has no account any more")]
    NoSuchPerson,
    /// The tracker would have no admin.
    #[rpc_error(status = 409, message = "Somebody has to be the admin")]
    LastAdmin,
    /// Not declared.
    #[rpc_error(internal)]
    Database(sqlx::Error),
}

/// `people.*`
#[router(context = App, with = [signed_in, admin])]
pub mod api {
    use super::*;

    /// Lists everybody by name.
    #[procedure]
    pub async fn list(app: &App) -> Result<Vec<Person>, Error> {
        Ok(sqlx::query_as("SELECT * FROM people ORDER BY name").fetch_all(&app.db).await?)
    }

    /// Changes a role.
    #[procedure]
    pub async fn set_role(app: &App, input: SetRole) -> Result<Person, RoleError> {
        // Writes nobody else's change in between: two admins cannot both leave.
        let mut transaction = app.db.begin_with("BEGIN IMMEDIATE").await?;
        let person = sqlx::query_as("UPDATE people SET role = ? WHERE id = ? RETURNING *")
            .bind(input.role)
            .bind(input.id)
            .fetch_optional(&mut *transaction)
            .await?
            .ok_or(RoleError::NoSuchPerson)?;
        let admins: i64 = sqlx::query_scalar("SELECT count(*) FROM people WHERE role = 'admin'")
            .fetch_one(&mut *transaction)
            .await?;
        if admins == 0 {
            return Err(RoleError::LastAdmin);
        }
        transaction.commit().await?;
        Ok(person)
    }
}
