use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[router]
    pub mod router {
        #[orpc_runtime::procedure]
        pub async fn ping() {}
    }
}

fn main() {}
