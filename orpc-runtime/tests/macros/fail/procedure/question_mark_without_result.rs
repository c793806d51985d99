use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn parse(text: String) -> u32 {
        text.parse()?
    }

    #[procedure]
    pub fn read(text: String) -> impl Stream<Item = u32> {
        futures::stream::iter([text.parse()?])
    }
}

fn main() {
    let _: Router<()> = api::router();
}
