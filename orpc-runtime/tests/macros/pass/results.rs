//! `Result` under its names, with every kind of error.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use std::io;

use orpc_runtime::prelude::*;

pub type AppResult<T = ()> = Result<T, Error>;
pub type SendResult = Result<(), Refused>;

#[derive(Debug, RpcError)]
pub enum Refused {
    TooFast,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn plain() -> Result<u8, Error> {
        Ok(1)
    }

    #[procedure]
    pub async fn by_path() -> std::result::Result<u8, Refused> {
        Err(Refused::TooFast)
    }

    #[procedure]
    pub async fn boxed() -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
        Ok("1".parse()?)
    }

    #[procedure]
    pub async fn alias() -> AppResult<u8> {
        Ok(1)
    }

    #[procedure]
    pub async fn alias_with_default() -> AppResult {
        Ok(())
    }

    #[procedure]
    pub async fn alias_without_arguments() -> SendResult {
        Ok(())
    }

    #[procedure]
    pub fn items() -> impl Stream<Item = AppResult<u8>> {
        futures::stream::iter([Ok(1)])
    }

    #[procedure]
    pub fn items_of_named_stream() -> futures::stream::BoxStream<'static, SendResult> {
        futures::stream::iter([Ok(())]).boxed()
    }

    #[procedure]
    pub async fn inner_result_is_a_value() -> Option<u8> {
        None
    }
}

#[middleware]
async fn open() -> SendResult {
    Ok(())
}

/// Lends nothing either, so that both may stand in one row.
#[middleware]
async fn rested() -> SendResult {
    Ok(())
}

#[middleware]
async fn counted() -> AppResult<u8> {
    Ok(1)
}

pub struct App;

#[router(context = App, with = [open, rested, counted])]
pub mod guarded {
    use super::*;

    #[procedure]
    pub async fn count(count: &u8) -> AppResult<u8> {
        Ok(*count)
    }
}

/// A function beside them that is no procedure.
pub fn read() -> io::Result<u8> {
    Ok(1)
}

pub fn main() {
    let _: Router<App> = api::router().nest("guarded", guarded::router());
    let _ = read();
}
