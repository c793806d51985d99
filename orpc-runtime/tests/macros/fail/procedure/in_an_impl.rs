//! Procedures that are no functions of a module.

use orpc_runtime::prelude::*;

pub struct Api;

impl Api {
    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

fn main() {}
