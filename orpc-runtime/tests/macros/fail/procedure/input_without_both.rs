use orpc_runtime::prelude::*;

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

    #[procedure]
    pub async fn send_all(messages: Vec<Message>) {
        drop(messages);
    }
}

fn main() {
    let _: Router<()> = api::router();
}
