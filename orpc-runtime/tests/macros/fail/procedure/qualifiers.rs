use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure]
    pub async unsafe fn dangerous() {}

    #[procedure]
    pub async extern "C" fn foreign() {}

    #[procedure]
    pub const fn constant() -> u8 {
        0
    }
}

fn main() {
    let _: Router<()> = api::router();
}
