use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn now() -> u64 {
        0
    }
}

fn main() {
    let _: Router<()> = api::router();
}
