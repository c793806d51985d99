use orpc_runtime::prelude::*;

#[derive(JsonSchema)]
pub struct Message {
    #[serde(renam = "body")]
    text: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Other {
    #[serde(defualt)]
    text: String,
}

fn main() {}
