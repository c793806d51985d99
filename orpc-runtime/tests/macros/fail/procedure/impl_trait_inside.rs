use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn maybe() -> Option<impl Serialize> {
        Some(1)
    }

    #[procedure]
    pub async fn value() -> impl Serialize {
        1
    }
}

fn main() {
    let _: Router<()> = api::router();
}
