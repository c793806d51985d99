use orpc_runtime::prelude::*;

#[router(context = App)]
pub mod chat {
    use super::*;

    #[procedure]
    pub async fn send() {}
}

fn main() {
    drop(chat::router());
}
