use orpc_runtime::prelude::*;

pub type AppResult<T> = Result<T, Error>;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn on_message() -> AppResult<impl Stream<Item = u8>> {
        Ok(futures::stream::iter([1]))
    }
}

fn main() {
    let _: Router<()> = api::router();
}
