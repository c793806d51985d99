//! Procedures for a page with TanStack Query.

// #region server
use orpc_runtime::prelude::*;
use orpc_runtime::value::Number;

#[derive(Serialize, JsonSchema)]
pub struct Issue {
    /// A `bigint` in TypeScript, since all 64 bits may be used.
    id: u64,
    /// A `number`: it stays below 2^53, which is checked.
    comments: Number<u64>,
    title: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct Page {
    after: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
pub struct Issues {
    items: Vec<Issue>,
    next: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
pub struct Rename {
    id: u64,
    title: String,
}

#[derive(Debug, RpcError)]
pub enum FindError {
    #[rpc_error(code = "NO_SUCH_ISSUE", status = 404)]
    NoSuchIssue,
}

#[router]
pub mod issues {
    use super::*;

    #[procedure]
    pub async fn find(id: u64) -> Result<Issue, FindError> {
        if id == 0 {
            return Err(FindError::NoSuchIssue);
        }
        Ok(Issue { id, comments: Number(id % 7), title: format!("Issue {id}") })
    }

    #[procedure]
    pub async fn list(page: Page) -> Issues {
        let first = page.after.map_or(1, |id| id + 1);
        let items = (first..first + 10)
            .map(|id| Issue { id, comments: Number(0), title: format!("Issue {id}") })
            .collect();
        Issues { items, next: Some(first + 9) }
    }

    #[procedure]
    pub async fn rename(input: Rename) -> Issue {
        Issue { id: input.id, comments: Number(0), title: input.title }
    }

    /// The issue, and again whenever it changes.
    #[procedure]
    pub fn watch(id: u64) -> impl Stream<Item = Issue> {
        let issue = Issue { id, comments: Number(0), title: format!("Issue {id}") };
        orpc_runtime::futures::stream::iter([issue])
    }
}
// #endregion server

#[cfg(test)]
mod tests {
    #[test]
    fn the_client_matches_the_router() {
        crate::check_client(&super::issues::router::<()>(), "tanstack");
    }
}
