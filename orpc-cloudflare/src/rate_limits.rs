//! Buckets of rate limits in Durable Objects.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use orpc_runtime::ratelimit::{Quota, Store, TakeError, Taken};
use serde::{Deserialize, Serialize};
use worker::send::{SendFuture, SendWrapper};
use worker::{Date, Env, Method, Request, RequestInit, Response, Result, SqlStorageValue, State};

/// Maximum number of buckets of one object that are not full.
const MAX_BUCKETS: u64 = 100_000;

/// Number of objects among which keys are distributed.
const SHARDS: u32 = 16;

/// Shortest time until full buckets are removed.
const SWEEP: Duration = Duration::from_secs(60);

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS orpc_buckets(key TEXT PRIMARY KEY, full_at INTEGER) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS orpc_full_buckets ON orpc_buckets(full_at)",
];

/// Request of the Worker to an object.
#[derive(Serialize, Deserialize)]
struct Question {
    key: String,
    limit: u32,
    /// In microseconds.
    per: u64,
}

/// The answer of an object.
#[derive(Serialize, Deserialize)]
struct Answer {
    is_allowed: bool,
    remaining: u32,
    /// In microseconds.
    next: u64,
}

/// The buckets of a [`RateLimiter`](orpc_runtime::ratelimit::RateLimiter) in Durable Objects of one binding, which hold
/// one limit for all Workers: keys are distributed among 16 objects, each with a SQLite database.
/// [`rate_limit_object!`](crate::rate_limit_object) declares their class.
///
/// ```ignore
/// rate_limit_object!(
///     pub struct RateLimits;
/// );
///
/// let limiter = RateLimiter::builder()
///     .limit(10)
///     .per(Duration::from_secs(60))
///     .key(|call| call.header("cf-connecting-ip").unwrap_or_default().into_owned())
///     .store(RateLimitObjects::new(&env, "RATE_LIMITS"));
/// ```
///
/// Limiters that share a binding need [names](orpc_runtime::ratelimit::RateLimiterBuilder::name) of their own. An object
/// keeps at most 100,000 buckets that are not full; beyond that the one with the most tokens is forgotten, and while all
/// are empty new keys are refused.
#[derive(Clone)]
pub struct RateLimitObjects {
    env: SendWrapper<Env>,
    binding: String,
}

impl RateLimitObjects {
    /// Creates a store on the objects of a binding.
    pub fn new(env: &Env, binding: impl Into<String>) -> Self {
        Self { env: SendWrapper(env.clone()), binding: binding.into() }
    }

    async fn ask(&self, question: &Question) -> Result<Answer> {
        let name = format!("buckets-{}", shard(&question.key));
        let object = self.env.durable_object(&self.binding)?.id_from_name(&name)?.get_stub()?;
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_body(Some(serde_json::to_string(question)?.into()));
        let request = Request::new_with_init("https://buckets/", &init)?;
        let mut response = object.fetch_with_request(request).await?;
        if response.status_code() != 200 {
            let text = response.text().await.unwrap_or_default();
            return Err(format!("the object answers {}: {text}", response.status_code()).into());
        }
        response.json().await
    }
}

/// Returns the number of the object that has a key, the same in every version: FNV-1a.
fn shard(key: &str) -> u32 {
    let hash = key
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % SHARDS
}

impl Store for RateLimitObjects {
    fn take<'a>(&'a self, key: &'a str, quota: Quota) -> BoxFuture<'a, Result<Taken, TakeError>> {
        let per = u64::try_from(quota.per().as_micros()).unwrap_or(u64::MAX);
        let question = Question { key: key.to_owned(), limit: quota.limit(), per };
        SendFuture::new(async move {
            let answer = self.ask(&question).await.map_err(|error| error.to_string())?;
            let next = Duration::from_micros(answer.next);
            Ok(match answer.is_allowed {
                true => Taken::allowed(answer.remaining, next),
                false => Taken::refused(next),
            })
        })
        .boxed()
    }
}

impl fmt::Debug for RateLimitObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitObjects").field("binding", &self.binding).finish_non_exhaustive()
    }
}

/// A Durable Object with buckets; [`rate_limit_object!`](crate::rate_limit_object) wires it.
pub struct RateLimitObject {
    state: State,
    /// Number of buckets.
    count: Cell<u64>,
    has_alarm: Cell<bool>,
}

#[derive(Deserialize)]
struct Number {
    n: Option<f64>,
}

impl RateLimitObject {
    /// Creates the object.
    ///
    /// # Panics
    /// If the object has no SQLite database: its migration needs `new_sqlite_classes`.
    pub fn new(state: State) -> Self {
        let object = Self { state, count: Cell::new(0), has_alarm: Cell::new(false) };
        let prepared = TABLES.iter().try_for_each(|table| object.exec(table, vec![]).map(drop));
        let count = prepared.and_then(|()| object.number("SELECT count(*) AS n FROM orpc_buckets"));
        let count = count.unwrap_or_else(|error| {
            panic!(
                "rate limits need `new_sqlite_classes` in the migrations of wrangler.jsonc: {error}"
            )
        });
        object.count.set(count.unwrap_or(0));
        object
    }

    fn exec(&self, query: &str, values: Vec<SqlStorageValue>) -> Result<worker::SqlCursor> {
        self.state.storage().sql().exec(query, values)
    }

    fn number(&self, query: &str) -> Result<Option<u64>> {
        self.number_of(query, vec![])
    }

    fn number_of(&self, query: &str, values: Vec<SqlStorageValue>) -> Result<Option<u64>> {
        let rows: Vec<Number> = self.exec(query, values)?.to_array()?;
        // Numbers stay below 2^53.
        Ok(rows.first().and_then(|row| row.n).map(|n| n as u64))
    }

    /// Takes a token. Operations of the database take effect at once, and nothing is sent before they are durable.
    ///
    /// # Errors
    /// If the request is none of this crate, or the storage fails.
    pub async fn fetch(&self, mut request: Request) -> Result<Response> {
        let Ok(Question { key, limit, per }) = request.json().await else {
            return Response::error("Not a rate limit", 400);
        };
        let quota = Quota::new(limit, Duration::from_micros(per));
        let taken = self.take(&key, quota)?;
        if !self.has_alarm.replace(true) {
            self.state.storage().set_alarm(quota.per().max(SWEEP)).await?;
        }
        let next = u64::try_from(taken.next().as_micros()).unwrap_or(u64::MAX);
        let (is_allowed, remaining) = (taken.is_allowed(), taken.remaining());
        Response::from_json(&Answer { is_allowed, remaining, next })
    }

    fn take(&self, key: &str, quota: Quota) -> Result<Taken> {
        let now = now();
        let query = "SELECT full_at AS n FROM orpc_buckets WHERE key = ?";
        let known = self.number_of(query, vec![key.into()])?;
        let (full_at, taken) = quota.take(known.unwrap_or(now), now);
        if known.is_none()
            && let Err(wait) = self.make_room(quota, now)?
        {
            return Ok(Taken::refused(wait));
        }
        // Of one that is refused only a bucket changes whose clock was set back.
        if known != Some(full_at) {
            let query = "INSERT OR REPLACE INTO orpc_buckets(key, full_at) VALUES (?, ?)";
            self.exec(query, vec![key.into(), time(full_at)])?;
            self.count.set(self.count.get() + u64::from(known.is_none()));
        }
        Ok(taken)
    }

    /// Makes room for a bucket; returns the time to wait if all buckets are empty.
    fn make_room(&self, quota: Quota, now: u64) -> Result<std::result::Result<(), Duration>> {
        if self.count.get() < MAX_BUCKETS {
            return Ok(Ok(()));
        }
        self.sweep(now)?;
        if self.count.get() < MAX_BUCKETS {
            return Ok(Ok(()));
        }
        let first = self.number("SELECT min(full_at) AS n FROM orpc_buckets")?;
        let (_, taken) = quota.take(first.unwrap_or(now), now);
        if !taken.is_allowed() {
            tracing::warn!(
                "no room is left for the rate limits of further keys, which are refused"
            );
            return Ok(Err(taken.next()));
        }
        tracing::warn!(
            "no room is left for the rate limits of all keys: those with the most calls left are forgotten"
        );
        let query = "DELETE FROM orpc_buckets WHERE key = (SELECT key FROM orpc_buckets ORDER BY full_at LIMIT 1)";
        self.exec(query, vec![])?;
        self.count.set(self.count.get() - 1);
        Ok(Ok(()))
    }

    /// Removes buckets that are full, which are the same as new ones.
    fn sweep(&self, now: u64) -> Result<()> {
        self.exec("DELETE FROM orpc_buckets WHERE full_at <= ?", vec![time(now)])?;
        let count = self.number("SELECT count(*) AS n FROM orpc_buckets")?;
        self.count.set(count.unwrap_or(0));
        Ok(())
    }

    /// Removes full buckets, and returns when others may be full.
    ///
    /// # Errors
    /// If the storage fails: Cloudflare calls it again.
    pub async fn alarm(&self) -> Result<Response> {
        let now = now();
        self.sweep(now)?;
        let last = self.number("SELECT max(full_at) AS n FROM orpc_buckets")?;
        self.has_alarm.set(last.is_some());
        if let Some(last) = last {
            let wait = Duration::from_micros(last.saturating_sub(now)).max(SWEEP);
            self.state.storage().set_alarm(wait).await?;
        }
        Response::empty()
    }
}

impl fmt::Debug for RateLimitObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitObject").field("count", &self.count).finish_non_exhaustive()
    }
}

/// Returns the microseconds since 1970.
fn now() -> u64 {
    Date::now().as_millis() * 1000
}

/// Returns a number for the database, below 2^53.
fn time(micros: u64) -> SqlStorageValue {
    i64::try_from(micros).unwrap_or(i64::MAX).into()
}

/// Declares a Durable Object for [`RateLimitObjects`](crate::RateLimitObjects):
/// `rate_limit_object!(pub struct RateLimits;);`.
///
/// Workers find it by the name of the struct, `class_name` in `wrangler.jsonc`, where it is one of `new_sqlite_classes`.
/// The crate that writes it depends on `worker` itself, whose attribute it uses.
#[macro_export]
macro_rules! rate_limit_object {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident;) => {
        $(#[$attribute])*
        #[::worker::durable_object]
        $visibility struct $name {
            buckets: ::std::panic::AssertUnwindSafe<$crate::RateLimitObject>,
        }

        impl ::worker::DurableObject for $name {
            fn new(state: ::worker::State, _: ::worker::Env) -> Self {
                Self { buckets: ::std::panic::AssertUnwindSafe($crate::RateLimitObject::new(state)) }
            }

            async fn fetch(&self, request: ::worker::Request) -> ::worker::Result<::worker::Response> {
                self.buckets.fetch(request).await
            }

            async fn alarm(&self) -> ::worker::Result<::worker::Response> {
                self.buckets.alarm().await
            }
        }
    };
}
