use orpc_runtime::prelude::*;

#[derive(Serialize, JsonSchema)]
pub struct SearchResult {
    pub hits: u32,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn search() -> SearchResult {
        SearchResult { hits: 0 }
    }

    #[procedure]
    pub fn follow() -> impl Stream<Item = SearchResult> {
        futures::stream::empty()
    }
}

fn main() {
    let _: Router<()> = api::router();
}
