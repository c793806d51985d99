//! An input of a type that nobody reads from JSON.

use std::any::Any;
use std::fmt;

use orpc_runtime::prelude::*;

#[procedure]
pub async fn any(input: Box<dyn Any>) {
    drop(input);
}

#[procedure]
pub async fn shown(input: Vec<Option<Box<dyn fmt::Display + Send>>>) {
    drop(input);
}

#[procedure]
pub async fn callback(input: Box<dyn Fn(u8) -> u8 + Send + Sync>) {
    drop(input);
}

#[procedure]
pub async fn function(input: fn() -> u8) {
    input();
}

#[procedure]
pub async fn pointer(input: *const u8) {
    _ = input;
}

fn main() {}
