use orpc_runtime::prelude::*;

#[router]
pub mod chat {
    use orpc_runtime::router;

    #[router]
    pub mod prototype {
        #[orpc_runtime::procedure]
        pub async fn send() {}
    }
}

fn main() {
    let _: Router<()> = chat::router();
}
