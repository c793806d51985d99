use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure(nmae = "post", method = PUT)]
    pub async unsafe fn then<'a, T>(a: String, b: impl Copy, c: &'a str, d: &mut T, e: u8) -> &'a str {
        drop((a, b, d, e));
        c
    }
}

fn main() {
    let _: Router<()> = api::router();
}
