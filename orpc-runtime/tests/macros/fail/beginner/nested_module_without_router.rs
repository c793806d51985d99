use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}

    pub mod admin {
        use super::*;

        #[procedure]
        pub async fn reset() {}
    }
}

fn main() {
    let _: Router<()> = api::router();
}
