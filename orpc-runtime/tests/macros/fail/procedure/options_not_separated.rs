use orpc_runtime::prelude::*;

#[procedure(name = "first" method = GET)]
pub async fn literal() {}

#[procedure(method = GET name = "second")]
pub async fn path() {}

#[procedure(name = "third",, method = GET)]
pub async fn two_commas() {}

#[procedure("fourth")]
pub async fn name_alone() {}

#[procedure(meta("role" = "admin", team.name = "a"))]
pub async fn keys() {}

fn main() {}
