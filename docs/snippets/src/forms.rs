//! Inputs of forms, and their schemas.

// #region server
use orpc_runtime::prelude::*;
use orpc_runtime::value::Date;

#[derive(Deserialize, JsonSchema)]
pub struct NewIssue {
    #[schemars(length(min = 1, max = 80))]
    title: String,
    /// From 1, which is urgent, to 5.
    #[schemars(range(min = 1, max = 5))]
    priority: u8,
    #[schemars(email)]
    reporter: Option<String>,
    due: Option<Date>,
}

#[router]
pub mod issues {
    use super::*;

    /// Creates an issue and returns its number.
    #[procedure]
    pub async fn create(input: NewIssue) -> u32 {
        drop((input.title, input.reporter, input.due));
        input.priority.into()
    }
}
// #endregion server

// #region build
/// In the build script, beside `client`.
pub fn build_script() {
    orpc_runtime::typescript::schemas(&issues::router::<()>()).write("../web/src/schemas.ts");
}
// #endregion build

#[cfg(test)]
mod tests {
    #[test]
    fn the_client_matches_the_router() {
        crate::check_client(&super::issues::router::<()>(), "forms");
    }

    #[test]
    fn the_schemas_match_the_router() {
        let schemas = orpc_runtime::typescript::schemas(&super::issues::router::<()>());
        schemas.check("ts/forms/schemas.ts");
    }
}
