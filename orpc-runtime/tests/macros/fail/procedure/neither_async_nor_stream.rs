use orpc_runtime::prelude::*;

#[router]
pub mod clock {
    use orpc_runtime::{Error, procedure};

    #[procedure]
    pub fn now() -> u64 {
        0
    }

    #[procedure]
    pub fn parsed() -> Result<u64, Error> {
        Ok(0)
    }

    #[procedure]
    pub fn stop() {}
}

fn main() {
    let _: Router<()> = clock::router();
    clock::stop();
}
