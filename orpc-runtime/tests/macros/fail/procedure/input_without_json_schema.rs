use orpc_runtime::prelude::*;

#[derive(Deserialize)]
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
