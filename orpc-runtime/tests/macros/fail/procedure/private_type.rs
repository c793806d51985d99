use orpc_runtime::prelude::*;

#[derive(Debug, Deserialize, JsonSchema)]
struct Message {
    text: String,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn send(message: Message) -> usize {
        message.text.len()
    }
}

fn main() {
    let _: Router<()> = api::router();
}
