use orpc_runtime::prelude::*;

#[derive(Debug)]
pub enum SendError {
    TooFast,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn send() -> Result<(), SendError> {
        Err(SendError::TooFast)
    }
}

fn main() {
    let _: Router<()> = api::router();
}
