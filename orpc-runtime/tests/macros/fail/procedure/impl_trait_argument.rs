use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure]
    pub async fn send(message: impl Into<String>) -> String {
        message.into()
    }

    #[procedure]
    pub async fn list(names: &impl ToString) -> String {
        names.to_string()
    }

    #[procedure]
    pub async fn all(names: Vec<impl ToString>) -> usize {
        names.len()
    }
}

fn main() {
    let _: Router<()> = api::router();
    drop(api::send(""));
}
