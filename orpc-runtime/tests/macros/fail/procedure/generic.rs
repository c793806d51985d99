use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn echo<T: Serialize>(input: T) -> T {
        input
    }

    #[procedure]
    pub async fn zeros<const N: usize>() -> Vec<u8> {
        vec![0; N]
    }
}

fn main() {
    let _: Router<()> = api::router();
    drop(api::echo(1));
}
