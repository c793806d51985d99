use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn echo<T: Serialize>(input: T) -> T {
        input
    }
}

fn main() {
    let _: Router<()> = api::router();
}
