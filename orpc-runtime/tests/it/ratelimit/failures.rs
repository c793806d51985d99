//! Stores that fail or do not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use orpc_runtime::ratelimit::{OnFailure, Quota, Store, TakeError, Taken};

use super::{failure, ping, quota};
use crate::support::websocket::within;

const ANSWERS: u8 = 0;
const FAILS: u8 = 1;
const IS_SILENT: u8 = 2;

/// A store of somebody else, in one of these states.
#[derive(Clone, Default)]
struct Remote(Arc<AtomicU8>);

impl Store for Remote {
    fn take<'a>(&'a self, _: &'a str, quota: Quota) -> BoxFuture<'a, Result<Taken, TakeError>> {
        let state = self.0.load(Ordering::SeqCst);
        async move {
            match state {
                ANSWERS => Ok(Taken::allowed(quota.limit() - 1, quota.per())),
                FAILS => Err("secret-host is down".into()),
                _ => std::future::pending().await,
            }
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_refused_or_allowed_as_set() {
    let store = Remote::default();
    let builder = quota(5, Duration::from_secs(60)).timeout(Duration::from_secs(2));
    let refusing = builder.clone().store(store.clone());
    let allowing = builder.on_failure(OnFailure::Allow).store(store.clone());
    for limiter in [&refusing, &allowing] {
        let answer = ping(limiter).await;
        assert_eq!(
            (answer.status, &answer.headers["ratelimit-remaining"]),
            (200, &"4".parse().unwrap())
        );
    }
    for (state, text) in [
        (FAILS, "secret-host is down"),
        (IS_SILENT, "the store of rate limits did not answer within 2s"),
    ] {
        store.0.store(state, Ordering::SeqCst);
        let answer = ping(&refusing).await;
        assert_eq!(answer.status, 500);
        assert_eq!(
            answer.body,
            r#"{"json":{"defined":false,"code":"INTERNAL_SERVER_ERROR","status":500,"message":"Internal server error"}}"#
        );
        let answer = ping(&allowing).await;
        assert_eq!(answer.status, 200);
        assert!(answer.headers.get("ratelimit-limit").is_none());
        // `take` does not decide for its caller.
        for limiter in [&refusing, &allowing] {
            assert_eq!(failure(within(limiter.take("key")).await), text);
        }
    }
}
