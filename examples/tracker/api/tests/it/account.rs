//! Sign-up, sign-in, sign-out, and what a session is worth.

use orpc_runtime::CallError;
use serde_json::{Value, json};
use tracker_api::account::api::{me, sign_in, sign_out, sign_up};
use tracker_api::account::{SignInError, SignUpError};
use tracker_api::issues;

use crate::world::{PASSWORD, World, refusal};

const COOKIE: &str = "__Host-session";

fn ada() -> Value {
    json!({ "name": "Ada", "password": PASSWORD })
}

#[tokio::test]
async fn a_session_lasts_from_sign_up_to_sign_out() {
    let world = World::new().await;
    let browser = world.browser();
    assert_eq!(browser.call::<me>(()).await.unwrap(), None);
    assert_eq!(refusal::<issues::api::list>(&browser, json!({})).await, "UNAUTHORIZED");

    let (signed_up, head) = browser.call_with_head::<sign_up>(ada()).await;
    let person = signed_up.unwrap();
    let cookie = head.headers()["set-cookie"].to_str().unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(browser.call::<me>(()).await.unwrap(), Some(person));

    let copied = browser.clone();
    browser.call::<sign_out>(()).await.unwrap();
    assert_eq!(browser.cookie_value(COOKIE), None);
    assert_eq!(copied.call::<me>(()).await.unwrap(), None, "a copied cookie is worth nothing");
}

#[tokio::test]
async fn each_sign_in_has_a_token_of_its_own() {
    let world = World::new().await;
    let browser = world.person("Ada").await;
    let before = browser.clone();
    browser.call::<sign_in>(ada()).await.unwrap();
    assert_ne!(before.cookie_value(COOKIE), browser.cookie_value(COOKIE));
    assert_eq!(before.call::<me>(()).await.unwrap(), None);
    assert!(browser.call::<me>(()).await.unwrap().is_some());

    let planted = world.browser().cookie(COOKIE, "planted");
    let (signed_in, head) = planted.call_with_head::<sign_in>(ada()).await;
    signed_in.unwrap();
    assert_eq!(head.headers().get_all("set-cookie").iter().count(), 1);
    assert_ne!(planted.cookie_value(COOKIE).as_deref(), Some("planted"));
}

#[tokio::test]
async fn the_database_has_no_token_and_no_password() {
    let world = World::new().await;
    let token = world.person("Ada").await.cookie_value(COOKIE).unwrap();
    let database = world.database().await;
    let stored: Vec<u8> =
        sqlx::query_scalar("SELECT token FROM sessions").fetch_one(&database).await.unwrap();
    assert_eq!((stored.len(), token.len()), (32, 64));
    let password: String =
        sqlx::query_scalar("SELECT password FROM people").fetch_one(&database).await.unwrap();
    assert!(password.starts_with("$argon2id$"), "{password}");
    for entry in std::fs::read_dir(world.folder()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for secret in [token.as_bytes(), PASSWORD.as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{path:?}");
        }
    }
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let world = World::new().await;
    let browser = world.person("Ada").await;
    let past = "UPDATE sessions SET expires_at = '2026-01-01T00:00:00+00:00'";
    sqlx::query(past).execute(&world.database().await).await.unwrap();
    assert_eq!(browser.call::<me>(()).await.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_have_one_error() {
    let world = World::new().await;
    drop(world.person("Ada").await);
    for (name, password) in
        [("Ada", "wrong horses"), ("Nobody", PASSWORD), ("Nobody", "          ")]
    {
        let credentials = json!({ "name": name, "password": password });
        let error = world.browser().call::<sign_in>(credentials).await.unwrap_err();
        assert!(matches!(error, CallError::Procedure(SignInError::WrongCredentials)), "{error:?}");
    }
    let lower = json!({ "name": "ada", "password": PASSWORD });
    world.browser().call::<sign_in>(lower).await.unwrap();
}

#[tokio::test]
async fn a_name_belongs_to_one_person() {
    let world = World::new().await;
    drop(world.person("Ada").await);
    for name in ["Ada", "ADA"] {
        let credentials = json!({ "name": name, "password": PASSWORD });
        let error = world.browser().call::<sign_up>(credentials).await.unwrap_err();
        assert!(matches!(error, CallError::Procedure(SignUpError::NameTaken)), "{error:?}");
    }
    for (name, password) in
        [("", PASSWORD), (" Ada", PASSWORD), ("<b>", PASSWORD), ("Bob", "short")]
    {
        let credentials = json!({ "name": name, "password": password });
        assert_eq!(refusal::<sign_up>(&world.browser(), credentials).await, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn attempts_are_limited_by_address() {
    let world = World::new().await;
    let guesser = world.browser().peer_addr("192.0.2.1:5000".parse().unwrap());
    let wrong = || json!({ "name": "Ada", "password": "wrong horses" });
    for _ in 0..10 {
        assert_eq!(refusal::<sign_in>(&guesser, wrong()).await, "refused by the procedure");
    }
    assert_eq!(refusal::<sign_in>(&guesser, wrong()).await, "TOO_MANY_REQUESTS");
    assert_eq!(refusal::<sign_up>(&guesser, ada()).await, "TOO_MANY_REQUESTS");
    let other = world.browser().peer_addr("192.0.2.2:5000".parse().unwrap());
    assert_eq!(refusal::<sign_up>(&other, ada()).await, "allowed");
}
