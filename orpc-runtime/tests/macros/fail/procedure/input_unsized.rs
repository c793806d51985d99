//! A text or a list by value, whose size is not known.

use orpc_runtime::prelude::*;

#[procedure]
pub async fn text(input: str) {}

#[procedure]
pub async fn list(input: [u8]) {}

fn main() {}
