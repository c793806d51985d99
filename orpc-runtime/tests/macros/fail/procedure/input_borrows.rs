use orpc_runtime::prelude::*;

#[derive(Deserialize, JsonSchema)]
pub struct In<'a> {
    pub name: &'a str,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn greet(input: In<'_>) -> String {
        input.name.to_owned()
    }

    #[procedure]
    pub async fn all<'a>(names: Vec<&'a str>) -> usize {
        names.len()
    }
}

fn main() {
    let _: Router<()> = api::router();
}
