use orpc_runtime::prelude::*;

#[derive(Deserialize, JsonSchema)]
pub struct Token {
    pub token: String,
}

pub struct User;

#[middleware]
async fn signed_in(input: Token) -> Result<User, Error> {
    drop(input.token);
    Ok(User)
}

#[router(with = signed_in)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<()> = api::router();
}
