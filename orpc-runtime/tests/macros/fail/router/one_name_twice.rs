use orpc_runtime::prelude::*;

#[router]
pub mod chat {
    use orpc_runtime::{procedure, router};

    #[procedure]
    pub async fn send() {}

    #[procedure(name = "send")]
    pub async fn send_again() {}

    #[procedure]
    pub async fn admin() {}

    #[router(name = "admin")]
    pub mod administration {
        #[orpc_runtime::procedure]
        pub async fn ban() {}
    }
}

fn main() {
    let _: Router<()> = chat::router();
}
