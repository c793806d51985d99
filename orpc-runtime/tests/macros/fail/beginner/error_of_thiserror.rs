use orpc_runtime::prelude::*;

/// As `thiserror` writes it.
#[derive(Debug)]
pub enum SendError {
    TooFast,
}

impl std::fmt::Display for SendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too fast")
    }
}

impl std::error::Error for SendError {}

#[procedure]
pub async fn send() -> Result<(), SendError> {
    Err(SendError::TooFast)
}

fn main() {}
