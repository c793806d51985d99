use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure]
    pub async fn send(message: &str) {
        drop(message);
    }

    #[procedure]
    pub async fn sum(numbers: &[u8]) -> u32 {
        numbers.iter().map(|&number| u32::from(number)).sum()
    }
}

fn main() {
    let _: Router<()> = api::router();
    drop(api::send(""));
}
