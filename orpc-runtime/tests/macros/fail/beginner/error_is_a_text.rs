use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn parse(text: String) -> Result<u32, String> {
        text.parse().map_err(|_| "not a number".to_owned())
    }
}

fn main() {
    let _: Router<()> = api::router();
}
