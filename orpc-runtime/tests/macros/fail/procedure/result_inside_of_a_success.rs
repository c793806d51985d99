use orpc_runtime::prelude::*;

#[derive(Debug, Serialize, JsonSchema, RpcError)]
pub enum Denied {
    NoAnswer,
}

pub type Answer<T> = Result<T, Denied>;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn twice() -> Result<Answer<u8>, Error> {
        Ok(Err(Denied::NoAnswer))
    }

    #[procedure]
    pub async fn optional() -> Option<Result<u8, Denied>> {
        None
    }

    #[procedure]
    pub fn events() -> impl Stream<Item = Event<Answer<u8>>> {
        futures::stream::empty()
    }
}

fn main() {
    let _: Router<()> = api::router();
}
