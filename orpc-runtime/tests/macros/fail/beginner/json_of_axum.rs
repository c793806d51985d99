use axum::Json;
use orpc_runtime::prelude::*;

#[derive(Deserialize, JsonSchema)]
pub struct Greet {
    pub name: String,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn greet(Json(input): Json<Greet>) -> String {
        input.name
    }
}

fn main() {
    let _: Router<()> = api::router();
}
