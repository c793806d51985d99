//! The way of a request from the Worker to its room.

use crate::channels::percent;
use worker::{Env, Fetch, Method, Request, RequestInit, Response, Result, Url};

/// Header with the percent-encoded name of the room, for objects that do not know theirs.
pub(crate) const ROOM: &str = "x-orpc-room";

/// Longest name of a room in bytes.
pub(crate) const MAX_NAME: usize = 256;

/// The rooms of a Worker: passes upgrades to the Durable Objects that are named in their paths.
///
/// ```ignore
/// #[event(fetch)]
/// async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
///     // `/rooms/lobby` is the room `lobby`.
///     RoomRoutes::new("ROOMS").fetch(request, &env).await
/// }
/// ```
///
/// | request | response |
/// |---|---|
/// | no upgrade to a WebSocket | 426 `Expected WebSocket upgrade` |
/// | a page of another origin, unless [allowed](RoomRoutes::allow_origin) | 403 |
/// | a path without the name of a room, 1 to 256 bytes | 404 |
/// | any other | that of the room |
#[derive(Debug, Clone)]
pub struct RoomRoutes {
    binding: String,
    prefix: String,
    /// `None` for any.
    origins: Option<Vec<String>>,
}

impl RoomRoutes {
    /// Creates routes to the objects of a binding, under `/rooms/`.
    pub fn new(binding: impl Into<String>) -> Self {
        Self { binding: binding.into(), prefix: "/rooms/".into(), origins: Some(Vec::new()) }
    }

    /// Sets the beginning of the paths; the rest is the percent-encoded name of the room.
    #[must_use]
    pub fn under(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Allows pages of another origin, such as `https://app.example`, to open sockets; by default
    /// those of the Worker's own host.
    ///
    /// # Panics
    /// If it is not an origin: a scheme, a host and a port, unless it is the default one.
    #[must_use]
    #[track_caller]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        let origin = origin.into();
        let is_origin = Url::parse(&origin).is_ok_and(|url| url.origin().is_tuple());
        assert!(
            is_origin,
            "`{origin}` is not an origin: write a scheme and a host, such as `https://app.example`; `allow_any_origin` allows all"
        );
        self.origins.get_or_insert_default().push(origin);
        self
    }

    /// Allows pages of every origin to open sockets. Do not authenticate by cookies alone.
    #[must_use]
    pub fn allow_any_origin(mut self) -> Self {
        self.origins = None;
        self
    }

    /// Returns the name of the room that a URL leads to.
    pub fn room(&self, url: &Url) -> Option<String> {
        let name = url.path().strip_prefix(&*self.prefix)?;
        let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?;
        (1..=MAX_NAME).contains(&name.len()).then(|| name.into_owned())
    }

    /// Passes a request to its room.
    ///
    /// # Errors
    /// If the binding is missing, or the object cannot be reached.
    pub async fn fetch(&self, request: Request, env: &Env) -> Result<Response> {
        let Some(name) = self.room(&request.url()?) else {
            return Response::error("Not found", 404);
        };
        if !is_upgrade(&request)? {
            return upgrade_required();
        }
        if !self.allows(&request)? {
            return Response::error("This origin is not allowed", 403);
        }
        let room = env.durable_object(&self.binding)?.id_from_name(&name)?.get_stub()?;
        let mut request = request.clone_mut()?;
        request.headers_mut()?.set(ROOM, &percent(&name))?;
        room.fetch_with_request(request).await
    }

    fn allows(&self, request: &Request) -> Result<bool> {
        let (Some(allowed), Some(origin)) = (&self.origins, request.headers().get("origin")?)
        else {
            return Ok(true);
        };
        let own = request.url()?.origin();
        let Ok(origin) = Url::parse(&origin).map(|url| url.origin()) else { return Ok(false) };
        // `null`, of a page in a sandbox, is equal to nothing.
        let is_allowed =
            |allowed: &String| Url::parse(allowed).is_ok_and(|url| url.origin() == origin);
        Ok(origin.is_tuple() && (own == origin || allowed.iter().any(is_allowed)))
    }
}

pub(crate) fn is_upgrade(request: &Request) -> Result<bool> {
    let upgrade = request.headers().get("upgrade")?;
    let is_websocket = upgrade.is_some_and(|it| it.eq_ignore_ascii_case("websocket"));
    Ok(is_websocket && request.method() == Method::Get)
}

pub(crate) fn upgrade_required() -> Result<Response> {
    // The header `upgrade` of RFC 9110, section 15.5.22, is Cloudflare's.
    Response::error("Expected WebSocket upgrade", 426)
}

/// Passes a request on to another server, with its method, headers and body, and passes back the
/// response: HTTP, event streams and WebSockets. Path and query are appended to `backend`, such as
/// `https://rpc.example`.
///
/// # Errors
/// If the address of the server is invalid, or it cannot be reached.
pub async fn proxy(request: Request, backend: &str) -> Result<Response> {
    let url = request.url()?;
    let mut target = Url::parse(backend).map_err(|error| error.to_string())?;
    let base = target.path().trim_end_matches('/').to_owned();
    target.set_path(&format!("{base}{}", url.path()));
    target.set_query(url.query());
    let mut init = RequestInit::new();
    init.with_method(request.method()).with_headers(request.headers().clone());
    init.with_redirect(worker::RequestRedirect::Manual);
    if let Some(body) = request.inner().body() {
        init.with_body(Some(body.into()));
    }
    Fetch::Request(Request::new_with_init(target.as_str(), &init)?).send().await
}
