//! Rate limits, by address and by user, in memory and on Redis.

// #region limit
use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::ratelimit::{RateLimitError, RateLimiter};

pub struct App {
    mails: RateLimiter,
}

/// Ten mails at once from each address, and ten more in each minute.
pub fn app() -> App {
    App { mails: RateLimiter::builder().limit(10).per(Duration::from_secs(60)).memory() }
}

#[middleware]
async fn limit_mails(app: &App, call: &Call) -> Result<(), RateLimitError> {
    app.mails.check(call).await
}

#[router(context = App)]
pub mod mail {
    use super::*;

    #[procedure(with = limit_mails)]
    pub async fn send(text: String) {
        println!("{text}");
    }
}
// #endregion limit

// #region user
pub struct User {
    name: String,
}

/// Counts the calls of the user whom `find_user` has found.
#[middleware]
async fn limit_user(app: &App, user: &User, call: &Call) -> Result<(), RateLimitError> {
    app.mails.check_key(call, &user.name).await
}

#[middleware]
async fn find_user(call: &Call) -> Result<User, Error> {
    let name = call.bearer_token().ok_or(Code::Unauthorized)?;
    Ok(User { name: name.to_owned() })
}

#[router(context = App, with = [find_user, limit_user])]
pub mod news {
    use super::*;

    #[procedure]
    pub async fn read() -> &'static str {
        "news"
    }
}
// #endregion user

// #region redis
use orpc_runtime::ratelimit::{OnFailure, RedisStore, StoreError};

pub async fn shared(url: &str) -> Result<(RateLimiter, RateLimiter), StoreError> {
    // redis://user:password@host:6379/0
    let store = RedisStore::connect(url, Duration::from_secs(30)).await?;
    let logins = RateLimiter::builder()
        .name("logins")
        .limit(5)
        .per(Duration::from_secs(300))
        .store(store.clone());
    let searches = RateLimiter::builder()
        .name("searches")
        .limit(100)
        .per(Duration::from_secs(60))
        .on_failure(OnFailure::Allow)
        .store(store);
    Ok((logins, searches))
}
// #endregion redis

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_eleventh_mail_of_a_minute_is_refused() {
        crate::check_client(&mail::router(), "rate_limits");
        let service = Rpc::new(mail::router()).http(app());
        for _ in 0..10 {
            assert_eq!(crate::post(service.clone(), "/send", r#"{"json":"hi"}"#).await.0, 200);
        }
        let (status, body) = crate::post(service, "/send", r#"{"json":"hi"}"#).await;
        assert_eq!((status, &body["json"]["data"]["limit"]), (429, &10.into()));
        assert_eq!(body["json"]["defined"], true);
    }

    #[tokio::test]
    async fn a_caller_without_a_name_is_not_counted() {
        let service = Rpc::new(news::router()).http(app());
        for _ in 0..20 {
            assert_eq!(crate::post(service.clone(), "/read", "{}").await.0, 401);
        }
    }
}
