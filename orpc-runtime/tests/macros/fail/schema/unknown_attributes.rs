use orpc_runtime::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(renam = "Note")]
pub struct Message {
    #[schemars(rang(min = 1))]
    size: u8,
    #[schemars(length(mim = 1))]
    text: String,
    #[schemars(inner(lenght(min = 1)))]
    words: Vec<String>,
    #[validate(emial)]
    email: String,
    #[garde(range(mni = 1))]
    count: u8,
    #[schemars(range(min 1))]
    other: u8,
}

#[derive(Serialize, JsonSchema)]
pub enum Kind {
    #[schemars(skp)]
    One,
    #[schemars(length(min = 1))]
    Two(String),
}

#[procedure]
async fn send(message: Message) -> Kind {
    let _ = message;
    Kind::One
}

fn main() {}
