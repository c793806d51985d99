use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::{procedure, router};

    #[procedure(name = "")]
    pub async fn empty() {}

    #[procedure(name = ".")]
    pub async fn here() {}

    #[router(name = "..")]
    pub mod above {
        #[orpc_runtime::procedure]
        pub async fn ping() {}
    }
}

fn main() {
    let _: Router<()> = api::router();
}
