//! `?` keeps errors that clients know, and hides all others.

use std::io;

use orpc_runtime::prelude::*;
use orpc_runtime::{Code, ErrorEvent};
use serde_json::{Value, json};

use super::{call, events};

/// An error for clients and for logs.
#[derive(Debug, PartialEq, thiserror::Error, RpcError)]
pub enum SendError {
    #[error("wait {retry_after} s")]
    #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow down")]
    TooFast { retry_after: u32 },
    #[error("who?")]
    #[rpc_error(status = 404)]
    NoSuchRoom(String),
}

/// The same without `thiserror`.
#[derive(Debug, RpcError)]
pub enum Plain {
    #[rpc_error(code = "PLAIN", status = 418)]
    Error,
}

/// An error in another one, with both derives.
#[derive(Debug, thiserror::Error, RpcError)]
pub enum Outer {
    #[error(transparent)]
    #[rpc_error(transparent)]
    Send(#[from] SendError),
    #[error("the disk: {0}")]
    #[rpc_error(internal)]
    Disk(#[from] io::Error),
    #[error("a number: {0}")]
    #[rpc_error(internal)]
    Number(std::num::ParseIntError),
    #[error("a text: {0}")]
    #[rpc_error(internal, from = false)]
    Text(std::num::ParseIntError),
}

/// Errors in another one, by the derive of this crate alone.
#[derive(Debug, RpcError)]
pub enum Whole {
    #[rpc_error(transparent)]
    Send(SendError),
    #[rpc_error(transparent)]
    Any(Error),
    #[rpc_error(transparent, from = false)]
    Again(SendError),
}

/// Internal errors alone, such as those of a database.
#[derive(Debug, RpcError)]
pub enum Stored {
    #[rpc_error(internal)]
    Io(io::Error),
    #[rpc_error(internal)]
    Boxed(Box<dyn std::error::Error + Send + Sync>),
    #[rpc_error(internal)]
    Text(String),
}

/// An error for logs alone.
#[derive(Debug, thiserror::Error)]
#[error("secret")]
pub struct Secret;

fn too_fast() -> Result<u8, SendError> {
    Err(SendError::TooFast { retry_after: 7 })
}

#[router]
pub mod typed {
    use super::*;

    #[procedure]
    pub async fn by_question_mark() -> Result<u8, Error> {
        Ok(too_fast()?)
    }

    #[procedure]
    pub async fn by_into() -> Result<u8, Error> {
        too_fast().map_err(Into::into)
    }

    #[procedure]
    pub async fn by_from() -> Result<u8, Error> {
        too_fast().map_err(Error::from)
    }

    #[procedure]
    pub async fn twice() -> Result<u8, Error> {
        let through = || -> Result<u8, Outer> { Ok(too_fast()?) };
        Ok(through()?)
    }

    #[procedure]
    pub async fn through_the_middle() -> Result<u8, Error> {
        let through = || -> Result<u8, Error> { Ok(too_fast()?) };
        through()
    }

    #[procedure]
    pub async fn transparent() -> Result<u8, Outer> {
        Ok(too_fast()?)
    }

    #[procedure]
    pub async fn transparent_by_question_mark() -> Result<u8, Whole> {
        Ok(too_fast()?)
    }

    #[procedure]
    pub async fn transparent_error_by_question_mark() -> Result<u8, Whole> {
        let any = || -> Result<u8, Error> { Ok(too_fast()?) };
        Ok(any()?)
    }

    #[procedure]
    pub fn opening() -> Result<impl Stream<Item = u8>, Error> {
        too_fast()?;
        Ok(futures::stream::empty())
    }

    #[procedure(with = refuse)]
    pub async fn behind() -> u8 {
        0
    }

    #[procedure(with = refuse_around)]
    pub async fn behind_one_around() -> u8 {
        0
    }
}

#[middleware]
async fn refuse() -> Result<(), Error> {
    too_fast()?;
    Ok(())
}

#[middleware]
async fn refuse_around(next: Next) -> Result<Completed, Error> {
    too_fast()?;
    next.run().await
}

#[router]
pub mod streams {
    use super::*;

    fn items() -> impl Stream<Item = Result<u8, SendError>> {
        futures::stream::iter([too_fast()])
    }

    #[procedure]
    pub fn converted() -> impl Stream<Item = Result<u8, Error>> {
        futures::TryStreamExt::err_into(items())
    }

    #[procedure]
    pub fn error_events() -> impl Stream<Item = Result<u8, ErrorEvent<Error>>> {
        items().map(|item| item.map_err(|error| ErrorEvent::new(error.into())))
    }
}

#[contract]
pub trait Contracted {
    async fn refuse(&self) -> Result<u8, Error>;
}

struct Implementation;

impl Contracted for Implementation {
    async fn refuse(&self) -> Result<u8, Error> {
        Ok(too_fast()?)
    }
}

#[router]
pub mod others {
    use super::*;

    #[procedure]
    pub async fn plain() -> Result<u8, Error> {
        let refused: Result<u8, Plain> = Err(Plain::Error);
        Ok(refused?)
    }

    #[procedure]
    pub async fn code() -> Result<u8, Error> {
        Err(Code::Conflict)?
    }

    #[procedure]
    pub async fn secret() -> Result<u8, Error> {
        Err(Secret)?
    }

    #[procedure]
    pub async fn standard() -> Result<u8, Error> {
        Ok("secret".parse::<u8>()?)
    }

    #[procedure]
    pub async fn stored() -> Result<u8, Stored> {
        Err(io::Error::other("secret"))?
    }

    #[procedure]
    pub async fn stored_text() -> Result<u8, Stored> {
        Err("secret".to_owned())?
    }

    #[procedure]
    pub async fn by_thiserror() -> Result<u8, Outer> {
        Err(io::Error::other("secret"))?
    }

    #[procedure]
    pub async fn by_rpc_error() -> Result<u8, Outer> {
        Ok("secret".parse::<u8>()?)
    }
}

fn rate_limited() -> Value {
    json!({"code": "RATE_LIMITED", "status": 429, "message": "Slow down", "data": {"retry_after": 7}})
}

/// An error without the members that depend on the declarations of the procedure.
fn undeclared(mut error: Value) -> Value {
    error.as_object_mut().expect("an object").remove("defined");
    error
}

async fn error<C: Send + Sync + 'static>(router: Router<C>, context: C, path: &str) -> Value {
    let (_, body) = call(router, context, path).await;
    let mut body: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{path}: {body}"));
    undeclared(body["json"].take())
}

#[tokio::test]
async fn a_typed_error_stays_what_it_is_through_the_question_mark() {
    let router = typed::router::<()>();
    for (path, _) in router.procedures() {
        assert_eq!(error(typed::router(), (), &path).await, rate_limited(), "{path}");
    }
    assert_eq!(error(contracted::router(), Implementation, "refuse").await, rate_limited());
    let plain = json!({"code": "PLAIN", "status": 418, "message": "PLAIN"});
    assert_eq!(error(others::router(), (), "plain").await, plain);
}

#[tokio::test]
async fn a_typed_error_stays_what_it_is_in_streams_and_contexts() {
    for path in ["converted", "errorEvents"] {
        let (_, body) = call(streams::router(), (), path).await;
        let (name, data) = events(&body).remove(0);
        assert_eq!((name, undeclared(data)), ("error", rate_limited()), "{path}");
    }
    async fn context(_: &Call) -> Result<(), Error> {
        too_fast()?;
        Ok(())
    }
    let service = Rpc::new(typed::router::<()>()).http(context);
    let request = http::Request::post("/byInto").body(String::new()).expect("a request");
    let response = tower::ServiceExt::oneshot(service, request).await.expect("a response");
    assert_eq!(response.status(), 429);
}

#[tokio::test]
async fn other_errors_are_hidden() {
    let paths = ["secret", "standard", "stored", "storedText", "byThiserror", "byRpcError"];
    for path in paths {
        let (status, body) = call(others::router(), (), path).await;
        assert_eq!(status, 500, "{path}");
        assert!(
            body.contains("INTERNAL_SERVER_ERROR") && !body.contains("secret"),
            "{path}: {body}"
        );
    }
    assert_eq!(error(others::router(), (), "code").await["status"], 409);
}

#[test]
fn both_derives_keep_their_messages() {
    let error = SendError::NoSuchRoom("lobby".to_owned());
    assert_eq!(error.to_string(), "who?");
    assert_eq!(Error::from(error).message(), "NO_SUCH_ROOM");
    let outer = Outer::from(SendError::TooFast { retry_after: 1 });
    assert_eq!(outer.to_string(), "wait 1 s");
    assert_eq!(Error::from(outer).code(), "RATE_LIMITED");
    assert!(matches!(Whole::from(SendError::TooFast { retry_after: 1 }), Whole::Send(_)));
    let again = Whole::Again(SendError::TooFast { retry_after: 1 });
    assert_eq!(Error::from(again).code(), "RATE_LIMITED");
    let text = Outer::Text("x".parse::<u8>().unwrap_err());
    assert!(std::error::Error::source(&text).is_none());
    assert_eq!(Error::from(text).code(), "INTERNAL_SERVER_ERROR");
}
