use orpc_runtime::prelude::*;

pub type __Error = Error;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn __Input(__Item: u8) -> Result<Vec<u8>, __Error> {
        Ok(vec![__Item])
    }
}

fn main() {
    let _: Router<()> = api::router();
}
