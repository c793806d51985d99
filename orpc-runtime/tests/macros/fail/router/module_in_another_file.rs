use orpc_runtime::prelude::*;

#[router]
pub mod chat {
    #[orpc_runtime::router]
    pub mod room;
}

fn main() {
    let _: Router<()> = chat::router();
}
