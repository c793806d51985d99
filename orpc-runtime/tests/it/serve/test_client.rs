//! The client in the same process.

use std::net::SocketAddr;

use cookie::Cookie;
use futures::StreamExt as _;
use http::StatusCode;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{Date, File};
use orpc_runtime::{CallError, Issue, PeerAddr, TestClient};
use serde_json::json;

use crate::support::{post, send};

pub struct Session {
    user: String,
}

#[derive(Debug, PartialEq, RpcError)]
pub enum SignInError {
    #[rpc_error(code = "WRONG_PASSWORD", status = 401)]
    WrongPassword,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Upload {
    at: Date,
    id: u64,
    file: File,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct NewIssue {
    #[schemars(length(min = 1))]
    title: String,
    #[schemars(range(max = 5))]
    priority: u8,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Booking {
    #[schemars(range(max = 30))]
    first_night: u32,
    #[serde(default)]
    nights: Vec<u32>,
}

/// The nights that are before the first one.
fn in_order(booking: &Booking) -> Vec<Issue> {
    let nights = booking.nights.iter().enumerate();
    let early = nights.filter(|(_, night)| **night < booking.first_night);
    early.map(|(n, _)| Issue::new("Too early").at("nights").at(n)).collect()
}

mod checks {
    use super::Issue;

    pub(super) fn not_empty(text: &str) -> Result<(), Issue> {
        if text.is_empty() { Err(Issue::new("Write something")) } else { Ok(()) }
    }
}

#[middleware]
async fn staff_only(session: &Session, next: Next) -> Result<Completed, Error> {
    if session.user == "ada" { next.run().await } else { Err(Error::new(Code::Forbidden)) }
}

#[router(context = Session)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn who_am_i(session: &Session) -> String {
        session.user.clone()
    }

    #[procedure]
    pub async fn sign_in(call: &Call, password: String) -> Result<(), SignInError> {
        if password != "engine" {
            return Err(SignInError::WrongPassword);
        }
        let mut response = call.response();
        response.set_status(StatusCode::CREATED);
        let cookie = Cookie::build(("session", "ada")).path("/").http_only(true).build();
        response.set_cookie(cookie).expect("a valid cookie");
        Ok(())
    }

    #[procedure]
    pub async fn sign_out(call: &Call) -> Result<(), Error> {
        call.response().set_cookie("session=; Max-Age=0; Path=/")?;
        Ok(())
    }

    #[procedure(with = staff_only)]
    pub async fn create(issue: NewIssue) -> String {
        format!("{} {}", issue.title, issue.priority)
    }

    #[procedure(validate = in_order, with = staff_only)]
    pub async fn book(booking: Booking) -> usize {
        booking.nights.len()
    }

    #[procedure(validate = checks::not_empty)]
    pub fn letters(text: String) -> impl Stream<Item = char> {
        futures::stream::iter(text.chars().collect::<Vec<_>>())
    }

    #[procedure]
    pub async fn keep(upload: Upload) -> Result<(Option<i64>, u64, Vec<u8>), Error> {
        let bytes = upload.file.bytes().await?;
        Ok((upload.at.millis(), upload.id, bytes.to_vec()))
    }

    #[procedure]
    pub fn events(call: &Call) -> impl Stream<Item = u64> {
        let last = call.last_event_id().and_then(|id| id.as_str().parse().ok()).unwrap_or(0);
        futures::stream::iter(last + 1..=3)
    }

    #[procedure]
    pub async fn origin(call: &Call) -> (Option<String>, Option<String>, bool) {
        let address = call.peer_addr().map(|address| address.to_string());
        let language = call.header("accept-language").map(std::borrow::Cow::into_owned);
        (address, language, call.extensions().get::<PeerAddr>().is_some())
    }
}

#[router(context = Session)]
pub mod other {
    use super::*;

    #[procedure]
    pub async fn elsewhere() {}
}

/// The user that a cookie or a bearer token names.
async fn session(call: &Call) -> Result<Session, Error> {
    let user = call.cookie("session").or_else(|| call.bearer_token().map(str::to_owned));
    if user.as_deref() == Some("nobody") {
        return Err(Error::new(Code::Unauthorized));
    }
    Ok(Session { user: user.unwrap_or("guest".into()) })
}

fn client() -> TestClient<Session> {
    Rpc::new(api::router()).test(session)
}

#[tokio::test]
async fn a_call_has_the_context_of_its_headers() {
    assert_eq!(client().call::<api::who_am_i>(()).await.unwrap(), "guest");
    assert_eq!(client().bearer("ada").call::<api::who_am_i>(()).await.unwrap(), "ada");
    let refused = client().bearer("nobody").call::<api::who_am_i>(()).await;
    let Err(CallError::Refused(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code(), "UNAUTHORIZED");
}

#[tokio::test]
async fn an_input_is_refused_as_over_http() {
    let invalid = json!({ "title": "", "priority": 9 });
    let refused = client().bearer("ada").call::<api::create>(invalid.clone()).await;
    let Err(CallError::Refused(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code(), "BAD_REQUEST");
    let mut request = post("/create", json!({ "json": invalid }).to_string());
    request.headers_mut().insert("authorization", "Bearer ada".parse().unwrap());
    let answer = send(Rpc::new(api::router()).http(session), request).await.json();
    let data: serde_json::Value = serde_json::from_str(error.data().unwrap()).unwrap();
    assert_eq!(data, answer["data"]);
    assert_eq!(data["issues"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_middleware_refuses_before_the_input_is_read() {
    let refused = client().call::<api::create>(json!({ "title": "" })).await;
    let Err(CallError::Refused(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code(), "FORBIDDEN");
    let input = json!({ "title": "a", "priority": 5 });
    let created = client().bearer("ada").call::<api::create>(input).await;
    assert_eq!(created.unwrap(), "a 5");
}

#[tokio::test]
async fn a_check_of_the_decoded_input_has_issues_with_paths() {
    let early = json!({ "first_night": 3, "nights": [3, 1, 4, 2] });
    let refused = client().bearer("ada").call::<api::book>(early.clone()).await;
    let Err(CallError::Refused(error)) = refused else { panic!("{refused:?}") };
    let issues = json!([
        { "message": "Too early", "path": ["nights", 1] },
        { "message": "Too early", "path": ["nights", 3] },
    ]);
    let data: serde_json::Value = serde_json::from_str(error.data().unwrap()).unwrap();
    assert_eq!((error.code(), &data), ("BAD_REQUEST", &json!({ "issues": issues })));

    let service = Rpc::new(api::router()).http(session);
    let mut request = post("/book", json!({ "json": early }).to_string());
    request.headers_mut().insert("authorization", "Bearer ada".parse().unwrap());
    let answer = send(service.clone(), request).await;
    assert_eq!((answer.status, &answer.json()["data"]), (400, &json!({ "issues": issues })));
    // Behind the middleware, and behind the schema.
    let refused = client().call::<api::book>(early).await;
    assert!(matches!(refused, Err(CallError::Refused(error)) if error.code() == "FORBIDDEN"));
    let outside = json!({ "first_night": 31, "nights": [1] });
    let refused = client().bearer("ada").call::<api::book>(outside).await;
    let Err(CallError::Refused(error)) = refused else { panic!("{refused:?}") };
    assert!(!error.data().unwrap().contains("Too early"), "{error:?}");

    let fine = json!({ "first_night": 3, "nights": [3, 4] });
    assert_eq!(client().bearer("ada").call::<api::book>(fine).await.unwrap(), 2);
}

#[tokio::test]
async fn a_stream_begins_once_its_input_is_checked() {
    let refused = client().call::<api::letters>("").await;
    let Err(CallError::Refused(error)) = refused.map(drop) else { panic!("an empty text passed") };
    assert_eq!(error.data(), Some(r#"{"issues":[{"message":"Write something","path":[]}]}"#));
    let letters = client().call::<api::letters>("ab").await.unwrap();
    assert_eq!(letters.collect::<Vec<_>>().await, ['a', 'b']);
}

#[tokio::test]
async fn an_input_of_the_procedures_own_type_keeps_dates_large_integers_and_files() {
    let (at, file) = (Date::from_millis(86_400_000), File::new("a.bin", "", vec![0, 255]));
    let kept = client().call::<api::keep>(Upload { at, id: u64::MAX, file }).await;
    assert_eq!(kept.unwrap(), (Some(86_400_000), u64::MAX, vec![0, 255]));
}

#[tokio::test]
async fn an_error_of_the_procedure_is_its_own() {
    let refused = client().call::<api::sign_in>("wheel").await;
    assert_eq!(refused, Err(CallError::Procedure(SignInError::WrongPassword)));
}

#[tokio::test]
async fn cookies_that_a_procedure_sets_are_kept_until_it_removes_them() {
    let browser = client();
    let (signed_in, head) = browser.call_with_head::<api::sign_in>("engine").await;
    assert_eq!((signed_in, head.status()), (Ok(()), Some(StatusCode::CREATED)));
    assert_eq!(browser.cookie_value("session").as_deref(), Some("ada"));
    assert_eq!(browser.call::<api::who_am_i>(()).await.unwrap(), "ada");
    let other = browser.clone();
    browser.call::<api::sign_out>(()).await.unwrap();
    assert_eq!(browser.cookie_value("session"), None);
    assert_eq!(browser.call::<api::who_am_i>(()).await.unwrap(), "guest");
    assert_eq!(other.call::<api::who_am_i>(()).await.unwrap(), "ada");
    let bob = client().cookie("theme", "dark").cookie("session", "bob");
    assert_eq!(bob.call::<api::who_am_i>(()).await.unwrap(), "bob");
}

#[tokio::test]
async fn a_stream_resumes_behind_the_last_event() {
    let events = client().call::<api::events>(()).await.unwrap();
    assert_eq!(events.collect::<Vec<_>>().await, [1, 2, 3]);
    let events = client().last_event_id(1).last_event_id(2).call::<api::events>(()).await.unwrap();
    assert_eq!(events.collect::<Vec<_>>().await, [3]);
}

#[tokio::test]
async fn a_call_has_the_address_and_the_headers_of_its_client() {
    let address: SocketAddr = "192.0.2.7:4711".parse().unwrap();
    let client = client().peer_addr(address).header("accept-language", "de");
    let origin = client.call::<api::origin>(()).await.unwrap();
    assert_eq!(origin, (Some(address.to_string()), Some("de".to_owned()), true));
}

#[tokio::test]
async fn a_procedure_of_another_router_is_not_found() {
    let missing = client().call::<other::elsewhere>(()).await;
    assert_eq!(missing, Err(CallError::NotInRouter("elsewhere")));
}

#[tokio::test]
async fn a_function_is_called_with_a_call_of_its_own() {
    let call = Call::builder().header("accept-language", "de").last_event_id(2).build();
    assert_eq!(api::origin(&call).await, (None, Some("de".to_owned()), false));
    assert_eq!(api::events(&call).collect::<Vec<_>>().await, [3]);
    assert_eq!((call.method(), call.path()), (&http::Method::POST, ""));
}

#[test]
fn a_cookie_is_found_by_its_name_and_decoded() {
    let cases = [
        ("session=ada", Some("ada")),
        ("a=1; session=ada; b=2", Some("ada")),
        ("a=1;session=ada", Some("ada")),
        ("session=ada; session=bob", Some("ada")),
        ("session=\"ada\"", Some("ada")),
        ("session=a%3Bd%C3%A4", Some("a;dä")),
        ("session=a=b", Some("a=b")),
        ("session=%FF", Some("%FF")),
        ("session=", Some("")),
        ("xsession=1; sessionx=1; Session=1; session", None),
        ("", None),
    ];
    for (header, expected) in cases {
        let call = Call::builder().header("cookie", header).build();
        assert_eq!(call.cookie("session").as_deref(), expected, "{header}");
    }
    // As the crate `cookie` writes it.
    let written = Cookie::new("session", "a; b=\"ü\" %").encoded().to_string();
    let call = Call::builder().header("cookie", written).build();
    assert_eq!(call.cookie("session").as_deref(), Some("a; b=\"ü\" %"));
    assert_eq!(Call::builder().build().cookie("session"), None);
}

#[test]
#[should_panic = "\"two words\" is no name of a header"]
fn a_header_without_a_valid_name_is_refused() {
    let _ = client().header("two words", "");
}

#[tokio::test]
async fn credentials_are_not_part_of_the_debug_text() {
    let client = client().bearer("s3cret").cookie("session", "s3cret");
    assert!(!format!("{client:?}").contains("s3cret"));
    let call = Call::builder().bearer("s3cret");
    assert!(!format!("{call:?}{:?}", call.clone().build()).contains("s3cret"));
}
