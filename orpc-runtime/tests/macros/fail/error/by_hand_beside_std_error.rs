use orpc_runtime::prelude::*;

#[derive(Debug)]
pub struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

impl RpcError for Refused {
    fn into_error(self) -> Error {
        Error::new(Code::Forbidden)
    }
}

#[procedure]
pub async fn post() -> Result<(), Refused> {
    Err(Refused)
}

fn main() {}
