use orpc_runtime::prelude::*;

#[derive(Debug)]
pub enum ReadError {
    Lagged,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub fn open() -> Result<impl Stream<Item = u8>, ReadError> {
        if true { Err(ReadError::Lagged) } else { Ok(futures::stream::empty()) }
    }

    #[procedure]
    pub fn read() -> impl Stream<Item = Result<u8, ReadError>> {
        futures::stream::iter([Err(ReadError::Lagged)])
    }
}

fn main() {
    let _: Router<()> = api::router();
}
