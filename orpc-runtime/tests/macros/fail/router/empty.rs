use orpc_runtime::prelude::*;

#[router]
pub mod chat {
    pub async fn send() {}
}

fn main() {
    let _: Router<()> = chat::router();
    drop(chat::send());
}
