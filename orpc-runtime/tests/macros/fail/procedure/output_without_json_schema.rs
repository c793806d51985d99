use orpc_runtime::prelude::*;

#[derive(Serialize)]
pub struct Message {
    pub text: String,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn last() -> Message {
        Message { text: String::new() }
    }
}

fn main() {
    let _: Router<()> = api::router();
}
