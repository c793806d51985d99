//! The form of one value for an optional one, and for a list.

use orpc_runtime::prelude::*;

#[derive(Serialize, JsonSchema)]
pub struct Written {
    #[serde(with = "orpc_runtime::value::date")]
    pub at: Option<std::time::SystemTime>,
}

#[derive(Deserialize, JsonSchema)]
pub struct Read {
    #[serde(with = "orpc_runtime::value::date")]
    pub all: Vec<std::time::SystemTime>,
}

fn main() {}
