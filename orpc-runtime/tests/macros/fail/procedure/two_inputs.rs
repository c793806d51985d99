use orpc_runtime::prelude::*;

#[router]
pub mod math {
    use orpc_runtime::procedure;

    #[procedure]
    pub async fn add(a: i32, b: i32) -> i32 {
        a + b
    }
}

fn main() {
    let _: Router<()> = math::router();
    drop(math::add(1, 2));
}
