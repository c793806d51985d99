use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn greet(name: &str) -> String {
        format!("Hello, {name}!")
    }
}

fn main() {
    let _: Router<()> = api::router();
}
