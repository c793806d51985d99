//! Failures of calls and streams, recognised by the types of functions in any spelling.

mod question_mark;

use std::convert::Infallible;
use std::pin::Pin;

use futures::stream::{self, BoxStream};
use http_body_util::BodyExt as _;
use orpc_runtime::ErrorEvent;
use orpc_runtime::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// An error that is serializable as well: as a value it would be `{"Err":"Denied"}`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, RpcError)]
pub enum Denied {
    #[rpc_error(code = "DENIED", status = 403)]
    Denied,
}

pub type Answer<T> = Result<T, Denied>;
pub type Outcome = Result<u8, Denied>;
pub type Feed<T> = BoxStream<'static, T>;
pub type Answers = BoxStream<'static, Outcome>;
pub type Lent<'a> = BoxStream<'a, Answer<u8>>;
pub type Dynamic<T> = dyn Stream<Item = T> + Send;

/// A success with a name that resembles that of a failure.
#[derive(Serialize, JsonSchema)]
pub struct SearchResult {
    hits: u8,
}

/// A named stream without parameters, and one whose last parameter is not its item.
pub struct Ticks<T>(u8, std::marker::PhantomData<fn() -> T>);

impl<T> Stream for Ticks<T> {
    type Item = Result<u8, Denied>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0 += 1;
        std::task::Poll::Ready(Some(if self.0 == 1 { Ok(1) } else { Err(Denied::Denied) }))
    }
}

fn items() -> stream::Iter<std::array::IntoIter<Outcome, 2>> {
    stream::iter([Ok(1), Err(Denied::Denied)])
}

#[router]
pub mod streams {
    use super::*;

    #[procedure]
    pub fn opaque() -> impl Stream<Item = Result<u8, Denied>> {
        items()
    }

    #[procedure]
    pub fn opaque_of_alias() -> impl Stream<Item = Outcome> + Send {
        items()
    }

    #[procedure]
    pub fn opaque_with_bounds()
    -> impl Unpin + Send + futures::stream::FusedStream<Item = Answer<u8>> {
        items().fuse()
    }

    #[procedure]
    pub async fn opaque_later() -> Answer<impl Stream<Item = Answer<u8>>> {
        Ok(items())
    }

    #[procedure]
    pub fn opaque_by_alias() -> Answer<impl Stream<Item = Answer<u8>>> {
        Ok(items())
    }

    #[procedure]
    pub fn pinned() -> Pin<Box<dyn Stream<Item = Result<u8, Denied>> + Send>> {
        items().boxed()
    }

    #[procedure]
    pub fn boxed() -> Box<dyn Stream<Item = Answer<u8>> + Send + Unpin> {
        Box::new(items())
    }

    #[procedure]
    pub fn dynamic() -> Pin<Box<Dynamic<Outcome>>> {
        items().boxed()
    }

    #[procedure]
    pub fn named() -> BoxStream<'static, Result<u8, Denied>> {
        items().boxed()
    }

    #[procedure]
    pub fn named_by_alias() -> Feed<Answer<u8>> {
        items().boxed()
    }

    #[procedure]
    pub fn alias_without_arguments() -> Answers {
        items().boxed()
    }

    #[procedure]
    pub fn borrowing(call: &Call) -> Lent<'_> {
        items().filter(|_| std::future::ready(!call.path().is_empty())).boxed()
    }

    #[procedure]
    pub fn own() -> Ticks<String> {
        Ticks(0, std::marker::PhantomData)
    }

    #[procedure]
    pub fn adapted() -> stream::Iter<std::array::IntoIter<Outcome, 2>> {
        items()
    }

    #[procedure]
    pub fn opened() -> Result<BoxStream<'static, Outcome>, Denied> {
        Ok(items().boxed())
    }

    #[procedure]
    pub fn opened_by_alias() -> Answer<Answers> {
        Ok(items().boxed())
    }

    #[procedure]
    pub fn opened_by_path() -> std::result::Result<Ticks<()>, Infallible> {
        Ok(Ticks(0, std::marker::PhantomData))
    }

    #[procedure]
    pub fn events() -> impl Stream<Item = Answer<Event<u8>>> {
        items().map(|item| item.map(Event::new))
    }

    #[procedure]
    pub fn error_events() -> BoxStream<'static, Result<u8, ErrorEvent<Denied>>> {
        items().map(|item| item.map_err(ErrorEvent::new)).boxed()
    }
}

#[router]
pub mod calls {
    use super::*;

    #[procedure]
    pub async fn spelled() -> Result<u8, Denied> {
        Err(Denied::Denied)
    }

    #[procedure]
    pub async fn alias() -> Answer<u8> {
        Err(Denied::Denied)
    }

    #[procedure]
    pub async fn alias_without_arguments() -> Outcome {
        Err(Denied::Denied)
    }

    #[procedure]
    pub fn stream_that_is_refused() -> Answer<BoxStream<'static, u8>> {
        Err(Denied::Denied)
    }

    #[procedure]
    pub fn opaque_stream_that_is_refused() -> Answer<impl Stream<Item = u8>> {
        Err::<stream::Empty<u8>, _>(Denied::Denied)
    }

    #[procedure(with = refuse)]
    pub async fn behind_a_middleware() -> u8 {
        panic!("a middleware refuses it")
    }

    #[procedure(with = refuse_around)]
    pub async fn behind_one_around() -> u8 {
        panic!("a middleware refuses it")
    }
}

/// Refuses by an alias of `Result`.
#[middleware]
async fn refuse() -> Outcome {
    Err(Denied::Denied)
}

pub type Ended = Result<Completed, Denied>;

#[middleware]
async fn refuse_around(next: Next) -> Ended {
    drop(next);
    Err(Denied::Denied)
}

#[contract]
pub trait Contracted {
    async fn call(&self) -> Answer<u8>;
    fn stream(&self) -> Pin<Box<dyn Stream<Item = Outcome> + Send>>;
    fn opaque(&self) -> Answer<impl Stream<Item = Outcome>>;
}

struct Implementation;

impl Contracted for Implementation {
    async fn call(&self) -> Answer<u8> {
        Err(Denied::Denied)
    }

    fn stream(&self) -> Pin<Box<dyn Stream<Item = Outcome> + Send>> {
        items().boxed()
    }

    fn opaque(&self) -> Answer<impl Stream<Item = Outcome>> {
        Ok(items())
    }
}

#[router]
pub mod values {
    use super::*;

    #[procedure]
    pub async fn search() -> SearchResult {
        SearchResult { hits: 7 }
    }

    #[procedure]
    pub async fn list() -> Vec<Result<u8, String>> {
        vec![Ok(1), Err("no".to_owned())]
    }

    #[procedure]
    pub fn follow() -> impl Stream<Item = SearchResult> {
        stream::iter([SearchResult { hits: 7 }])
    }
}

/// The status and the body of a call over HTTP.
async fn call<C: Send + Sync + 'static>(
    router: Router<C>,
    context: C,
    path: &str,
) -> (u16, String) {
    let service = Rpc::new(router).http(context);
    let request = http::Request::post(format!("/{path}")).body(String::new()).expect("a request");
    let response = service.oneshot(request).await.expect("a response");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

fn denied() -> Value {
    json!({"defined": true, "code": "DENIED", "status": 403, "message": "DENIED"})
}

/// The events of a stream: their names and data.
fn events(body: &str) -> Vec<(&str, Value)> {
    let event = |text: &'_ str| -> Option<(String, Value)> {
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let data = field("data: ")?;
        Some((field("event: ")?.to_owned(), serde_json::from_str(data).expect("JSON")))
    };
    let found = body.split("\n\n").filter_map(event);
    found
        .map(|(name, data)| {
            let name = ["message", "error", "done"].into_iter().find(|known| *known == name);
            (name.expect("a known event"), data["json"].clone())
        })
        .collect()
}

#[tokio::test]
async fn a_stream_ends_with_its_error_whatever_its_type_is_called() {
    let router = streams::router::<()>();
    assert_eq!(router.procedures().len(), 19);
    for (path, _) in router.procedures() {
        let (status, body) = call(streams::router(), (), &path).await;
        assert_eq!(status, 200, "{path}: {body}");
        assert_eq!(events(&body), [("message", json!(1)), ("error", denied())], "{path}: {body}");
    }
    for path in ["stream", "opaque"] {
        let (_, body) = call(contracted::router(), Implementation, path).await;
        assert_eq!(events(&body), [("message", json!(1)), ("error", denied())], "{path}: {body}");
    }
}

#[tokio::test]
async fn a_call_fails_with_its_error_whatever_its_type_is_called() {
    let router = calls::router::<()>();
    for (path, _) in router.procedures() {
        let (status, body) = call(calls::router(), (), &path).await;
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, &body["json"]), (403, &denied()), "{path}");
    }
    let (status, _) = call(contracted::router(), Implementation, "call").await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn a_success_stays_a_success_whatever_its_type_is_called() {
    let (_, body) = call(values::router(), (), "search").await;
    assert_eq!(body, r#"{"json":{"hits":7}}"#);
    let (_, body) = call(values::router(), (), "follow").await;
    assert_eq!(events(&body)[0], ("message", json!({"hits": 7})));
    let (_, body) = call(values::router(), (), "list").await;
    assert_eq!(body, r#"{"json":[{"Ok":1},{"Err":"no"}]}"#);
}
