use orpc_runtime::prelude::*;

#[derive(JsonSchema)]
pub struct Message {
    pub text: String,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn send(message: Message) {
        drop(message.text);
    }
}

fn main() {
    let _: Router<()> = api::router();
}
