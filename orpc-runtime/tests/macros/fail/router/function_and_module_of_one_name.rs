use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn issues() -> Vec<String> {
        Vec::new()
    }

    #[router]
    pub mod issues {
        #[orpc_runtime::procedure]
        pub async fn close() {}
    }

    #[procedure]
    pub async fn users() -> u8 {
        users::count()
    }

    mod users {
        pub fn count() -> u8 {
            0
        }
    }
}

fn main() {
    let _: Router<()> = api::router();
}
