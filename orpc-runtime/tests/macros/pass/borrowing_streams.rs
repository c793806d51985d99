//! Streams that borrow the context and the call.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

pub struct App {
    numbers: Vec<u32>,
}

#[derive(Debug, RpcError)]
pub enum Refused {
    TooMany { limit: usize },
}

#[router(context = App)]
pub mod api {
    use futures::stream::{self, BoxStream};

    use super::*;

    #[procedure]
    pub fn borrowed(app: &App, call: &Call) -> impl Stream<Item = String> {
        stream::iter(&app.numbers).map(|number| format!("{}{number}", call.path()))
    }

    #[procedure]
    pub fn named<'a>(app: &'a App, call: &'a Call) -> impl Stream<Item = String> + 'a {
        stream::iter(&app.numbers).map(|number| format!("{}{number}", call.path()))
    }

    #[procedure]
    pub fn independent(app: &App) -> impl Stream<Item = u32> + use<> {
        stream::iter(app.numbers.clone())
    }

    #[procedure]
    pub fn or_error(app: &App, limit: usize) -> Result<impl Stream<Item = u32>, Refused> {
        if app.numbers.len() > limit {
            return Err(Refused::TooMany { limit });
        }
        Ok(stream::iter(app.numbers.iter().copied()))
    }

    #[procedure]
    pub async fn later_or_error(app: &App) -> Result<impl Stream<Item = u32>, Error> {
        std::future::ready(()).await;
        Ok(stream::iter(app.numbers.iter().copied()))
    }

    #[procedure]
    pub async fn later(app: &App) -> impl Stream<Item = Result<Event<u32, String>, Error>> {
        std::future::ready(()).await;
        stream::iter(&app.numbers).map(|&number| Ok(Event::new(number)))
    }

    #[procedure]
    pub fn boxed() -> BoxStream<'static, u32> {
        stream::iter([1, 2]).boxed()
    }

    #[procedure]
    pub fn boxed_and_borrowed(app: &App) -> BoxStream<'_, Result<u32, Refused>> {
        stream::iter(&app.numbers).map(|&number| Ok(number)).boxed()
    }

    #[procedure]
    pub fn boxed_or_error(app: &App) -> Result<BoxStream<'_, u32>, Refused> {
        Ok(stream::iter(app.numbers.iter().copied()).boxed())
    }

    #[procedure]
    pub fn without_argument() -> stream::Empty<u32> {
        stream::empty()
    }
}

pub fn main() {
    let router: Router<App> = api::router();
    assert_eq!(router.procedures().len(), 10);
}
