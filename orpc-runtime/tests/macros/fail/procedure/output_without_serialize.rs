use orpc_runtime::prelude::*;

#[derive(JsonSchema)]
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

    #[procedure]
    pub async fn first() -> Result<Message, Error> {
        Ok(Message { text: String::new() })
    }
}

fn main() {
    let _: Router<()> = api::router();
}
