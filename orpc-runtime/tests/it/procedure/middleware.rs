//! Middlewares and hooks: values, ends of calls, and callbacks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::stream;
use http::Request;
use http_body_util::Full;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{BigInt, File};
use orpc_runtime::{CallEnd, CallError, EncodedEvent, HibernatingIterator, Hooks, MetaValue};
use serde_json::json;

use crate::support::websocket::{self, Raw, within};
use crate::support::{Answer, post, send};

/// Names of calls, in order.
#[derive(Default, Clone)]
pub struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn write(&self, entry: impl Into<String>) {
        self.0.lock().unwrap().push(entry.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[derive(Default, Clone)]
pub struct App {
    journal: Journal,
}

#[derive(Debug, Clone, PartialEq)]
pub struct User {
    name: String,
}

/// A right that the metadata of a procedure asks for.
pub struct Right(&'static str);

#[derive(Debug, PartialEq)]
pub struct TokenStoreDown;

impl std::fmt::Display for TokenStoreDown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("secret-token-store")
    }
}

impl std::error::Error for TokenStoreDown {}

#[derive(Debug, PartialEq, RpcError)]
pub enum AuthError {
    #[rpc_error(code = "UNAUTHORIZED", message = "Who are you?")]
    Nobody,
    #[rpc_error(code = "FORBIDDEN")]
    NotYours { right: String },
    #[rpc_error(internal)]
    Broken(TokenStoreDown),
}

/// Gives the user of the bearer token.
#[middleware]
async fn authenticate(app: &App, call: &Call) -> Result<User, AuthError> {
    app.journal.write("authenticate");
    match call.bearer_token() {
        Some("broken") => Err(AuthError::Broken(TokenStoreDown)),
        Some(name) => Ok(User { name: name.to_owned() }),
        None => Err(AuthError::Nobody),
    }
}

/// Reads the user of the middleware before it, and the metadata of the procedure.
#[middleware]
async fn authorize(user: &User, call: &Call) -> Result<Right, AuthError> {
    match call.definition().meta_value("right") {
        Some(MetaValue::Text(right)) if user.name != "root" => {
            Err(AuthError::NotYours { right: right.to_owned() })
        }
        Some(MetaValue::Text(right)) => Ok(Right(right)),
        _ => Ok(Right("none")),
    }
}

/// Provides no value.
#[middleware]
async fn note(app: &App) {
    app.journal.write("note");
}

/// Acts before and after.
#[middleware]
async fn around(app: &App, call: &Call, next: Next) -> Result<Completed, Error> {
    app.journal.write(format!("begin {}", call.path()));
    let result = next.run().await;
    app.journal.write(match &result {
        Ok(done) => format!("end {:?}", done.stream_error().map(Error::code)),
        Err(error) => format!("end with {}", error.code()),
    });
    result
}

/// Provides a value, or responds without the procedure.
#[middleware]
async fn lending(call: &Call, next: Next<u8>) -> Result<Completed, Error> {
    match call.headers().get("x-stop") {
        Some(_) => Err(Error::new(Code::Conflict)),
        None => next.with(7).await,
    }
}

/// Ends a stream while it runs.
#[middleware]
async fn brief(next: Next) -> Result<Completed, Error> {
    match tokio::time::timeout(Duration::from_secs(3), next.run()).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(Code::Timeout)),
    }
}

/// Fails after the procedure has ended.
#[middleware]
async fn late(next: Next) -> Result<Completed, Error> {
    let _done = next.run().await?;
    Err(Error::new(Code::Conflict))
}

#[middleware]
async fn panics() {
    panic!("secret-panic");
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Input {
    #[schemars(length(max = 5))]
    text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Rich {
    big: BigInt,
    files: Vec<File>,
}

#[router(context = App, hooks = Log)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn open() -> &'static str {
        "open"
    }

    #[procedure(with = [note, around])]
    pub async fn noted(app: &App, input: Input) -> Result<String, AuthError> {
        app.journal.write("procedure");
        if input.text == "fail" { Err(AuthError::Nobody) } else { Ok(input.text) }
    }

    #[procedure]
    pub async fn plain(input: Input) -> String {
        input.text
    }

    #[procedure(with = late)]
    pub fn finished() -> impl Stream<Item = u8> {
        stream::iter([1])
    }

    #[procedure(with = lending)]
    pub async fn lent(number: &u8) -> u8 {
        *number
    }

    #[procedure(with = panics)]
    pub async fn unreached(app: &App) {
        app.journal.write("procedure");
    }

    #[procedure(with = around)]
    pub fn count(to: u8) -> impl Stream<Item = Result<u8, AuthError>> {
        stream::iter((0..to).map(|n| if n == 3 { Err(AuthError::Nobody) } else { Ok(n) }))
    }

    #[procedure(with = [around, brief])]
    pub fn endless() -> impl Stream<Item = u8> {
        stream::iter([1]).chain(stream::pending())
    }

    #[procedure]
    pub async fn secret() -> Result<(), Error> {
        Err(Error::internal("secret"))
    }

    #[procedure(with = around)]
    pub fn asleep(socket: &Socket, fails: bool) -> HibernatingIterator<u8> {
        let socket = socket.clone();
        HibernatingIterator::new(move |id| {
            if fails {
                return Err(Error::new(Code::Conflict));
            }
            let events = [EncodedEvent::message(&1)?, EncodedEvent::done(&())?];
            Ok(events.iter().try_for_each(|event| event.send(&socket, &id))?)
        })
    }

    #[router(with = [authenticate, authorize])]
    pub mod account {
        use super::*;

        #[procedure]
        pub async fn who_am_i(user: &User) -> String {
            user.name.clone()
        }

        #[procedure(meta(right = "write"))]
        pub async fn write(app: &App, right: &Right, input: Input) -> String {
            app.journal.write("procedure");
            format!("{} {}", right.0, input.text)
        }

        #[procedure]
        pub async fn describe(user: &User, input: Rich) -> String {
            let names: Vec<_> = input.files.iter().map(File::name).collect();
            format!("{} {} {}", user.name, input.big, names.join(","))
        }

        /// Fails with an error of a code that the middleware declares.
        #[procedure]
        pub async fn undeclared() -> Result<(), Error> {
            Err(Error::new(Code::Unauthorized))
        }

        #[procedure]
        pub fn letters(user: &User) -> impl Stream<Item = String> {
            stream::iter(user.name.chars().map(String::from))
        }

        #[router]
        pub mod deep {
            use super::*;

            #[procedure(with = around)]
            pub async fn everything(app: &App, user: &User, right: &Right, call: &Call) -> String {
                app.journal.write("procedure");
                format!("{} {} {}", call.path(), user.name, right.0)
            }
        }
    }
}

/// Accepts every context.
#[router(with = lending)]
pub mod anywhere {
    use super::*;

    #[procedure]
    pub async fn number(number: &u8) -> u8 {
        *number
    }
}

pub struct Log;

impl Hooks<App> for Log {
    fn on_start(&self, app: &App, call: &Call) {
        app.journal.write(format!("start {}", call.path()));
    }

    fn on_success(&self, app: &App, _: &Call) {
        app.journal.write("success");
    }

    fn on_error(&self, app: &App, _: &Call, error: &Error) {
        let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        app.journal.write(format!("error {}{source}", error.code()));
    }

    fn on_finish(&self, app: &App, _: &Call, end: CallEnd<'_>, _: Duration) {
        app.journal.write(format!("finish: {end}"));
    }
}

async fn call(app: &App, path: &str, user: &str, input: &str) -> Answer {
    let request = Request::post(path).header("content-type", "application/json");
    let request = match user {
        "" => request,
        user => request.header("authorization", format!("Bearer {user}")),
    };
    let body = if input.is_empty() { String::new() } else { format!(r#"{{"json":{input}}}"#) };
    let service = Rpc::new(api::router()).http(app.clone());
    send(service, request.body(Full::<bytes::Bytes>::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_procedure_borrows_what_a_middleware_of_its_router_gives() {
    let app = App::default();
    let answer = call(&app, "/account/whoAmI", "ada", "").await;
    assert_eq!((answer.status, answer.json()), (200, json!("ada")));
    let answer = call(&app, "/account/letters", "ada", "").await;
    assert!(answer.body.contains("data: {\"json\":\"d\"}"), "{}", answer.body);
}

#[tokio::test]
async fn nested_routers_and_procedures_add_to_the_context() {
    let app = App::default();
    let answer = call(&app, "/account/deep/everything", "ada", "").await;
    assert_eq!(answer.json(), json!("account/deep/everything ada none"));
    assert_eq!(
        app.journal.take(),
        [
            "start account/deep/everything",
            "authenticate",
            "begin account/deep/everything",
            "procedure",
            "end None",
            "success",
            "finish: succeeded",
        ]
    );
}

#[tokio::test]
async fn an_error_of_a_middleware_ends_the_call_as_a_declared_one() {
    let app = App::default();
    let answer = call(&app, "/account/whoAmI", "", "").await;
    assert_eq!(answer.status, 401);
    let expected = json!({
        "defined": true, "code": "UNAUTHORIZED", "status": 401, "message": "Who are you?",
    });
    assert_eq!(answer.json(), expected);
    let journal = ["start account/whoAmI", "authenticate"];
    let end = ["error UNAUTHORIZED", "finish: failed with UNAUTHORIZED"];
    assert_eq!(app.journal.take(), [journal, end].concat());
}

#[tokio::test]
async fn a_stream_that_a_middleware_refuses_never_begins() {
    let app = App::default();
    let answer = call(&app, "/account/letters", "", "").await;
    assert_eq!((answer.status, answer.json()["code"].clone()), (401, json!("UNAUTHORIZED")));
}

#[tokio::test]
async fn a_middleware_declares_no_errors_for_its_procedures() {
    let answer = call(&App::default(), "/account/undeclared", "ada", "").await;
    assert_eq!((answer.status, answer.json()["defined"].clone()), (401, json!(false)));
}

#[cfg(feature = "typescript")]
#[test]
fn the_errors_of_a_middleware_are_part_of_the_types_of_clients() {
    let types = orpc_runtime::typescript::client(&api::router()).to_string();
    let who_am_i = types.split("whoAmI:").nth(1).unwrap().split(">;").next().unwrap();
    assert!(who_am_i.contains(r#"ORPCError<"UNAUTHORIZED", undefined>"#), "{who_am_i}");
    let open = types.split("open:").nth(1).unwrap().split(">;").next().unwrap();
    assert!(!open.contains("UNAUTHORIZED"), "{open}");
}

#[tokio::test]
async fn a_middleware_reads_the_metadata_of_the_procedure() {
    let app = App::default();
    let refused = call(&app, "/account/write", "ada", r#"{"text":"hi"}"#).await;
    assert_eq!((refused.status, refused.json()["data"].clone()), (403, json!({"right": "write"})));
    let answer = call(&app, "/account/write", "root", r#"{"text":"hi"}"#).await;
    assert_eq!(answer.json(), json!("write hi"));
}

#[tokio::test]
async fn refused_callers_learn_nothing_about_the_input() {
    let app = App::default();
    for input in [r#"{"text":1}"#, "{"] {
        let refused = call(&app, "/account/write", "", input).await;
        assert!(refused.status == 401 || input == "{", "{refused:?}");
    }
    let invalid = call(&app, "/account/write", "root", r#"{"text":"longer"}"#).await;
    assert_eq!(
        (invalid.status, invalid.json()["message"].clone()),
        (400, json!("Input validation failed"))
    );
    assert_eq!(invalid.json()["data"]["issues"][0]["path"], json!(["text"]));
}

#[tokio::test]
async fn the_source_of_an_internal_error_of_a_middleware_is_not_sent() {
    let app = App::default();
    let answer = call(&app, "/account/whoAmI", "broken", "").await;
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    assert!(app.journal.take().contains(&"error INTERNAL_SERVER_ERROR: secret-token-store".into()));
}

#[tokio::test]
async fn rich_values_and_files_pass_a_middleware() {
    let body = concat!(
        "--b\r\ncontent-disposition: form-data; name=\"data\"\r\n\r\n",
        r#"{"json":{"big":"12345678901234567890","files":[null,null]},"meta":[[0,"big"]],"maps":[["files",0],["files",1]]}"#,
        "\r\n--b\r\ncontent-disposition: form-data; name=\"0\"; filename=\"a\"\r\n\r\nA",
        "\r\n--b\r\ncontent-disposition: form-data; name=\"1\"; filename=\"b\"\r\n\r\nB",
        "\r\n--b--\r\n",
    );
    let request = Request::post("/account/describe")
        .header("content-type", "multipart/form-data; boundary=b")
        .header("authorization", "Bearer ada")
        .body(Full::<bytes::Bytes>::from(body))
        .unwrap();
    let answer = send(Rpc::new(api::router()).http(App::default()), request).await;
    assert_eq!(answer.json(), json!("ada 12345678901234567890 a,b"));
}

#[tokio::test]
async fn middlewares_of_a_procedure_run_in_their_order() {
    let app = App::default();
    let answer = call(&app, "/noted", "", r#"{"text":"hi"}"#).await;
    assert_eq!(answer.json(), json!("hi"));
    assert_eq!(
        app.journal.take(),
        [
            "start noted",
            "note",
            "begin noted",
            "procedure",
            "end None",
            "success",
            "finish: succeeded"
        ]
    );
}

#[tokio::test]
async fn a_middleware_around_a_call_sees_how_it_fails() {
    let app = App::default();
    let answer = call(&app, "/noted", "", r#"{"text":"fail"}"#).await;
    assert_eq!((answer.status, answer.json()["defined"].clone()), (401, json!(true)));
    let journal = app.journal.take();
    assert_eq!(journal[4], "end with UNAUTHORIZED");
    let answer = call(&app, "/noted", "", r#"{"text":"longer"}"#).await;
    assert_eq!(answer.status, 400);
    let journal = app.journal.take();
    assert_eq!(journal[3], "end with BAD_REQUEST");
}

#[tokio::test]
async fn a_middleware_may_provide_a_value_or_end_the_call_itself() {
    let app = App::default();
    assert_eq!(call(&app, "/lent", "", "").await.json(), json!(7));
    let rpc = Rpc::new(Router::<()>::new().nest("any", anywhere::router()));
    let request = |stop: bool| {
        let request = Request::post("/any/number");
        let request = if stop { request.header("x-stop", "1") } else { request };
        request.body(Full::<bytes::Bytes>::default()).unwrap()
    };
    assert_eq!(send(rpc.http(()), request(false)).await.json(), json!(7));
    let answer = send(rpc.http(()), request(true)).await;
    assert_eq!((answer.status, answer.json()["code"].clone()), (409, json!("CONFLICT")));
}

#[tokio::test]
async fn a_middleware_that_panics_fails_its_caller_alone() {
    let app = App::default();
    let answer = call(&app, "/unreached", "", "").await;
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    assert_eq!(
        app.journal.take(),
        [
            "start unreached",
            "error INTERNAL_SERVER_ERROR",
            "finish: failed with INTERNAL_SERVER_ERROR",
        ]
    );
    assert_eq!(call(&app, "/open", "", "").await.json(), json!("open"));
}

#[tokio::test]
async fn the_end_of_a_stream_is_the_end_of_its_call() {
    let app = App::default();
    let answer = call(&app, "/count", "", "2").await;
    assert!(answer.body.contains("event: done"), "{}", answer.body);
    assert_eq!(
        app.journal.take(),
        ["start count", "begin count", "end None", "success", "finish: succeeded"]
    );
}

#[tokio::test]
async fn an_error_inside_a_stream_reaches_middlewares_and_hooks() {
    let app = App::default();
    let answer = call(&app, "/count", "", "5").await;
    assert_eq!(answer.body.matches("event: error").count(), 1, "{}", answer.body);
    assert_eq!(
        app.journal.take(),
        [
            "start count",
            "begin count",
            "end Some(\"UNAUTHORIZED\")",
            "error UNAUTHORIZED",
            "finish: failed with UNAUTHORIZED",
        ]
    );
}

#[tokio::test]
async fn an_error_of_a_middleware_after_the_end_of_a_stream_is_not_sent() {
    let app = App::default();
    let answer = call(&app, "/finished", "", "").await;
    assert!(answer.body.trim_end().ends_with("event: done\ndata: {}"), "{}", answer.body);
    assert!(!answer.body.contains("CONFLICT"), "{}", answer.body);
    assert_eq!(app.journal.take()[1], "error CONFLICT");
}

#[tokio::test]
async fn an_input_that_is_refused_reaches_hooks() {
    let app = App::default();
    assert_eq!(call(&app, "/plain", "", r#"{"text":1}"#).await.status, 400);
    assert_eq!(
        app.journal.take(),
        ["start plain", "error BAD_REQUEST", "finish: failed with BAD_REQUEST"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_middleware_may_end_a_stream_that_runs() {
    let app = App::default();
    let answer = call(&app, "/endless", "", "").await;
    assert!(answer.body.contains("data: {\"json\":1}"), "{}", answer.body);
    assert!(answer.body.contains("TIMEOUT"), "{}", answer.body);
    assert_eq!(answer.body.matches("event: error").count(), 1, "{}", answer.body);
    assert_eq!(
        app.journal.take()[2..],
        ["end Some(\"TIMEOUT\")", "error TIMEOUT", "finish: failed with TIMEOUT"]
    );
}

#[tokio::test]
async fn a_stream_whose_client_leaves_is_dropped() {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    let app = App::default();
    let service = Rpc::new(api::router()).http(app.clone());
    let Ok(response) = service.oneshot(post("/endless", "")).await;
    let mut body = response.into_body();
    let first = body.frame().await;
    assert!(first.is_some());
    drop(body);
    assert_eq!(app.journal.take(), ["start endless", "begin endless", "finish: was dropped"]);
}

#[tokio::test]
async fn hooks_get_the_source_of_an_internal_error() {
    let app = App::default();
    let answer = call(&app, "/secret", "", "").await;
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    assert_eq!(app.journal.take()[1], "error INTERNAL_SERVER_ERROR: secret");
}

#[tokio::test]
async fn a_hook_that_panics_fails_no_call() {
    struct Panics;

    impl<C> Hooks<C> for Panics {
        fn on_start(&self, _: &C, _: &Call) {
            panic!("at the start");
        }

        fn on_finish(&self, _: &C, _: &Call, _: CallEnd<'_>, _: Duration) {
            panic!("at the end");
        }
    }

    let app = App::default();
    let rpc = Rpc::new(api::router().hooks(Panics));
    assert_eq!(send(rpc.http(app.clone()), post("/open", "")).await.json(), json!("open"));
    assert_eq!(app.journal.take(), ["start open", "success", "finish: succeeded"]);
}

#[tokio::test]
async fn a_call_in_the_same_process_goes_through_middlewares_and_hooks() {
    let (router, app) = (api::router(), App::default());
    let refused = router.call::<api::account::who_am_i>(app.clone(), ()).await;
    let Err(CallError::Refused(error)) = refused else { panic!("{refused:?}") };
    assert_eq!((error.code(), error.is_defined()), ("UNAUTHORIZED", true));
    assert_eq!(app.journal.take().len(), 4);

    let input = Input { text: "fail".into() };
    let failed = router.call::<api::noted>(app.clone(), input).await;
    assert_eq!(failed, Err(CallError::Procedure(AuthError::Nobody)));

    assert_eq!(router.call::<api::lent>(app.clone(), ()).await, Ok(7));
    app.journal.take();
    let items = router.call::<api::count>(Arc::new(app.clone()), 2).await.unwrap();
    assert_eq!(items.collect::<Vec<_>>().await, [Ok(0), Ok(1)]);
    assert_eq!(app.journal.take()[1], "begin count");
}

#[tokio::test]
async fn the_function_of_a_middleware_stays_an_ordinary_function() {
    let app = App::default();
    note(&app).await;
    assert_eq!(app.journal.take(), ["note"]);
}

/// Its schema is stricter than its type.
#[derive(Serialize, JsonSchema)]
pub struct Small {
    #[schemars(range(max = 5))]
    number: u8,
}

#[router(with = lending)]
pub mod small {
    use super::*;

    #[procedure]
    pub async fn number(number: &u8) -> Small {
        Small { number: *number }
    }
}

#[tokio::test]
async fn outputs_behind_a_middleware_can_be_checked() {
    let rpc = Rpc::new(small::router::<()>());
    assert_eq!(send(rpc.http(()), post("/number", "")).await.status, 200);
    let rpc = Rpc::new(small::router::<()>().check_outputs());
    assert_eq!(send(rpc.http(()), post("/number", "")).await.status, 500);
}

#[tokio::test]
async fn middlewares_and_hooks_are_the_same_on_a_socket() {
    let app = App::default();
    let service = Rpc::new(api::router()).websocket(app.clone());
    let mut client = Raw::open(websocket::channel(&service, 1 << 16), "/").await;

    client.call(1, "/account/whoAmI", &json!(null)).await;
    let refused = within(client.message()).await.json();
    assert_eq!(refused["p"]["s"], json!(401));
    assert_eq!(refused["p"]["b"]["json"]["defined"], json!(true));
    assert_eq!(app.journal.take().len(), 4);

    client.call(2, "/lent", &json!(null)).await;
    assert_eq!(within(client.message()).await.json()["p"]["b"]["json"], json!(7));

    app.journal.take();
    client.call(3, "/count", &json!(5)).await;
    let mut kinds = Vec::new();
    while kinds.last() != Some(&json!("error")) {
        let message = within(client.message()).await.json();
        kinds.push(message["p"]["e"].clone());
    }
    assert_eq!(kinds.len(), 5);
    websocket::until(|| app.journal.0.lock().unwrap().len() == 5).await;
    assert_eq!(app.journal.take()[2..4], ["end Some(\"UNAUTHORIZED\")", "error UNAUTHORIZED"]);
}

#[tokio::test]
async fn an_iterator_that_hibernates_passes_a_middleware() {
    let app = App::default();
    let service = Rpc::new(api::router()).websocket(app.clone());
    let mut client = Raw::open(websocket::channel(&service, 1 << 16), "/").await;
    client.call(1, "/asleep", &json!(false)).await;
    let head = within(client.message()).await.json();
    assert_eq!(head["p"]["h"]["content-type"], json!("text/event-stream"));
    assert_eq!(within(client.message()).await.json()["p"]["d"]["json"], json!(1));
    assert_eq!(within(client.message()).await.json()["p"]["e"], json!("done"));
    assert_eq!(
        app.journal.take(),
        ["start asleep", "begin asleep", "end None", "success", "finish: succeeded"]
    );
    client.call(2, "/asleep", &json!(true)).await;
    let _head = within(client.message()).await;
    let failed = within(client.message()).await.json();
    assert_eq!(failed["p"]["e"], json!("error"));
}
