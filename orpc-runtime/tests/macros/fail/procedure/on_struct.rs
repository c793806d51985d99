use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure]
    pub struct Send;
}

fn main() {
    let _: Router<()> = api::router();
    let _ = api::Send;
}
