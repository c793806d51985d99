//! Arguments, names, nesting, contracts and responses.

// #region arguments
use cookie::Cookie;
use orpc_runtime::prelude::*;

pub struct App {
    products: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Search {
    #[schemars(length(min = 1, max = 80))]
    search_text: String,
    #[serde(default)]
    limit: Option<u8>,
}

#[router(context = App)]
pub mod products {
    use super::*;

    /// Finds products by a part of their name.
    #[procedure]
    pub async fn search(app: &App, input: Search) -> Vec<String> {
        let limit = input.limit.unwrap_or(10).into();
        let found = app.products.iter().filter(|name| name.contains(&input.search_text));
        found.take(limit).cloned().collect()
    }

    /// The product of the day. Browsers and caches may ask for it with GET.
    #[procedure(method = GET, name = "today")]
    pub async fn product_of_the_day(app: &App, call: &Call) -> Result<Option<String>, Error> {
        let mut response = call.response();
        response.insert_header("cache-control", "max-age=60")?;
        response.set_cookie(Cookie::build(("seen", "today")).path("/").build())?;
        Ok(app.products.first().cloned())
    }
}
// #endregion arguments

// #region nest
#[router]
pub mod health {
    use super::*;

    /// Answers as long as the server runs.
    #[procedure(method = GET)]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

/// `client.products.search(…)` and `client.health.ping()`.
pub fn router() -> Router<App> {
    Router::new().nest("products", products::router()).nest("health", health::router())
}
// #endregion nest

// #region contract
#[contract]
pub trait Clock {
    /// Seconds since 1970.
    #[procedure(method = GET)]
    async fn now(&self) -> u32;

    /// The time after every second.
    fn ticks(&self) -> impl Stream<Item = u32>;
}
// #endregion contract

// #region implementation
pub struct SystemClock;

impl Clock for SystemClock {
    async fn now(&self) -> u32 {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        time.map_or(0, |time| time.as_secs() as u32)
    }

    fn ticks(&self) -> impl Stream<Item = u32> {
        let second = tokio::time::interval(std::time::Duration::from_secs(1));
        orpc_runtime::futures::stream::unfold(second, async move |mut second| {
            second.tick().await;
            Some((self.now().await, second))
        })
    }
}

pub fn clock_router() -> Router<SystemClock> {
    clock::router::<SystemClock>()
}
// #endregion implementation

// #region download
use orpc_runtime::value::File;

/// For a plain link, `<a href="/rpc/export">`.
#[procedure(method = GET)]
pub async fn export(call: &Call) -> Result<(), Error> {
    let mut response = call.response();
    response.insert_header("content-type", "text/csv")?;
    response.set_body(File::new("", "", "a,b\n1,2\n"));
    Ok(())
}
// #endregion download

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> App {
        App { products: vec!["red shoes".into(), "blue shoes".into(), "hat".into()] }
    }

    #[tokio::test]
    async fn finds_products() {
        crate::check_client(&router(), "procedures");
        let service = Rpc::new(router()).http(app());
        let (status, body) = crate::post(
            service,
            "/products/search",
            r#"{"json":{"searchText":"shoes","limit":1}}"#,
        )
        .await;
        assert_eq!((status, &body["json"]), (200, &serde_json::json!(["red shoes"])));
    }

    #[tokio::test]
    async fn a_get_sets_headers_and_a_cookie() {
        use tower::ServiceExt as _;

        let request = http::Request::get("/products/today").body(String::new()).unwrap();
        let response = Rpc::new(router()).http(app()).oneshot(request).await.unwrap();
        assert_eq!(response.headers()["cache-control"], "max-age=60");
        assert_eq!(response.headers()["set-cookie"], "seen=today; Path=/");
        let request = http::Request::get("/products/search").body(String::new()).unwrap();
        let response = Rpc::new(router()).http(app()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 405);
        let export = Router::<()>::new().procedure::<export, _>();
        let request = http::Request::get("/export").body(String::new()).unwrap();
        let response = Rpc::new(export).http(()).oneshot(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/csv");
    }

    #[tokio::test]
    async fn a_contract_has_a_router() {
        let now = clock_router().call::<clock::now>(SystemClock, ()).await.unwrap();
        assert!(now > 1_700_000_000);
        let ticks = SystemClock.ticks();
        let mut ticks = std::pin::pin!(ticks);
        assert!(ticks.next().await >= Some(now));
    }
}
