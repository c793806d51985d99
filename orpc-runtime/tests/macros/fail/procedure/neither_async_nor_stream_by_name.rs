use orpc_runtime::prelude::*;

pub struct Time;

#[router]
pub mod clock {
    use super::*;

    #[procedure]
    pub fn now() -> Time {
        Time
    }
}

fn main() {
    let _: Router<()> = clock::router();
}
