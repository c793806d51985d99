use orpc_runtime::prelude::*;

#[derive(Debug, Serialize, JsonSchema, RpcError)]
pub enum Unknown {
    NoAnswer,
}

pub type Answer<T> = Result<T, Unknown>;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ask() -> Answer<u8> {
        Ok(42)
    }

    #[procedure]
    pub fn follow() -> impl Stream<Item = Answer<u8>> {
        futures::stream::iter([Ok(42)])
    }
}

fn main() {
    let _: Router<()> = api::router();
}
