use std::collections::HashMap;

use orpc_runtime::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Message {
    #[schemars(range(min = 1))]
    text: String,
    #[schemars(length(min = 1))]
    count: Option<u8>,
    #[schemars(pattern("^a"))]
    number: f64,
    #[schemars(email)]
    list: Vec<String>,
    #[schemars(inner(range(min = 1)))]
    words: Vec<String>,
    #[schemars(length(min = 3, max = 2))]
    never: String,
    grid: HashMap<(u32, u32), u8>,
}

#[derive(Deserialize, JsonSchema)]
struct Outer {
    #[serde(flatten)]
    #[schemars(length(min = 1))]
    inner: HashMap<String, u8>,
}

fn main() {
    let _: fn(Message) -> Outer;
}
