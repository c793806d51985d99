use orpc_runtime::prelude::*;

#[router]
pub mod chat {
    use orpc_runtime::procedure;

    #[procedure]
    pub async fn router() {}
}

fn main() {
    drop(chat::router());
}
