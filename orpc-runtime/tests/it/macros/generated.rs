//! Output of the macros at run time: definitions, calls in the same process,
//! composition, the checks of a whole router, typed errors.

use std::sync::Arc;

use futures::stream::{self, BoxStream};
use orpc_runtime::describe::IoDescription;
use orpc_runtime::prelude::*;
use orpc_runtime::{CallError, Definition, MetaValue, ProcedureKind, RouterIssue};

/// The context.
struct App {
    name: String,
    numbers: Vec<u32>,
}

fn app() -> Arc<App> {
    Arc::new(App { name: "Ada".to_owned(), numbers: vec![1, 2, 3] })
}

#[derive(Debug, PartialEq, RpcError)]
enum SendError {
    #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow down")]
    #[serde(rename_all = "camelCase")]
    TooFast {
        retry_after: u32,
    },
    Empty,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct SendMessage {
    message: String,
}

#[router(context = App)]
mod api {
    use super::*;

    /// Sends a message.
    ///
    ///   Indented.
    /// The last line.
    #[procedure(meta(auth = true, limit = 5, low = -5, rate = 1.5, role = "admin", r#type = "x"))]
    pub(super) async fn send_message(app: &App, input: SendMessage) -> Result<String, SendError> {
        match input.message.len() {
            0 => Err(SendError::Empty),
            1..10 => Ok(format!("{}: {}", app.name, input.message)),
            length => Err(SendError::TooFast { retry_after: length as u32 }),
        }
    }

    #[procedure(name = "other-name", method = GET)]
    #[deprecated(since = "1.2.0", note = "use `send_message`")]
    pub(super) async fn renamed() -> u8 {
        1
    }

    #[procedure(method = POST)]
    #[deprecated = "a note alone"]
    pub(super) async fn noted() {}

    #[procedure]
    #[deprecated]
    pub(super) async fn r#type() {}

    #[procedure]
    pub(super) async fn _http_api_v2(call: &Call) -> String {
        call.path().to_owned()
    }

    #[procedure]
    pub(super) fn borrowed(app: &App) -> impl Stream<Item = &'static str> {
        stream::iter(&app.numbers).map(|number| if number % 2 == 0 { "even" } else { "odd" })
    }

    #[procedure]
    pub(super) fn events(
        app: &App,
        skip: usize,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Event<u32, String>, SendError>>, SendError> {
        assert_eq!(last, None);
        if skip > app.numbers.len() {
            return Err(SendError::Empty);
        }
        let numbers = app.numbers.iter().skip(skip).map(|&number| Ok(Event::new(number).id("id")));
        let end = [Ok(Event::done("end".to_owned())), Err(SendError::TooFast { retry_after: 1 })];
        Ok(stream::iter(numbers.chain(end)))
    }

    #[procedure]
    pub(super) async fn later() -> Result<impl Stream<Item = u8>, Error> {
        std::future::ready(()).await;
        Ok(stream::iter([1, 2]))
    }

    #[procedure]
    pub(super) fn boxed(app: &App) -> BoxStream<'_, u32> {
        stream::iter(&app.numbers).map(|number| number * 2).boxed()
    }

    #[router]
    pub(in crate::macros::generated) mod admin_tools {
        use super::*;

        /// Has the context of the router around it.
        #[procedure]
        pub(in crate::macros::generated) async fn name(app: &App) -> String {
            app.name.clone()
        }

        #[router(name = "deep")]
        pub(in crate::macros::generated) mod inner {
            use super::*;

            #[procedure]
            pub(in crate::macros::generated) async fn count(app: &App) -> usize {
                app.numbers.len()
            }
        }
    }
}

#[router]
mod health {
    #[orpc_runtime::procedure]
    pub(super) async fn ping() -> &'static str {
        "pong"
    }
}

fn definition_of(router: &Router<App>, path: &str) -> Definition {
    let procedures = router.procedures();
    let found = procedures.iter().find(|(at, _)| at == path);
    found.unwrap_or_else(|| panic!("no procedure {path}")).1.clone()
}

#[test]
fn procedures_are_listed_in_order_under_their_wire_names() {
    let router = api::router();
    let paths: Vec<_> = router.procedures().into_iter().map(|(path, _)| path).collect();
    let expected = [
        "sendMessage",
        "other-name",
        "noted",
        "type",
        "_httpApiV2",
        "borrowed",
        "events",
        "later",
        "boxed",
        "adminTools/name",
        "adminTools/deep/count",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn a_definition_has_the_values_of_the_attributes() {
    let router = api::router();
    let send = definition_of(&router, "sendMessage");
    assert_eq!(send.name, "sendMessage");
    assert_eq!(send.docs, "Sends a message.\n\n  Indented.\nThe last line.");
    assert_eq!(send.kind, ProcedureKind::Unary);
    assert_eq!(send.method, "POST");
    assert_eq!(send.deprecated, None);
    let meta = [
        ("auth", MetaValue::Bool(true)),
        ("limit", MetaValue::Integer(5)),
        ("low", MetaValue::Integer(-5)),
        ("rate", MetaValue::Float(1.5)),
        ("role", MetaValue::Text("admin")),
        ("type", MetaValue::Text("x")),
    ];
    assert_eq!(send.meta, meta);
    assert_eq!(send.meta_value("limit"), Some(MetaValue::Integer(5)));
    assert_eq!(send.meta_value("none"), None);

    let renamed = definition_of(&router, "other-name");
    assert_eq!((renamed.method.as_str(), renamed.docs), ("GET", ""));
    assert_eq!(renamed.meta, []);
}

#[test]
fn a_definition_knows_its_deprecation() {
    let router = api::router();
    let deprecation = |path| {
        let deprecation = definition_of(&router, path).deprecated.expect("deprecated");
        (deprecation.since, deprecation.note)
    };
    assert_eq!(deprecation("other-name"), (Some("1.2.0"), Some("use `send_message`")));
    assert_eq!(deprecation("noted"), (None, Some("a note alone")));
    assert_eq!(deprecation("type"), (None, None));
}

#[test]
fn the_kind_is_that_of_the_signature() {
    let router = api::router();
    for path in ["borrowed", "events", "later", "boxed"] {
        assert_eq!(definition_of(&router, path).kind, ProcedureKind::Stream, "{path}");
    }
    for path in ["noted", "adminTools/name"] {
        assert_eq!(definition_of(&router, path).kind, ProcedureKind::Unary, "{path}");
    }
}

#[test]
fn the_schema_is_that_of_the_input() {
    let description = api::router().describe();
    let input = |path| serde_json::to_value(&description.procedure(path).unwrap().input).unwrap();
    let IoDescription::Value { schema, .. } = &description.procedure("sendMessage").unwrap().input
    else {
        panic!("not a value")
    };
    let schema = description.standalone(schema).to_value();
    let reference = schema["$ref"].as_str().unwrap().trim_start_matches('#');
    let schema = schema.pointer(reference).unwrap();
    assert_eq!(schema["properties"]["message"]["type"], "string");
    assert_eq!(input("noted"), serde_json::json!({ "type": "undefined" }));
    assert!(description.procedure("nowhere").is_none());
}

#[tokio::test]
async fn the_function_stays_an_ordinary_function() {
    let app = app();
    let input = SendMessage { message: "hi".to_owned() };
    assert_eq!(api::send_message(&app, input).await, Ok("Ada: hi".to_owned()));
    let items: Vec<_> = api::borrowed(&app).collect().await;
    assert_eq!(items, ["odd", "even", "odd"]);
}

#[tokio::test]
async fn a_call_gives_the_result_of_the_function() {
    let (router, app) = (api::router(), app());
    let input = SendMessage { message: "hi".to_owned() };
    let sent = router.call::<api::send_message>(app.clone(), input).await;
    assert_eq!(sent, Ok("Ada: hi".to_owned()));
    assert_eq!(router.call::<api::noted>(app.clone(), ()).await, Ok(()));
}

#[tokio::test]
async fn a_call_knows_its_path() {
    let (router, app) = (Router::new().nest("outer", api::router()), app());
    let path = router.call::<api::_http_api_v2>(app.clone(), ()).await;
    assert_eq!(path, Ok("outer/_httpApiV2".to_owned()));
    let twice = Router::new().nest("first", api::router()).nest("second", api::router());
    let path = twice.call::<api::_http_api_v2>(app, ()).await;
    assert_eq!(path, Ok("first/_httpApiV2".to_owned()));
}

#[tokio::test]
async fn a_router_finds_procedures_that_are_added_after_a_call() {
    let (router, app) = (Router::new(), app());
    let missing = router.call::<api::noted>(app.clone(), ()).await;
    assert_eq!(missing, Err(CallError::NotInRouter("noted")));
    let clone = router.clone().merge(api::router());
    assert_eq!(clone.call::<api::noted>(app.clone(), ()).await, Ok(()));
    assert_eq!(router.call::<api::noted>(app.clone(), ()).await, missing);
    let path = clone.nest("outer", api::router()).call::<api::_http_api_v2>(app, ()).await;
    // Of a procedure with two paths the first one is called.
    assert_eq!(path, Ok("_httpApiV2".to_owned()));
}

#[tokio::test]
async fn a_call_gives_the_typed_error_of_the_function() {
    let (router, app) = (api::router(), app());
    let input = SendMessage { message: "a long message".to_owned() };
    let refused = router.call::<api::send_message>(app.clone(), input).await;
    assert_eq!(refused, Err(CallError::Procedure(SendError::TooFast { retry_after: 14 })));
}

#[tokio::test]
async fn a_stream_yields_the_items_of_the_function() {
    let (router, app) = (api::router(), app());
    let items = router.call::<api::borrowed>(app.clone(), ()).await.expect("a stream");
    assert_eq!(items.collect::<Vec<_>>().await, ["odd", "even", "odd"]);

    let items = router.call::<api::events>(app.clone(), 1).await.expect("a stream");
    let expected = [
        Ok(Event::new(2).id("id")),
        Ok(Event::new(3).id("id")),
        Ok(Event::done("end".to_owned())),
        Err(SendError::TooFast { retry_after: 1 }),
    ];
    assert_eq!(items.collect::<Vec<_>>().await, expected);

    let items = router.call::<api::later>(app.clone(), ()).await.expect("a stream");
    assert_eq!(items.collect::<Vec<_>>().await, [1, 2]);

    let items = router.call::<api::boxed>(app.clone(), ()).await.expect("a stream");
    assert_eq!(items.collect::<Vec<_>>().await, [2, 4, 6]);
}

#[tokio::test]
async fn a_stream_may_fail_before_it_begins() {
    let (router, app) = (api::router(), app());
    match router.call::<api::events>(app.clone(), 4).await {
        Err(error) => assert_eq!(error, CallError::Procedure(SendError::Empty)),
        Ok(_) => panic!("there are three numbers"),
    }
}

#[tokio::test]
async fn a_procedure_of_another_router_is_not_found() {
    let app = app();
    let missing = api::router().call::<health::ping>(app.clone(), ()).await;
    assert_eq!(missing, Err(CallError::NotInRouter("ping")));
}

#[tokio::test]
async fn nested_routers_have_the_context_of_the_one_around_them() {
    let (router, app) = (api::router(), app());
    let name = router.call::<api::admin_tools::name>(app.clone(), ()).await;
    assert_eq!(name, Ok("Ada".to_owned()));
    let count = router.call::<api::admin_tools::inner::count>(app.clone(), ()).await;
    assert_eq!(count, Ok(3));
    // Each is a router of that context by itself as well.
    let inner: Router<App> = api::admin_tools::inner::router();
    assert_eq!(inner.procedures()[0].0, "count");
}

#[tokio::test]
async fn routers_are_composed_by_nest_and_merge() {
    let app = app();
    let router = Router::new()
        .nest("health", health::router())
        .merge(api::admin_tools::router())
        .nest("v1", Router::new().nest("api", api::router()))
        .procedure::<health::ping, _>();
    let paths: Vec<_> = router.procedures().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths[..3], ["health/ping", "name", "deep/count"]);
    assert_eq!(paths[3], "v1/api/sendMessage");
    assert_eq!(paths.last().map(String::as_str), Some("ping"));
    assert_eq!(router.call::<health::ping>(app.clone(), ()).await, Ok("pong"));
    assert!(Rpc::try_new(router).is_ok());
}

mod clashing {
    use super::*;

    #[router]
    pub(super) mod first {
        #[orpc_runtime::procedure]
        pub(super) async fn send() {}

        #[orpc_runtime::procedure]
        pub(super) async fn list() {}
    }

    #[router]
    pub(super) mod second {
        #[orpc_runtime::procedure]
        pub(super) async fn send() {}

        #[orpc_runtime::procedure(name = "list")]
        pub(super) async fn all() {}
    }
}

#[test]
fn every_name_that_cannot_be_served_is_reported() {
    let inner = Router::<()>::new()
        .merge(clashing::first::router())
        .merge(clashing::second::router())
        .nest("then", clashing::first::router())
        .nest("..", clashing::first::router())
        .nest("", clashing::first::router());
    let router = Router::new()
        .nest("", clashing::first::router())
        .nest("constructor", clashing::first::router())
        .nest("outer", inner)
        .nest("outer", clashing::first::router());
    let error = Rpc::try_new(router).expect_err("names clash");
    let at = |path: &str| path.to_owned();
    let expected = [
        RouterIssue::Empty { path: at("") },
        RouterIssue::Reserved { path: at("constructor") },
        RouterIssue::Duplicate { path: at("outer") },
        RouterIssue::Duplicate { path: at("outer/send") },
        RouterIssue::Duplicate { path: at("outer/list") },
        RouterIssue::Reserved { path: at("outer/then") },
        RouterIssue::Dots { path: at("outer/..") },
        RouterIssue::Empty { path: at("outer") },
    ];
    assert_eq!(error.issues(), expected);
    let text = error.to_string();
    assert!(text.contains("outer/then") && text.contains("constructor"), "{text}");
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema counts")]
struct BadPattern {
    #[schemars(regex(pattern = "["))]
    text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BadData {
    #[schemars(regex(pattern = "("))]
    text: String,
}

#[derive(Debug, RpcError)]
enum BadError {
    WithData(BadData),
}

#[router]
mod bad_schemas {
    use super::*;

    #[procedure]
    pub(super) async fn input(_input: BadPattern) {}

    #[procedure]
    pub(super) async fn error() -> Result<(), BadError> {
        Err(BadError::WithData(BadData { text: String::new() }))
    }

    #[procedure]
    pub(super) fn event_error() -> impl Stream<Item = Result<u8, BadError>> {
        stream::empty()
    }

    #[procedure]
    pub(super) async fn good() {}
}

#[test]
fn every_schema_that_cannot_be_compiled_is_reported_with_its_place() {
    let router: Router<()> = Router::new().nest("bad", bad_schemas::router());
    let error = Rpc::try_new(router).expect_err("patterns are wrong");
    let places: Vec<_> = error
        .issues()
        .iter()
        .map(|issue| match issue {
            RouterIssue::Schema { path, reason } => (path.as_str(), reason.as_str()),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(places.len(), 3, "{places:?}");
    let expected = [("bad/input", "\"[\""), ("bad/error", "\"(\""), ("bad/eventError", "\"(\"")];
    for ((path, reason), (expected_path, pattern)) in places.iter().zip(expected) {
        assert_eq!(*path, expected_path);
        assert!(reason.contains("text"), "the place is not named: {reason}");
        assert!(reason.contains(pattern), "the pattern is not named: {reason}");
    }
    assert!(error.to_string().contains("procedure `bad/input`"), "{error}");
}

/// Has no finite value.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Chain(Option<Box<Self>>);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum There {
    Back(Box<AndBackAgain>),
    Text(String),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct AndBackAgain(There);

/// Has finite values, since a list may be empty.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Lists(Vec<Option<Self>>);

#[router]
pub(super) mod circles {
    use super::*;

    #[procedure]
    pub(super) async fn input(input: Vec<Chain>) {
        drop(input);
    }

    #[procedure]
    pub(super) async fn root(input: Chain) {
        drop(input);
    }

    #[procedure]
    pub(super) async fn output() -> There {
        There::Text(String::new())
    }

    #[procedure]
    pub(super) async fn good(input: Lists) -> Lists {
        input
    }
}

#[test]
fn a_type_without_finite_values_is_refused() {
    let error = Rpc::try_new(circles::router::<()>()).expect_err("two types have no end");
    let issues: Vec<_> = error.issues().iter().map(ToString::to_string).collect();
    assert_eq!(issues.len(), 3, "{issues:?}");
    for (issue, procedure) in issues.iter().zip(["input", "root", "output"]) {
        assert!(issue.starts_with(&format!("procedure `{procedure}`")), "{issue}");
        assert!(issue.contains("nothing but itself"), "{issue}");
    }
    assert!(issues[0].contains("the type `Chain`"), "{}", issues[0]);
}

#[test]
#[should_panic(expected = "the router cannot be served")]
fn a_router_that_cannot_be_served_panics_in_new() {
    drop(Rpc::new(Router::<()>::new().nest("then", health::router())));
}

/// Data of its own.
#[derive(Debug, Serialize, JsonSchema)]
struct Limit {
    per_second: u32,
}

#[derive(Debug, RpcError)]
#[serde(rename_all_fields = "camelCase")]
enum Failure {
    HTTPError,
    NotFound,
    #[rpc_error(status = 418)]
    Teapot,
    #[rpc_error(message = "No more")]
    QuotaExceeded(Limit),
    OfNumber(u64),
    RenamedByEnum {
        first_field: u8,
        #[serde(rename = "other")]
        second_field: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        third_field: Option<u8>,
    },
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    RenamedByVariant {
        first_field: u8,
    },
    #[rpc_error(transparent)]
    Send(SendError),
    #[rpc_error(transparent)]
    Any(Error),
    #[rpc_error(internal)]
    Io(std::io::Error),
    #[rpc_error(internal)]
    Broken,
}

fn sent(error: impl RpcError) -> serde_json::Value {
    serde_json::to_value(error.into_error()).expect("an error is JSON")
}

#[test]
fn a_variant_has_its_code_status_and_message() {
    let seen = |error| {
        let error = RpcError::into_error(error);
        assert!(error.is_defined());
        assert_eq!(error.data(), None);
        (error.code().to_owned(), error.status(), error.message().to_owned())
    };
    let is = |code: &str, status, message: &str| (code.to_owned(), status, message.to_owned());
    assert_eq!(seen(Failure::HTTPError), is("HTTP_ERROR", 500, "HTTP_ERROR"));
    assert_eq!(seen(Failure::NotFound), is("NOT_FOUND", 404, "Not Found"));
    assert_eq!(seen(Failure::Teapot), is("TEAPOT", 418, "TEAPOT"));
}

#[test]
fn the_fields_of_a_variant_are_its_data() {
    let limited = sent(SendError::TooFast { retry_after: 7 });
    let expected = serde_json::json!({
        "defined": true, "code": "RATE_LIMITED", "status": 429, "message": "Slow down",
        "data": { "retryAfter": 7 },
    });
    assert_eq!(limited, expected);

    let exceeded = sent(Failure::QuotaExceeded(Limit { per_second: 2 }));
    assert_eq!(exceeded["message"], "No more");
    assert_eq!(exceeded["data"], serde_json::json!({ "per_second": 2 }));
    assert_eq!(sent(Failure::OfNumber(9))["data"], 9);

    let by_enum = Failure::RenamedByEnum { first_field: 1, second_field: None, third_field: None };
    let expected = serde_json::json!({ "firstField": 1, "other": null });
    assert_eq!(sent(by_enum)["data"], expected);
    let by_variant = Failure::RenamedByVariant { first_field: 1 };
    assert_eq!(sent(by_variant)["data"], serde_json::json!({ "FIRST_FIELD": 1 }));
}

#[test]
fn a_transparent_variant_is_the_error_inside() {
    assert_eq!(sent(Failure::Send(SendError::Empty)), sent(SendError::Empty));
    let any = RpcError::into_error(Failure::Any(Error::new(Code::Conflict)));
    assert_eq!((any.code(), any.is_defined()), ("CONFLICT", false));
}

#[test]
fn an_internal_variant_hides_its_text_and_keeps_it_for_the_log() {
    let error = RpcError::into_error(Failure::Io(std::io::Error::other("secret")));
    assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("secret"));
    assert_eq!((error.code(), error.status()), ("INTERNAL_SERVER_ERROR", 500));
    assert!(!error.is_defined());
    assert!(!serde_json::to_string(&error).expect("JSON").contains("secret"));

    let broken = RpcError::into_error(Failure::Broken);
    assert_eq!(broken.source().map(ToString::to_string).as_deref(), Some("Broken"));
    assert_eq!(broken.message(), "Internal server error");
}

#[test]
fn the_declarations_are_those_of_the_variants() {
    let all: Vec<_> = <Failure as RpcError>::declarations()
        .iter()
        .map(|declaration| {
            (declaration.code(), declaration.status(), declaration.default_message())
        })
        .collect();
    let expected = [
        ("HTTP_ERROR", 500, "HTTP_ERROR"),
        ("NOT_FOUND", 404, "Not Found"),
        ("TEAPOT", 418, "TEAPOT"),
        ("QUOTA_EXCEEDED", 500, "No more"),
        ("OF_NUMBER", 500, "OF_NUMBER"),
        ("RENAMED_BY_ENUM", 500, "RENAMED_BY_ENUM"),
        ("RENAMED_BY_VARIANT", 500, "RENAMED_BY_VARIANT"),
        // Those of the transparent variant; internal ones declare nothing.
        ("RATE_LIMITED", 429, "Slow down"),
        ("EMPTY", 500, "EMPTY"),
    ];
    assert_eq!(all, expected);
}

#[derive(Debug, RpcError)]
enum Impossible {}

#[test]
fn an_enum_without_variants_declares_nothing() {
    assert!(<Impossible as RpcError>::declarations().is_empty());
}

#[procedure]
async fn say() {}

mod renamed {
    pub(super) use super::say as _Say;
    pub(super) use super::say as Say;
    pub(super) use super::say as SAY;
}

#[allow(dead_code, reason = "they are re-exported alone")]
mod values {
    pub(super) trait Trait {}
    pub(super) struct Wrapper(pub(super) u8);
    pub(super) struct Unit;
    #[derive(Debug)]
    pub(super) struct Generic<T> {
        pub(super) value: T,
    }
    pub(super) enum Variants {
        Unit,
        Tuple(u8),
    }
    pub(super) const LIMIT: u32 = 1;
    pub(super) const NOTHING: () = ();
    pub(super) static COUNT: u32 = 1;
    pub(super) type Alias = Vec<u8>;
}

#[allow(unused_imports)]
#[router]
mod re_exports {
    use super::*;

    #[procedure]
    pub(super) async fn ping() {}

    #[cfg(any())]
    pub(super) use super::renamed::Nothing;
    pub(super) use super::renamed::Say;
    pub(super) use super::renamed::{_Say, SAY as Other};
    pub(super) use super::values::Variants::{Tuple, Unit as UnitVariant};
    pub(super) use super::values::{
        Alias, COUNT, Generic, LIMIT, NOTHING, Trait, Unit, Variants, Wrapper,
    };
}

#[test]
fn a_procedure_under_the_name_of_a_type_is_refused_where_a_router_re_exports_it() {
    let router: Router<()> = re_exports::router();
    let error = Rpc::try_new(router).expect_err("procedures would not be served");
    let issue = |path: &str| RouterIssue::Unserved { path: path.to_owned() };
    assert_eq!(error.issues(), [issue("Say"), issue("_Say"), issue("Other")]);
    assert!(error.to_string().contains("write `#[procedure]` in front of it"), "{error}");
    let nested = Router::<()>::new().nest("inner", re_exports::router());
    let error = Rpc::try_new(nested).expect_err("a nested router is refused as well");
    assert_eq!(error.issues()[0], issue("inner/Say"));
}
