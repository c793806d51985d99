use orpc_runtime::prelude::*;

#[derive(Debug, thiserror::Error, RpcError)]
pub enum SendError {
    #[error("too fast")]
    TooFast,
}

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Send(#[from] SendError),
}

pub fn send() -> Result<(), AppError> {
    Err(SendError::TooFast)?
}

#[procedure]
pub async fn post() -> Result<(), Error> {
    Ok(send()?)
}

fn main() {}
