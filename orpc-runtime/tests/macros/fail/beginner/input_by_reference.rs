use orpc_runtime::prelude::*;

#[derive(Deserialize, JsonSchema)]
pub struct Greet {
    pub name: String,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn greet(input: &Greet) -> String {
        input.name.clone()
    }
}

fn main() {
    let _: Router<()> = api::router();
}
